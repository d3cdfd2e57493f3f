package check

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

func TestValidateForeign(t *testing.T) {
	cases := map[string]struct {
		reason string
		obj    string
		want   []string
	}{
		"Database": {
			reason: "a minimal managed resource of the cluster-scoped group",
			obj: `
apiVersion: mysql.sql.crossplane.io/v1alpha1
kind: Database
metadata: {name: a}
spec: {forProvider: {defaultCharacterSet: utf8mb4}, deletionPolicy: Orphan, providerConfigRef: {name: shared}}`,
		},
		"NamespacedDatabase": {
			reason: "the namespaced form has no deletionPolicy, and needs a namespace",
			obj: `
apiVersion: mysql.sql.m.crossplane.io/v1alpha1
kind: Database
metadata: {name: a}
spec: {forProvider: {}, deletionPolicy: Orphan, providerConfigRef: {kind: ClusterProviderConfig, name: shared}}`,
			want: []string{"metadata.namespace: Required value", `spec.deletionPolicy: Invalid value: "spec.deletionPolicy": unknown field`},
		},
		"ClusterScopeWithNamespace": {
			reason: "the cluster-scoped form has none",
			obj: `
apiVersion: mysql.sql.crossplane.io/v1alpha1
kind: Database
metadata: {name: a, namespace: team-a}
spec: {}`,
			want: []string{"metadata.namespace: Forbidden"},
		},
		"GrantPattern": {
			reason: "privileges have a pattern",
			obj: `
apiVersion: mysql.sql.m.crossplane.io/v1alpha1
kind: Grant
metadata: {name: a, namespace: team-a}
spec: {forProvider: {privileges: [select], userRef: {name: u}, databaseRef: {name: d}}}`,
			want: []string{"spec.forProvider.privileges[0]"},
		},
		"BucketVersioningCluster": {
			reason: "cluster-scoped v1beta2 has an object",
			obj: `
apiVersion: s3.aws.upbound.io/v1beta2
kind: BucketVersioning
metadata: {name: a}
spec: {forProvider: {region: eu-west-1, bucketRef: {name: b}, versioningConfiguration: {status: Enabled}}}`,
		},
		"BucketVersioningList": {
			reason: "the older shape is a list of one",
			obj: `
apiVersion: s3.aws.upbound.io/v1beta2
kind: BucketVersioning
metadata: {name: a}
spec: {forProvider: {region: eu-west-1, bucketRef: {name: b}, versioningConfiguration: [{status: Enabled}]}}`,
			want: []string{"must be of type object", "spec.forProvider.versioningConfiguration[0].status"},
		},
		"RequiredByRule": {
			reason: "what is required may stand in a CEL rule only",
			obj: `
apiVersion: iam.aws.m.upbound.io/v1beta1
kind: Policy
metadata: {name: a, namespace: team-a}
spec: {forProvider: {description: text}}`,
			want: []string{"spec.forProvider.policy is a required parameter"},
		},
		"RequiredByRuleGiven": {
			reason: "the rule is content",
			obj: `
apiVersion: iam.aws.m.upbound.io/v1beta1
kind: Policy
metadata: {name: a, namespace: team-a}
spec: {forProvider: {policy: '{}', description: text}}`,
		},
		"RequiredBySchema": {
			reason: "the region has no default",
			obj: `
apiVersion: s3.aws.m.upbound.io/v1beta1
kind: Bucket
metadata: {name: a, namespace: team-a}
spec: {forProvider: {}}`,
			want: []string{"spec.forProvider.region: Required value"},
		},
		"OwnRoute": {
			reason: "our own schema of OpenShift's Route has rules as well",
			obj: `
apiVersion: route.openshift.io/v1
kind: Route
metadata: {name: a, namespace: team-a}
spec: {to: {kind: Service, name: s}, path: /x, tls: {termination: passthrough}}`,
			want: []string{"passthrough termination cannot route by path"},
		},
		"Carried": {
			reason: "the manifest in a provider-kubernetes Object is an object too",
			obj: `
apiVersion: kubernetes.m.crossplane.io/v1alpha1
kind: Object
metadata: {name: a, namespace: team-a}
spec:
  forProvider:
    manifest:
      apiVersion: rbac.authorization.k8s.io/v1
      kind: ClusterRoleBinding
      metadata: {name: b}
      roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: r}`,
			want: []string{"Object/a: spec.forProvider.manifest: ClusterRoleBinding/b: subjects: Required"},
		},
		"HTTPRoute": {
			reason: "a rule that holds only after defaulting (the backend is a Service)",
			obj: `
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: a, namespace: team-a}
spec: {parentRefs: [{name: g}], rules: [{backendRefs: [{name: s}]}]}`,
			want: []string{"Must have port for Service reference"},
		},
		"ListKeys": {
			reason: "entries of a list may have a key, which differs",
			obj: `
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata: {name: a, namespace: team-a}
spec: {groups: [{name: g}, {name: g}]}`,
			want: []string{"spec.groups[1]: Duplicate value"},
		},
		"Label": {
			reason: "labels of foreign kinds have the same syntax",
			obj: `
apiVersion: objectbucket.io/v1alpha1
kind: ObjectBucketClaim
metadata: {name: a, namespace: team-a, labels: {a: b/c}}
spec: {storageClassName: s}`,
			want: []string{"metadata.labels: Invalid value"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			expect(t, tc.reason, Validate(parse(t, tc.obj)[0]), tc.want)
		})
	}
}

// Validate must not change what it judges, defaults and all.
func TestValidateKeepsInput(t *testing.T) {
	text := `
apiVersion: kubernetes.m.crossplane.io/v1alpha1
kind: Object
metadata: {name: a, namespace: team-a}
spec: {unknown: 1, forProvider: {manifest: {apiVersion: v1, kind: Namespace, metadata: {name: n}}}}`
	got, want := parse(t, text)[0], parse(t, text)[0]
	Validate(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Validate changed its input (-want +got):\n%s", diff)
	}
}

// Every definition must compile: a kind that is not in any example yet must
// not turn out broken when it is.
func TestDefinitionsCompile(t *testing.T) {
	for _, gvk := range Kinds() {
		def := foreign()[gvk]
		if err := def.compile(); err != nil {
			t.Errorf("%s: %v", gvk, err)
		}
		empty := map[string]any{"apiVersion": gvk.GroupVersion().String(), "kind": gvk.Kind, "metadata": map[string]any{"name": "a"}}
		if def.namespaced {
			empty["metadata"].(map[string]any)["namespace"] = "team-a"
		}
		for _, err := range Validate(empty) {
			if strings.Contains(err.Error(), "Internal error") || strings.Contains(err.Error(), "compilation") {
				t.Errorf("%v", err)
			}
		}
	}
}

func TestNamespaced(t *testing.T) {
	type scope struct{ Namespaced, Known bool }
	cases := map[schema.GroupVersionKind]scope{
		{Version: "v1", Kind: "Service"}:                                                {true, true},
		{Group: "rbac.authorization.k8s.io", Version: "v1", Kind: "ClusterRoleBinding"}: {false, true},
		{Group: "mysql.sql.crossplane.io", Version: "v1alpha1", Kind: "User"}:           {false, true},
		{Group: "mysql.sql.m.crossplane.io", Version: "v1alpha1", Kind: "User"}:         {true, true},
		{Group: "route.openshift.io", Version: "v1", Kind: "Route"}:                     {true, true},
		{Group: "s3.aws.upbound.io", Version: "v1beta1", Kind: "Bucket"}:                {false, false},
		{Group: "s3.aws.upbound.io", Version: "v1beta2", Kind: "Bucket"}:                {false, true},
		{Group: "mysql.sql.crossplane.io", Version: "v1alpha1", Kind: "Connection"}:     {false, false},
	}
	for gvk, want := range cases {
		namespaced, known := Namespaced(gvk)
		if diff := cmp.Diff(want, scope{namespaced, known}); diff != "" {
			t.Errorf("%s (-want +got):\n%s", gvk, diff)
		}
	}
}

// The shipped data has no prose, and keeps a property named description.
func TestDefinitionsHaveNoProse(t *testing.T) {
	kept := false
	for gvk, def := range foreign() {
		raw, err := json.Marshal(def.schema)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(raw), `"description":"`) {
			t.Errorf("%s: a description is left in the schema", gvk)
		}
		kept = kept || strings.Contains(string(raw), `"description":{"type":"string"}`)
	}
	if !kept {
		t.Error("no kind has a property named description any more: the generator strips too much")
	}
}
