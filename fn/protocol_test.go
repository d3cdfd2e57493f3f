package main

import (
	"slices"
	"strings"
	"testing"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// The first call knows no class. It asks for what leads to it and desires nothing new: Crossplane
// calls again before it acts.
func TestFirstCallAsks(t *testing.T) {
	s := scenarioOf(t, "quickstart")
	req := wired(t, s.cluster(quiet()).request(nil))
	req.Desired = earlier(t)
	rsp := call(t, quiet(), req)

	if message := refusal(rsp); message != "" {
		t.Fatalf("a fatal result ends Crossplane's calls before the answer comes: %s", message)
	}
	if diff := cmp.Diff(earlier(t), rsp.GetDesired(), protocmp.Transform()); diff != "" {
		t.Errorf("desired state (-before +after):\n%s", diff)
	}
	var asked []string
	for _, selector := range rsp.GetRequirements().GetResources() {
		asked = append(asked, selector.GetKind()+"/"+selector.GetNamespace()+"/"+selector.GetMatchName())
	}
	slices.Sort(asked)
	want := []string{
		"ConfigMap/crossplane-system/pipelinestack-install",
		"CustomResourceDefinition//pipelinestackclasses.pipelines.opendatahub.io",
		"CustomResourceDefinition//xpipelinestacks.pipelines.opendatahub.io",
	}
	if diff := cmp.Diff(want, asked); diff != "" {
		t.Errorf("requirements (-want +got):\n%s", diff)
	}
	if rsp.GetMeta().GetTag() != req.GetMeta().GetTag() {
		t.Errorf("the tag is %q, want the request's", rsp.GetMeta().GetTag())
	}
}

// A requirement must be in every answer, or Crossplane stops handing over what it asks for and
// watching it.
func TestRequirementsStay(t *testing.T) {
	for _, name := range scenarioNames(t) {
		s := scenarioOf(t, name)
		first := call(t, quiet(), s.cluster(quiet()).request(nil)).GetRequirements().GetResources()
		last := s.run(t, quiet()).GetRequirements().GetResources()
		for key, selector := range first {
			if !proto.Equal(selector, last[key]) {
				t.Errorf("%s: the last answer no longer asks for %s", name, key)
			}
		}
	}
}

// Selectors reach every object of the cluster, so none of them may leave the tenant's namespace but
// for kinds that hold no tenant's data.
func TestSelectorsStayInTheNamespace(t *testing.T) {
	clusterScoped := []string{kindClass, kindDefinition, "ClusterRoleBinding", "Namespace"}
	for _, c := range combos(t) {
		namespace, _ := c.scenario.tenant()
		for key, selector := range c.answer.GetRequirements().GetResources() {
			if key == "install" {
				continue // which says what Crossplane may read
			}
			if selector.GetNamespace() != namespace && !slices.Contains(clusterScoped, selector.GetKind()) {
				t.Errorf("%s: %s asks for a %s in namespace %q", c.name, key, selector.GetKind(), selector.GetNamespace())
			}
			if selector.GetMatchName() == "" {
				t.Errorf("%s: %s asks for whatever there is", c.name, key)
			}
		}
	}
}

// A class is remembered from call to call, until somebody edits it, and one class is not another.
func TestClassesAreRemembered(t *testing.T) {
	f, s := quiet(), scenarioOf(t, "quickstart")
	before := objectsOf(s.run(t, f))
	put(s.classSpec(), "clusterDomain", "elsewhere.example.org")
	edited := objectsOf(s.run(t, f))
	if cmp.Equal(before, edited) {
		t.Error("an edited class makes no difference to the second call")
	}
	other := scenarioOf(t, "quickstart")
	s.required = append(s.required, other.required...)
	put(s.required[len(s.required)-1], "metadata.name", "other")
	put(s.spec(), "className", "other")
	status := objectsOf(s.run(t, f))[0]["status"].(obj)["status"].(obj)
	if status["className"] != "other" {
		t.Errorf("the stack is of class %v", status["className"])
	}
	delete(s.spec(), "className")
	if diff := cmp.Diff(edited, objectsOf(s.run(t, f))); diff != "" {
		t.Errorf("another class makes a difference to this one: %s", diff)
	}
}

func objectsOf(rsp *fnv1.RunFunctionResponse) []obj {
	return append([]obj{{"status": rsp.GetDesired().GetComposite().GetResource().AsMap()}}, desired(rsp)...)
}

// A claim's author can choose the name of the composite, so nothing may follow from it.
func TestNothingFollowsFromTheNameOfACompositeBehindAClaim(t *testing.T) {
	s := scenarioOf(t, "quickstart")
	before := s.run(t, quiet())
	put(s.xr, "metadata.name", "of-another-tenant")
	put(s.xr, "metadata.uid", "11111111-2222-3333-4444-555555555555")
	put(s.xr, "metadata.labels", obj{"crossplane.io/claim-name": "other", "crossplane.io/claim-namespace": "kube-system"})
	after := s.run(t, quiet())
	if diff := cmp.Diff(before, after, protocmp.Transform()); diff != "" || refusal(after) != "" {
		t.Errorf("(-before +after):\n%s", diff)
	}
}

// A name in a shared service never changes under a stack that exists.
func TestExternalNamesNeverChange(t *testing.T) {
	s := scenarioOf(t, "quickstart")
	s.getReady(t, quiet())
	for _, o := range s.observed {
		external, ok, _ := unstructured.NestedString(o, "metadata", "annotations", annotationExternalName)
		if !ok || !has(desiredNamed(t, s, resourceName(o)), "metadata", "annotations", annotationExternalName) {
			continue // the provider chose it
		}
		t.Run(resourceName(o), func(t *testing.T) {
			one := s.clone()
			one.observed = []obj{o}
			put(one.classSpec(), "clusterID", "other")
			rsp := one.run(t, quiet())
			if message := refusal(rsp); message != "" {
				if !strings.Contains(message, "clusterID, identitySalt and identityFrom give the name") || !strings.Contains(message, external) {
					t.Errorf("the result is %q, want it to say what derives the name, and the name %s", message, external)
				}
				return
			}
			made := fields(rsp.GetDesired().GetResources()[resourceName(o)].GetResource(), "metadata", "annotations")
			if got := made[annotationExternalName].GetStringValue(); got != external {
				t.Errorf("it becomes %s, want %s", got, external)
			}
		})
	}
}

func desiredNamed(t *testing.T, s *scenario, name string) obj {
	t.Helper()
	for _, o := range desired(s.run(t, quiet())) {
		if resourceName(o) == name {
			return o
		}
	}
	t.Fatalf("there is no resource %s", name)
	return nil
}

// Pods and pipelines read the bucket's keys from one Secret. It must not empty because something
// else did.
func TestKeysStayWhenTheirSourceVanishes(t *testing.T) {
	ready := scenarioOf(t, "aws-shared-ready")
	want := desiredNamed(t, ready, "object-store-secret")
	if data, _ := want["data"].(obj); len(data) != 2 {
		t.Fatalf("the Secret holds %d keys, want 2", len(data))
	}
	cases := map[string]struct {
		reason string
		vanish func(secret obj, s *scenario)
	}{
		"Secret":  {"somebody deleted the provider's Secret", func(secret obj, _ *scenario) { put(secret, "metadata.name", "gone") }},
		"Values":  {"somebody emptied it", func(secret obj, _ *scenario) { secret["data"] = obj{"username": "", "password": ""} }},
		"OneKey":  {"half a key opens nothing", func(secret obj, _ *scenario) { delete(secret["data"].(obj), "password") }},
		"Manager": {"the access key itself is not observed", func(_ obj, s *scenario) { s.forget("bucket-access-key") }},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			s := ready.clone()
			for _, o := range s.required {
				if meta, _ := o["metadata"].(obj); meta["name"] == "ml-pipeline-object-store-key" {
					tc.vanish(o, s)
				}
			}
			if diff := cmp.Diff(want, desiredNamed(t, s, "object-store-secret")); diff != "" {
				t.Errorf("%s (-before +after):\n%s", tc.reason, diff)
			}
		})
	}
}

// forget an observed resource.
func (s *scenario) forget(resource string) {
	s.observed = slices.DeleteFunc(s.observed, func(o obj) bool { return resourceName(o) == resource })
}

// The wire has other ways to say nothing than Go has.
func TestEmptyRequests(t *testing.T) {
	f := quiet()
	for name, req := range map[string]*fnv1.RunFunctionRequest{
		"Nothing":     {},
		"NoComposite": {Observed: &fnv1.State{}, Input: object(obj{})},
		"NullSpec":    {Observed: &fnv1.State{Composite: &fnv1.Resource{Resource: object(obj{"spec": nil, "metadata": nil})}}},
		"WrongTypes":  {Observed: &fnv1.State{Composite: &fnv1.Resource{Resource: object(obj{"spec": "x", "metadata": []any{1.0}})}}},
		"NilResource": {Observed: &fnv1.State{Resources: map[string]*fnv1.Resource{"bucket": {}}}},
	} {
		if rsp := call(t, f, wired(t, req)); refusal(rsp) == "" {
			t.Errorf("%s: no fatal result", name)
		}
	}
}
