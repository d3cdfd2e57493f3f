package stack

import "testing"

func TestValidateContainers(t *testing.T) {
	cases := map[string]claimCase{
		"OfTheSize":     {reason: "a request above the limit that the size sets", spec: `apiServer: {resources: {requests: {memory: 100Gi}}}`, want: []string{"FieldValueInvalid spec.apiServer.resources.requests[memory]"}},
		"LimitOfSize":   {reason: "a limit below the request that the size sets", spec: `apiServer: {resources: {limits: {memory: 1Mi}}}`, want: []string{"FieldValueInvalid spec.apiServer.resources.requests[memory]"}},
		"Envoy":         {reason: "the envoy has a size of its own", spec: `metadata: {envoy: {resources: {requests: {memory: 10Gi}}}}`, want: []string{"FieldValueInvalid spec.metadata.envoy.resources.requests[memory]"}},
		"Both":          {reason: "a claim that says both", spec: `apiServer: {resources: {requests: {memory: 3Gi}, limits: {memory: 3Gi}}}`},
		"Device":        {reason: "a whole device, as much as is requested", spec: `ui: {resources: {requests: {example.org/gpu: 1}, limits: {example.org/gpu: 1}}}`},
		"HalfADevice":   {reason: "there is no half of one", spec: `ui: {resources: {limits: {example.org/gpu: 500m}}}`, want: []string{"FieldValueInvalid spec.ui.resources.limits[example.org/gpu]"}},
		"ManyDevices":   {reason: "whole ones, more than fit into 64 bits as thousandths", spec: `ui: {resources: {requests: {example.org/gpu: 7Ei}, limits: {example.org/gpu: 7Ei}}}`},
		"DeviceNoLimit": {reason: "it cannot be shared", spec: `ui: {resources: {requests: {example.org/gpu: 1}}}`, want: []string{"FieldValueInvalid spec.ui.resources.requests[example.org/gpu]"}},
		"HugePages":     {reason: "Kubernetes' own, by size", spec: `ui: {resources: {requests: {hugepages-2Mi: 4Mi}, limits: {hugepages-2Mi: 4Mi}}}`},
		"Unknown":       {reason: "Kubernetes has no such resource", spec: `ui: {resources: {limits: {gpu: 1}}}`, want: []string{"FieldValueInvalid spec.ui.resources.limits[gpu]"}},
		"Platform":      {reason: "a platform's size is no better", platform: `sizes: {Small: {components: {ui: {requests: {cpu: 2}, limits: {cpu: 1}}}}}`, want: []string{"FieldValueInvalid input.sizes[Small].components[ui].requests[cpu]"}},
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
      requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchExpressions: [{key: a, operator: Gt, values: ["1"]}], matchFields: [{key: metadata.name, operator: In, values: [n]}]}]}
      preferredDuringSchedulingIgnoredDuringExecution: [{weight: 1, preference: {matchExpressions: [{key: a, operator: Exists}]}}]
    podAntiAffinity:
      requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: kubernetes.io/hostname, labelSelector: {matchLabels: {a: b}}, namespaces: [team-a]}]
      preferredDuringSchedulingIgnoredDuringExecution: [{weight: 100, podAffinityTerm: {topologyKey: a}}]`},
		"Label":        {reason: "no label", spec: `scheduling: {nodeSelector: {a b: x}}`, want: []string{"FieldValueInvalid spec.scheduling.nodeSelector"}},
		"Class":        {reason: "no name", spec: `scheduling: {priorityClassName: A B}`, want: []string{"FieldValueInvalid spec.scheduling.priorityClassName"}},
		"Operator":     {reason: "no operator", spec: `scheduling: {tolerations: [{key: a, operator: Maybe}]}`, want: []string{"FieldValueNotSupported spec.scheduling.tolerations[0].operator"}},
		"NoKey":        {reason: "only everything goes without a key", spec: `scheduling: {tolerations: [{operator: Equal}]}`, want: []string{"FieldValueInvalid spec.scheduling.tolerations[0].operator"}},
		"ExistsValue":  {reason: "a value that nobody compares", spec: `scheduling: {tolerations: [{key: a, operator: Exists, value: b}]}`, want: []string{"FieldValueInvalid spec.scheduling.tolerations[0].value"}},
		"Effect":       {reason: "no effect", spec: `scheduling: {tolerations: [{key: a, effect: None}]}`, want: []string{"FieldValueNotSupported spec.scheduling.tolerations[0].effect"}},
		"Seconds":      {reason: "only who is running can be thrown out later", spec: `scheduling: {tolerations: [{key: a, effect: NoSchedule, tolerationSeconds: 1}]}`, want: []string{"FieldValueInvalid spec.scheduling.tolerations[0].effect"}},
		"NoTerms":      {reason: "no node would be good", spec: `scheduling: {affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: []}}}}`, want: []string{"FieldValueRequired spec.scheduling.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms"}},
		"TermOperator": {reason: "no operator of node selectors", spec: `scheduling: {affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchExpressions: [{key: a, operator: Is}]}]}}}}`, want: []string{"FieldValueNotSupported spec.scheduling.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchExpressions[0].operator"}},
		"TermValues":   {reason: "In what?", spec: `scheduling: {affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchExpressions: [{key: a, operator: In}]}]}}}}`, want: []string{"FieldValueInvalid spec.scheduling.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchExpressions[0]"}},
		"TermField":    {reason: "nodes have no other field to select", spec: `scheduling: {affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchFields: [{key: metadata.uid, operator: In, values: [a]}]}]}}}}`, want: []string{"FieldValueInvalid spec.scheduling.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchFields[0]"}},
		"Weight":       {reason: "a weight is a percentage", spec: `scheduling: {affinity: {podAffinity: {preferredDuringSchedulingIgnoredDuringExecution: [{weight: 0, podAffinityTerm: {topologyKey: a}}]}}}`, want: []string{"FieldValueInvalid spec.scheduling.affinity.podAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].weight"}},
		"NoTopology":   {reason: "near what?", spec: `scheduling: {affinity: {podAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: ""}]}}}`, want: []string{"FieldValueRequired spec.scheduling.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].topologyKey"}},
		"PodSelector":  {reason: "no label", spec: `scheduling: {affinity: {podAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: a, labelSelector: {matchLabels: {a b: c}}}]}}}`, want: []string{"FieldValueInvalid spec.scheduling.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].labelSelector.matchLabels"}},
		"PodNamespace": {reason: "no namespace", spec: `scheduling: {affinity: {podAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: a, namespaces: [A]}]}}}`, want: []string{"FieldValueInvalid spec.scheduling.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].namespaces[0]"}},
	}
	for name, tc := range cases {
		t.Run(name, tc.run)
	}
}

func TestValidateImages(t *testing.T) {
	cases := map[string]claimCase{
		"Digest":   {reason: "a reference with everything", spec: `ui: {image: "registry.example.org:5000/kfp/ui:1.0@sha256:` + zeros + `"}`},
		"Space":    {reason: "no registry knows that", spec: `apiServer: {image: "a b"}`, want: []string{"FieldValueInvalid spec.apiServer.image"}},
		"Driver":   {reason: "nor that", spec: `apiServer: {driverImage: " "}`, want: []string{"FieldValueInvalid spec.apiServer.driverImage"}},
		"Envoy":    {reason: "nor that", spec: `metadata: {envoy: {image: "a\n"}}`, want: []string{"FieldValueInvalid spec.metadata.envoy.image"}},
		"Platform": {reason: "nor what the platform says", platform: `images: {authProxy: " ", registry: "a b"}`, want: []string{"FieldValueInvalid input.images.authProxy", "FieldValueInvalid input.images.registry"}},
	}
	for name, tc := range cases {
		t.Run(name, tc.run)
	}
}

const zeros = "0000000000000000000000000000000000000000000000000000000000000000"
