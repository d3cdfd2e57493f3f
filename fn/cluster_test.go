package main

import (
	"context"
	"slices"
	"strings"
	"testing"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/pipelinestack/function-pipelinestack/fn/stack"
)

// A cluster plays everything around the function for one composite, and all tests see the function
// through it: Crossplane, which observes what it composed, fetches what the function asks for and
// applies what it desires; the API server; and the controllers and providers behind the objects.
// What makes a real Crossplane fail for good ends the test.
type cluster struct {
	function *Function
	// twin makes what answers the same requests with no memory of earlier ones; nil if nobody
	// compares.
	twin      func() *Function
	input     *structpb.Struct
	composite *structpb.Struct
	// objects of the composite, by resource name, as the API server holds them.
	objects map[string]*structpb.Struct
	// details that providers publish, by resource name.
	details map[string]map[string][]byte
	// others are objects of somebody else that the function may be shown.
	others []*structpb.Struct
	// unseen names objects that Crossplane does not find.
	unseen map[string]bool
	// missing names definitions that are not installed.
	missing map[string]bool
	// differences of objects from what is well, as merge patches by resource name.
	differences map[string]obj
	// silent providers publish nothing but the Secrets among others.
	silent bool
	// local is a render without a cluster: nothing is found but others.
	local bool
	// remembers is a Crossplane from 2.4 on: it answers at once what was asked the last time.
	remembers bool

	asked    map[string]*fnv1.ResourceSelector // the last time
	answered int                               // how often
	spent    effort
}

// effort is what Crossplane did for a composite.
type effort struct{ passes, calls, applies int }

// newCluster holds a composite of the flavour that nothing has been composed for, and the
// class that it belongs to.
func newCluster(catalogue stack.Catalogue, namespaced bool, spec, class map[string]any) *cluster {
	fresh := func() *Function { return carrying(catalogue) }
	c := &cluster{
		function:  fresh(),
		twin:      fresh,
		composite: composite(namespaced, spec),
		objects:   map[string]*structpb.Struct{},
		details:   map[string]map[string][]byte{},
		unseen:    map[string]bool{},
		missing:   map[string]bool{},
		input:     object(map[string]any{"apiVersion": "pipelinestack.fn.crossplane.io/v1beta1", "kind": "Input"}),
	}
	c.setClass(class)
	return c
}

const (
	clusterTenant = "team-a"
	clusterStack  = "demo"
	clusterUID    = "c1b4d3a2-0000-4000-8000-000000000001"
)

func composite(namespaced bool, spec map[string]any) *structpb.Struct {
	if namespaced {
		return object(map[string]any{
			"apiVersion": "pipelines.opendatahub.io/v1alpha1", "kind": "PipelineStack", "spec": spec,
			"metadata": map[string]any{"name": clusterStack, "namespace": clusterTenant, "uid": clusterUID},
		})
	}
	xr := object(map[string]any{
		"apiVersion": "pipelines.opendatahub.io/v1alpha1", "kind": "XPipelineStack", "spec": spec,
		"metadata": map[string]any{"name": clusterStack + "-x7k2p", "uid": clusterUID},
	})
	fields(xr, "spec")["claimRef"] = structpb.NewStructValue(object(map[string]any{
		"apiVersion": "pipelines.opendatahub.io/v1alpha1", "kind": "PipelineStack", "name": clusterStack, "namespace": clusterTenant,
	}))
	return xr
}

// simpleClass is the least that a class says.
func simpleClass() map[string]any {
	return map[string]any{
		"clusterID": "test", "identitySalt": "0123456789abcdef",
		"database":    map[string]any{"shared": map[string]any{"host": "mysql.example.org", "engine": "MariaDB", "tls": "SkipVerify"}},
		"objectStore": map[string]any{"aws": map[string]any{"region": "eu-central-1"}},
	}
}

// claim replaces what the tenant wrote.
func (c *cluster) claim(spec map[string]any) {
	next := object(spec)
	if ref := fields(c.composite, "spec")["claimRef"]; ref != nil {
		next.Fields["claimRef"] = ref
	}
	c.composite.Fields["spec"] = structpb.NewStructValue(next)
}

// setClass replaces what the class says; nil takes it away.
func (c *cluster) setClass(spec map[string]any) {
	const kind = "PipelineStackClass"
	c.others = slices.DeleteFunc(c.others, func(o *structpb.Struct) bool { return o.GetFields()["kind"].GetStringValue() == kind })
	if spec != nil {
		c.others = append(c.others, object(map[string]any{
			"apiVersion": "pipelines.opendatahub.io/v1alpha1", "kind": kind, "metadata": map[string]any{"name": "default"}, "spec": spec,
		}))
	}
}

// reconcile once, as Crossplane does: ask, then apply, unless the answer is fatal.
func (c *cluster) reconcile(t testing.TB) *fnv1.RunFunctionResponse {
	t.Helper()
	c.spent.passes++
	known := map[string]*fnv1.Resources{}
	if c.remembers {
		known = c.fetch(t, c.fetchable(c.asked))
	}
	rsp := c.ask(t, c.request(known))
	if refusal(rsp) == "" {
		c.asked = rsp.GetRequirements().GetResources()
		c.apply(t, rsp)
	}
	c.setConditions(rsp)
	return rsp
}

// fetchable are the selectors of kinds that are installed. Crossplane passes over the others among
// what was asked the last time: it is the function that must not ask for them again.
func (c *cluster) fetchable(asked map[string]*fnv1.ResourceSelector) map[string]*fnv1.ResourceSelector {
	found := map[string]*fnv1.ResourceSelector{}
	for key, s := range asked {
		if !c.missing[definitionOf(object(obj{"apiVersion": s.GetApiVersion(), "kind": s.GetKind()}))] {
			found[key] = s
		}
	}
	return found
}

// ask calls the function with a request until it asks for nothing new, and returns its last answer.
func (c *cluster) ask(t testing.TB, req *fnv1.RunFunctionRequest) *fnv1.RunFunctionResponse {
	t.Helper()
	known := req.GetRequiredResources()
	var before *fnv1.Requirements
	for range 6 { // Crossplane's own limit
		rsp := call(t, c.function, req)
		c.spent.calls++
		if refusal(rsp) != "" {
			c.sameAnswer(t, req, rsp)
			return rsp
		}
		asked := rsp.GetRequirements()
		answers := c.fetch(t, asked.GetResources())
		for key, answer := range known {
			if answers[key] == nil {
				answers[key] = answer
			}
		}
		// Crossplane calls again to see the requirements settle. With the same answers to the same
		// request that says nothing new.
		if proto.Equal(asked, before) || sameAnswers(req.GetRequiredResources(), answers) {
			c.sameAnswer(t, req, rsp)
			return rsp
		}
		before, req.Context, req.RequiredResources = asked, rsp.GetContext(), answers
	}
	t.Fatal("the function never stops asking: Crossplane gives up")
	return nil
}

// call the function once. It gets what earlier steps desire as a copy of its own, since it writes
// into it.
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

// sameAnswer has another function answer the request: equal requests get equal answers, whatever
// was asked before.
func (c *cluster) sameAnswer(t testing.TB, req *fnv1.RunFunctionRequest, rsp *fnv1.RunFunctionResponse) {
	t.Helper()
	if c.answered++; c.twin == nil || c.answered%3 != 0 {
		return // now and then is enough over a thousand answers
	}
	if again := call(t, c.twin(), req); !proto.Equal(rsp, again) {
		t.Fatalf("equal requests, different answers: -first, +second\n%s", cmp.Diff(rsp, again, protocmp.Transform()))
	}
}

func sameAnswers(a, b map[string]*fnv1.Resources) bool {
	return proto.Equal(&fnv1.RunFunctionRequest{RequiredResources: a}, &fnv1.RunFunctionRequest{RequiredResources: b})
}

// request is what Crossplane sends, with answers to what the function asked for.
func (c *cluster) request(required map[string]*fnv1.Resources) *fnv1.RunFunctionRequest {
	observed := &fnv1.State{Composite: &fnv1.Resource{Resource: c.composite}, Resources: map[string]*fnv1.Resource{}}
	for name, o := range c.objects {
		if !c.unseen[name] {
			observed.Resources[name] = &fnv1.Resource{Resource: o, ConnectionDetails: c.details[name]}
		}
	}
	return &fnv1.RunFunctionRequest{
		Meta: &fnv1.RequestMeta{Tag: "test", Capabilities: []fnv1.Capability{
			fnv1.Capability_CAPABILITY_CAPABILITIES, fnv1.Capability_CAPABILITY_REQUIRED_RESOURCES, fnv1.Capability_CAPABILITY_CREDENTIALS,
			fnv1.Capability_CAPABILITY_CONDITIONS, fnv1.Capability_CAPABILITY_REQUIRED_SCHEMAS,
		}},
		Input: c.input, Observed: observed, RequiredResources: required,
	}
}

// fetch what is asked for. To ask for an object of a kind that is not installed fails the whole
// composite.
func (c *cluster) fetch(t testing.TB, asked map[string]*fnv1.ResourceSelector) map[string]*fnv1.Resources {
	t.Helper()
	answers := map[string]*fnv1.Resources{}
	for key, selector := range asked {
		answers[key] = &fnv1.Resources{}
		c.installed(t, selector.GetApiVersion(), selector.GetKind())
		if selector.GetMatchName() == "" {
			answers[key].Items = c.all(selector)
		} else if o := c.find(selector.GetApiVersion(), selector.GetKind(), selector.GetNamespace(), selector.GetMatchName()); o != nil {
			answers[key].Items = []*fnv1.Resource{{Resource: o}}
		}
	}
	return answers
}

// find an object by its name, nil if there is none.
func (c *cluster) find(apiVersion, kind, namespace, name string) *structpb.Struct {
	is := func(o *structpb.Struct) bool {
		return o.GetFields()["apiVersion"].GetStringValue() == apiVersion && place(o) == kind+"/"+namespace+"/"+name
	}
	if !c.local {
		if name == installed["metadata"].(obj)["name"] && kind == installed["kind"] {
			return object(installed)
		}
		for _, o := range fence {
			if o["kind"] == kind && nameOf(o) == name {
				return object(o)
			}
		}
		if kind == kindDefinition && !c.missing[name] {
			return object(map[string]any{"apiVersion": apiVersion, "kind": kind, "metadata": map[string]any{"name": name}})
		}
		for _, o := range c.objects {
			if is(o) {
				return o
			}
		}
	}
	if i := slices.IndexFunc(c.others, is); i >= 0 {
		return c.others[i]
	}
	return nil
}

// all objects of a kind that are somebody else's, as far as the selector finds them.
func (c *cluster) all(selector *fnv1.ResourceSelector) []*fnv1.Resource {
	var found []*fnv1.Resource
	for _, o := range c.others {
		matches := o.GetFields()["apiVersion"].GetStringValue() == selector.GetApiVersion() &&
			o.GetFields()["kind"].GetStringValue() == selector.GetKind() &&
			(selector.Namespace == nil || fields(o, "metadata")["namespace"].GetStringValue() == selector.GetNamespace())
		for key, value := range selector.GetMatchLabels().GetLabels() {
			matches = matches && fields(o, "metadata", "labels")[key].GetStringValue() == value
		}
		if matches {
			found = append(found, &fnv1.Resource{Resource: o})
		}
	}
	return found
}

// installed is what the install file says that Crossplane may read.
var installed = obj{
	"apiVersion": "v1",
	"kind":       "ConfigMap",
	"metadata":   obj{"name": "pipelinestack-install", "namespace": "crossplane-system"},
	"data": obj{
		"binds": "research-data-reader research-reader",
		"reads": "PipelineStackClass.pipelines.opendatahub.io\nNamespace\nPersistentVolumeClaim\nSecret\nStatefulSet.apps\n" +
			"ValidatingAdmissionPolicy.admissionregistration.k8s.io\nValidatingAdmissionPolicyBinding.admissionregistration.k8s.io\n",
	},
}

// fence is what the install file brings against pods of workflows, as far as the function reads it.
var fence = []obj{
	{
		"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicy",
		"metadata": obj{"name": "pipelinestack-workflow-pods"}, "spec": obj{"failurePolicy": "Fail"},
	},
	{
		"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicyBinding",
		"metadata": obj{"name": "pipelinestack-workflow-pods"},
		"spec":     obj{"policyName": "pipelinestack-workflow-pods", "validationActions": []any{"Deny"}},
	},
}

// installed ends the test for a kind whose definition is missing: Crossplane would be stuck with
// it.
func (c *cluster) installed(t testing.TB, apiVersion, kind string) {
	t.Helper()
	if definition := definitionOf(object(map[string]any{"apiVersion": apiVersion, "kind": kind})); c.missing[definition] {
		t.Fatalf("%s is asked for or composed, but the cluster has no %s: the composite is stuck for good", kind, definition)
	}
}

// definitionOf an object's kind is the name that its CustomResourceDefinition has or would have.
func definitionOf(o *structpb.Struct) string {
	group, _, _ := strings.Cut(o.GetFields()["apiVersion"].GetStringValue(), "/")
	plural := strings.ToLower(o.GetFields()["kind"].GetStringValue()) + "s"
	return strings.Replace(plural, "policys", "policies", 1) + "." + group
}
