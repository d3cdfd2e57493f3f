package main

import (
	"sync/atomic"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/pipelinestack/function-pipelinestack/apis/v1alpha1"
	"github.com/pipelinestack/function-pipelinestack/fn/kube"
	"github.com/pipelinestack/function-pipelinestack/fn/stack"
)

// decodeClaim reads the composite in either flavour.
func decodeClaim(xr *structpb.Struct) (stack.Claim, field.ErrorList) {
	meta := xr.GetFields()["metadata"].GetStructValue().GetFields()
	content := xr.GetFields()["spec"].GetStructValue()
	c := stack.Claim{
		Name:       meta["name"].GetStringValue(),
		Namespace:  meta["namespace"].GetStringValue(),
		Namespaced: true,
	}
	if ref := content.GetFields()["claimRef"].GetStructValue().GetFields(); c.Namespace == "" {
		c = stack.Claim{Name: ref["name"].GetStringValue(), Namespace: ref["namespace"].GetStringValue()}
	}
	var errs field.ErrorList
	if c.Name == "" || c.Namespace == "" {
		// Any claim could bind such a composite later, overwrite its spec and delete it.
		errs = append(errs, field.Required(field.NewPath("spec", "claimRef"),
			"a cluster-scoped composite without a claim is not served: create a "+v1alpha1.KindStack+" in a namespace instead"))
	}
	var specErrs field.ErrorList
	c.Spec, specErrs = stack.DecodeSpec(content)
	return c, append(errs, specErrs...)
}

// decodeWorld wraps what is observed without converting it.
func decodeWorld(req *fnv1.RunFunctionRequest) stack.World {
	xr := kube.Observed{Object: req.GetObserved().GetComposite().GetResource()}
	w := stack.World{
		UID:        xr.String("metadata", "uid"),
		Release:    xr.String("status", "release"),
		Composite:  xr,
		Held:       len(xr.Object.GetFields()["status"].GetStructValue().GetFields()["held"].GetListValue().GetValues()) > 0,
		Conditions: map[string]stack.Condition{},
		Observed:   make(stack.Observed, len(req.GetObserved().GetResources())),
		Required:   make(map[string][]kube.Observed, len(req.GetRequiredResources())),
	}
	for _, c := range xr.Conditions() {
		w.Conditions[c.Type] = stack.Condition{Type: c.Type, Status: stack.ConditionStatus(c.Status), Reason: c.Reason, Message: c.Message}
	}
	for name, r := range req.GetObserved().GetResources() {
		w.Observed[name] = kube.Observed{Object: r.GetResource(), Details: r.GetConnectionDetails()}
	}
	for key, answer := range req.GetRequiredResources() {
		found := make([]kube.Observed, len(answer.GetItems()))
		for i, r := range answer.GetItems() {
			found[i] = kube.Observed{Object: r.GetResource()}
		}
		w.Required[key] = found
	}
	return w
}

// platformCache remembers the platform's word: it is the same in every call until somebody edits the Composition or the
// EnvironmentConfig, so it is decoded, defaulted and checked once.
type platformCache struct {
	catalogue stack.Catalogue
	last      atomic.Pointer[decodedPlatform]
}

type decodedPlatform struct {
	input, environment *structpb.Struct
	platform           *stack.Platform
	errs               field.ErrorList
}

func (c *platformCache) decode(input, environment *structpb.Struct) (*stack.Platform, field.ErrorList) {
	if last := c.last.Load(); last != nil && proto.Equal(last.input, input) && proto.Equal(last.environment, environment) {
		return last.platform, last.errs
	}
	d := &decodedPlatform{input: input, environment: environment}
	d.platform, d.errs = stack.DecodePlatform(input.AsMap(), environment.AsMap(), c.catalogue)
	c.last.Store(d)
	return d.platform, d.errs
}
