package stack

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/pipelinestack/function-pipelinestack/apis/platform/v1beta1"
	"github.com/pipelinestack/function-pipelinestack/apis/v1alpha1"
	"github.com/pipelinestack/function-pipelinestack/fn/fields"
)

// Samples of all fields that are still to come. Whoever makes one of them available takes its sample out.
var (
	laterSpecSamples = map[string]string{
		"database.mode": `Dedicated`, "database.dedicated": `{instanceClass: db.t4g.small}`, "database.inCluster": `{storage: 1Gi}`,
		"database.external": `{host: x, name: x, usernameSecretRef: {name: x, key: x}, passwordSecretRef: {name: x, key: x}}`,
		"objectStore.mode":  `InCluster`, "objectStore.inCluster": `{storage: 1Gi}`,
		"objectStore.external": `{endpoint: "https://x", bucket: xxx, accessKeySecretRef: {name: x, key: x}, secretKeySecretRef: {name: x, key: x}}`,
		"pipelineRunner.rules": `[{apiGroups: [""], resources: [pods], verbs: [get]}]`,
		"exposure.type":        `Route`, "exposure.host": `x.example.org`, "tls.type": `CertManager`, "tls.podToPod": `true`,
		"quota": `{hard: {pods: 10}}`, "proxy": `{httpProxy: "http://proxy:3128"}`, "caBundle": `{configMapRef: {name: x, key: x}}`,
	}
	laterPlatformSamples = map[string]string{
		"identityFrom": `NamespaceUID`, "database.allowedModes": `[Shared, Dedicated]`,
		"database.dedicated":       `{region: eu-central-1, subnetGroup: x, instanceClass: x}`,
		"objectStore.allowedModes": `[Managed, External]`, "objectStore.objectBucketClaim": `{storageClassName: x}`, "objectStore.minio": `{endpoint: "http://x"}`,
		"objectStore.aws.identity": `IRSA`, "objectStore.aws.accountID": `"123456789012"`, "objectStore.aws.oidcProviderARN": `x`, "objectStore.aws.issuer": `x`,
		"objectStore.aws.eksClusterName": `x`, "exposure": `{hostTemplate: x}`, "certificates": `{issuerRef: {name: x}}`, "monitoring.dashboards": `true`,
	}
)

// nested is a YAML document that sets the field at a path.
func nested(path, value string) string {
	steps := strings.Split(path, ".")
	return "{" + strings.Join(steps, ": {") + ": " + value + strings.Repeat("}", len(steps))
}

func TestSamplesAreThoseOfTheTables(t *testing.T) {
	for _, tc := range []struct {
		table   []refusal
		samples map[string]string
	}{{laterSpec, laterSpecSamples}, {laterPlatform, laterPlatformSamples}} {
		var paths []string
		for _, r := range tc.table {
			paths = append(paths, r.path)
		}
		slices.Sort(paths)
		if diff := cmp.Diff(slices.Sorted(maps.Keys(tc.samples)), paths); diff != "" {
			t.Errorf("a field that is neither refused nor acted upon is ignored: -samples, +table\n%s", diff)
		}
	}
}

func TestLaterSpecIsRefused(t *testing.T) {
	for _, r := range laterSpec {
		t.Run(r.path, func(t *testing.T) {
			sample := laterSpecSamples[r.path]
			if !fields.Exists[v1alpha1.PipelineStackSpec](r.path) {
				t.Fatal("there is no such field")
			}
			_, errs := tryStack(claims(t, nested(r.path, sample)))
			wantForbidden(t, errs, "spec."+r.path)
			_, errs = tryStack(inputs(t, "{defaults: "+nested(r.path, sample)+"}"))
			wantForbidden(t, errs, "input.defaults."+r.path)
		})
	}
}

func TestLaterPlatformIsRefused(t *testing.T) {
	for _, r := range laterPlatform {
		t.Run(r.path, func(t *testing.T) {
			sample := laterPlatformSamples[r.path]
			if !fields.Exists[v1beta1.Platform](r.path) {
				t.Fatal("there is no such field")
			}
			_, errs := tryStack(inputs(t, nested(r.path, sample)))
			wantForbidden(t, errs, "input."+r.path)
		})
	}
}

func wantForbidden(t *testing.T, errs field.ErrorList, path string) {
	t.Helper()
	if !slices.ContainsFunc(errs, func(e *field.Error) bool { return e.Type == field.ErrorTypeForbidden && e.Field == path }) {
		t.Errorf("%s is not refused but ignored: %v", path, errs)
	}
}

func TestAvailableValuesAreNotRefused(t *testing.T) {
	cases := map[string]claimCase{
		"Values":   {reason: "the values that are there", spec: `{database: {mode: Shared}, objectStore: {mode: Managed}, exposure: {type: None}, tls: {type: ServiceCA, podToPod: false}}`},
		"Explicit": {reason: "in the platform's input likewise", platform: `{identityFrom: NamespaceName, monitoring: {dashboards: false}, objectStore: {allowedModes: [Managed], aws: {identity: AccessKey}}}`},
	}
	for name, tc := range cases {
		t.Run(name, tc.run)
	}
}
