package stack

import (
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/pipelinestack/function-pipelinestack/apis/v1alpha1"
)

// Class is a valid PipelineStackClass with every default filled in. It is the same for every call
// until somebody edits it.
type Class struct {
	// Name of the class.
	Name string
	v1alpha1.PipelineStackClassSpec
	// Defaults for claims: the class's over the built-in ones.
	Defaults v1alpha1.StackSettings
	// Catalogue of releases: the function's, and those of the class.
	Catalogue Catalogue
	// closed are the fields below spec that claims may not set.
	closed []string
}

// classPath is the root of the paths in errors that only the author of the class can fix.
func classPath(name string) *field.Path { return field.NewPath("class/" + name + ": spec") }

func (c *Class) path() *field.Path { return classPath(c.Name) }

// egressBound are the ranges inside which claims open destinations; nil is no bound. A class that
// lists where pipelines go has said it already.
func (c *Class) egressBound() []string {
	if c.Constraints.Egress != nil || c.Network.Pipelines == nil {
		return c.Constraints.Egress
	}
	bound := []string{}
	for _, t := range c.Network.Pipelines {
		bound = append(bound, t.CIDR)
	}
	return bound
}
