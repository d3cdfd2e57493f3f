package check

import "testing"

func TestZeroLeaks(t *testing.T) {
	cases := map[string]struct {
		reason string
		obj    string
		want   []string
	}{
		"Deployment": {
			reason: "the sample has an empty variable and an emptyDir, which mean something",
			obj:    sampleDeployment,
		},
		"GoZeroValues": {
			reason: "what encoding/json makes of a typed Deployment",
			obj: `
apiVersion: apps/v1
kind: Deployment
metadata: {name: a, creationTimestamp: null}
spec:
  strategy: {}
  template:
    metadata: {creationTimestamp: null}
    spec: {containers: [{name: c, resources: {}, image: ""}], volumes: []}
status: {}`,
			want: []string{
				"Deployment/a: status: Forbidden",
				"metadata.creationTimestamp: Forbidden",
				"spec.strategy: Invalid value: empty map",
				"spec.template.metadata.creationTimestamp: Forbidden",
				`spec.template.spec.containers[0].image: Invalid value: "": empty string`,
				"spec.template.spec.containers[0].resources: Invalid value: empty map",
				"spec.template.spec.volumes: Invalid value: empty list",
			},
		},
		"Null": {
			reason: "a null deletes a field under server-side apply",
			obj:    "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {k: null}}",
			want:   []string{"data.k: Invalid value: null"},
		},
		"Data": {
			reason: "an empty file is a file; a key in the path does not make a place",
			obj:    `{apiVersion: v1, kind: ConfigMap, metadata: {name: a, annotations: {x/y: ""}}, data: {k: "", a.b: ""}}`,
		},
		"DataElsewhere": {
			reason: "data is a place in ConfigMaps and Secrets only",
			obj:    `{apiVersion: v1, kind: Service, metadata: {name: a}, data: {k: ""}}`,
			want:   []string{"data.k: Invalid value"},
		},
		"NetworkPolicy": {
			reason: "empties open a policy, and must stay",
			obj: `
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: a}
spec: {podSelector: {}, ingress: [{}, {from: [{namespaceSelector: {}, podSelector: {}}]}], egress: [{}]}`,
		},
		"NetworkPolicyLists": {
			reason: "an empty from allows everybody and looks like nobody",
			obj: `
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: a}
spec: {podSelector: {}, ingress: [{from: []}], egress: []}`,
			want: []string{"spec.egress: Invalid value: empty list", "spec.ingress[0].from: Invalid value: empty list"},
		},
		"Role": {
			reason: "the core group is an empty string",
			obj:    `{apiVersion: rbac.authorization.k8s.io/v1, kind: Role, metadata: {name: a}, rules: [{apiGroups: [""], resources: [""]}]}`,
			want:   []string{"rules[0].resources[0]: Invalid value"},
		},
		"Managed": {
			reason: "forProvider is required, also when there is nothing to say",
			obj:    `{apiVersion: iam.aws.upbound.io/v1beta1, kind: User, metadata: {name: a}, spec: {forProvider: {}, providerConfigRef: {}}}`,
			want:   []string{"spec.providerConfigRef: Invalid value: empty map"},
		},
		"Lifecycle": {
			reason: "an empty prefix is every object of the bucket",
			obj:    `{kind: BucketLifecycleConfiguration, metadata: {name: a}, spec: {forProvider: {rule: [{filter: [{prefix: ""}]}, {filter: [{}]}, {id: ""}]}}}`,
			want:   []string{"spec.forProvider.rule[2].id: Invalid value"},
		},
		"Carried": {
			reason: "a manifest is an object of its own",
			obj: `
apiVersion: kubernetes.m.crossplane.io/v1alpha1
kind: Object
metadata: {name: a}
spec: {forProvider: {manifest: {kind: ConfigMap, metadata: {name: b}, data: {k: ""}, status: {x: 1}}}}`,
			want: []string{"Object/a: ConfigMap/b: status: Forbidden"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			expect(t, tc.reason, ZeroLeaks(parse(t, tc.obj)[0]), tc.want)
		})
	}
}
