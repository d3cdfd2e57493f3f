package main

import (
	"maps"
	"strings"
	"testing"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"
)

// apply an answer: delete what is observed and no longer desired, then write the rest, then the
// composite.
func (c *cluster) apply(t testing.TB, rsp *fnv1.RunFunctionResponse) {
	t.Helper()
	desired := rsp.GetDesired().GetResources()
	maps.DeleteFunc(c.objects, func(name string, _ *structpb.Struct) bool { return !c.unseen[name] && desired[name] == nil })
	var refs []any
	for _, name := range names(desired) {
		o := proto.CloneOf(desired[name].GetResource())
		c.installed(t, o.GetFields()["apiVersion"].GetStringValue(), o.GetFields()["kind"].GetStringValue())
		c.write(t, name, o)
		c.spent.applies++
		refs = append(refs, map[string]any{
			"apiVersion": o.GetFields()["apiVersion"].GetStringValue(), "kind": o.GetFields()["kind"].GetStringValue(),
			"name": fields(o, "metadata")["name"].GetStringValue(),
		})
	}
	spec := part(c.composite, "spec")
	if strings.HasPrefix(c.composite.GetFields()["kind"].GetStringValue(), "X") {
		set(spec, map[string]any{"resourceRefs": refs})
	} else {
		set(spec, map[string]any{"crossplane": map[string]any{"resourceRefs": refs}})
	}
	c.composite.GetFields()["status"] = proto.CloneOf(rsp.GetDesired().GetComposite().GetResource().GetFields()["status"])
}

// write an object as server-side apply does: what others wrote stays, and a changed spec is a new
// generation.
func (c *cluster) write(t testing.TB, name string, o *structpb.Struct) {
	t.Helper()
	generation := 1.0
	if before := c.objects[name]; before != nil {
		if place(before) != place(o) {
			t.Fatalf("%s is %s and wanted as %s: Crossplane would write to the first", name, place(before), place(o))
		}
		generation = fields(before, "metadata")["generation"].GetNumberValue()
		if !proto.Equal(before.GetFields()["spec"], o.GetFields()["spec"]) {
			generation++
		}
		if status := before.GetFields()["status"]; status != nil {
			o.Fields["status"] = status
		}
	}
	set(part(o, "metadata"), map[string]any{
		"uid": "uid-of-" + name, "resourceVersion": "1234567", "generation": generation, "creationTimestamp": someTime,
		"ownerReferences": []any{controllerOf(c.composite)},
	})
	set(part(part(o, "metadata"), "annotations"), map[string]any{annotationResource: name})
	if made := fields(c.objects[name], "metadata", "annotations")[annotationCreated]; made != nil {
		fields(o, "metadata", "annotations")[annotationCreated] = made // the provider's
	}
	c.objects[name] = o
}

const annotationCreated = "crossplane.io/external-create-succeeded"

// created has a provider note on a managed resource when it made what that stands for.
func (c *cluster) created(name, when string) {
	fields(c.objects[name], "metadata", "annotations")[annotationCreated] = structpb.NewStringValue(when)
}

// controllerOf makes the reference by which an object says that the composite controls it.
func controllerOf(composite *structpb.Struct) map[string]any {
	meta := fields(composite, "metadata")
	return map[string]any{
		"apiVersion": composite.GetFields()["apiVersion"].GetStringValue(), "kind": composite.GetFields()["kind"].GetStringValue(),
		"name": meta["name"].GetStringValue(), "uid": meta["uid"].GetStringValue(), "controller": true, "blockOwnerDeletion": true,
	}
}

var conditionWords = map[fnv1.Status]string{
	fnv1.Status_STATUS_CONDITION_TRUE: "True", fnv1.Status_STATUS_CONDITION_FALSE: "False", fnv1.Status_STATUS_CONDITION_UNKNOWN: "Unknown",
}

// setConditions writes an answer's conditions to the composite, as Crossplane does after a fatal
// result too.
func (c *cluster) setConditions(rsp *fnv1.RunFunctionResponse) {
	var list []any
	for _, condition := range rsp.GetConditions() {
		list = append(list, map[string]any{
			"type": condition.GetType(), "status": conditionWords[condition.GetStatus()],
			"reason": condition.GetReason(), "message": condition.GetMessage(), "lastTransitionTime": someTime,
		})
	}
	set(part(c.composite, "status"), map[string]any{"conditions": list})
}
