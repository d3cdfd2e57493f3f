package check

import "testing"

func TestValidateDeployment(t *testing.T) {
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
		"Quantity": {
			reason: "the schema has strings where Go has quantities",
			change: []string{"cpu: 100m", "cpu: many"},
			want:   []string{"quantities must match"},
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
		"SelectorMismatch": {
			reason: "a Deployment must select its own pods",
			change: []string{"matchLabels: {app: ml-pipeline}", "matchLabels: {app: other}"},
			want:   []string{"spec.template.metadata.labels: Invalid value"},
		},
		"NoSelector": {
			reason: "the selector is compulsory",
			change: []string{"  selector:\n    matchLabels: {app: ml-pipeline}\n", ""},
			want:   []string{"spec.selector: Required value"},
		},
		"PortName": {
			reason: "port names are IANA service names of at most 15 characters",
			change: []string{"name: grpc, containerPort", "name: a-very-long-port-name, containerPort"},
			want:   []string{"ports[1].name: Invalid value"},
		},
		"DuplicatePortName": {
			reason: "a Service that chooses the port by name would get either",
			change: []string{"name: grpc, containerPort", "name: http, containerPort"},
			want:   []string{"ports[1].name: Duplicate value"},
		},
		"PortRange": {
			reason: "ports end at 65535",
			change: []string{"containerPort: 8887", "containerPort: 88870"},
			want:   []string{"ports[1].containerPort: Invalid value"},
		},
		"EnvName": {
			reason: "variables have a syntax",
			change: []string{"- name: EMPTY", "- name: 1 EMPTY"},
			want:   []string{"env[2].name: Invalid value"},
		},
		"EnvBothSources": {
			reason: "server-side apply refuses a value beside a source",
			change: []string{"- name: NAMESPACE\n", "- name: NAMESPACE\n          value: x\n"},
			want:   []string{"env[1].valueFrom: Forbidden"},
		},
		"FieldRef": {
			reason: "the downward API offers few fields",
			change: []string{"metadata.namespace}", "metadata.generation}"},
			want:   []string{"env[1].valueFrom.fieldRef.fieldPath: Unsupported value"},
		},
		"TwoHandlers": {
			reason: "a probe does one thing",
			change: []string{"tcpSocket: {port: 8887}", "tcpSocket: {port: 8887}\n          grpc: {port: 8887}"},
			want:   []string{"livenessProbe: Forbidden: more than one of grpc, tcpSocket"},
		},
		"NoHandler": {
			reason: "a probe does something",
			change: []string{"tcpSocket: {port: 8887}", "periodSeconds: 5"},
			want:   []string{"livenessProbe: Required value: one of"},
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
		"TwoSources": {
			reason: "a volume has one source",
			change: []string{"emptyDir: {}", "emptyDir: {}\n        secret: {secretName: x}"},
			want:   []string{"volumes[1]: Invalid value"},
		},
		"SameMountPath": {
			reason: "mount paths of a container differ",
			change: []string{"mountPath: /tmp", "mountPath: /config"},
			want:   []string{`duplicate entries for key [mountPath="/config"]`},
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
		"Enumeration": {
			reason: "the schema of built-in kinds has no enumerations",
			change: []string{"- name: server\n", "- name: server\n        imagePullPolicy: Sometimes\n"},
			want:   []string{"imagePullPolicy: Unsupported value"},
		},
		"Strategy": {
			reason: "Recreate takes no parameters",
			change: []string{"  replicas: 1\n", "  strategy: {type: Recreate, rollingUpdate: {maxSurge: 1}}\n"},
			want:   []string{"spec.strategy.rollingUpdate: Forbidden"},
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
			obj:    "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nrules: [{apiGroups: [''], resources: [pods], verbs: [get]}]\n" + meta,
			want:   []string{"metadata.namespace: Forbidden"},
		},
		"ConfigMap": {
			reason: "keys are file names",
			obj:    "apiVersion: v1\nkind: ConfigMap\ndata: {config.json: x}\n" + meta,
		},
		"ConfigMapKey": {
			reason: "keys have no slash",
			obj:    "apiVersion: v1\nkind: ConfigMap\ndata: {a/b: x}\n" + meta,
			want:   []string{"data[a/b]: Invalid value"},
		},
		"TLSSecret": {
			reason: "a Secret's type may demand keys, and its values stay out of errors",
			obj:    "apiVersion: v1\nkind: Secret\ntype: kubernetes.io/tls\nstringData: {tls.crt: x}\n" + meta,
			want:   []string{"data[tls.key]: Required value: type kubernetes.io/tls"},
		},
		"Service": {
			reason: "an ordinary Service",
			obj:    "apiVersion: v1\nkind: Service\nspec: {selector: {a: b}, ports: [{name: a, port: 80, targetPort: http}, {name: b, port: 81}]}\n" + meta,
		},
		"ServiceName": {
			reason: "Service names are RFC 1035 labels",
			obj:    "apiVersion: v1\nkind: Service\nspec: {ports: [{port: 80}]}\nmetadata: {name: 1x, namespace: team-a}\n",
			want:   []string{"metadata.name: Invalid value"},
		},
		"ServicePorts": {
			reason: "several ports need names, which differ",
			obj:    "apiVersion: v1\nkind: Service\nspec: {ports: [{port: 80}, {name: b, port: 81, targetPort: 'no good'}, {name: b, port: 82}]}\n" + meta,
			want:   []string{"ports[0].name: Required", "ports[1].targetPort: Invalid", "ports[2].name: Duplicate"},
		},
		"NetworkPolicy": {
			reason: "deny everything but DNS",
			obj: "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n" + meta +
				"spec: {podSelector: {}, policyTypes: [Ingress, Egress], egress: [{ports: [{port: 53, protocol: UDP}], to: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16]}}]}]}\n",
		},
		"NetworkPolicyTypes": {
			reason: "rules without their type have no effect",
			obj: "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n" + meta +
				"spec: {podSelector: {}, policyTypes: [Ingress], egress: [{}]}\n",
			want: []string{"spec.egress: Invalid value"},
		},
		"NetworkPolicyPeers": {
			reason: "a peer is a range or a selection, and ranges are exact",
			obj: "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n" + meta +
				"spec: {podSelector: {}, policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 10.1.2.3/8}}, {}, {ipBlock: {cidr: 10.0.0.0/8, except: [11.0.0.0/16]}}]}]}\n",
			want: []string{"to[0].ipBlock.cidr", "to[1]: Required", "to[2].ipBlock.except[0]"},
		},
		"Ingress": {
			reason: "a path's type is compulsory, and a port is a name or a number",
			obj: "apiVersion: networking.k8s.io/v1\nkind: Ingress\n" + meta +
				"spec: {rules: [{http: {paths: [{path: x, backend: {service: {name: a, port: {name: http, number: 80}}}}]}}]}\n",
			want: []string{"pathType: Required", "path: Invalid", "backend.service.port: Forbidden"},
		},
		"Role": {
			reason: "a rule has verbs, and creating cannot be limited to names",
			obj: "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\n" + meta +
				"rules: [{apiGroups: [''], resources: [pods]}, {apiGroups: [''], resources: [secrets], resourceNames: [x], verbs: [create]}]\n",
			want: []string{"rules[0].verbs: Required", "rules[1].verbs: Invalid"},
		},
		"RoleBinding": {
			reason: "a binding names its role and its subjects completely",
			obj: "apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\n" + meta +
				"roleRef: {kind: Role, name: r, apiGroup: rbac.authorization.k8s.io}\nsubjects: [{kind: ServiceAccount, name: a}, {kind: Robot, name: b}]\n",
			want: []string{"subjects[0].namespace: Required", "subjects[1].kind: Unsupported"},
		},
		"RoleBindingWithoutRole": {
			reason: "roleRef is compulsory",
			obj: "apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\n" + meta +
				"roleRef: {}\nsubjects: [{kind: ServiceAccount, name: a, namespace: team-a}]\n",
			want: []string{"roleRef.apiGroup: Unsupported", "roleRef.kind: Unsupported", "roleRef.name: Required"},
		},
		"PersistentVolumeClaim": {
			reason: "a volume has a size and a mode",
			obj:    "apiVersion: v1\nkind: PersistentVolumeClaim\nspec: {storageClassName: fast}\n" + meta,
			want:   []string{"spec.accessModes: Required", "spec.resources.requests[storage]: Required"},
		},
		"PodDisruptionBudget": {
			reason: "a budget is one of two",
			obj:    "apiVersion: policy/v1\nkind: PodDisruptionBudget\nspec: {selector: {}, minAvailable: 1, maxUnavailable: 1}\n" + meta,
			want:   []string{"spec: Forbidden"},
		},
		"HorizontalPodAutoscaler": {
			reason: "the least is not more than the most",
			obj: "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\n" + meta +
				"spec: {scaleTargetRef: {kind: Deployment, name: d, apiVersion: apps/v1}, minReplicas: 3, maxReplicas: 2}\n",
			want: []string{"spec.minReplicas: Invalid"},
		},
		"LimitRange": {
			reason: "defaults lie between least and most",
			obj: "apiVersion: v1\nkind: LimitRange\n" + meta +
				"spec: {limits: [{type: Container, default: {cpu: '2'}, max: {cpu: '1'}}]}\n",
			want: []string{"limits[0].default[cpu]: Invalid"},
		},
		"CronJob": {
			reason: "jobs do not restart always, and a schedule has five fields",
			obj: "apiVersion: batch/v1\nkind: CronJob\n" + meta +
				"spec: {schedule: '* *', jobTemplate: {spec: {template: {spec: {containers: [{name: a, image: b}]}}}}}\n",
			want: []string{"template.spec.restartPolicy: Unsupported", "spec.schedule: Invalid"},
		},
		"StatefulSet": {
			reason: "mounts may name a claim template",
			obj: "apiVersion: apps/v1\nkind: StatefulSet\n" + meta +
				"spec: {serviceName: x, selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {containers: [{name: a, image: b, volumeMounts: [{name: data, mountPath: /data}]}]}}," +
				" volumeClaimTemplates: [{metadata: {name: data}, spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}]}\n",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			expect(t, tc.reason, Validate(parse(t, tc.obj)[0]), tc.want)
		})
	}
}
