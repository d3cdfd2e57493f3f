package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/types/known/structpb"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/pipelinestack/function-pipelinestack/internal/check"
)

const (
	changelogFile    = "CHANGELOG.md"
	upgradeHeading   = "### What an upgrade of the function changes by itself\n"
	upgradeUnchanged = "\nNo pod rolls, and no resource of a provider changes.\n"
)

// TestExamplesOfPreviousVersion holds the CHANGELOG's table against what this version changes in
// the stacks of the previous one: pods that roll, and what providers are asked for. With -update it
// writes the table.
func TestExamplesOfPreviousVersion(t *testing.T) {
	version := strings.TrimSpace(string(must(os.ReadFile(previousVersion))))
	changed := map[string]map[string]bool{}
	for _, name := range frozenExamples {
		c := previous(t, name)
		before := c.shown()
		c.settle(t)
		for _, was := range before {
			resource := resourceName(was)
			for _, path := range changedPaths(was, c.objects[resource]) {
				if changed[resource] == nil {
					changed[resource] = map[string]bool{}
				}
				changed[resource][path] = true
			}
		}
	}
	want := upgradeTable(version, changed)
	file := filepath.Join(root, changelogFile)
	text := string(must(os.ReadFile(file)))
	start := strings.Index(text, upgradeHeading)
	if start < 0 {
		t.Fatalf("%s has no heading %q", changelogFile, upgradeHeading)
	}
	start += len(upgradeHeading)
	end := start + strings.Index(text[start:], "\n#")
	if end < start {
		end = len(text)
	}
	if text[start:end] == want {
		return
	}
	if *update {
		write(t, file, text[:start]+want+text[end:])
		return
	}
	t.Errorf("%s says something else; make goldens writes this below %q:\n%s\n-file, +function:\n%s",
		changelogFile, strings.TrimSpace(upgradeHeading), want, cmp.Diff(lines(text[start:end]), lines(want)))
}

// upgradeTable of what changes, by resource name.
func upgradeTable(version string, changed map[string]map[string]bool) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\nOn stacks of %s, all at once, as soon as the new version runs. `make goldens` writes this.\n", version)
	if len(changed) == 0 {
		return b.String() + upgradeUnchanged
	}
	b.WriteString("\n| Resource | Effect | What changes |\n|---|---|---|\n")
	for _, resource := range names(changed) {
		effect := "a provider changes it"
		if paths := changed[resource]; slices.ContainsFunc(names(paths), func(p string) bool { return strings.HasPrefix(p, podTemplate) }) {
			effect = "pods roll"
		}
		var what []string
		for _, path := range names(changed[resource]) {
			what = append(what, "`"+strings.TrimPrefix(path, podTemplate)+"`")
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", resource, effect, strings.Join(what, ", "))
	}
	return b.String()
}

const podTemplate = "spec.template."

// changedPaths are those of an object's pod template, or of what a provider makes.
func changedPaths(was obj, now *structpb.Struct) []string {
	block := []string{"spec", "template"}
	if isManaged(groupOf(was)) {
		block = []string{"spec"}
	}
	is := check.Normalize(now.AsMap())
	a, _, _ := unstructured.NestedFieldNoCopy(was, block...)
	b, _, _ := unstructured.NestedFieldNoCopy(is, block...)
	return differingPaths(strings.Join(block, "."), a, b)
}

// differingPaths of two values, as deep as both have the same shape. Elements of a list are known
// by their names, where they have some.
func differingPaths(path string, a, b any) []string {
	if cmp.Equal(a, b) {
		return nil
	}
	as, bs := children(a), children(b)
	if as == nil || bs == nil {
		return []string{path}
	}
	var found []string
	for _, key := range names(unionOf(as, bs)) {
		found = append(found, differingPaths(path+key, as[key], bs[key])...)
	}
	if found == nil { // in another order
		return []string{path}
	}
	return found
}

// children of an object or of a list of named objects, by what is written behind their parent's
// path; nil of anything else.
func children(v any) map[string]any {
	all := map[string]any{}
	switch v := v.(type) {
	case obj:
		for key, value := range v {
			if strings.ContainsAny(key, "./") {
				all["["+key+"]"] = value
			} else {
				all["."+key] = value
			}
		}
	case []any:
		for _, element := range v {
			o, _ := element.(obj)
			name, ok := o["name"].(string)
			if !ok {
				return nil
			}
			all["["+name+"]"] = element
		}
	default:
		return nil
	}
	return all
}

func unionOf(a, b map[string]any) map[string]any {
	all := map[string]any{}
	for _, m := range []map[string]any{a, b} {
		maps.Copy(all, m)
	}
	return all
}

func TestDifferingPaths(t *testing.T) {
	a := obj{
		"kept":       "x",
		"gone":       "x",
		"containers": []any{obj{"name": "a", "env": []any{obj{"name": "V", "value": "1"}}}, obj{"name": "b"}},
		"args":       []any{"x"},
	}
	b := obj{
		"kept":       "x",
		"a.b/c":      "x",
		"containers": []any{obj{"name": "a", "env": []any{obj{"name": "V", "value": "2"}}}, obj{"name": "b"}},
		"args":       []any{"y"},
	}
	want := []string{"t.args", "t.containers[a].env[V].value", "t.gone", "t[a.b/c]"}
	if diff := cmp.Diff(want, differingPaths("t", a, b)); diff != "" {
		t.Errorf("-want, +got:\n%s", diff)
	}
}
