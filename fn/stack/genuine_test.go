package stack

import (
	"testing"
)

// An object of another kind is none of the function's, whatever its annotations say.
func TestGenuine(t *testing.T) {
	cases := map[string]struct {
		reason, resource, object string
		want                     bool
	}{
		"Claim":      {"the claim flavour's kind", resBucket, `{apiVersion: s3.aws.upbound.io/v1beta2, kind: Bucket}`, true},
		"Namespaced": {"the other's", resBucket, `{apiVersion: s3.aws.m.upbound.io/v1beta1, kind: Bucket}`, true},
		"ConfigMap":  {"anybody's", resBucket, `{apiVersion: v1, kind: ConfigMap}`, false},
		"Workflow": {
			"of a kind that keeps whatever fields it is given",
			resDatabase,
			`{apiVersion: argoproj.io/v1alpha1, kind: Workflow}`,
			false,
		},
		"OtherGroup": {"of the same name in another group", resDatabase, `{apiVersion: example.org/v1, kind: Database}`, false},
		"Unread":     {"of which nothing is read but how it fares", resLauncherConfig, `{apiVersion: v1, kind: Secret}`, true},
		"Secret":     {"the Secret that keeps keys", resObjectStoreSecret, `{apiVersion: v1, kind: Secret}`, true},
		"NoSecret":   {"which nothing else is", resObjectStoreSecret, `{apiVersion: v1, kind: ConfigMap}`, false},
		"Deployment": {"the Deployment that remembers", resAPIServerDeployment, `{apiVersion: apps/v1, kind: Deployment}`, true},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if got := Genuine(tc.resource, found(t, tc.object)); got != tc.want {
				t.Errorf("%s: %t, want %t", tc.reason, got, tc.want)
			}
		})
	}
}
