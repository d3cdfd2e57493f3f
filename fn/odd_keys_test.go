package main

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

// oddKeys are keys that no map takes. A schema says nothing of keys, so the function does.
var oddKeys = []string{"", "a\nb", "x=1&y", strings.Repeat("a", 5000)}

// Every map of a claim or a class refuses keys that its reader would refuse later, in an object
// that nobody wrote by hand.
func TestOddKeysAreRefused(t *testing.T) {
	full := scenarioOf(t, "full")
	blocks := map[string]func(*scenario) obj{"spec": (*scenario).spec, "class/research: spec": (*scenario).classSpec}
	met := 0
	for block, content := range blocks {
		for _, path := range mapsBelow(content(full), nil) {
			met++
			for _, key := range oddKeys {
				s := full.clone()
				m := at(content(s), path)
				m[key] = maps.Clone(m)[slices.Sorted(maps.Keys(m))[0]] // a value that is good elsewhere
				message := refusal(s.run(t, quiet()))
				// Kubernetes' own errors of a selector stop at the selector.
				if !strings.Contains(message, strings.TrimSuffix(path[len(path)-1], "matchLabels")) || !strings.Contains(message, path[0]) {
					t.Errorf("%s.%s: the key %.20q is accepted: %.200q", block, strings.Join(path, "."), key, message)
				}
			}
		}
	}
	if met < 10 {
		t.Errorf("met %d maps; the example is misread", met)
	}
}

// mapFields are the fields that hold maps; what else is an object is a block of fields.
var mapFields = []string{
	"commands",
	"components",
	"extraParams",
	"images",
	"kmsKeys",
	"labels",
	"limits",
	"matchLabels",
	"nodeSelector",
	"podLabels",
	"releases",
	"requests",
	"serviceAccountAnnotations",
	"sizes",
	"tags",
}

// mapsBelow are the paths of all maps in content.
func mapsBelow(content obj, path []string) [][]string {
	var found [][]string
	for _, name := range names(content) {
		below, ok := content[name].(obj)
		if !ok || len(below) == 0 {
			continue
		}
		to := append(slices.Clone(path), name)
		if slices.Contains(mapFields, name) && (name != "images" || len(path) > 0) {
			found = append(found, to)
		}
		found = append(found, mapsBelow(below, to)...)
	}
	return found
}

// at is the object at a path.
func at(content obj, path []string) obj {
	for _, name := range path {
		content = content[name].(obj)
	}
	return content
}
