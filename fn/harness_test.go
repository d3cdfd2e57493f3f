package main

import (
	"context"
	"encoding/base64"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/crossplane/crossplane-runtime/v2/pkg/logging"
	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/pipelinestack/function-pipelinestack/fn/stack"
	"github.com/pipelinestack/function-pipelinestack/internal/check"
)

// This file does what Crossplane does around a call, so that tests see the function as Crossplane sees it.

// request is the first call that Crossplane 2.2 makes for a scenario.
func (s *scenario) request(t testing.TB) *fnv1.RunFunctionRequest {
	t.Helper()
	req := &fnv1.RunFunctionRequest{
		Meta: &fnv1.RequestMeta{Tag: "test", Capabilities: []fnv1.Capability{
			fnv1.Capability_CAPABILITY_CAPABILITIES, fnv1.Capability_CAPABILITY_REQUIRED_RESOURCES, fnv1.Capability_CAPABILITY_CREDENTIALS,
			fnv1.Capability_CAPABILITY_CONDITIONS, fnv1.Capability_CAPABILITY_REQUIRED_SCHEMAS,
		}},
		Input:    pb(t, s.input),
		Observed: &fnv1.State{Composite: &fnv1.Resource{Resource: pb(t, s.xr)}, Resources: map[string]*fnv1.Resource{}},
		Desired:  &fnv1.State{},
		Context:  &structpb.Struct{},
	}
	for _, o := range s.observed {
		name, _, _ := unstructured.NestedString(o, "metadata", "annotations", annotationResource)
		if name == "" {
			t.Fatalf("%s: an observed object without the annotation %s", s.name, annotationResource)
		}
		req.Observed.Resources[name] = &fnv1.Resource{Resource: pb(t, o), ConnectionDetails: s.details(t, o)}
	}
	return wired(t, req)
}

// details are what the Secret holds that an observed object writes, in its own namespace or the one that it names.
func (s *scenario) details(t testing.TB, o obj) map[string][]byte {
	t.Helper()
	ref, ok, _ := unstructured.NestedStringMap(o, "spec", "writeConnectionSecretToRef")
	if !ok {
		return nil
	}
	namespace, _, _ := unstructured.NestedString(o, "metadata", "namespace")
	if namespace == "" {
		namespace = ref["namespace"]
	}
	details := map[string][]byte{}
	for _, secret := range s.find("v1", "Secret", namespace, func(meta obj) bool { return meta["name"] == ref["name"] }) {
		for k, v := range secret["data"].(obj) {
			raw, err := base64.StdEncoding.DecodeString(v.(string))
			if err != nil {
				t.Fatalf("%s: Secret %s: %s: %v", s.name, ref["name"], k, err)
			}
			details[k] = raw
		}
	}
	return details
}

func (s *scenario) find(apiVersion, kind, namespace string, matches func(meta obj) bool) []obj {
	var found []obj
	for _, o := range s.required {
		meta, _ := o["metadata"].(obj)
		ns, _ := meta["namespace"].(string)
		if o["apiVersion"] == apiVersion && o["kind"] == kind && ns == namespace && matches(meta) {
			found = append(found, o)
		}
	}
	return found
}

// run calls the function until it asks for nothing new, as Crossplane does, and returns its last answer.
func (s *scenario) run(t testing.TB, f *Function) *fnv1.RunFunctionResponse {
	t.Helper()
	return s.settle(t, f, s.request(t))
}

func (s *scenario) settle(t testing.TB, f *Function, req *fnv1.RunFunctionRequest) *fnv1.RunFunctionResponse {
	t.Helper()
	var asked *fnv1.Requirements
	for range 6 { // Crossplane's own limit
		rsp := call(t, f, req)
		if refusal(rsp) != "" || proto.Equal(asked, rsp.GetRequirements()) {
			return rsp
		}
		asked = rsp.GetRequirements()
		req.Context = rsp.GetContext()
		req.RequiredResources = map[string]*fnv1.Resources{}
		for key, selector := range asked.GetResources() {
			req.RequiredResources[key] = s.answer(t, selector)
		}
	}
	t.Fatalf("%s: the requirements do not settle: %v", s.name, asked)
	return nil
}

// answer is what Crossplane finds for a selector: no items where there is nothing.
func (s *scenario) answer(t testing.TB, selector *fnv1.ResourceSelector) *fnv1.Resources {
	t.Helper()
	matches := func(meta obj) bool { return meta["name"] == selector.GetMatchName() }
	if selector.GetMatchName() == "" {
		matches = func(meta obj) bool {
			has, _, _ := unstructured.NestedStringMap(meta, "labels")
			return labels.SelectorFromSet(selector.GetMatchLabels().GetLabels()).Matches(labels.Set(has))
		}
	}
	found := &fnv1.Resources{}
	for _, o := range s.find(selector.GetApiVersion(), selector.GetKind(), selector.GetNamespace(), matches) {
		found.Items = append(found.Items, &fnv1.Resource{Resource: pb(t, o)})
	}
	return found
}

// call the function once. It gets what earlier steps desire as a copy of its own, since it writes into it.
func call(t testing.TB, f *Function, req *fnv1.RunFunctionRequest) *fnv1.RunFunctionResponse {
	t.Helper()
	before := req.GetDesired()
	req.Desired = proto.CloneOf(before)
	rsp, err := f.RunFunction(context.Background(), req)
	req.Desired = before
	if err != nil {
		t.Fatalf("an error instead of an answer: %v", err)
	}
	return rsp
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

func quiet() *Function {
	return NewFunction(logging.NewNopLogger(), stack.Releases(), prometheus.NewRegistry())
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

func pb(t testing.TB, o obj) *structpb.Struct {
	t.Helper()
	s, err := structpb.NewStruct(o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// put a value into a field below m, given by its path.
func put(m obj, path string, value any) {
	if err := unstructured.SetNestedField(m, value, strings.Split(path, ".")...); err != nil {
		panic(fmt.Sprintf("cannot set %s: %v", path, err))
	}
}
