package stack

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
)

// Each default of the server's assumes upstream's own namespace and store.
func TestUIEnv(t *testing.T) {
	s := newStack(t, withUI)
	const store = "s3.eu-central-1.amazonaws.com" // no scheme: the server adds it
	got := values(uiEnv(s))
	for name, want := range map[string]string{
		"CLUSTER_DOMAIN":                      ".svc.cluster.local", // not what the API server reads under that name
		"ML_PIPELINE_SERVICE_HOST":            "ml-pipeline",
		"ML_PIPELINE_SERVICE_PORT":            "8888",
		"METADATA_ENVOY_SERVICE_SERVICE_HOST": "metadata-envoy-service",
		"METADATA_ENVOY_SERVICE_SERVICE_PORT": "9090",
		"AWS_S3_ENDPOINT":                     store,
		"AWS_REGION":                          "eu-central-1",
		"AWS_SSL":                             "true",
		"MINIO_HOST":                          store,
		"MINIO_PORT":                          "443",
		"MINIO_SSL":                           "true",
		"ARGO_ARCHIVE_LOGS":                   "true",
		"ARGO_ARCHIVE_BUCKETNAME":             s.ID,
		"ARGO_KEYFORMAT":                      s.store.keyFormat(),
		"ALLOW_CUSTOM_VISUALIZATIONS":         "false",
	} {
		if got[name] != want {
			t.Errorf("%s is %q, want %q", name, got[name], want)
		}
	}
	if v, ok := got["MINIO_NAMESPACE"]; !ok || v != "" {
		t.Errorf("MINIO_NAMESPACE is %q, there: %t; anything but empty is appended to the host, and absent means kubeflow", v, ok)
	}
}

func TestUIKeysComeFromTheSecret(t *testing.T) {
	want := map[string]string{
		"AWS_ACCESS_KEY_ID":     keyAccessKey,
		"AWS_SECRET_ACCESS_KEY": keySecretKey,
		"MINIO_ACCESS_KEY":      keyAccessKey,
		"MINIO_SECRET_KEY":      keySecretKey,
	}
	got := map[string]string{}
	for _, v := range uiEnv(newStack(t, withUI)) {
		if v.ValueFrom != nil && v.ValueFrom.SecretKeyRef != nil {
			if v.ValueFrom.SecretKeyRef.Name != secretObjectStore {
				t.Errorf("%s comes from %s", v.Name, v.ValueFrom.SecretKeyRef.Name)
			}
			got[v.Name] = v.ValueFrom.SecretKeyRef.Key
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want, +got\n%s", diff)
	}
}

func TestUIFollowsTheStack(t *testing.T) {
	cases := map[string]struct {
		reason string
		mods   []mod
		name   string
		want   string
		there  bool
	}{
		"NoEnvoy": {
			"there is no lineage to show",
			[]mod{claims(t, `mlmd: {envoy: {enabled: false}}`)},
			"METADATA_ENVOY_SERVICE_SERVICE_HOST",
			"",
			false,
		},
		"NoMetadata": {"nor without ML Metadata", []mod{withoutMLMD}, "METADATA_ENVOY_SERVICE_SERVICE_HOST", "", false},
		"NoArchive": {
			"logs are not in the bucket",
			[]mod{claims(t, `workflowController: {archiveLogs: false}`)},
			"ARGO_ARCHIVE_LOGS",
			"false",
			true,
		},
		"Domain": {
			"the cluster's own domain",
			[]mod{classes(t, `clusterDomain: corp.example.org`)},
			"CLUSTER_DOMAIN",
			".svc.corp.example.org",
			true,
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got, there := values(uiEnv(newStack(t, append(tc.mods, withUI)...)))[tc.name]
			if got != tc.want || there != tc.there {
				t.Errorf("%s: %s is %q, there: %t", tc.reason, tc.name, got, there)
			}
		})
	}
}

func TestUIResources(t *testing.T) {
	parts := []string{"ui-service-account", "ui-role-binding", "ui-config", "ui-deployment", "ui-service", "network-policy-ui"}
	if diff := cmp.Diff(parts, names(uiResources(newStack(t, withUI), nil))); diff != "" {
		t.Errorf("-want, +got\n%s", diff)
	}
	for _, r := range names(everything(t, newStack(t))) {
		if slices.Contains(parts, r) {
			t.Errorf("%s is there though nobody asked for a web interface", r)
		}
	}
}

// A viewer pod must not be a way to more rights than pipelines have.
func TestViewersRunAsPipelinesDo(t *testing.T) {
	var template struct {
		Spec struct{ ServiceAccountName string }
	}
	read(t, find[*corev1.ConfigMap](t, uiResources(newStack(t, withUI), nil), "ui-config").Data[keyViewerTemplate], &template)
	if template.Spec.ServiceAccountName != namePipelineRunner {
		t.Errorf("viewers run as %q", template.Spec.ServiceAccountName)
	}
}
