package main

import (
	"sync"
	"sync/atomic"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/pipelinestack/function-pipelinestack/apis/input/v1beta1"
	"github.com/pipelinestack/function-pipelinestack/apis/v1alpha1"
	"github.com/pipelinestack/function-pipelinestack/fn/stack"
)

// inputCache remembers the function's input: it is the same in every call until somebody edits the
// Composition.
type inputCache struct {
	last atomic.Pointer[decodedInput]
}

type decodedInput struct {
	object *structpb.Struct
	input  v1beta1.Input
	errs   field.ErrorList
}

func (c *inputCache) decode(object *structpb.Struct) (v1beta1.Input, field.ErrorList) {
	if last := c.last.Load(); last != nil && proto.Equal(last.object, object) {
		return last.input, last.errs
	}
	d := &decodedInput{object: object}
	d.input, d.errs = stack.DecodeInput(object)
	c.last.Store(d)
	return d.input, d.errs
}

// classCache remembers classes by name: each is the same in every call until somebody edits it, so
// it is decoded, defaulted and checked once.
type classCache struct {
	catalogue stack.Catalogue

	mu      sync.Mutex
	classes map[string]*decodedClass
}

type decodedClass struct {
	spec  *structpb.Value
	class *stack.Class
	errs  field.ErrorList
}

// without returns what applies to stacks that have no class.
func (c *classCache) without(ids v1alpha1.UserIDs) *stack.Class {
	name := " " + string(ids) // no name of a class
	c.mu.Lock()
	defer c.mu.Unlock()
	if known := c.classes[name]; known != nil {
		return known.class
	}
	known := &decodedClass{class: stack.WithoutClass(ids, c.catalogue)}
	c.classes[name] = known
	return known.class
}

// maxClasses bounds what is remembered. A cluster has a handful.
const maxClasses = 256

func (c *classCache) decode(object *structpb.Struct) (*stack.Class, field.ErrorList) {
	name := object.GetFields()["metadata"].GetStructValue().GetFields()["name"].GetStringValue()
	spec := object.GetFields()["spec"]
	c.mu.Lock()
	known := c.classes[name]
	c.mu.Unlock()
	if known != nil && proto.Equal(known.spec, spec) {
		return known.class, known.errs
	}
	known = &decodedClass{spec: spec}
	known.class, known.errs = stack.DecodeClass(object, c.catalogue)
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.classes) >= maxClasses {
		clear(c.classes)
	}
	c.classes[name] = known
	return known.class, known.errs
}
