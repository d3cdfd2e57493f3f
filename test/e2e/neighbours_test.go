//go:build e2e

package e2e

import (
	"context"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	kerrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/tenants"
)

func TestSecondStack(t *testing.T) {
	t.Parallel()
	first := newStack(t, "{}")
	was := first.tree()
	second := &stack{t: t, namespace: first.namespace, name: "second"}
	second.apply("{}")
	second.refused("a namespace holds one stack, and " + first.name + " was first")
	if tree := second.tree(); len(tree) != 1 {
		t.Errorf("a refused stack composes %d objects", len(tree)-1)
	}
	first.survived(t, was)

	t.Log("the second one takes over when the first is gone")
	if err := first.delete(t.Context()); err != nil {
		t.Fatal(err)
	}
	first.eventually(t, "the first is gone", func(ctx context.Context) error { // its objects' names may be the second's by then
		return gone(ctx, []objectKey{{tenants.APIVersion, tenants.Kind, first.namespace, first.name}})
	})
	second.ready()
}

func TestForeignObject(t *testing.T) {
	t.Parallel()
	s := &stack{t: t, namespace: newNamespace(t), name: tenants.Name}
	const name = "kfp-launcher"
	cms := client.Kube.CoreV1().ConfigMaps(s.namespace)
	foreign := &corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Data:       map[string]string{"defaultPipelineRoot": "s3://somebody-elses"},
	}
	was, err := cms.Create(t.Context(), foreign, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	s.apply("{}")
	s.refused("ConfigMap " + name + " exists")
	if tree := s.tree(); len(tree) != 1 {
		t.Errorf("a stack that finds its place taken composes %d objects", len(tree)-1)
	}
	is, err := cms.Get(t.Context(), name, metav1.GetOptions{})
	if err != nil || is.ResourceVersion != was.ResourceVersion {
		t.Fatalf("the foreign ConfigMap was touched: %v, %v", is, err)
	}

	s.apply("{adoptionPolicy: IfUncontrolled}")
	s.ready()
	if is, err = cms.Get(t.Context(), name, metav1.GetOptions{}); err != nil {
		t.Fatal(err)
	}
	if o := metav1.GetControllerOf(is); is.UID != was.UID || o == nil || o.UID != s.tree()[0].Object.GetUID() {
		t.Errorf("the ConfigMap was not adopted: it is controlled by %v", o)
	}
	if root := is.Data["defaultPipelineRoot"]; root == foreign.Data["defaultPipelineRoot"] {
		t.Errorf("the adopted ConfigMap still says %s", root)
	}
	s.end()
	if _, err := cms.Get(t.Context(), name, metav1.GetOptions{}); !kerrors.IsNotFound(err) {
		t.Errorf("the adopted ConfigMap did not go with its stack: %v", err)
	}
}

// TestNamespaceDeletion deletes a namespace under a stack. That is enough in the claim flavour. In
// the namespaced one it is refused until the stack is gone, because providers cannot finish in a
// namespace that is being deleted.
func TestNamespaceDeletion(t *testing.T) {
	t.Parallel()
	s := newStack(t, "{}")
	s.allowed(t) // while it is there to tell
	had, keys := s.belongings(), keysOf(s.tree())
	namespaces := client.Kube.CoreV1().Namespaces()
	err := namespaces.Delete(t.Context(), s.namespace, metav1.DeleteOptions{})
	if namespaced {
		if want := "still holds PipelineStack " + s.name; err == nil || !strings.Contains(err.Error(), want) {
			t.Fatalf("deleting the namespace: %v, want %q", err, want)
		}
		if err := s.delete(t.Context()); err != nil {
			t.Fatal(err)
		}
		s.eventually(t, "the namespace may be deleted when the stack is gone", func(ctx context.Context) error {
			return namespaces.Delete(ctx, s.namespace, metav1.DeleteOptions{})
		})
	} else if err != nil {
		t.Fatal(err)
	}
	keys = append(keys, objectKey{"v1", "Namespace", "", s.namespace})
	s.eventually(t, "a deleted namespace leaves nothing in the cluster", func(ctx context.Context) error { return gone(ctx, keys) })
	if is, want := had.remains(t), (remains{database: true, bucket: true}); is != want {
		t.Errorf("%+v remain on the servers, want %+v", is, want)
	}
}
