package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Who may read classes knows the salt, and computes the name of a tenant's next bucket.
func TestTenantsReadNoClasses(t *testing.T) {
	granted := map[string]string{
		"pipelinestack:aggregate-to-crossplane-admin": "rbac.crossplane.io/aggregate-to-admin",
		"pipelinestack:reads":                         "rbac.crossplane.io/aggregate-to-crossplane",
	}

	for _, i := range installs {
		for _, source := range slices.Concat(i.sources, i.guards) {
			for _, o := range load(t, source) {
				for _, rule := range list(t, o, "rules") {
					for _, resources := range []any{rule["resources"], rule["apiGroups"]} {
						for _, r := range resources.([]any) {
							label := granted[o.GetName()]
							if (r == "pipelinestackclasses" || r == "*") && (label == "" || len(o.GetLabels()) != 1 || o.GetLabels()[label] != "true") {
								t.Errorf("%s: %s %s with labels %v gives %v", source, o.GetKind(), o.GetName(), o.GetLabels(), rule)
							}
						}
					}
				}
			}
		}
	}
}

// The ConfigMap says what the roles beside it grant, no less and no more: a kind that it names and
// nobody granted hangs every stack, a kind that it leaves out is never asked for.
func TestReadsAreGranted(t *testing.T) {
	sameReads(t, load(t, "package/reads.yaml"))
}

// Whoever lets Crossplane read pods changes the file as it says in its comments.
func TestReadsOfPodsAreGranted(t *testing.T) {
	b, err := os.ReadFile(filepath.Join(root, "package", "reads.yaml"))
	if err != nil {
		t.Fatal(err)
	}

	with := strings.NewReplacer("  # - apiGroups", "  - apiGroups", "  #   resources", "    resources", "  #   verbs", "    verbs",
		"    Namespace\n", "    Namespace\n    Pod\n").Replace(string(b))

	objects, err := decode([]byte(with))
	if err != nil || strings.Count(with, "Pod\n") != 1 {
		t.Fatalf("the comments do not say how: %v\n%s", err, with)
	}

	if said := sameReads(t, objects); !slices.Contains(said, "pods") {
		t.Errorf("Crossplane may not read pods: %v", said)
	}
}

// sameReads wants the role to grant what the ConfigMap says, and returns that.
func sameReads(t *testing.T, objects []unstructured.Unstructured) []string {
	t.Helper()

	granted, said := []string{}, []string{}

	for _, o := range objects {
		for _, rule := range list(t, o, "rules") {
			if verbs := rule["verbs"]; !cmp.Equal(verbs, []any{"get", "list", "watch"}) {
				t.Errorf("%v: Crossplane needs get, list and watch to read a kind, and nothing else", rule)
			}

			for _, group := range rule["apiGroups"].([]any) {
				for _, resource := range rule["resources"].([]any) {
					granted = append(granted, schema.GroupResource{Group: group.(string), Resource: resource.(string)}.String())
				}
			}
		}

		for line := range strings.FieldsSeq(text(o.Object, "data", "reads")) {
			kind := schema.ParseGroupKind(line)
			resource, _ := meta.UnsafeGuessKindToResource(kind.WithVersion("v1"))
			said = append(said, resource.GroupResource().String())
		}
	}

	slices.Sort(granted)
	slices.Sort(said)

	if len(said) == 0 || !slices.Equal(granted, said) {
		t.Errorf("the ClusterRole grants %v, the ConfigMap says %v", granted, said)
	}

	return said
}
