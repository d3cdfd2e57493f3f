package main

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"
)

var update = flag.Bool("update", false, "rewrite the expected.yaml and observed.yaml of every example")

// The examples are the function's own answers, written down: a change of what a claim becomes shows
// as a diff of YAML.
func TestExamples(t *testing.T) {
	for _, name := range scenarioNames(t) {
		t.Run(name, func(t *testing.T) {
			s := scenarioOf(t, name)
			if d := differenceOf(t, name); d != nil {
				if d.New {
					checkDefinitions(t, s, d.definitions(t, s))
				}
				checkObserved(t, s, d.observed(t, s))
			} else if s.observed != nil {
				t.Error("observed.yaml follows from difference.yaml, which is not there")
			}
			rsp := s.run(t, quiet())
			if message := refusal(rsp); (message == "") != s.valid() {
				t.Errorf("only examples whose name begins with invalid are refused; the function says: %q", message)
			}
			goldenObjects(t, filepath.Join(folder(name), "expected.yaml"), expectedHeader, answerOf(rsp))
			if _, err := os.Stat(filepath.Join(folder(name), "README.md")); err != nil {
				t.Errorf("an example says when one wants it: %v", err)
			}
		})
	}
}

// checkDefinitions wants a scenario to require definitions, which stand last in its file.
func checkDefinitions(t *testing.T, s *scenario, definitions []obj) {
	t.Helper()
	s.required = slices.DeleteFunc(s.required, func(o obj) bool { return o["kind"] == kindDefinition })
	s.required = append(s.required, definitions...)
	file := filepath.Join(folder(s.name), "required.yaml")
	written, _, found := strings.Cut(string(must(os.ReadFile(file))), definitionsHeader)
	if !found {
		t.Fatalf("%s has no line %q", file, definitionsHeader)
	}
	goldenObjects(t, file, written+definitionsHeader, definitions)
}

// checkObserved wants a scenario to observe whole objects, cut to what is read. Then the function
// tells no cut object from a whole one.
func checkObserved(t *testing.T, s *scenario, whole []obj) {
	t.Helper()
	uncut := s.clone()
	uncut.observed, s.observed = whole, nil
	for _, o := range whole {
		s.observed = append(s.observed, cut(o))
	}
	for _, d := range differing(answerOf(s.run(t, quiet())), answerOf(uncut.run(t, quiet()))) {
		t.Errorf("the function reads a field that fn/difference_test.go cuts: -answer to cut objects, +to whole ones: %s", d)
	}
	goldenObjects(t, filepath.Join(folder(s.name), "observed.yaml"), observedHeader, s.observed)
}

// answerOf the function, as expected.yaml has it.
func answerOf(rsp *fnv1.RunFunctionResponse) []obj {
	return append([]obj{summary(rsp)}, desired(rsp)...)
}

// goldenObjects compares a file's objects with what they should be, one by one, or rewrites it.
func goldenObjects(t *testing.T, file, header string, want []obj) {
	t.Helper()
	var text strings.Builder
	text.WriteString(header)
	for _, o := range want {
		fmt.Fprintf(&text, "---\n%s", must(yaml.Marshal(o)))
	}
	is, same := golden(t, file, text.String())
	if same {
		return
	}
	diffs := differing(objectsIn(t, file, strings.NewReader(is)), objectsIn(t, file, strings.NewReader(text.String())))
	for _, d := range diffs {
		t.Errorf("%s: -file, +function (make goldens rewrites it): %s", file, d)
	}
	if len(diffs) == 0 {
		t.Errorf("%s holds the right objects in another form; make goldens rewrites it", file)
	}
}

// golden reads a file and says whether it holds a text, or has it hold that.
func golden(t *testing.T, file, want string) (is string, same bool) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return want, true
	}
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("make goldens writes it: %v", err)
	}
	return string(raw), string(raw) == want
}

// differing objects of two lists, and what differs in each. They are known by resource name, or
// else by kind and name.
func differing(a, b []obj) []string {
	byName := func(objects []obj) map[string]obj {
		m := map[string]obj{}
		for _, o := range objects {
			name := resourceName(o)
			if kind, ok := o["kind"].(string); ok && name == "" {
				name = kind + " " + nameOf(o)
			} else if !ok {
				name = "summary"
			}
			m[name] = o
		}
		return m
	}
	as, bs := byName(a), byName(b)
	all := maps.Clone(as)
	maps.Copy(all, bs)
	var diffs []string
	for _, name := range names(all) {
		switch x, y := as[name], bs[name]; {
		case y == nil:
			diffs = append(diffs, "-"+name)
		case x == nil:
			diffs = append(diffs, "+"+name)
		default:
			if diff := cmp.Diff(lines(string(must(yaml.Marshal(x)))), lines(string(must(yaml.Marshal(y))))); diff != "" {
				diffs = append(diffs, name+":\n"+diff)
			}
		}
	}
	return diffs
}

func TestDiffering(t *testing.T) {
	named := func(name, kind string) obj {
		return obj{"kind": kind, "metadata": obj{"annotations": obj{annotationResource: name}}}
	}
	a := []obj{
		{"response": "one"},
		{"kind": "Secret", "metadata": obj{"name": "kept"}},
		named("kept", "Secret"),
		named("changed", "Secret"),
		named("gone", "Secret"),
	}
	b := []obj{
		{"response": "two"},
		{"kind": "Secret", "metadata": obj{"name": "kept"}},
		named("kept", "Secret"),
		named("changed", "Service"),
		named("new", "Secret"),
	}
	var got []string
	for _, d := range differing(a, b) {
		head, _, _ := strings.Cut(d, "\n")
		got = append(got, head)
		if strings.Contains(d, "kept") {
			t.Errorf("speaks of an object that is the same: %s", d)
		}
	}
	if diff := cmp.Diff([]string{"changed:", "-gone", "+new", "summary:"}, got); diff != "" {
		t.Errorf("differing objects: -want, +got:\n%s", diff)
	}
}

const (
	expectedHeader = `# The function's own answer to this example, which make goldens writes: first all that is
# not an object, then each object that it desires, by resource name. Crossplane adds to the
# objects: owner, labels, and in render's output more, depending on its version.
`
	definitionsHeader = `# The definitions that the cluster has. make goldens writes what follows.
`
	observedHeader = `# What the cluster shows of the stack, cut to what the function reads: a ready stack, but for
# what difference.yaml says. make goldens writes it.
`
)

// summary of an answer: all but the objects, in words for people.
func summary(rsp *fnv1.RunFunctionResponse) obj {
	conditions, results, ready, requirements := []any{}, []any{}, obj{}, []any{}
	for _, c := range rsp.GetConditions() {
		entry := obj{"type": c.GetType(), "status": word(c.GetStatus().String(), "STATUS_CONDITION_"), "reason": c.GetReason()}
		if c.GetMessage() != "" {
			entry["message"] = c.GetMessage()
		}
		conditions = append(conditions, entry)
	}
	for _, r := range rsp.GetResults() {
		results = append(results, obj{"severity": word(r.GetSeverity().String(), "SEVERITY_"), "message": r.GetMessage()})
	}
	for name, r := range rsp.GetDesired().GetResources() {
		ready[name] = word(r.GetReady().String(), "READY_")
	}
	for _, r := range rsp.GetRequirements().GetResources() {
		requirements = append(requirements, path.Join(r.GetKind(), r.GetNamespace(), r.GetMatchName()))
	}
	slices.SortFunc(requirements, func(a, b any) int { return strings.Compare(a.(string), b.(string)) })
	s := obj{"ttl": rsp.GetMeta().GetTtl().AsDuration().String(), "conditions": conditions}
	if len(results) > 0 {
		s["results"] = results
	}
	if len(requirements) > 0 {
		s["requirements"] = requirements
	}
	if len(ready) > 0 {
		s["ready"] = ready
	}
	if status := rsp.GetDesired().GetComposite().GetResource().GetFields()["status"]; status != nil {
		s["status"] = status.AsInterface()
	}
	return obj{"response": s}
}

// word of an enumeration as Kubernetes writes it: True for STATUS_CONDITION_TRUE.
func word(enum, prefix string) string {
	w := strings.ToLower(strings.TrimPrefix(enum, prefix))
	return strings.ToUpper(w[:1]) + w[1:]
}
