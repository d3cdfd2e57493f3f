package stack

import (
	"encoding/json"
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/kube-openapi/pkg/validation/spec"
)

// Nobody reads a pattern, so each has words; and no words are left of a pattern that went.
func TestPatternsHaveWords(t *testing.T) {
	used := map[string]bool{}
	for _, file := range []string{"schema/pipelinestackspec.json", "schema/classspec.json", "schema/input.json"} {
		raw, err := schemaFiles.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		s := &spec.Schema{}
		if err := json.Unmarshal(raw, s); err != nil {
			t.Fatal(err)
		}
		patternsBelow(s, used)
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(used)), slices.Sorted(maps.Keys(forms))); diff != "" {
		t.Errorf("-patterns of the schemas, +patterns with words:\n%s", diff)
	}
}

// patternsBelow collects the patterns of a schema, but for quantities, which have words of their
// own.
func patternsBelow(s *spec.Schema, used map[string]bool) {
	if s.Pattern != "" && !isQuantity(s) {
		used[s.Pattern] = true
	}
	for _, p := range s.Properties {
		patternsBelow(&p, used)
	}
	if s.Items != nil && s.Items.Schema != nil {
		patternsBelow(s.Items.Schema, used)
	}
	if s.AdditionalProperties != nil && s.AdditionalProperties.Schema != nil {
		patternsBelow(s.AdditionalProperties.Schema, used)
	}
}
