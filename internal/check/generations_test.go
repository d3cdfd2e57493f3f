package check

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	structural "k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// TestGenerationsDiffer lists all that one generation keeps and the next does not, or the other way
// round, in kinds that stacks work with: whatever is not here is kept by both. What a schema leaves
// open is kept entirely.
func TestGenerationsDiffer(t *testing.T) {
	const argo = "argoproj.io/v1alpha1, Kind="
	want := map[string][]string{
		"3.6 to 3.7": nil,
		"3.7 to 4.0": {
			argo + "WorkflowArtifactGCTask keeps .spec.artifactsByNode[].archiveLocation.plugin",
			argo + "WorkflowArtifactGCTask keeps .spec.artifactsByNode[].artifacts[].plugin",
			argo + "WorkflowTaskResult keeps .outputs.artifacts[].plugin",
			argo + "WorkflowTaskSet closes .spec",
			argo + "WorkflowTaskSet closes .status",
		},
	}
	got := map[string][]string{}
	all := Generations()
	for i := range all[1:] {
		from, to := all[i], all[i+1]
		var found []string
		for gvk, def := range from.kinds {
			next, ok := to.kinds[gvk]
			if !ok {
				found = append(found, gvk.String()+" is gone")
				continue
			}
			if gvk.Kind == "WorkflowEventBinding" {
				continue // Argo's server reads them, and no stack has one
			}
			for _, d := range []*definition{def, next} {
				if err := d.compile(); err != nil {
					t.Fatal(err)
				}
			}
			changes(gvk, "", def.shape, next.shape, func(what string) { found = append(found, what) })
		}
		slices.Sort(found)
		got[from.Name+" to "+to.Name] = found
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want, +definitions:\n%s", diff)
	}
}

// changes tells what of a kind is kept by one schema alone.
func changes(gvk schema.GroupVersionKind, path string, from, to *structural.Structural, tell func(string)) {
	if open(from) != open(to) {
		verb := map[bool]string{true: " opens ", false: " closes "}[open(to)]
		tell(gvk.String() + verb + path)
		return
	}
	for name := range from.Properties {
		if _, ok := to.Properties[name]; !ok {
			tell(gvk.String() + " drops " + path + "." + name)
		}
	}
	for name, next := range to.Properties {
		if now, ok := from.Properties[name]; ok {
			changes(gvk, path+"."+name, &now, &next, tell)
			continue
		}
		tell(gvk.String() + " keeps " + path + "." + name)
	}
	if a, b := members(from), members(to); a != nil && b != nil {
		changes(gvk, path+"[]", a, b, tell)
	}
}

// members of a list or map.
func members(s *structural.Structural) *structural.Structural {
	if s.Items != nil {
		return s.Items
	}
	if s.AdditionalProperties != nil {
		return s.AdditionalProperties.Structural
	}
	return nil
}

// open says whether anything at all is kept.
func open(s *structural.Structural) bool { return s.XPreserveUnknownFields }

func TestGenerationServes(t *testing.T) {
	argo := schema.GroupVersion{Group: "argoproj.io", Version: "v1alpha1"}
	for _, tc := range []struct {
		reason   string
		version  schema.GroupVersion
		resource string
		want     bool
	}{
		{"stacks are made of them", argo, "workflows", true},
		{"agents report there", argo, "workflowtasksets/status", true},
		{"its status is a field like any other", argo, "workflows/status", false},
		{"no such subresource", argo, "workflows/scale", false},
		{"no such version", schema.GroupVersion{Group: "argoproj.io", Version: "v1"}, "workflows", false},
		{"a kind by its name", argo, "Workflow", false},
		{"it lives in no namespace, where a stack's parts have no rights", argo, "clusterworkflowtemplates", false},
		{"beside Argo's", schema.GroupVersion{Group: "kubeflow.org", Version: "v1beta1"}, "scheduledworkflows", true},
	} {
		for _, g := range Generations() {
			if got := g.Serves(tc.version, tc.resource); got != tc.want {
				t.Errorf("%s: %s serves %s %s: %v", tc.reason, g.Name, tc.version, tc.resource, got)
			}
		}
	}
}
