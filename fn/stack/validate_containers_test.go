package stack

import "testing"

func TestValidateContainers(t *testing.T) {
	cases := map[string]claimCase{
		"OfTheSize": {
			reason: "a request above the limit that the size sets",
			spec:   `apiServer: {resources: {requests: {memory: 100Gi}}}`,
			want:   []string{"FieldValueInvalid spec.apiServer.resources.requests[memory]"},
		},
		"LimitOfSize": {
			reason: "a limit below the request that the size sets",
			spec:   `apiServer: {resources: {limits: {memory: 1Mi}}}`,
			want:   []string{"FieldValueInvalid spec.apiServer.resources.requests[memory]"},
		},
		"Envoy": {
			reason: "the envoy has a size of its own",
			spec:   `mlmd: {envoy: {resources: {requests: {memory: 10Gi}}}}`,
			want:   []string{"FieldValueInvalid spec.mlmd.envoy.resources.requests[memory]"},
		},
		"Both": {reason: "a claim that says both", spec: `apiServer: {resources: {requests: {memory: 3Gi}, limits: {memory: 3Gi}}}`},
		"Class": {
			reason: "a class's size is no better",
			class:  `sizes: {Small: {components: {ui: {requests: {cpu: 2}, limits: {cpu: 1}}}}}`,
			want:   []string{"FieldValueInvalid class/default: spec.sizes[Small].components[ui].requests[cpu]"},
		},
	}
	for name, tc := range cases {
		t.Run(name, tc.run)
	}
}

func TestValidateScheduling(t *testing.T) {
	cases := map[string]claimCase{
		"Good": {reason: "all of it", spec: `
scheduling:
  nodeSelector: {example.org/pool: ml}
  priorityClassName: high
  tolerations:
  - {operator: Exists}
  - {key: a, value: b, effect: NoSchedule}
  - {key: a, operator: Exists, effect: NoExecute, tolerationSeconds: 5}
  affinity:
    nodeAffinity:
      requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchExpressions: [{key: a, operator: Gt, values: ["1"]}], matchFields: [{key: metadata.name, operator: In, values: [node-1]}]}]}
      preferredDuringSchedulingIgnoredDuringExecution: [{weight: 1, preference: {matchExpressions: [{key: a, operator: Exists}]}}]
    podAntiAffinity:
      requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: kubernetes.io/hostname, labelSelector: {matchLabels: {a: b}}, namespaces: [team-a]}]
      preferredDuringSchedulingIgnoredDuringExecution: [{weight: 100, podAffinityTerm: {topologyKey: a}}]`},
		"Label": {
			reason: "no label",
			spec:   `scheduling: {nodeSelector: {a b: x}}`,
			want:   []string{"FieldValueInvalid spec.scheduling.nodeSelector"},
		},
		"Class": {
			reason: "no name",
			spec:   `scheduling: {priorityClassName: A B}`,
			want:   []string{"FieldValueInvalid spec.scheduling.priorityClassName"},
		},
		"Operator": {
			reason: "no operator",
			spec:   `scheduling: {tolerations: [{key: a, operator: Maybe}]}`,
			want:   []string{"FieldValueNotSupported spec.scheduling.tolerations[0].operator"},
		},
		"Weight": {
			reason: "a weight is a percentage",
			spec:   `scheduling: {affinity: {podAffinity: {preferredDuringSchedulingIgnoredDuringExecution: [{weight: 0, podAffinityTerm: {topologyKey: a}}]}}}`,
			want:   []string{"FieldValueInvalid spec.scheduling.affinity.podAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].weight"},
		},
	}
	for name, tc := range cases {
		t.Run(name, tc.run)
	}
}

func TestValidateImages(t *testing.T) {
	cases := map[string]claimCase{
		"Digest": {reason: "a reference with everything", spec: `ui: {image: "registry.example.org:5000/kfp/ui:1.0@sha256:` + zeros + `"}`},
		"Space":  {reason: "no registry knows that", spec: `apiServer: {image: "a b"}`, want: []string{"FieldValueInvalid spec.apiServer.image"}},
		"Driver": {reason: "nor that", spec: `apiServer: {driverImage: " "}`, want: []string{"FieldValueInvalid spec.apiServer.driverImage"}},
		"Envoy":  {reason: "nor that", spec: `mlmd: {envoy: {image: "a\n"}}`, want: []string{"FieldValueInvalid spec.mlmd.envoy.image"}},
		"Class": {
			reason: "nor what the class says",
			class:  `images: {authProxy: " ", registry: "a b"}`,
			want:   []string{"FieldValueInvalid class/default: spec.images.authProxy", "FieldValueInvalid class/default: spec.images.registry"},
		},
	}
	for name, tc := range cases {
		tc.mods = append(tc.mods, imagesAllowed)
		t.Run(name, tc.run)
	}
}

const zeros = "0000000000000000000000000000000000000000000000000000000000000000"
