package check

import (
	"testing"

	"k8s.io/apimachinery/pkg/runtime/schema"
)

func TestIsolation(t *testing.T) {
	claim := IsolationOptions{
		Namespace: "team-a", Flavour: ClaimFlavour, Hosts: []string{"mysql.databases"},
		ClusterKinds: []schema.GroupKind{
			{Group: "mysql.sql.crossplane.io", Kind: "User"},
			{Group: "rbac.authorization.k8s.io", Kind: "ClusterRoleBinding"},
		},
	}
	namespaced := claim
	namespaced.Flavour = NamespacedFlavour

	cases := map[string]struct {
		reason string
		opts   IsolationOptions
		objs   string
		want   []string
	}{
		"Deployment": {reason: "an object of the namespace", opts: claim, objs: sampleDeployment},
		"OtherNamespace": {
			reason: "an object elsewhere",
			opts:   claim,
			objs:   "{apiVersion: v1, kind: ConfigMap, metadata: {name: a, namespace: team-b}}",
			want:   []string{`ConfigMap/a: metadata.namespace: Invalid value: "team-b": must be team-a`},
		},
		"NoNamespace": {
			reason: "a namespace forgotten",
			opts:   namespaced,
			objs:   "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}",
			want:   []string{"metadata.namespace: Invalid value"},
		},
		"UnknownKind": {
			reason: "nothing is known of its scope",
			opts:   claim,
			objs:   "{apiVersion: example.com/v1, kind: Thing, metadata: {name: a, namespace: team-a}}",
			want:   []string{"kind: Unsupported value"},
		},
		"ClusterKindAllowed": {
			reason: "a claim's managed resources are cluster-scoped",
			opts:   claim,
			objs: `
apiVersion: mysql.sql.crossplane.io/v1alpha1
kind: User
metadata: {name: a}
spec: {writeConnectionSecretToRef: {name: s, namespace: team-a}}`,
		},
		"ConnectionSecret": {
			reason: "a password for another tenant",
			opts:   claim,
			objs: `
apiVersion: mysql.sql.crossplane.io/v1alpha1
kind: User
metadata: {name: a}
spec: {writeConnectionSecretToRef: {name: s, namespace: team-b}}`,
			want: []string{"spec.writeConnectionSecretToRef.namespace: Invalid value"},
		},
		"ClusterKindNotAllowed": {
			reason: "a cluster-scoped kind that the stack has no business with",
			opts:   claim,
			objs:   "{apiVersion: v1, kind: Namespace, metadata: {name: a}}",
			want:   []string{"kind: Forbidden: Namespace is cluster-scoped"},
		},
		"ClusterKindInNamespaced": {
			reason: "Crossplane refuses it",
			opts:   namespaced,
			objs:   "{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRoleBinding, metadata: {name: a}}",
			want:   []string{"a namespaced composite cannot hold it"},
		},
		"Carried": {
			reason: "an Object may carry an allowed kind, whose subjects are checked",
			opts:   namespaced,
			objs: `
apiVersion: kubernetes.m.crossplane.io/v1alpha1
kind: Object
metadata: {name: a, namespace: team-a}
spec:
  forProvider:
    manifest:
      apiVersion: rbac.authorization.k8s.io/v1
      kind: ClusterRoleBinding
      metadata: {name: b}
      subjects: [{kind: ServiceAccount, name: x, namespace: team-a}, {kind: ServiceAccount, name: y, namespace: team-b}]`,
			want: []string{"Object/a: ClusterRoleBinding/b: subjects[1].namespace: Invalid value"},
		},
		"CarriedNotAllowed": {
			reason: "an Object is no way around the list",
			opts:   namespaced,
			objs: `
apiVersion: kubernetes.m.crossplane.io/v1alpha1
kind: Object
metadata: {name: a, namespace: team-a}
spec: {forProvider: {manifest: {apiVersion: v1, kind: Namespace, metadata: {name: b}}}}`,
			want: []string{"Object/a: Namespace/b: kind: Forbidden"},
		},
		"Subjects": {
			reason: "bindings empower service accounts of the namespace only",
			opts:   claim,
			objs: `
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: a, namespace: team-a}
subjects: [{kind: Group, name: system:authenticated}, {kind: ServiceAccount, name: x, namespace: team-b}]`,
			want: []string{"subjects[0].kind: Unsupported", "subjects[1].namespace: Invalid"},
		},
		"Hosts": {
			reason: "Services elsewhere, unless the platform's; also the API server's",
			opts:   claim,
			objs: `
apiVersion: v1
kind: ConfigMap
metadata: {name: a, namespace: team-a}
data:
  a: http://seaweedfs.kubeflow.svc:9000
  b: mysql.databases.svc.cluster.local:3306 kubernetes.default.svc ml-pipeline.team-a.svc`,
			want: []string{`data.a: Invalid value: "seaweedfs.kubeflow"`},
		},
		"Variables": {
			reason: "upstream's default namespace in a variable or a flag",
			opts:   claim,
			objs: change(t, sampleDeployment,
				"- name: EMPTY\n          value: \"\"", "- name: POD_NAMESPACE\n          value: kubeflow",
				"--upstream=", "--namespace=kubeflow\n        - --namespace=$(NAMESPACE)\n        - --upstream="),
			want: []string{"args[0]: Invalid value", "env[2].value: Invalid value"},
		},
		"Gateway": {
			reason: "the gateway is the platform's, a monitor's range is not",
			opts:   claim,
			objs: `
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: a, namespace: team-a}
spec: {parentRefs: [{name: g, namespace: gateways}]}
---
apiVersion: monitoring.coreos.com/v1
kind: PodMonitor
metadata: {name: a, namespace: team-a}
spec: {namespaceSelector: {any: true}}`,
			want: []string{"PodMonitor/a: spec.namespaceSelector.any: Forbidden"},
		},
		"Options": {
			reason: "a check without its namespace would pass everything",
			opts:   IsolationOptions{Flavour: ClaimFlavour},
			objs:   sampleDeployment,
			want:   []string{`namespace ""`},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			expect(t, tc.reason, Isolation(parse(t, tc.objs), tc.opts), tc.want)
		})
	}
}
