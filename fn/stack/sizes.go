package stack

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/pipelinestack/function-pipelinestack/apis/v1alpha1"
	"github.com/pipelinestack/function-pipelinestack/fn/fields"
)

// DefaultSize applies where neither claim nor class names a size.
const DefaultSize = "Small"

// Size says what each component gets.
type Size map[Component]v1alpha1.ComponentSize

// sizes that every class has. Small requests 0.37 CPU and 1 GiB in all without the web interface
// and embedded stores, so that an idle tenant costs little; its limits leave room for a handful of
// runs at once. Pods of pipelines come on top.
var sizes = map[string]Size{
	DefaultSize: {
		APIServer:          sized(1, "150m", "384Mi", "1", "1Gi"),
		AuthProxy:          sized(1, "10m", "32Mi", "200m", "128Mi"),
		PersistenceAgent:   sized(1, "40m", "128Mi", "500m", "512Mi"),
		ScheduledWorkflow:  sized(1, "20m", "64Mi", "250m", "256Mi"),
		WorkflowController: sized(1, "60m", "192Mi", "1", "1Gi"),
		MLMD:               sized(1, "60m", "128Mi", "500m", "512Mi"),
		MLMDEnvoy:          sized(1, "30m", "96Mi", "250m", "256Mi"),
		UI:                 sized(1, "20m", "128Mi", "500m", "512Mi"),
		executorImage:      sized(1, "10m", "64Mi", "500m", "512Mi"),
		Step:               step,
		DatabaseServer:     sized(1, "50m", "192Mi", "1", "512Mi"),
		ObjectStoreServer:  sized(1, "20m", "64Mi", "500m", "256Mi"),
	},
	"Medium": {
		APIServer:          sized(1, "300m", "768Mi", "2", "2Gi"),
		AuthProxy:          sized(1, "20m", "48Mi", "500m", "256Mi"),
		PersistenceAgent:   sized(1, "120m", "384Mi", "1", "1Gi"),
		ScheduledWorkflow:  sized(1, "50m", "128Mi", "500m", "512Mi"),
		WorkflowController: sized(1, "200m", "512Mi", "2", "2Gi"),
		MLMD:               sized(1, "150m", "256Mi", "1", "1Gi"),
		MLMDEnvoy:          sized(1, "50m", "128Mi", "500m", "256Mi"),
		UI:                 sized(1, "50m", "192Mi", "1", "1Gi"),
		executorImage:      sized(1, "20m", "64Mi", "500m", "512Mi"),
		Step:               step,
		DatabaseServer:     sized(1, "150m", "384Mi", "2", "1Gi"),
		ObjectStoreServer:  sized(1, "50m", "128Mi", "1", "512Mi"),
	},
	"Large": {
		APIServer:          sized(2, "1", "2Gi", "4", "4Gi"),
		AuthProxy:          sized(1, "50m", "64Mi", "1", "256Mi"),
		PersistenceAgent:   sized(1, "500m", "1Gi", "2", "3Gi"),
		ScheduledWorkflow:  sized(1, "200m", "256Mi", "1", "1Gi"),
		WorkflowController: sized(2, "1", "2Gi", "4", "6Gi"),
		MLMD:               sized(2, "500m", "768Mi", "2", "2Gi"),
		MLMDEnvoy:          sized(2, "100m", "192Mi", "1", "512Mi"),
		UI:                 sized(2, "100m", "256Mi", "1", "1Gi"),
		executorImage:      sized(1, "50m", "128Mi", "1", "1Gi"),
		Step:               step,
		DatabaseServer:     sized(1, "500m", "1Gi", "4", "2Gi"),
		ObjectStoreServer:  sized(1, "200m", "256Mi", "2", "1Gi"),
	},
}

// step has no limits: a pipeline's own requests are laid over these, and a step that asks for more
// than a limit which it did not set would be refused. Its requests are below any limit that a
// pipeline may set.
var step = v1alpha1.ComponentSize{Replicas: 1, Resources: v1alpha1.Resources{Requests: resourceList("20m", "64Mi")}}

func sized(replicas int32, cpu, memory, cpuLimit, memoryLimit string) v1alpha1.ComponentSize {
	return v1alpha1.ComponentSize{Replicas: replicas, Resources: v1alpha1.Resources{
		Requests: resourceList(cpu, memory),
		Limits:   resourceList(cpuLimit, memoryLimit),
	}}
}

func resourceList(cpu, memory string) corev1.ResourceList {
	return corev1.ResourceList{
		corev1.ResourceCPU:    resource.MustParse(cpu),
		corev1.ResourceMemory: resource.MustParse(memory),
	}
}

// sizeNamed returns what the class or the built-in table knows under a name. What a
// class's size leaves out it takes from Small.
func sizeNamed(class map[string]v1alpha1.Size, name string) (Size, bool) {
	custom, ok := class[name]
	if !ok {
		s, ok := sizes[name]
		return s, ok
	}
	s := make(Size, len(sizes[DefaultSize]))
	for c, cs := range sizes[DefaultSize] {
		s[c] = fields.Overlay(custom.Components[string(c)], cs)
	}
	return s, true
}

// resources of a component's container: the claim's, part by part, before the size's.
func resources(size v1alpha1.ComponentSize, claim *v1alpha1.Resources) corev1.ResourceRequirements {
	r := corev1.ResourceRequirements{Requests: size.Requests, Limits: size.Limits}
	if claim == nil {
		return r
	}
	if claim.Requests != nil {
		r.Requests = claim.Requests
	}
	if claim.Limits != nil {
		r.Limits = claim.Limits
	}
	return r
}
