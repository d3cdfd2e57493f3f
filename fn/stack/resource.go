package stack

import (
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/pipelinestack/function-pipelinestack/fn/kube"
)

// Resource is an object under the name by which Crossplane knows it, which people see when it is
// not ready. The name never changes: Crossplane would delete the object and make another.
type Resource struct {
	Name   string
	Object runtime.Object
	// Needs are the resources and conditions that must be ready before the object is made. They
	// come before it in the plan.
	Needs []string
	// Volume is the name of the PersistentVolumeClaim without which the object is not ready; empty if
	// it has none.
	Volume string
}

// Planned is a resource with what is known of it.
type Planned struct {
	Resource
	Verdict kube.Verdict
	// Held says that the resource is not made yet; the verdict says why.
	Held bool
}
