package main

import (
	"encoding/base64"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
	"google.golang.org/protobuf/types/known/structpb"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	kyaml "k8s.io/apimachinery/pkg/util/yaml"

	"github.com/pipelinestack/function-pipelinestack/internal/check"
)

// obj is unstructured content.
type obj = map[string]any

const (
	root           = ".." // of the repository, as tests of this package see it
	kindComposite  = "XPipelineStack"
	kindNamespaced = "PipelineStack"
	kindDefinition = "CustomResourceDefinition"
	kindClass      = "PipelineStackClass"
	// annotationResource tells which resource of a composition an object is.
	annotationResource = "crossplane.io/composition-resource-name"
	// annotationExternalName tells what an object's counterpart outside the cluster is called.
	annotationExternalName = "crossplane.io/external-name"
)

// A scenario is what a folder of examples holds.
type scenario struct {
	name string // of the folder, below examples
	xr   obj
	// input of the function: that of the composition for the composite's kind, or of the scenario's
	// own.
	input obj
	// required objects are what a cluster holds: Crossplane hands over what the function asks for,
	// and reads connection Secrets.
	required []obj
	observed []obj
}

func folder(name string) string { return filepath.Join(root, "examples", filepath.FromSlash(name)) }

// scenarioNames are all folders of examples that hold a composite.
func scenarioNames(t testing.TB) []string {
	t.Helper()
	var names []string
	for _, pattern := range []string{"*/xr.yaml", "*/*/xr.yaml"} {
		found, err := filepath.Glob(folder(pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range found {
			name, err := filepath.Rel(folder(""), filepath.Dir(f))
			if err != nil {
				t.Fatal(err)
			}
			names = append(names, filepath.ToSlash(name))
		}
	}
	if len(names) == 0 {
		t.Fatal("there are no examples")
	}
	return names
}

func scenarioOf(t testing.TB, name string) *scenario {
	t.Helper()
	s := &scenario{name: name, xr: stream(t, filepath.Join(folder(name), "xr.yaml"))[0]}
	s.required = append(optional(t, filepath.Join(folder(name), "class.yaml")), optional(t, filepath.Join(folder(name), "required.yaml"))...)
	s.observed = optional(t, filepath.Join(folder(name), "observed.yaml"))
	s.input = inputFor(t, s.xr["kind"].(string))
	if own := optional(t, filepath.Join(folder(name), "composition.yaml")); own != nil {
		s.input = inputOf(t, own[0])
	}
	return s
}

// valid says whether a scenario is to be composed rather than refused, which the folder's name
// tells, or a table for states.
func (s *scenario) valid() bool {
	return !strings.HasPrefix(filepath.Base(s.name), "invalid") && !refusedStates[s.name]
}

// inputFor is what the composition that ships with a flavour says.
func inputFor(t testing.TB, kind string) obj {
	t.Helper()
	file, ok := map[string]string{kindComposite: "composition.yaml", kindNamespaced: "apis/namespaced/composition.yaml"}[kind]
	if !ok {
		t.Fatalf("there is no composition for kind %q", kind)
	}
	if known, ok := inputs.Load(kind); ok {
		return check.Normalize(known.(obj))
	}
	input := inputOf(t, stream(t, filepath.Join(root, file))[0])
	inputs.Store(kind, check.Normalize(input))
	return input
}

// inputs of the flavours that have been read.
var inputs sync.Map

// inputOf is the input of the one step of a composition.
func inputOf(t testing.TB, composition obj) obj {
	t.Helper()
	steps, _, err := unstructured.NestedSlice(composition, "spec", "pipeline")
	if err != nil || len(steps) != 1 {
		t.Fatalf("a composition with %d steps: %v", len(steps), err)
	}
	return steps[0].(obj)["input"].(obj)
}

// clone of a scenario, to be changed.
func (s *scenario) clone() *scenario {
	all := func(objects []obj) []obj {
		out := make([]obj, len(objects))
		for i, o := range objects {
			out[i] = check.Normalize(o)
		}
		return out
	}
	return &scenario{s.name, check.Normalize(s.xr), check.Normalize(s.input), all(s.required), all(s.observed)}
}

// spec of the composite.
func (s *scenario) spec() obj {
	if s.xr["spec"] == nil {
		s.xr["spec"] = obj{}
	}
	return s.xr["spec"].(obj)
}

// hasClass says whether the cluster has a class at all.
func (s *scenario) hasClass() bool {
	return slices.ContainsFunc(s.required, func(o obj) bool { return o["kind"] == kindClass })
}

// classSpec is what the first class says.
func (s *scenario) classSpec() obj {
	for _, o := range s.required {
		if o["kind"] == kindClass {
			return o["spec"].(obj)
		}
	}
	panic("scenario " + s.name + " has no class")
}

// tenant is the namespace and name of the stack.
func (s *scenario) tenant() (namespace, name string) {
	if ref, ok, _ := unstructured.NestedStringMap(s.xr, "spec", "claimRef"); ok {
		return ref["namespace"], ref["name"]
	}
	meta := s.xr["metadata"].(obj)
	namespace, _ = meta["namespace"].(string)
	name, _ = meta["name"].(string)
	return namespace, name
}

// in is the scenario in one of the flavours, and for a namespace and name. What was observed is
// left out: it has other kinds.
func (s *scenario) in(t testing.TB, kind, namespace, name string) *scenario {
	t.Helper()
	c := s.clone()
	c.observed = nil
	c.xr["kind"] = kind
	c.input = inputFor(t, kind)
	if resolution := s.input["classResolution"]; resolution != nil {
		c.input["classResolution"] = resolution
	}
	delete(c.spec(), "claimRef")
	for _, o := range c.required {
		if o["kind"] == "Namespace" {
			put(o, "metadata.name", namespace) // with the labels that the class asks for
		}
	}
	if kind == kindNamespaced {
		c.xr["metadata"] = obj{"name": name, "namespace": namespace}
		return c
	}
	c.xr["metadata"] = obj{"name": name + "-x7k2p", "labels": obj{
		"crossplane.io/claim-name": name, "crossplane.io/claim-namespace": namespace, "crossplane.io/composite": name + "-x7k2p",
	}}
	c.spec()["claimRef"] = obj{
		"apiVersion": c.xr["apiVersion"], "kind": kindNamespaced, "namespace": namespace, "name": name,
	}
	return c
}

// cluster that holds what the scenario does, and nothing else.
func (s *scenario) cluster(f *Function) *cluster {
	c := &cluster{
		function: f, input: object(s.input), composite: object(s.xr), local: true, silent: true,
		objects: map[string]*structpb.Struct{}, details: map[string]map[string][]byte{},
	}
	for _, o := range s.required {
		c.others = append(c.others, object(o))
	}
	for _, o := range s.observed {
		name := resourceName(o)
		if name == "" {
			panic(s.name + ": an observed object without the annotation " + annotationResource)
		}
		c.objects[name] = object(o)
		c.connect(name)
	}
	return c
}

// run calls the function as Crossplane does, and returns its last answer.
func (s *scenario) run(t testing.TB, f *Function) *fnv1.RunFunctionResponse {
	t.Helper()
	c := s.cluster(f)
	return c.ask(t, c.request(nil))
}

// getReady observes what there is of the stack once all of it is ready, with Secrets that providers
// write.
func (s *scenario) getReady(t testing.TB, f *Function) {
	t.Helper()
	c := s.cluster(f)
	c.remembers, c.silent = true, false
	if message := refusal(c.settle(t)); message != "" {
		t.Fatalf("%s: nothing gets ready: %s", s.name, message)
	}
	s.observed = c.shown()
	for name := range c.details {
		secret := publishedSecret(c, name)
		if namespace, name := connectionSecret(c.objects[name]); c.find("v1", "Secret", namespace, name) == nil {
			s.required = append(s.required, secret)
		}
	}
}

// publishedSecret is what a provider writes of a resource's connection details.
func publishedSecret(c *cluster, resource string) obj {
	namespace, secret := connectionSecret(c.objects[resource])
	data := obj{}
	for key, value := range c.details[resource] {
		data[key] = base64.StdEncoding.EncodeToString(value)
	}
	return obj{"apiVersion": "v1", "kind": "Secret", "metadata": obj{"name": secret, "namespace": namespace}, "data": data}
}

// optional reads a file that need not be there.
func optional(t testing.TB, file string) []obj {
	t.Helper()
	if _, err := os.Stat(file); errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return stream(t, file)
}

// stream reads the objects of a YAML stream.
func stream(t testing.TB, file string) []obj {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	return objectsIn(t, file, f)
}

// objectsIn the YAML stream of a file.
func objectsIn(t testing.TB, file string, content io.Reader) []obj {
	t.Helper()
	var objects []obj
	for d := kyaml.NewYAMLOrJSONDecoder(content, 4096); ; {
		u := unstructured.Unstructured{}
		switch err := d.Decode(&u.Object); {
		case errors.Is(err, io.EOF):
			return objects
		case err != nil:
			t.Fatalf("%s: %v", file, err)
		case u.Object != nil:
			objects = append(objects, check.Normalize(u.Object))
		}
	}
}
