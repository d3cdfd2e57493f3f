package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/crossplane/crossplane-runtime/v2/pkg/logging"
	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/pipelinestack/function-pipelinestack/fn/stack"
	"github.com/pipelinestack/function-pipelinestack/internal/check"
)

// Small things that tests say often.

func object(content map[string]any) *structpb.Struct { return must(structpb.NewStruct(content)) }

func fields(o *structpb.Struct, path ...string) map[string]*structpb.Value {
	for _, p := range path {
		o = o.GetFields()[p].GetStructValue()
	}
	return o.GetFields()
}

// part of an object, made if it is not there.
func part(o *structpb.Struct, name string) *structpb.Struct {
	if o.GetFields()[name].GetStructValue() == nil {
		o.Fields[name] = structpb.NewStructValue(object(map[string]any{}))
	}
	return o.GetFields()[name].GetStructValue()
}

func set(in *structpb.Struct, fields map[string]any) {
	maps.Copy(in.GetFields(), object(fields).GetFields())
}

// place of an object: its kind, namespace and name.
func place(o *structpb.Struct) string {
	meta := fields(o, "metadata")
	return o.GetFields()["kind"].GetStringValue() + "/" + meta["namespace"].GetStringValue() + "/" + meta["name"].GetStringValue()
}

// heldBack are the objects that the answer's status says are held back, with the reason.
func heldBack(rsp *fnv1.RunFunctionResponse) map[string]string {
	held := map[string]string{}
	for _, h := range fields(rsp.GetDesired().GetComposite().GetResource(), "status")["pendingResources"].GetListValue().GetValues() {
		f := h.GetStructValue().GetFields()
		held[f["resource"].GetStringValue()] = f["reason"].GetStringValue()
	}
	return held
}

// told is a condition as people read it: its status, reason and message.
func told(rsp *fnv1.RunFunctionResponse, typ string) string {
	for _, c := range rsp.GetConditions() {
		if c.GetType() == typ {
			return conditionWords[c.GetStatus()] + " " + c.GetReason() + " " + c.GetMessage()
		}
	}
	return ""
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// wired is what arrives of a message that goes over the wire.
func wired[M proto.Message](t testing.TB, m M) M {
	t.Helper()
	raw, err := proto.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	received := m.ProtoReflect().New().Interface().(M)
	if err := proto.Unmarshal(raw, received); err != nil {
		t.Fatal(err)
	}
	return received
}

func quiet() *Function { return carrying(stack.Releases()) }

// carrying makes a function that knows other releases.
func carrying(c stack.Catalogue) *Function {
	f := NewFunction(logging.NewNopLogger(), c, prometheus.NewRegistry())
	f.random = func(length int) string { return strings.Repeat("MadeUp0", length)[:length] }
	f.certify = func(names []string, _ time.Time) stack.Certificate {
		return stack.Certificate{
			Authority: []byte("authority of " + names[0]),
			Chain:     []byte("for " + names[0]),
			Key:       []byte("key of " + names[0]),
		}
	}
	return f
}

// refusal is the message of an answer's fatal result, empty if there is none.
func refusal(rsp *fnv1.RunFunctionResponse) string {
	for _, r := range rsp.GetResults() {
		if r.GetSeverity() == fnv1.Severity_SEVERITY_FATAL {
			return r.GetMessage()
		}
	}
	return ""
}

// desired objects of an answer, in the order of their resource names, which each of them carries.
func desired(rsp *fnv1.RunFunctionResponse) []obj {
	resources := rsp.GetDesired().GetResources()
	objects := make([]obj, 0, len(resources))
	for _, name := range slices.Sorted(maps.Keys(resources)) {
		o := check.Normalize(resources[name].GetResource().AsMap())
		if err := unstructured.SetNestedField(o, name, "metadata", "annotations", annotationResource); err != nil {
			panic(err)
		}
		objects = append(objects, o)
	}
	return objects
}

func resourceNames(rsp *fnv1.RunFunctionResponse) []string {
	return slices.Sorted(maps.Keys(rsp.GetDesired().GetResources()))
}

func resourceName(o obj) string {
	name, _, _ := unstructured.NestedString(o, "metadata", "annotations", annotationResource)
	return name
}

// put a value into a field below m, given by its path.
func put(m obj, path string, value any) {
	if err := unstructured.SetNestedField(m, value, strings.Split(path, ".")...); err != nil {
		panic(fmt.Sprintf("cannot set %s: %v", path, err))
	}
}

func has(o obj, path ...string) bool {
	_, ok, err := unstructured.NestedFieldNoCopy(o, path...)
	return ok && err == nil
}

// groupOf an object's kind, empty for the core group.
func groupOf(o obj) string {
	group, _, ok := strings.Cut(o["apiVersion"].(string), "/")
	if !ok {
		return ""
	}
	return group
}

// isManaged says whether a group is a provider's.
func isManaged(group string) bool {
	return slices.ContainsFunc([]string{".crossplane.io", ".upbound.io"}, func(suffix string) bool { return strings.HasSuffix(group, suffix) })
}

func nameOf(o obj) string {
	name, _, _ := unstructured.NestedString(o, "metadata", "name")
	return name
}
