package main

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"

	"github.com/pipelinestack/function-pipelinestack/apis/v1alpha1"
)

// A field that nobody reads is worse than none. So each field either makes a difference in
// examples/full, which sets every field that is acted upon, or is refused as still to come. Fields
// that need something beside the example have a proof in fields_proofs_test.go.

func TestEveryFieldOfAClaimMatters(t *testing.T) {
	everyFieldMatters(t, "spec", leaves(reflect.TypeFor[v1alpha1.PipelineStackSpec](), ""), claimProofs, (*scenario).spec)
}

func TestEveryFieldOfAClassMatters(t *testing.T) {
	paths := slices.DeleteFunc(leaves(reflect.TypeFor[v1alpha1.PipelineStackClassSpec](), ""), func(path string) bool {
		return strings.HasPrefix(path, "defaults.") // as good as the claim's own, which the next test shows
	})
	everyFieldMatters(t, "class/research: spec", paths, classProofs, (*scenario).classSpec)
}

// What a class says as a default does what a claim says itself.
func TestEveryFieldIsADefault(t *testing.T) {
	full := scenarioOf(t, "full")
	delete(full.classSpec(), "defaults")
	moved := full.clone()
	defaults := maps.Clone(moved.spec())
	delete(defaults, "claimRef")
	delete(defaults, "className")
	for field := range defaults {
		delete(moved.spec(), field)
	}
	delete(moved.classSpec(), "constraints") // which bind no defaults
	moved.classSpec()["defaults"] = defaults
	rsp := moved.run(t, quiet())
	if diff := cmp.Diff(objectsOf(full.run(t, quiet())), objectsOf(rsp)); diff != "" {
		t.Errorf("%s (-claim +default):\n%s", refusal(rsp), diff)
	}
	for path, p := range claimProofs {
		if p.later == nil {
			continue
		}
		s := scenarioOf(t, "quickstart")
		put(s.classSpec(), "defaults."+path, p.later)
		if message := refusal(s.run(t, quiet())); !saysLater(message, "class/default: spec.defaults", path) {
			t.Errorf("%s as a default is not refused but ignored: %q", path, message)
		}
	}
}

// shownElsewhere are blocks of types that examples/full does not have, and the examples that show them.
var shownElsewhere = map[string]string{
	"database.embedded.": "two-classes", "objectStore.embedded.": "two-classes",
	"database.external.": "external", "objectStore.external.": "external",
}

// A proof shows that a field matters where changing it in examples/full does not.
type proof struct {
	// base is what must be different from the example for the field to count.
	base func(testing.TB, *scenario)
	// change the field.
	change func(*scenario)
	// refused is what the function must say to the change; empty if it must compose something else.
	refused string
	// later is a value that this version of the function refuses, whatever else it does with the
	// field.
	later any
	// unread says why the field is for people only.
	unread string
}

func everyFieldMatters(t *testing.T, block string, paths []string, proofs map[string]proof, content func(*scenario) obj) {
	t.Helper()
	full := scenarioOf(t, "full")
	if refused, _ := outcome(t, full); refused != "" {
		t.Fatalf("examples/full is refused: %s", refused)
	}
	for _, path := range paths {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			key, p := proofOf(proofs, path)
			if p.unread != "" {
				return
			}
			if p.later != nil {
				s := changed(full, func(s *scenario) { put(content(s), key, p.later) })
				if message := refusal(s.run(t, quiet())); !saysLater(message, block, key) {
					t.Errorf("%v is not refused but ignored: %q", p.later, message)
				}
				if p.change == nil {
					return
				}
			}
			full := full
			for block, example := range shownElsewhere {
				if strings.HasPrefix(path, block) {
					full = scenarioOf(t, example)
				}
			}
			if shown, _ := find(content(full), path); shown == nil && p.base == nil {
				t.Fatalf("examples/%s does not show it, and nothing refuses it", full.name)
			}
			if p.change != nil {
				p.check(t, full)
			} else if !anyChangeMatters(t, full, content, path) {
				t.Errorf("nothing reads it: no change of it makes a difference to examples/%s", full.name)
			}
		})
	}
	for key, p := range proofs {
		if !slices.ContainsFunc(paths, func(path string) bool { return path == key || p.covers(key, path) }) {
			t.Errorf("there is a proof of %s, but no such field", key)
		}
	}
}

// proofOf a field, or of the block that it stands in, and where that is.
func proofOf(proofs map[string]proof, path string) (string, proof) {
	if p, ok := proofs[path]; ok {
		return path, p
	}
	for key, p := range proofs {
		if p.covers(key, path) {
			return key, p
		}
	}
	return path, proof{}
}

// covers says whether the proof of a whole block holds for a field in it: what refuses the one
// refuses the other.
func (p proof) covers(key, path string) bool {
	return p.later != nil && p.change == nil && (strings.HasPrefix(path, key+".") || strings.HasPrefix(path, key+"[]"))
}

func (p proof) check(t *testing.T, full *scenario) {
	t.Helper()
	base := full.clone()
	if p.base != nil {
		p.base(t, base)
	}
	refusedBefore, before := outcome(t, base)
	refused, after := outcome(t, changed(base, p.change))
	switch {
	case refusedBefore != "":
		t.Errorf("refused before the change: %s", refusedBefore)
	case p.refused == "" && refused != "":
		t.Errorf("refused: %s", refused)
	case !strings.Contains(refused, p.refused):
		t.Errorf("is %q, want a refusal with %q", refused, p.refused)
	case before == after:
		t.Error("makes no difference")
	}
}

func changed(s *scenario, change func(*scenario)) *scenario {
	s = s.clone()
	change(s)
	return s
}

// saysLater tells whether a refusal says of a field that it is still to come.
func saysLater(message, block, path string) bool {
	at := strings.Index(message, block+"."+path+": Forbidden: ")
	return at >= 0 && strings.Contains(message[at:], "not available in this version of the function")
}

// anyChangeMatters leaves a field of the example out, then gives it other values, until the
// function composes something else.
func anyChangeMatters(t *testing.T, full *scenario, content func(*scenario) obj, path string) bool {
	t.Helper()
	_, plain := outcome(t, full)
	parent, key := find(content(full), path)
	for _, value := range others(parent[key]) {
		refused, after := outcome(t, changed(full, func(s *scenario) {
			parent, _ := find(content(s), path)
			if value == nil {
				delete(parent, key)
			} else {
				parent[key] = value
			}
		}))
		if refused == "" && plain != after {
			return true
		}
	}
	return false
}

// others are values in place of one; nil leaves it out.
func others(value any) []any {
	switch v := value.(type) {
	case bool:
		return []any{nil, !v}
	case int64:
		return []any{nil, v + 1}
	case string:
		return []any{nil, v + "x"}
	case obj:
		more := maps.Clone(v)
		more["more"] = "more"
		return []any{nil, more}
	default:
		return []any{nil}
	}
}

// outcome of a scenario: what the function refuses it for, and all else that a field may make a
// difference to.
func outcome(t *testing.T, s *scenario) (refused, answer string) {
	t.Helper()
	rsp := s.run(t, quiet())
	rsp.Requirements = nil
	raw, err := proto.MarshalOptions{Deterministic: true}.Marshal(rsp)
	if err != nil {
		t.Fatal(err)
	}
	return refusal(rsp), string(raw)
}

// leaves are the paths of all fields below a type of this project's. [] stands for an element of a
// list, {} for an entry of a map.
func leaves(t reflect.Type, path string) []string {
	switch {
	case t.Kind() == reflect.Pointer:
		return leaves(t.Elem(), path)
	case t.Kind() == reflect.Slice && ours(t.Elem()):
		return leaves(t.Elem(), path+"[]")
	case t.Kind() == reflect.Map && ours(t.Elem()):
		return leaves(t.Elem(), path+"{}")
	case !ours(t):
		return []string{path}
	}
	var paths []string
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Anonymous && ours(f.Type):
			paths = append(paths, leaves(f.Type, path)...)
		case name == "" || name == "metadata": // Kubernetes' own
		default:
			paths = append(paths, leaves(f.Type, strings.TrimPrefix(path+"."+name, "."))...)
		}
	}
	return paths
}

// ours says whether a type is a struct of this project's rather than a value or somebody else's.
func ours(t reflect.Type) bool {
	return t.Kind() == reflect.Struct && strings.Contains(t.PkgPath(), "/function-pipelinestack/")
}

// find the map that holds a field, and its key there. Of the entries of a list or map it takes the
// first that has the field; nil if none.
func find(m obj, path string) (parent obj, key string) {
	step, rest, more := strings.Cut(path, ".")
	name := strings.TrimRight(step, "[]{}")
	value, ok := m[name]
	if !ok {
		return nil, ""
	}
	if !more {
		return m, name
	}
	var entries []any
	switch v := value.(type) {
	case []any:
		entries = v
	case obj:
		entries = []any{v}
		if strings.HasSuffix(step, "{}") {
			entries = nil
			for _, k := range slices.Sorted(maps.Keys(v)) {
				entries = append(entries, v[k])
			}
		}
	}
	for _, e := range entries {
		if inner, ok := e.(obj); ok {
			if parent, key := find(inner, rest); parent != nil {
				return parent, key
			}
		}
	}
	return nil, ""
}
