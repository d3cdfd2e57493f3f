package check

import (
	"strings"
	"testing"
)

// The rules that TestValidateDeployment and TestValidateBuiltin do not reach.
func TestPodRules(t *testing.T) {
	spec := func(more string) []string { return []string{"      automountServiceAccountToken: true\n", more} }
	container := func(more string) []string {
		return []string{"        - {name: grpc, containerPort: 8887}\n", "        - {name: grpc, containerPort: 8887}\n" + more}
	}
	cases := map[string]struct {
		reason string
		change []string
		want   []string
	}{
		"Tolerations": {
			reason: "the server's rules about empty keys, values and seconds",
			change: spec("      tolerations: [{}, {key: a b}, {key: a, operator: Exists, value: v}, {key: a, tolerationSeconds: 1}, {key: a, operator: Like}, {key: a, effect: Maybe}, {key: a, operator: Equal, value: v, effect: NoExecute, tolerationSeconds: 1}]\n"),
			want: []string{
				"tolerations[0].operator: Invalid", "tolerations[1].key: Invalid", "tolerations[2].value: Invalid",
				"tolerations[3].effect: Invalid", "tolerations[4].operator: Unsupported", "tolerations[5].effect: Unsupported",
			},
		},
		"NodeSelector": {reason: "labels of nodes have a syntax", change: spec("      nodeSelector: {a: b/c}\n"), want: []string{"nodeSelector: Invalid"}},
		"Grace":        {reason: "no negative time", change: spec("      terminationGracePeriodSeconds: -1\n"), want: []string{"terminationGracePeriodSeconds: Invalid"}},
		"Restart":      {reason: "a Deployment restarts always", change: spec("      restartPolicy: Never\n"), want: []string{"restartPolicy: Unsupported"}},
		"DNS":          {reason: "DNS policies are an enumeration", change: spec("      dnsPolicy: Sometimes\n"), want: []string{"dnsPolicy: Unsupported"}},
		"Spread": {
			reason: "selectors inside the pod are checked too",
			change: spec("      topologySpreadConstraints: [{maxSkew: 1, topologyKey: zone, whenUnsatisfiable: DoNotSchedule, labelSelector: {matchLabels: {a: b/c}}}]\n"),
			want:   []string{"topologySpreadConstraints[0].labelSelector.matchLabels: Invalid"},
		},
		"NoContainers": {
			reason: "a pod without containers, and its volumes",
			change: []string{sampleDeployment[strings.Index(sampleDeployment, "      containers:"):strings.Index(sampleDeployment, "      volumes:")], "      containers: []\n"},
			want:   []string{"spec.containers: Required", "volumes[0].name: Invalid", "volumes[1].name: Invalid"},
		},
		"PodLabels": {
			reason: "a template's labels and annotations have the same syntax",
			change: []string{"    metadata:\n      labels: {app: ml-pipeline}", "    metadata:\n      annotations: {a b: c}\n      labels: {app: ml-pipeline, x: a/b}"},
			want:   []string{"template.metadata.labels: Invalid", "template.metadata.annotations: Invalid"},
		},
		"SharedPort": {
			reason: "two containers of a pod cannot open one port, an init container is gone by then",
			change: []string{"      containers:\n", "      initContainers:\n      - {name: wait, image: x, ports: [{containerPort: 8888}]}\n      containers:\n      - {name: proxy, image: x, ports: [{containerPort: 8888}]}\n"},
			want:   []string{"containers[1].ports[0].containerPort: Duplicate value: \"8888/TCP, also of container proxy\""},
		},
		"InitProbe": {
			reason: "an init container has no probes",
			change: []string{"      containers:\n", "      initContainers:\n      - {name: wait, image: x, readinessProbe: {exec: {command: [a]}}}\n      containers:\n"},
			want:   []string{"initContainers[0].readinessProbe: Forbidden"},
		},
		"Image": {reason: "a container has an image", change: []string{"image: registry.example.com/ml-pipeline:2.17.0", "image: ''"}, want: []string{"image: Invalid"}},
		"EnvFrom": {
			reason: "a bundle of variables has one source",
			change: container("        envFrom: [{prefix: a}]\n"),
			want:   []string{"envFrom[0]: Required"},
		},
		"Mounts": {
			reason: "mounts are absolute and stay inside their volume",
			change: []string{"mountPath: /tmp}", "mountPath: tmp, subPath: ../a, subPathExpr: b}"},
			want:   []string{"volumeMounts[1].mountPath: Invalid", "volumeMounts[1].subPath: Invalid", "volumeMounts[1].subPathExpr: Forbidden"},
		},
		"Probes": {
			reason: "numbers of probes, commands, paths and schemes",
			change: []string{"tcpSocket: {port: 8887}\n", "exec: {command: []}\n          successThreshold: 2\n          periodSeconds: -1\n        readinessProbe:\n          httpGet: {path: x, port: 70000, scheme: TCP}\n"},
			want: []string{
				"livenessProbe.exec.command: Required", "livenessProbe.periodSeconds: Invalid", "livenessProbe.successThreshold: Invalid",
				"readinessProbe.httpGet.path: Invalid", "readinessProbe.httpGet.port: Invalid", "readinessProbe.httpGet.scheme: Unsupported",
			},
		},
		"GRPCProbe": {reason: "a gRPC probe has a port", change: []string{"tcpSocket: {port: 8887}", "grpc: {port: 0}"}, want: []string{"livenessProbe.grpc.port: Invalid"}},
		"Projected": {
			reason: "parts of a projected volume",
			change: []string{"emptyDir: {}", "projected: {sources: [{}, {serviceAccountToken: {path: '', expirationSeconds: 60}}, {secret: {name: a, items: [{key: a/b, path: x}]}}, {configMap: {name: a, items: [{key: a, path: ''}]}}]}"},
			want: []string{
				"sources[0]: Required", "sources[1].serviceAccountToken.path: Required", "sources[1].serviceAccountToken.expirationSeconds: Invalid",
				"sources[2].secret.items[0].key: Invalid", "sources[3].configMap.items[0].path: Required",
			},
		},
		"SecretVolume": {
			reason: "items of a Secret's volume are keys",
			change: []string{"emptyDir: {}", "secret: {secretName: a, items: [{key: a/b, path: x}]}"},
			want:   []string{"volumes[1].secret.items[0].key: Invalid"},
		},
		"Negative": {reason: "resources are not negative", change: []string{"cpu: 100m", "cpu: -100m"}, want: []string{"requests[cpu]: Invalid"}},
		"Replicas": {reason: "nor are replicas", change: []string{"replicas: 1", "replicas: -1"}, want: []string{"spec.replicas: Invalid"}},
		"Stuck": {
			reason: "a roll-out that may neither add nor remove a pod never moves",
			change: []string{"  replicas: 1\n", "  strategy: {rollingUpdate: {maxSurge: 0, maxUnavailable: 0%}}\n"},
			want:   []string{"rollingUpdate.maxUnavailable: Invalid"},
		},
		"EmptySelector": {reason: "a Deployment does not select everything", change: []string{"matchLabels: {app: ml-pipeline}", "matchLabels: {}"}, want: []string{"spec.selector: Invalid"}},
		"NoMetadata":    {reason: "metadata is compulsory", change: []string{"metadata:\n  name: ml-pipeline\n  namespace: team-a\n  labels: {app: ml-pipeline}\n", ""}, want: []string{"metadata: Required"}},
		"NoName":        {reason: "so is the name", change: []string{"  name: ml-pipeline\n  namespace", "  namespace"}, want: []string{"metadata.name: Required"}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			obj := parse(t, change(t, sampleDeployment, tc.change...))[0]
			expect(t, tc.reason, Validate(obj), tc.want)
		})
	}
}

func TestKindRules(t *testing.T) {
	meta := "metadata: {name: x, namespace: team-a}\n"
	service := "apiVersion: v1\nkind: Service\n" + meta
	policy := "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n" + meta
	ingress := "apiVersion: networking.k8s.io/v1\nkind: Ingress\n" + meta
	cluster := "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: 'a:b'}\n"
	cases := map[string]struct {
		reason string
		obj    string
		want   []string
	}{
		"ExternalName": {reason: "an external name is a host", obj: service + "spec: {type: ExternalName, externalName: a/b}", want: []string{"spec.externalName: Invalid"}},
		"ClusterIP":    {reason: "addresses are the cluster's to choose", obj: service + "spec: {clusterIP: 10.0.0.1, ports: [{port: 80}]}", want: []string{"spec.clusterIP: Invalid"}},
		"NoPorts":      {reason: "a Service has ports, unless headless", obj: service + "spec: {selector: {a: b}}", want: []string{"spec.ports: Required"}},
		"Headless":     {reason: "a headless one need not", obj: service + "spec: {clusterIP: None, selector: {a: b}}"},
		"PolicyTypes": {
			reason: "policy types are explicit and known",
			obj:    policy + "spec: {podSelector: {}}", want: []string{"spec.policyTypes: Required"},
		},
		"PolicyIngress": {
			reason: "ingress rules need their type",
			obj:    policy + "spec: {podSelector: {}, policyTypes: [Egress], ingress: [{}]}", want: []string{"spec.ingress: Invalid"},
		},
		"PolicyPorts": {
			reason: "ports of a policy, and ranges of them",
			obj: policy + "spec: {podSelector: {}, policyTypes: [Ingress], ingress: [{from: [{ipBlock: {cidr: x}}], " +
				"ports: [{port: 0}, {port: http, endPort: 90}, {port: 80, endPort: 79}, {port: 80, endPort: 90, protocol: ICMP}]}]}",
			want: []string{"from[0].ipBlock.cidr", "ports[0].port: Invalid", "ports[1].endPort", "ports[2].endPort", "ports[3].protocol: Unsupported"},
		},
		"IngressEmpty": {reason: "an ingress leads somewhere", obj: ingress + "spec: {}", want: []string{"spec: Invalid"}},
		"IngressHosts": {
			reason: "hosts, and rules without paths",
			obj:    ingress + "spec: {defaultBackend: {}, tls: [{hosts: [a_b]}], rules: [{host: '*.a_b'}]}",
			want:   []string{"defaultBackend.service: Required", "tls[0].hosts[0]: Invalid", "rules[0].host: Invalid", "rules[0].http.paths: Required"},
		},
		"IngressGood": {
			reason: "an ordinary ingress",
			obj:    ingress + "spec: {rules: [{host: a.example.com, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: a, port: {number: 80}}}}]}}]}",
		},
		"ConfigMapTwice": {
			reason: "a key is text or bytes",
			obj:    "apiVersion: v1\nkind: ConfigMap\ndata: {a: x}\nbinaryData: {a: eA==}\n" + meta, want: []string{"binaryData[a]: Duplicate"},
		},
		"ConfigMapSize": {
			reason: "data ends at a MiB",
			obj:    "apiVersion: v1\nkind: ConfigMap\ndata: {a: " + strings.Repeat("x", maxData) + "}\n" + meta, want: []string{"data: Too long"},
		},
		"ClusterRole": {
			reason: "URLs stand alone, and only in a ClusterRole; a subresource may be created by name",
			obj: cluster + "rules: [{nonResourceURLs: [/metrics], verbs: [get]}, {nonResourceURLs: [/x], resources: [a], verbs: [get]}, " +
				"{verbs: [get]}, {apiGroups: [''], resources: [pods/exec], resourceNames: [a], verbs: [create]}]",
			want: []string{"rules[1].nonResourceURLs: Forbidden", "rules[2].apiGroups: Required", "rules[2].resources: Required"},
		},
		"RoleURLs": {
			reason: "a Role cannot grant URLs",
			obj:    "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nrules: [{nonResourceURLs: [/metrics], verbs: [get]}]\n" + meta,
			want:   []string{"rules[0].nonResourceURLs: Forbidden"},
		},
		"Subjects": {
			reason: "groups and users have no namespace but a group of their own, and everybody a name",
			obj: "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {name: x}\nroleRef: {kind: Role, name: r, apiGroup: rbac.authorization.k8s.io}\n" +
				"subjects: [{kind: Group, name: g, namespace: ns}, {kind: User, name: '', apiGroup: rbac.authorization.k8s.io}]",
			want: []string{"roleRef.kind: Unsupported", "subjects[0].apiGroup: Unsupported", "subjects[0].namespace: Forbidden", "subjects[1].name: Required"},
		},
		"NoSize": {
			reason: "a volume is larger than nothing",
			obj:    "apiVersion: v1\nkind: PersistentVolumeClaim\nspec: {accessModes: [Sometimes], resources: {requests: {storage: '0'}}}\n" + meta,
			want:   []string{"accessModes[0]: Unsupported", "requests[storage]: Invalid"},
		},
		"Budget": {
			reason: "a budget is for some pods",
			obj:    "apiVersion: policy/v1\nkind: PodDisruptionBudget\nspec: {minAvailable: 1}\n" + meta, want: []string{"spec.selector: Required"},
		},
		"JobName": {
			reason: "a job's name becomes a label",
			obj: "apiVersion: batch/v1\nkind: Job\nmetadata: {name: " + strings.Repeat("a", 64) + ", namespace: team-a}\n" +
				"spec: {template: {spec: {restartPolicy: Never, containers: [{name: a, image: b}]}}}",
			want: []string{"metadata.name: Invalid"},
		},
		"Quota": {
			reason: "a quota limits something real",
			obj:    "apiVersion: v1\nkind: ResourceQuota\nspec: {hard: {pods: '-1'}}\n" + meta, want: []string{"spec.hard[pods]: Invalid"},
		},
		"DaemonSet": {
			reason: "whatever makes pods is checked",
			obj: "apiVersion: apps/v1\nkind: DaemonSet\nspec: {selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: c}}, spec: {containers: [{name: a, image: b}]}}}\n" +
				meta,
			want: []string{"template.metadata.labels: Invalid"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			expect(t, tc.reason, Validate(parse(t, tc.obj)[0]), tc.want)
		})
	}
}
