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
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/apply"
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
	label(t, s.namespace, map[string]string{"team": "research"})
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

// TestClassComesBeforeTheFunction has a platform write a field that only the next version of the
// function knows: while the definition lacks it, and when that is of the next version already. The
// stack says what is wrong, and stays.
func TestClassComesBeforeTheFunction(t *testing.T) {
	t.Parallel()
	const field = "ofTheNextVersion"
	class := newClass(t, nil)
	s := newStack(t, "{className: "+class.GetName()+"}")
	was := s.tree()
	write := func(more map[string]any) error {
		newer := class.DeepCopy()
		spec, _ := newer.Object["spec"].(map[string]any)
		maps.Copy(spec, more)
		return client.Object(t.Context(), "", newer)
	}
	if err := write(map[string]any{field: "true"}); err == nil || !strings.Contains(err.Error(), field) {
		t.Errorf("a field that the definition lacks is accepted: %v", err)
	}
	crds, err := client.Resource(schema.FromAPIVersionAndKind("apiextensions.k8s.io/v1", "CustomResourceDefinition"), "")
	if err != nil {
		t.Fatal(err)
	}
	patch := func(operation string) error {
		_, err := crds.Patch(
			context.Background(),
			"pipelinestackclasses.pipelines.opendatahub.io",
			types.JSONPatchType,
			fmt.Appendf(
				nil,
				`[{"op": %q, "path": "/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/%s", "value": {"type": "string"}}]`,
				operation,
				field,
			),
			metav1.PatchOptions{},
		)
		return err
	}
	if err := patch("add"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := patch("remove"); err != nil {
			t.Error(err)
		}
	})
	// Whoever watches since before the definition changed is told of objects by the former one, without
	// the field, for minutes. So the platform writes it again and again.
	n := 0
	s.eventually(t, "the stack tells that the class is ahead of the function", func(ctx context.Context) error {
		n++
		if err := write(map[string]any{field: fmt.Sprint(n)}); err != nil {
			return err
		}
		u, err := s.read(ctx)
		if err != nil {
			return err
		}
		if status, _, msg := apply.Condition(u, "SpecValid"); status != "False" || !strings.Contains(msg, field) {
			return fmt.Errorf("SpecValid is %q: %s", status, msg)
		}
		return nil
	})
	s.survived(t, was)
	if err := write(nil); err != nil {
		t.Fatal(err)
	}
	s.ready()
	s.survived(t, was)
}
