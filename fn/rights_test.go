package main

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"
)

// A right that nothing uses is a right for whoever breaks in, and one that is missing stops a part.
// So each is written down with what it is for: no rule of the install files goes or comes without it.
func TestRightsOfPartsHaveReasons(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("testdata", "rights.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var reasons map[string][]struct {
		What, Does, Source string
		Verbs              []string
	}
	if err := yaml.UnmarshalStrict(text, &reasons); err != nil {
		t.Fatal(err)
	}
	want := map[string][]string{}
	for role, rights := range reasons {
		for _, r := range rights {
			if r.Does == "" || r.Source == "" {
				t.Errorf("%s: %s: say what for, and where that was read", role, r.What)
			}
			for _, verb := range r.Verbs {
				want[role] = append(want[role], verb+" "+r.What)
			}
		}
	}
	got := map[string][]string{}
	for name, role := range clusterRoles(t) {
		for _, rule := range role.Rules {
			if strings.Contains(name, ":") {
				continue // for Crossplane and for users
			}
			eachRight(rule, func(group, resource, object, verb string) {
				got[name] = append(got[name], strings.TrimSpace(verb+" "+group+"/"+resource+" "+object))
			})
		}
	}
	for _, rights := range slices.Concat(slices.Collect(maps.Values(want)), slices.Collect(maps.Values(got))) {
		slices.Sort(rights)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-fn/testdata/rights.yaml, +package/rbac.yaml\n%s", diff)
	}
}
