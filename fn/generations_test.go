package main

import (
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/pipelinestack/function-pipelinestack/fn/stack"
	"github.com/pipelinestack/function-pipelinestack/internal/check"
)

// A cluster has one generation of Argo's definitions for all its stacks. docs/install.md says which
// releases run with which, and is held against the definitions here.

const installFile = "docs/install.md"

// workVersions are the API versions that every carried release speaks.
var workVersions = map[string]schema.GroupVersion{
	"argoproj.io":  {Group: "argoproj.io", Version: "v1alpha1"},
	"kubeflow.org": {Group: "kubeflow.org", Version: "v1beta1"},
}

// workRights are the resources that the roles of a stack's parts name in those groups.
func workRights(t *testing.T) []schema.GroupVersionResource {
	t.Helper()
	found := map[schema.GroupVersionResource]bool{}
	for name, role := range clusterRoles(t) {
		if strings.Contains(name, ":") {
			continue // for Crossplane and for users
		}
		for _, rule := range role.Rules {
			eachRight(rule, func(group, resource, _, _ string) {
				version, ours := workVersions[group]
				// Finalizers are asked of the authorizer, not of a server.
				if _, sub, _ := strings.Cut(resource, "/"); ours && sub != "finalizers" {
					found[version.WithResource(resource)] = true
				}
			})
		}
	}
	return slices.SortedFunc(maps.Keys(found), func(a, b schema.GroupVersionResource) int { return strings.Compare(a.String(), b.String()) })
}

// work is what a release's parts write, by the version of Argo that the release was made for.
func work(t *testing.T, argo string) []obj {
	t.Helper()
	objects := stream(t, filepath.Join("testdata", "work", argo+".yaml"))
	for _, o := range objects {
		put(o, "metadata.namespace", "team-a")
	}
	return objects
}

// verdict of a generation on a release, as the table has it, with all that speaks against.
func verdict(t *testing.T, g check.Generation, r *stack.Release) (string, []string) {
	t.Helper()
	var against []string
	for _, right := range workRights(t) {
		if !g.Serves(right.GroupVersion(), right.Resource) {
			against = append(against, "serves no "+right.String())
		}
	}
	for _, o := range work(t, r.Argo) {
		for _, err := range g.Validate(o) {
			against = append(against, err.Error())
		}
	}
	switch {
	case len(against) > 0:
		return "no", against
	case strings.HasPrefix(r.Argo, "v"+g.Name+"."):
		return "its own", nil
	}
	return "yes", nil
}

func TestGenerationsServeReleases(t *testing.T) {
	head := []string{"Release", "Argo"}
	for _, g := range check.Generations() {
		head = append(head, g.Name)
	}
	want := [][]string{head}
	for _, name := range slices.Backward(stack.Releases().Names()) {
		r := stack.Releases()[name]
		row := []string{"`" + name + "`", r.Argo}
		for _, g := range check.Generations() {
			cell, against := verdict(t, g, r)
			for _, a := range against {
				t.Logf("%s with the definitions of %s: %s", name, g.Name, a)
			}
			row = append(row, cell)
		}
		want = append(want, row)
	}
	got := tableIn(t, installFile, "Which release runs with which generation:")
	got = slices.Delete(got, 1, 2)
	for _, row := range got {
		for i := range row {
			row[i] = strings.TrimSpace(row[i])
		}
	}
	sortRows := func(rows [][]string) {
		slices.SortFunc(rows[1:], func(a, b []string) int { return strings.Compare(a[0], b[0]) })
	}
	sortRows(want)
	sortRows(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("generations: -definitions, +%s:\n%s", installFile, diff)
	}
}

// Every kind that the roles name is among the samples, or a generation could drop something of it
// unseen.
func TestWorkHoldsEveryKind(t *testing.T) {
	for _, name := range stack.Releases().Names() {
		argo := stack.Releases()[name].Argo
		var kinds []schema.GroupVersionResource
		for _, o := range work(t, argo) {
			u := unstructured.Unstructured{Object: o}
			kinds = append(kinds, u.GroupVersionKind().GroupVersion().WithResource(check.Generations()[0].Resource(u.GroupVersionKind())))
		}
		slices.SortFunc(kinds, func(a, b schema.GroupVersionResource) int { return strings.Compare(a.String(), b.String()) })
		if diff := cmp.Diff(workRights(t), kinds); diff != "" {
			t.Errorf("%s: -roles, +samples:\n%s", argo, diff)
		}
	}
}

// losses are what a generation would prune, though some version of Argo can write it. No part of a
// stack depends on any.
var losses = map[string]struct {
	reason string
	argo   string // that writes it
	kind   string
	at     string
	value  any
	path   string // what is lost, as the documentation has it
}{
	"PluginResult": {
		reason: "artifact plugins are new in 4.0",
		argo:   "v4.0.5",
		kind:   "WorkflowTaskResult",
		at:     "outputs.artifacts",
		value:  []any{obj{"name": "model", "plugin": obj{"name": "store", "key": "runs/1/model"}}},
		path:   "outputs.artifacts[].plugin",
	},
	"PluginGC": {
		reason: "likewise",
		argo:   "v4.0.5",
		kind:   "WorkflowArtifactGCTask",
		at:     "spec.artifactsByNode.train-x7k2p-1.artifacts.model.plugin",
		value:  obj{"name": "store", "key": "runs/1/model"},
		path:   "spec.artifactsByNode[].artifacts[].plugin",
	},
	"PluginLocation": {
		reason: "likewise",
		argo:   "v4.0.5",
		kind:   "WorkflowArtifactGCTask",
		at:     "spec.artifactsByNode.train-x7k2p-1.archiveLocation.plugin",
		value:  obj{"name": "store", "key": "runs/1"},
		path:   "spec.artifactsByNode[].archiveLocation.plugin",
	},
	"Mutex": {
		reason: "removed in 4.0, whose task sets have a schema",
		argo:   "v3.7.3",
		kind:   "WorkflowTaskSet",
		at:     "spec.tasks.train-x7k2p-2.synchronization",
		value:  obj{"mutex": obj{"name": "m"}},
		path:   "spec.tasks[].synchronization.mutex",
	},
	"Semaphore": {reason: "likewise", argo: "v3.7.3", kind: "WorkflowTaskSet", at: "spec.tasks.train-x7k2p-2.synchronization",
		value: obj{"semaphore": obj{"configMapKeyRef": obj{"name": "s", "key": "k"}}}, path: "spec.tasks[].synchronization.semaphore"},
	"CacheKey": {
		reason: "likewise",
		argo:   "v3.7.3",
		kind:   "WorkflowTaskSet",
		at:     "spec.tasks.train-x7k2p-2.memoize",
		value: obj{
			"key":    "k",
			"maxAge": "1h",
			"cache":  obj{"configMap": obj{"name": "c", "key": ""}},
		},
		path: "spec.tasks[].memoize.cache.configMap.key",
	},
	"Priority": {
		reason: "removed in 3.7, and a schema comes with 4.0",
		argo:   "v3.6.12",
		kind:   "WorkflowTaskSet",
		at:     "spec.tasks.train-x7k2p-2.priority",
		value:  int64(5),
		path:   "spec.tasks[].priority",
	},
}

// member is the name of a member of a map or list in the path of an error.
var member = regexp.MustCompile(`\[\d+\]|\.train-x7k2p-\d|\.model`)

// TestGenerationsLose shows that the table's check can fail, and holds the list of what is lost
// against the definitions.
func TestGenerationsLose(t *testing.T) {
	want := map[string][]string{} // generations by kind and path
	for name, tc := range losses {
		t.Run(name, func(t *testing.T) {
			for _, g := range check.Generations() {
				i := slices.IndexFunc(work(t, tc.argo), func(o obj) bool { return o["kind"] == tc.kind })
				o := work(t, tc.argo)[i]
				put(o, tc.at, tc.value)
				errs := g.Validate(o)
				if len(errs) == 0 {
					continue
				}
				if got := member.ReplaceAllString(
					errs[0].Error(),
					"[]",
				); len(errs) > 1 || !strings.Contains(got, tc.path+": ") ||
					!strings.Contains(got, "unknown field") {
					t.Errorf("%s: %s: want %s to be lost, got %v", tc.reason, g.Name, tc.path, errs)
				}
				key := "`" + tc.kind + "` `" + tc.path + "`"
				want[key] = append(want[key], g.Name)
			}
		})
	}
	got := map[string][]string{}
	for _, row := range tableIn(t, installFile, "Some versions of Argo can write these fields, and a generation drops them. No stack uses them:")[2:] {
		for _, path := range quoted(row[1]) {
			got[strings.TrimSpace(row[0])+" `"+path+"`"] = strings.Split(strings.TrimSpace(row[2]), ", ")
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("losses: -definitions, +%s:\n%s", installFile, diff)
	}
}
