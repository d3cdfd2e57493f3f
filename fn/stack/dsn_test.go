package stack

import (
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

// The rule of the API server knows the names that the function does.
func TestExtraParamsOfTheRule(t *testing.T) {
	raw, err := os.ReadFile("../../xrd.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var xrd struct {
		Spec struct {
			Versions []struct {
				Schema struct{ OpenAPIV3Schema map[string]any }
			}
		}
	}
	if err := yaml.Unmarshal(raw, &xrd); err != nil {
		t.Fatal(err)
	}
	params := xrd.Spec.Versions[0].Schema.OpenAPIV3Schema
	for _, name := range []string{"spec", "database", "extraParams"} {
		params, _ = params["properties"].(map[string]any)[name].(map[string]any)
	}
	rules, _ := params["x-kubernetes-validations"].([]any)
	if len(rules) != 1 {
		t.Fatalf("extraParams has %d rules, want one", len(rules))
	}
	want := "self.all(name, name in ['" + strings.Join(slices.Sorted(maps.Keys(dsnAllowed)), "', '") + "'])"
	if got := rules[0].(map[string]any)["rule"]; got != want {
		t.Errorf("the rule is %s, want %s", got, want)
	}
}
