package main

import (
	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
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
		Held:       len(xr.Object.GetFields()["status"].GetStructValue().GetFields()["pendingResources"].GetListValue().GetValues()) > 0,
		Conditions: map[string]stack.Condition{},
		Observed:   make(stack.Observed, len(req.GetObserved().GetResources())),
		Required:   make(map[string][]kube.Observed, len(req.GetRequiredResources())),
	}
	for _, c := range xr.Conditions() {
		w.Conditions[c.Type] = stack.Condition{Type: c.Type, Status: stack.ConditionStatus(c.Status), Reason: c.Reason, Message: c.Message}
	}
	for name, r := range req.GetObserved().GetResources() {
		if o := (kube.Observed{Object: r.GetResource(), Details: r.GetConnectionDetails()}); stack.Genuine(name, o) {
			w.Observed[name] = o
		}
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
