package main

import (
	"maps"
	"testing"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"
)

// apply an answer: delete what is observed and no longer desired, then write the rest, then the composite's status.
func (c *cluster) apply(t testing.TB, rsp *fnv1.RunFunctionResponse) {
	t.Helper()
	desired := rsp.GetDesired().GetResources()
	maps.DeleteFunc(c.objects, func(name string, _ *structpb.Struct) bool { return !c.unseen[name] && desired[name] == nil })
	for name, r := range desired {
		o := proto.CloneOf(r.GetResource())
		c.installed(t, o.GetFields()["apiVersion"].GetStringValue(), o.GetFields()["kind"].GetStringValue())
		c.write(t, name, o)
	}
	c.composite.GetFields()["status"] = proto.CloneOf(rsp.GetDesired().GetComposite().GetResource().GetFields()["status"])
	c.setConditions(rsp)
}

// write an object as server-side apply does: what others wrote stays, and a changed spec is a new generation.
func (c *cluster) write(t testing.TB, name string, o *structpb.Struct) {
	t.Helper()
	meta := fields(o, "metadata")
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
	meta["uid"] = structpb.NewStringValue("uid-of-" + name)
	meta["generation"] = structpb.NewNumberValue(generation)
	meta["ownerReferences"] = structpb.NewListValue(must(structpb.NewList([]any{controllerOf(c.composite)})))
	if meta["annotations"] == nil {
		meta["annotations"] = structpb.NewStructValue(object(map[string]any{}))
	}
	annotations := fields(o, "metadata", "annotations")
	annotations["crossplane.io/composition-resource-name"] = structpb.NewStringValue(name)
	if made := fields(c.objects[name], "metadata", "annotations")[annotationCreated]; made != nil {
		annotations[annotationCreated] = made // the provider's
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

// setConditions writes an answer's conditions to the composite, as Crossplane does after a fatal result too.
func (c *cluster) setConditions(rsp *fnv1.RunFunctionResponse) {
	var list []any
	for _, condition := range rsp.GetConditions() {
		list = append(list, map[string]any{
			"type": condition.GetType(), "status": conditionWords[condition.GetStatus()],
			"reason": condition.GetReason(), "message": condition.GetMessage(),
		})
	}
	if c.composite.GetFields()["status"] == nil {
		c.composite.GetFields()["status"] = structpb.NewStructValue(object(map[string]any{}))
	}
	fields(c.composite, "status")["conditions"] = structpb.NewListValue(must(structpb.NewList(list)))
}

// wellbeing of what stands behind an object.
type wellbeing int

const (
	well wellbeing = iota
	sick           // its controller says what is wrong
	mute           // nobody has reported on it
)

// report writes the status of an object as its controller or provider does, and what a provider publishes.
func (c *cluster) report(name string, h wellbeing) {
	o := c.objects[name]
	if o == nil {
		return
	}
	spec := fields(o, "spec")
	isDeployment, isManaged := o.GetFields()["kind"].GetStringValue() == "Deployment", spec["providerConfigRef"] != nil
	switch {
	case !isDeployment && !isManaged:
		return // works as soon as it is there
	case h == mute:
		delete(o.GetFields(), "status")
		return
	case isDeployment:
		o.Fields["status"] = structpb.NewStructValue(deploymentStatus(fields(o, "metadata")["generation"].GetNumberValue(), spec["replicas"].GetNumberValue(), h))
	default:
		o.Fields["status"] = structpb.NewStructValue(managedStatus(h))
	}
	if h == well && spec["writeConnectionSecretToRef"] != nil && c.details[name] == nil {
		c.publish(name, "first")
	}
}

// publish connection details that hold a word in every secret part.
func (c *cluster) publish(name, word string) {
	c.details[name] = map[string][]byte{
		"username": []byte("user-of-" + name), "password": []byte("s3cret-" + name + "-" + word),
		"endpoint": []byte("mysql.example.org"), "port": []byte("3306"),
	}
}

func deploymentStatus(generation, replicas float64, h wellbeing) *structpb.Struct {
	available, progressing := map[string]any{"type": "Available", "status": "True"}, map[string]any{"type": "Progressing", "status": "True"}
	working := replicas
	if h == sick {
		working = 0
		available["status"], progressing["status"] = "False", "False"
		progressing["reason"], progressing["message"] = "ProgressDeadlineExceeded", "it has timed out progressing"
	}
	return object(map[string]any{
		"observedGeneration": generation, "replicas": replicas, "updatedReplicas": replicas, "availableReplicas": working,
		"conditions": []any{available, progressing},
	})
}

func managedStatus(h wellbeing) *structpb.Struct {
	synced := map[string]any{"type": "Synced", "status": "True", "reason": "ReconcileSuccess"}
	if h == sick {
		synced = map[string]any{"type": "Synced", "status": "False", "reason": "ReconcileError", "message": "the other side refuses"}
	}
	return object(map[string]any{"conditions": []any{synced, map[string]any{"type": "Ready", "status": "True", "reason": "Available"}}})
}

// heal has every controller and provider report that all is well.
func (c *cluster) heal() {
	for name := range c.objects {
		c.report(name, well)
	}
}

// settle reconciles and heals until nothing changes any more, and returns the last answer.
func (c *cluster) settle(t testing.TB) *fnv1.RunFunctionResponse {
	t.Helper()
	rsp := c.reconcile(t)
	for range 8 {
		c.heal()
		rsp = c.reconcile(t)
	}
	return rsp
}
