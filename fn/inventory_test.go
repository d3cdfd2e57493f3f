package main

import (
	"path/filepath"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

const inventoryHeader = `# What a stack with everything switched on is called, by resource name; make goldens writes it.
# Another resource name deletes one object and makes another, another object name likewise, and a
# Deployment's selector cannot be changed at all.
`

// TestExamplesKeepTheirNames holds all that identifies an object of a stack: nothing of it may
// change for a stack that exists. A new object is a new entry.
func TestExamplesKeepTheirNames(t *testing.T) {
	for _, kind := range []string{kindComposite, kindNamespaced} {
		t.Run(kind, func(t *testing.T) {
			inventory := obj{}
			for _, controller := range []string{"Stack", "Platform"} {
				s := scenarioOf(t, "full").in(t, kind, "team-a", "demo")
				put(s.classSpec(), "argo.controller", controller)
				onClaim(argoFields...)(s)
				put(s.spec(), "tls", map[string]obj{"Stack": s.spec()["tls"].(obj), "Platform": {"type": "SelfSigned"}}[controller])
				rsp := s.run(t, quiet())
				if message := refusal(rsp); message != "" {
					t.Fatal(message)
				}
				for _, o := range desired(rsp) {
					inventory[resourceName(o)] = identified(o)
				}
			}
			goldenObjects(t, filepath.Join("testdata", "names", kind+".yaml"), inventoryHeader, []obj{inventory})
		})
	}
}

// identified is what identifies an object, and the one that it holds a manifest of.
func identified(o obj) obj {
	entry := obj{"kind": o["apiVersion"].(string) + " " + o["kind"].(string)}
	for name, path := range map[string][]string{
		"name":      {"metadata", "name"},
		"namespace": {"metadata", "namespace"},
		"labels":    {"metadata", "labels"},
		"external":  {"metadata", "annotations", "crossplane.io/external-name"},
		"secret":    {"spec", "writeConnectionSecretToRef", "name"},
		"selector":  {"spec", "selector"},
		"pods":      {"spec", "podSelector"},
		"podLabels": {"spec", "template", "metadata", "labels"},
	} {
		if value, ok, _ := unstructured.NestedFieldNoCopy(o, path...); ok {
			entry[name] = value
		}
	}
	if manifest, ok, _ := unstructured.NestedMap(o, "spec", "forProvider", "manifest"); ok {
		entry["manifest"] = identified(manifest)
	}
	return entry
}
