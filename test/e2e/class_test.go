//go:build e2e

package e2e

import (
	"context"
	"crypto/rand"
	"fmt"
	"maps"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"

	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/tenants"
)

// classKind is the kind of classes, in the group and version of stacks.
const classKind = "PipelineStackClass"

// newClass makes a class like the default one, with more in its spec, until the end of the test.
func newClass(t *testing.T, more map[string]any) *unstructured.Unstructured {
	t.Helper()
	like, err := client.Get(t.Context(), tenants.APIVersion, classKind, "", "default")
	if err != nil {
		t.Fatal(err)
	}
	spec, ok := like.Object["spec"].(map[string]any)
	if !ok {
		t.Fatal("the default class has no spec")
	}
	maps.Copy(spec, more)
	class := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": tenants.APIVersion, "kind": classKind,
		"metadata": map[string]any{"name": "e2e-" + strings.ToLower(rand.Text()[:8])}, "spec": spec,
	}}
	if err := client.Object(t.Context(), "", class.DeepCopy()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { remove(t, class) })
	return class
}

// TestClassOfAStack has a stack name a class that is not there, one that is not for its namespace,
// and that again when the namespace has the label that it asks for.
func TestClassOfAStack(t *testing.T) {
	t.Parallel()
	class := newClass(t, map[string]any{"allowedNamespaces": map[string]any{
		"from": "Selector", "selector": map[string]any{"matchLabels": map[string]any{"team": "research"}},
	}})
	s := &stack{t: t, namespace: newNamespace(t), name: tenants.Name}
	s.apply("{className: nobodys}")
	s.refused("className", "nobodys")
	s.apply("{className: " + class.GetName() + "}")
	s.refused("className", class.GetName())
	if tree := s.tree(); len(tree) != 1 {
		t.Errorf("a stack whose class is not for its namespace composes %d objects", len(tree)-1)
	}
	label := []byte(`{"metadata": {"labels": {"team": "research"}}}`)
	if _, err := client.Kube.CoreV1().Namespaces().Patch(
		t.Context(),
		s.namespace,
		types.MergePatchType,
		label,
		metav1.PatchOptions{},
	); err != nil {
		t.Fatal(err)
	}
	s.ready()
	if is := s.status("className"); is != class.GetName() {
		t.Errorf("the stack says that its class is %s, want %s", is, class.GetName())
	}
	s.allowed(t)
}

// TestClassVanishes takes the class away from a stack that runs, and brings it back. Nothing of the
// stack changes meanwhile.
func TestClassVanishes(t *testing.T) {
	t.Parallel()
	class := newClass(t, nil)
	s := newStack(t, "{className: "+class.GetName()+"}")
	was, had := s.tree(), s.mustDeployments()
	remove(t, class)
	// Crossplane calls the function for any change of what the stack has.
	touch := []byte(`{"metadata": {"labels": {"touched": "true"}}}`)
	_, err := client.Kube.CoreV1().ConfigMaps(
		s.namespace,
	).Patch(
		t.Context(),
		"kfp-launcher",
		types.MergePatchType,
		touch,
		metav1.PatchOptions{},
	)
	if err != nil {
		t.Fatal(err)
	}
	s.eventually(t, "the stack says that its class is gone", func(ctx context.Context) error {
		u, err := s.read(ctx)
		if err != nil {
			return err
		}
		cs, _, _ := unstructured.NestedSlice(u.Object, "status", "conditions")
		for _, c := range cs {
			m, _ := c.(map[string]any)
			if msg, _ := m["message"].(string); m["status"] == "False" && strings.Contains(msg, class.GetName()) {
				return nil
			}
		}
		return fmt.Errorf("no condition names %s", class.GetName())
	})
	s.survived(t, was)
	for name, d := range s.mustDeployments() {
		if d.Annotations[revision] != had[name].Annotations[revision] {
			t.Errorf("%s has new pods", name)
		}
	}
	if err := client.Object(t.Context(), "", class.DeepCopy()); err != nil {
		t.Fatal(err)
	}
	s.ready()
	s.survived(t, was)
}
