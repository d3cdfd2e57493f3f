package check

import (
	"strings"
	"testing"
)

func TestValidateDeployment(t *testing.T) {
	spec := func(more string) []string {
		return []string{"      automountServiceAccountToken: true\n", more}
	}
	cases := map[string]struct {
		reason string
		change []string
		want   []string
	}{
		"Valid": {reason: "the sample itself is in order"},
		"UnknownField": {
			reason: "a field that the schema does not have is dropped by a server",
			change: []string{"  replicas: 1", "  replica: 1"},
			want:   []string{"Deployment/ml-pipeline: spec.replica: Invalid value: field not declared in schema"},
		},
		"WrongType": {
			reason: "a text is not a number",
			change: []string{"replicas: 1", `replicas: "1"`},
			want:   []string{"spec.replicas: Invalid value: expected numeric"},
		},
		"SeveralErrors": {
			reason: "all errors of the schema are reported, in order",
			change: []string{"  replicas: 1", "  replicas: '1'\n  paused: no-idea"},
			want:   []string{"spec.paused: Invalid value: expected boolean", "spec.replicas: Invalid value: expected numeric"},
		},
		"DuplicateEnv": {
			reason: "the second variable of a name wins silently",
			change: []string{"- name: EMPTY", "- name: DB_USER"},
			want:   []string{`duplicate entries for key [name="DB_USER"]`},
		},
		"SameMountPath": {
			reason: "mount paths of a container differ",
			change: []string{"mountPath: /tmp", "mountPath: /config"},
			want:   []string{`duplicate entries for key [mountPath="/config"]`},
		},
		"Quantity": {
			reason: "the schema has strings where Go has quantities",
			change: []string{"cpu: 100m", "cpu: many"},
			want:   []string{"quantities must match"},
		},

		"NoMetadata": {
			reason: "metadata is compulsory",
			change: []string{"metadata:\n  name: ml-pipeline\n  namespace: team-a\n  labels: {app: ml-pipeline}\n", ""},
			want:   []string{"metadata: Required"},
		},
		"NoName": {
			reason: "so is the name",
			change: []string{"  name: ml-pipeline\n  namespace", "  namespace"},
			want:   []string{"metadata.name: Required"},
		},
		"UnknownMetadata": {
			reason: "metadata is checked like the rest",
			change: []string{"  labels: {app: ml-pipeline}\nspec", "  label: {app: ml-pipeline}\nspec"},
			want:   []string{`metadata: Invalid value: unknown field "label"`, "metadata.label: Invalid value: field not declared"},
		},
		"Name": {
			reason: "names are RFC 1123 subdomains",
			change: []string{"name: ml-pipeline\n", "name: ML_pipeline\n"},
			want:   []string{"metadata.name: Invalid value"},
		},
		"NoNamespace": {
			reason: "a namespaced kind names its namespace",
			change: []string{"  namespace: team-a\n", ""},
			want:   []string{"metadata.namespace: Required value"},
		},
		"Label": {
			reason: "label values have a syntax",
			change: []string{"labels: {app: ml-pipeline}\nspec", "labels: {app: a/b}\nspec"},
			want:   []string{"metadata.labels: Invalid value"},
		},

		"Replicas": {
			reason: "replicas are not negative",
			change: []string{"replicas: 1", "replicas: -1"},
			want:   []string{"spec.replicas: Invalid"},
		},
		"SelectorMismatch": {
			reason: "a Deployment must select its own pods",
			change: []string{"matchLabels: {app: ml-pipeline}", "matchLabels: {app: other}"},
			want:   []string{"spec.template.metadata.labels: Invalid value"},
		},
		"NoSelector": {
			reason: "without a selector it selects none",
			change: []string{"  selector:\n    matchLabels: {app: ml-pipeline}\n", ""},
			want:   []string{"spec.template.metadata.labels: Invalid value"},
		},
		"PodLabels": {
			reason: "a template's labels and annotations have the same syntax",
			change: []string{"    metadata:\n      labels: {app: ml-pipeline}",
				"    metadata:\n      annotations: {a b: c}\n      labels: {app: ml-pipeline, x: a/b}"},
			want: []string{"template.metadata.labels: Invalid", "template.metadata.annotations: Invalid"},
		},
		"NodeSelector": {
			reason: "labels of nodes have a syntax", change: spec("      nodeSelector: {a: b/c}\n"),
			want: []string{"nodeSelector: Invalid"},
		},
		"Tolerations": {
			reason: "the server's rules about empty keys, values and seconds",
			change: spec("      tolerations: [{}, {key: a b}, {key: a, operator: Exists, value: v}, {key: a, tolerationSeconds: 1}, " +
				"{key: a, operator: Like}, {key: a, effect: Maybe}, {key: a, operator: Equal, value: v, effect: NoExecute, tolerationSeconds: 1}]\n"),
			want: []string{
				"tolerations[0].operator: Invalid", "tolerations[1].key: Invalid", "tolerations[2].value: Invalid",
				"tolerations[3].effect: Invalid", "tolerations[4].operator: Unsupported", "tolerations[5].effect: Unsupported",
			},
		},

		"Image": {
			reason: "a container has an image", change: []string{"image: registry.example.com/ml-pipeline:2.17.0", "image: ''"},
			want: []string{"image: Invalid"},
		},
		"ImageSpace": {
			reason: "without space around it",
			change: []string{"image: registry.example.com/ml-pipeline:2.17.0", "image: 'registry.example.com/ml-pipeline:2.17.0 '"},
			want:   []string{"image: Invalid"},
		},
		"EnvName": {
			reason: "variables have a syntax",
			change: []string{"- name: EMPTY", "- name: 1=EMPTY"},
			want:   []string{"env[2].name: Invalid value"},
		},
		"EnvBothSources": {
			reason: "server-side apply refuses a value beside a source",
			change: []string{"- name: NAMESPACE\n", "- name: NAMESPACE\n          value: x\n"},
			want:   []string{"env[1]: Forbidden: more than one of fieldRef, value"},
		},
		"EnvNoSource": {
			reason: "a source says which",
			change: []string{"            fieldRef: {fieldPath: metadata.namespace}\n", "            {}\n"},
			want:   []string{"env[1]: Required value: one of"},
		},
		"Negative": {reason: "resources are not negative", change: []string{"cpu: 100m", "cpu: -100m"}, want: []string{"requests[cpu]: Invalid"}},
		"NegativeLimit": {
			reason: "nor are limits", change: []string{"limits: {memory: 256Mi}", "limits: {cpu: -1}"},
			want: []string{"limits[cpu]: Invalid", "requests[cpu]: Invalid"},
		},
		"RequestAboveLimit": {
			reason: "a request is within its limit",
			change: []string{"limits: {memory: 256Mi}", "limits: {memory: 64Mi}"},
			want:   []string{"resources.requests[memory]: Invalid value"},
		},
		"MilliBytes": {
			reason: "a lower-case m is a thousandth, also of a byte",
			change: []string{"memory: 128Mi", "memory: 100m"},
			want:   []string{"resources.requests[memory]: Invalid value"},
		},

		"SharedPort": {
			reason: "two containers of a pod cannot open one port, an init container is gone by then",
			change: []string{
				"      containers:\n", "      initContainers:\n      - {name: wait, image: x, ports: [{containerPort: 8888}]}\n" +
					"      containers:\n      - {name: proxy, image: x, ports: [{containerPort: 8888}]}\n",
			},
			want: []string{"containers[1].ports[0].containerPort: Duplicate value: \"8888/TCP, also of container proxy\""},
		},
		"DuplicatePortName": {
			reason: "a Service that chooses the port by name would get either",
			change: []string{"name: grpc, containerPort", "name: http, containerPort"},
			want:   []string{"ports[1].name: Duplicate value"},
		},
		"MissingVolume": {
			reason: "a mount needs its volume",
			change: []string{"- name: tmp\n        emptyDir: {}\n", ""},
			want:   []string{`volumeMounts[1].name: Not found: "tmp"`},
		},
		"UnusedVolume": {
			reason: "a volume that nothing mounts is a mistake",
			change: []string{"        - {name: tmp, mountPath: /tmp}\n", ""},
			want:   []string{"volumes[1].name: Invalid value"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			obj := parse(t, change(t, sampleDeployment, tc.change...))[0]
			expect(t, tc.reason, Validate(obj), tc.want)
		})
	}
}

func TestValidateBuiltin(t *testing.T) {
	meta := "metadata: {name: x, namespace: team-a}\n"
	policy := "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n" + meta
	ingress := "apiVersion: networking.k8s.io/v1\nkind: Ingress\n" + meta
	role := "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\n" + meta
	binding := "apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\n" + meta
	volume := "apiVersion: v1\nkind: PersistentVolumeClaim\n" + meta
	statefulSet := "spec: {serviceName: x, selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {containers: " +
		"[{name: a, image: b, volumeMounts: [{name: data, mountPath: /data}]}]}}," +
		" volumeClaimTemplates: [{metadata: {name: data}, spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}]}\n"
	cases := map[string]struct {
		reason string
		obj    string
		want   []string
	}{
		"UnknownKind": {
			reason: "a kind that nobody knows is an error, never skipped",
			obj:    "apiVersion: example.com/v1\nkind: Thing\n" + meta,
			want:   []string{`Thing/x: kind: Unsupported value: "example.com/v1, Kind=Thing"`},
		},
		"UnknownVersion": {
			reason: "a version that is not served is an error too",
			obj:    "apiVersion: apps/v1beta1\nkind: Deployment\n" + meta,
			want:   []string{"kind: Unsupported value"},
		},
		"ClusterScopeWithNamespace": {
			reason: "a cluster-scoped object has no namespace",
			obj: "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\n" + meta +
				"roleRef: {kind: ClusterRole, name: r, apiGroup: rbac.authorization.k8s.io}\n" +
				"subjects: [{kind: ServiceAccount, name: a, namespace: team-a}]\n",
			want: []string{"metadata.namespace: Forbidden"},
		},
		"ServiceName": {
			reason: "Service names are RFC 1035 labels",
			obj:    "apiVersion: v1\nkind: Service\nspec: {ports: [{port: 80}]}\nmetadata: {name: 1x, namespace: team-a}\n",
			want:   []string{"metadata.name: Invalid value"},
		},
		"RoleName": {
			reason: "a Role's name is a segment of a path",
			obj:    "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: 'a:b/c', namespace: team-a}\nrules: []\n",
			want:   []string{"metadata.name: Invalid value"},
		},
		"StatefulSet": {
			reason: "mounts may name a claim template",
			obj:    "apiVersion: apps/v1\nkind: StatefulSet\n" + meta + statefulSet,
		},
		"StatefulSetVolume": {
			reason: "whose size is that of any claim",
			obj:    "apiVersion: apps/v1\nkind: StatefulSet\n" + meta + strings.Replace(statefulSet, "1Gi", "'0'", 1),
			want:   []string{"volumeClaimTemplates[0].spec.resources.requests[storage]: Invalid"},
		},
		"StatefulSetName": {
			reason: "a StatefulSet's name becomes a label with a suffix",
			obj: "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: " + strings.Repeat("a", 53) + ", namespace: team-a}\n" +
				strings.Replace(statefulSet, "spec: {", "spec: {replicas: -1, ", 1),
			want: []string{"metadata.name: Invalid value", "spec.replicas: Invalid"},
		},
		"Volume": {reason: "an ordinary claim", obj: volume + "spec: {storageClassName: fast, resources: {requests: {storage: 1Gi}}}"},
		"VolumeWithoutSize": {
			reason: "a volume is larger than nothing, and its class has a name or none",
			obj:    volume + "spec: {storageClassName: Fast, resources: {requests: {storage: '0'}}}",
			want:   []string{"requests[storage]: Invalid", "spec.storageClassName: Invalid"},
		},

		"NetworkPolicy": {
			reason: "deny everything but DNS",
			obj: policy + "spec: {podSelector: {}, policyTypes: [Ingress, Egress], egress: " +
				"[{ports: [{port: 53, protocol: UDP}, {port: dns}], to: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16]}}]}]}",
		},
		"NetworkPolicyDefault": {
			reason: "policy types are explicit", obj: policy + "spec: {podSelector: {}}",
			want: []string{"spec.policyTypes: Required"},
		},
		"NetworkPolicyIngress": {
			reason: "rules without their type have no effect",
			obj:    policy + "spec: {podSelector: {}, policyTypes: [Egress], ingress: [{}]}", want: []string{"spec.ingress: Invalid"},
		},
		"NetworkPolicyEgress": {
			reason: "nor do those of the other",
			obj:    policy + "spec: {podSelector: {}, policyTypes: [Ingress], egress: [{}]}", want: []string{"spec.egress: Invalid value"},
		},
		"NetworkPolicyPeers": {
			reason: "a peer is a range or a selection, and ranges are exact",
			obj: policy + "spec: {podSelector: {}, policyTypes: [Egress], egress: [{ports: [{port: 70000}]}, " +
				"{to: [{ipBlock: {cidr: 10.1.2.3/8}}, {}, {ipBlock: {cidr: 10.0.0.0/8, except: [11.0.0.0/16]}}, " +
				"{ipBlock: {cidr: x}}, {podSelector: {}, ipBlock: {cidr: 10.0.0.0/8}}]}]}",
			want: []string{
				"egress[0].ports[0].port: Invalid",
				"to[0].ipBlock.cidr",
				"to[1]: Required",
				"to[2].ipBlock.except[0]",
				"to[3].ipBlock.cidr",
				"to[4]: Forbidden",
			},
		},
		"NetworkPolicySelectors": {
			reason: "a platform's labels are labels, its ports are ports",
			obj: policy + "spec: {podSelector: {matchLabels: {a: b/c}}, policyTypes: [Ingress], ingress: " +
				"[{from: [{podSelector: {matchLabels: {a: b/c}}}, {namespaceSelector: {matchLabels: {a: b/c}}}], ports: [{port: 0}]}]}",
			want: []string{
				"spec.podSelector.matchLabels", "from[0].podSelector.matchLabels", "from[1].namespaceSelector.matchLabels",
				"ports[0].port: Invalid",
			},
		},
		"Ingress": {
			reason: "an ordinary ingress",
			obj: ingress + "spec: {tls: [{hosts: [a.example.com]}], rules: [{host: '*.example.com', http: {paths: " +
				"[{path: /, pathType: Prefix, backend: {service: {name: a, port: {number: 80}}}}]}}]}",
		},
		"IngressHosts": {
			reason: "hosts are names of DNS",
			obj:    ingress + "spec: {tls: [{hosts: [a_b]}], rules: [{host: '*.a_b'}]}",
			want:   []string{"tls[0].hosts[0]: Invalid", "rules[0].host: Invalid"},
		},

		"Role": {
			reason: "a rule has verbs, groups and resources; a subresource may be created by name, an object not",
			obj: role + "rules: [{apiGroups: [''], resources: [pods]}, {verbs: [get]}, " +
				"{apiGroups: [''], resources: [pods/exec], resourceNames: [x], verbs: [create]}, {apiGroups: [''], resources: [secrets], resourceNames: [x], verbs: [create]}]",
			want: []string{
				"rules[0].verbs: Required", "rules[1].apiGroups: Required", "rules[1].resources: Required", "rules[3].verbs: Invalid",
			},
		},
		"RoleURLs": {
			reason: "a Role cannot grant URLs",
			obj:    role + "rules: [{nonResourceURLs: [/metrics], apiGroups: [''], resources: [pods], verbs: [get]}]",
			want:   []string{"rules[0].nonResourceURLs: Forbidden"},
		},
		"RoleBinding": {
			reason: "a binding names its role and its subjects completely",
			obj: binding + "roleRef: {kind: Role, name: r, apiGroup: rbac.authorization.k8s.io}\n" +
				"subjects: [{kind: ServiceAccount, name: a}, {kind: Robot, name: b}, {kind: ServiceAccount, name: A, namespace: team-a}]",
			want: []string{"subjects[0].namespace: Required", "subjects[1].kind: Unsupported", "subjects[2].name: Invalid"},
		},
		"RoleBindingWithoutRole": {
			reason: "roleRef is compulsory",
			obj:    binding + "roleRef: {}\nsubjects: [{kind: ServiceAccount, name: a, namespace: team-a}]",
			want:   []string{"roleRef.apiGroup: Unsupported", "roleRef.kind: Unsupported", "roleRef.name: Required"},
		},
		"RoleBindingName": {
			reason: "a role's name is a segment of a path",
			obj: binding + "roleRef: {kind: Role, name: a/b, apiGroup: rbac.authorization.k8s.io}\n" +
				"subjects: [{kind: ServiceAccount, name: a, namespace: team-a}]",
			want: []string{"roleRef.name: Invalid"},
		},
		"Subjects": {
			reason: "groups and users have no namespace but a group of their own, and everybody a name",
			obj: "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {name: x}\n" +
				"roleRef: {kind: Role, name: r, apiGroup: rbac.authorization.k8s.io}\n" +
				"subjects: [{kind: Group, name: g, namespace: ns}, {kind: User, name: '', apiGroup: rbac.authorization.k8s.io}]",
			want: []string{
				"roleRef.kind: Unsupported", "subjects[0].apiGroup: Unsupported", "subjects[0].namespace: Forbidden",
				"subjects[1].name: Required",
			},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			expect(t, tc.reason, Validate(parse(t, tc.obj)[0]), tc.want)
		})
	}
}
