package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/pipelinestack/function-pipelinestack/internal/check"
)

// A new version of the function reaches every stack of a cluster at once. testdata/previous holds
// ready stacks as the version of the last release made them, one object a line: the composite, what
// the cluster holds beside the stack, and the stack's objects. The tests here run this version over
// them.

var freeze = flag.String(
	"freeze",
	"",
	"take this version of the function, by this name, for the previous one; make freeze does so at a release",
)

const (
	previousFolder  = "testdata/previous"
	previousVersion = previousFolder + "/VERSION"
)

// frozenExamples are kept of each version: both flavours, and every field.
var frozenExamples = []string{"full", "quickstart", "quickstart-namespaced"}

// TestFreeze writes what the next version is held against.
func TestFreeze(t *testing.T) {
	if *freeze == "" {
		return // the release procedure asks for it
	}
	for _, name := range frozenExamples {
		c := scenarioOf(t, name).cluster(quiet())
		c.local, c.silent, c.remembers = false, false, true
		rsp := c.settle(t)
		if refusal(rsp) != "" || !compositeReady(rsp) {
			t.Fatalf("%s never gets ready: %s", name, refusal(rsp))
		}
		objects := []obj{check.Normalize(c.composite.AsMap())}
		for _, o := range c.others {
			objects = append(objects, check.Normalize(o.AsMap()))
		}
		for _, resource := range names(c.details) {
			objects = append(objects, publishedSecret(c, resource))
		}
		var text strings.Builder
		for _, o := range c.shown() {
			named := has(check.Normalize(rsp.GetDesired().GetResources()[resourceName(o)].GetResource().AsMap()), externalName...)
			if !named { // the provider did, and does so again
				unstructured.RemoveNestedField(o, externalName...)
			}
			objects = append(objects, o)
		}
		for _, o := range objects {
			text.Write(must(json.Marshal(o)))
			text.WriteByte('\n')
		}
		write(t, previousFile(name), text.String())
	}
	write(t, previousVersion, *freeze+"\n")
}

var externalName = []string{"metadata", "annotations", annotationExternalName}

func previousFile(name string) string { return filepath.Join(previousFolder, name+".json") }

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// previous is a frozen stack in a cluster that runs this version of the function.
func previous(t *testing.T, name string) *cluster {
	t.Helper()
	all := stream(t, previousFile(name))
	s := &scenario{name: name, xr: all[0], input: inputFor(t, all[0]["kind"].(string))}
	for _, o := range all[1:] {
		if resourceName(o) == "" {
			s.required = append(s.required, o)
		} else {
			s.observed = append(s.observed, o)
		}
	}
	c := s.cluster(quiet())
	c.local, c.remembers = false, true
	return c
}

// TestUpgradeOfTheFunction wants stacks of the previous version to stay what they are: no object is
// withdrawn, none gets another name, no data moves, and nothing changes that Kubernetes or a
// provider never changes.
func TestUpgradeOfTheFunction(t *testing.T) {
	for _, name := range frozenExamples {
		t.Run(name, func(t *testing.T) {
			c := previous(t, name)
			before, status := maps.Clone(c.objects), fields(c.composite, "status")
			for step, rsp := range map[string]*fnv1.RunFunctionResponse{"at once": c.ask(t, c.request(nil)), "in the end": c.settle(t)} {
				if message := refusal(rsp); message != "" {
					t.Fatalf("%s: refuses a stack of the previous version: %s", step, message)
				}
				for _, wrong := range broken(before, rsp.GetDesired().GetResources()) {
					t.Errorf("%s: %s", step, wrong)
				}
				now := fields(rsp.GetDesired().GetComposite().GetResource(), "status")
				for _, store := range []string{"database", "objectStore"} {
					for field, was := range status[store].GetStructValue().GetFields() {
						if is := now[store].GetStructValue().GetFields()[field]; !proto.Equal(was, is) {
							t.Errorf("%s: status.%s.%s was %v and is %v", step, store, field, was, is)
						}
					}
				}
			}
			if rsp := c.settle(t); !compositeReady(rsp) {
				t.Errorf("the stack is no longer ready: %v", rsp.GetConditions())
			}
		})
	}
}

// A broken function is told from a sound one.
func TestBroken(t *testing.T) {
	cases := map[string]struct {
		resource string
		change   func(o obj)
		want     string
	}{
		"Withdrawn":   {resource: "bucket", want: "bucket is withdrawn"},
		"Renamed":     {"bucket", func(o obj) { put(o, "metadata.name", "other") }, "bucket was Bucket"},
		"OtherGroup":  {"database", func(o obj) { o["apiVersion"] = "sql.example.org/v1" }, "database was Database.mysql.sql.crossplane.io"},
		"Selector":    {"api-server-deployment", func(o obj) { put(o, "spec.selector.matchLabels.more", "x") }, "spec.selector"},
		"Role":        {"api-server-role-binding", func(o obj) { put(o, "roleRef.name", "other") }, "roleRef"},
		"Headless":    {"api-server-service", func(o obj) { put(o, "spec.clusterIP", "None") }, "spec.clusterIP"},
		"Region":      {"bucket", func(o obj) { put(o, "spec.forProvider.region", "eu-west-1") }, "spec.forProvider.region"},
		"Unprotected": {"database", func(o obj) { delete(o["spec"].(obj), "deletionPolicy") }, "spec.deletionPolicy"},
		"Elsewhere":   {"database", func(o obj) { put(o, "spec.providerConfigRef.name", "other") }, "spec.providerConfigRef"},
		"OtherData":   {"bucket", func(o obj) { put(o, "metadata.annotations", obj{annotationExternalName: "other"}) }, "external-name"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			c := previous(t, "quickstart")
			now := c.ask(t, c.request(nil)).GetDesired().GetResources()
			if found := broken(c.objects, now); len(found) > 0 {
				t.Fatal(found)
			}
			if now[tc.resource] == nil {
				t.Fatalf("there is no %s", tc.resource)
			}
			if tc.change == nil {
				delete(now, tc.resource)
			} else {
				o := check.Normalize(now[tc.resource].GetResource().AsMap())
				tc.change(o)
				now[tc.resource] = &fnv1.Resource{Resource: object(o)}
			}
			if found := broken(c.objects, now); len(found) != 1 || !strings.Contains(found[0], tc.want) {
				t.Errorf("got %q, want one that holds %q", found, tc.want)
			}
		})
	}
}

// broken says what a stack's objects lose by an answer.
func broken(before map[string]*structpb.Struct, now map[string]*fnv1.Resource) []string {
	var found []string
	for _, resource := range names(before) {
		if now[resource] == nil {
			found = append(found, resource+" is withdrawn")
			continue
		}
		was, is := check.Normalize(before[resource].AsMap()), check.Normalize(now[resource].GetResource().AsMap())
		if identity(was) != identity(is) {
			found = append(found, fmt.Sprintf("%s was %s and is %s", resource, identity(was), identity(is)))
			continue
		}
		for _, path := range fixedFields(was) {
			a, _, _ := unstructured.NestedFieldNoCopy(was, path...)
			b, _, _ := unstructured.NestedFieldNoCopy(is, path...)
			if diff := cmp.Diff(a, b); diff != "" {
				found = append(found, fmt.Sprintf("%s: %s changes: -before, +now\n%s", resource, strings.Join(path, "."), diff))
			}
		}
	}
	return found
}

// identity of an object: Crossplane would make another one.
func identity(o obj) string {
	kind := schema.FromAPIVersionAndKind(o["apiVersion"].(string), o["kind"].(string)).GroupKind()
	namespace, _, _ := unstructured.NestedString(o, "metadata", "namespace")
	return kind.String() + " " + namespace + "/" + nameOf(o)
}

// fixedByKind are the fields that an API server refuses to change, or that change what an object
// stands for.
var fixedByKind = map[string][]string{
	"ClusterRoleBinding":    {"roleRef"},
	"Deployment":            {"spec.selector"},
	"Job":                   {"spec.selector", "spec.template", "spec.completions"},
	"PersistentVolumeClaim": {"spec"},
	"RoleBinding":           {"roleRef"},
	"Secret":                {"type", "immutable"},
	"Service":               {"spec.clusterIP", "spec.type", "spec.selector"},
	"StatefulSet":           {"spec.selector", "spec.serviceName", "spec.podManagementPolicy", "spec.volumeClaimTemplates"},
}

// fixedManaged are those of managed resources: where the data is, and that it outlives the stack.
var fixedManaged = []string{
	"spec.deletionPolicy", "spec.managementPolicies", "spec.providerConfigRef", "spec.writeConnectionSecretToRef",
	"spec.forProvider.region", "spec.forProvider.path",
}

// fixedFields of an object, as paths.
func fixedFields(o obj) [][]string {
	paths := fixedByKind[o["kind"].(string)]
	if isManaged(groupOf(o)) {
		paths = fixedManaged
	}
	var all [][]string
	for _, path := range paths {
		all = append(all, strings.Split(path, "."))
	}
	if has(o, "spec", "forProvider", "manifest") { // of an object that a provider makes
		all = append(all, [][]string{{"spec", "forProvider", "manifest", "roleRef"}, {"spec", "forProvider", "manifest", "metadata", "name"}}...)
	}
	return append(all, externalName)
}
