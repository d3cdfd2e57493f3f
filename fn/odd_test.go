package main

import (
	"reflect"
	"strings"
	"testing"

	"github.com/pipelinestack/function-pipelinestack/apis/v1alpha1"
)

// oddities are values that some program somewhere cannot take, for a value of the same type.
func oddities(value any) []any {
	switch value.(type) {
	case string:
		return []any{nil, "", " ", "a b", "-", "ä", "a/b/c", "a\nb", "$(HOME)", strings.Repeat("x", 300)}
	case int64:
		return []any{nil, int64(0), int64(-1), int64(1) << 31, 0.5}
	case obj:
		return []any{nil, obj{}, obj{"a b": "c"}, obj{"": ""}, obj{"a": "ä\n"}, obj{"cpu": "-1"}, obj{"cpu": "1000"}, obj{"gpu": int64(1)}}
	case []any:
		return []any{nil, []any{}, []any{""}, []any{"a b"}}
	default:
		return []any{nil, "true"}
	}
}

// Whatever a single field holds, an API server takes what is made of it, unless the function
// refuses it.
func TestOddValues(t *testing.T) {
	full, f, judged := scenarioOf(t, "full"), quiet(), &verdicts{}
	cases := map[string]struct {
		typ     reflect.Type
		content func(*scenario) obj
	}{
		"Spec":  {reflect.TypeFor[v1alpha1.PipelineStackSpec](), (*scenario).spec},
		"Class": {reflect.TypeFor[v1alpha1.PipelineStackClassSpec](), (*scenario).classSpec},
	}
	for name, tc := range cases {
		for _, path := range leaves(tc.typ, "") {
			parent, key := find(tc.content(full), path)
			if parent == nil {
				continue // refused in any case, or what examples/full does not show, which is another test's business
			}
			t.Run(name+"/"+path, func(t *testing.T) {
				t.Parallel()
				for _, value := range oddities(parent[key]) {
					s := full.clone()
					odd, _ := find(tc.content(s), path)
					odd[key] = value
					if err := judged.answer(t, f, s); err != nil {
						t.Errorf("%#v: %v", value, err)
					}
				}
			})
		}
	}
}
