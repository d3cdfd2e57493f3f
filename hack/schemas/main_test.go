package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const sample = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: things.example.com
  annotations: {controller-gen.kubebuilder.io/version: v0}
spec:
  group: example.com
  names: {kind: Thing, listKind: ThingList, plural: things, singular: thing}
  scope: Namespaced
  conversion: {strategy: None}
  versions:
  - name: v1
    served: true
    storage: false
    deprecated: true
    additionalPrinterColumns: [{name: A, type: string, jsonPath: .spec.a, description: text}]
    schema:
      openAPIV3Schema:
        description: text
        type: object
        properties:
          description: {type: string, description: text, default: d}
          list:
            type: array
            items: {type: object, description: text, additionalProperties: {type: string, description: text}}
            anyOf: [{title: text, required: [a]}]
            x-kubernetes-validations: [{rule: "true", message: kept}]
  - name: v2
    served: true
    storage: true
    schema: {openAPIV3Schema: {type: object}}
`

func TestReduce(t *testing.T) {
	raw, err := reduce([]byte(sample), "v1")
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(raw, &got); err != nil {
		t.Fatal(err)
	}
	str := map[string]any{"type": "string"}
	want := map[string]any{
		"apiVersion": "apiextensions.k8s.io/v1",
		"kind":       "CustomResourceDefinition",
		"metadata":   map[string]any{"name": "things.example.com"},
		"spec": map[string]any{
			"group": "example.com",
			"names": map[string]any{"kind": "Thing", "listKind": "ThingList", "plural": "things", "singular": "thing"},
			"scope": "Namespaced",
			"versions": []any{map[string]any{
				"name": "v1", "served": true, "storage": true,
				"schema": map[string]any{"openAPIV3Schema": map[string]any{
					"type": "object",
					"properties": map[string]any{
						"description": map[string]any{"type": "string", "default": "d"},
						"list": map[string]any{
							"type":                     "array",
							"items":                    map[string]any{"type": "object", "additionalProperties": str},
							"anyOf":                    []any{map[string]any{"required": []any{"a"}}},
							"x-kubernetes-validations": []any{map[string]any{"rule": "true", "message": "kept"}},
						},
					},
				}},
			}},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("prose must go, everything else of the one version must stay (-want +got):\n%s", diff)
	}
}

func TestReduceUnknownVersion(t *testing.T) {
	if _, err := reduce([]byte(sample), "v3"); err == nil {
		t.Error("a version that is not served must be an error, or a kind would get another version's shape")
	}
}

func TestReadme(t *testing.T) {
	text := string(readme(sources))
	for _, s := range sources {
		for _, k := range s.Kinds {
			row := "| `" + s.output(k) + "` | " + k.Kind + " `" + k.Version + "` | " + s.Project + " | " + s.Version + " |"
			if !strings.Contains(text, row) {
				t.Errorf("the index lacks %s", row)
			}
		}
	}
}
