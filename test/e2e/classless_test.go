//go:build e2e

package e2e

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"

	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/apply"
	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/kubelet"
	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/tenants"
)

// TestNothingButACluster makes a stack without any class, first without a place for its volumes.
// Then the function restarts, and the servers with it. It does not run beside other tests, which
// need the function and the default StorageClass.
func TestNothingButACluster(t *testing.T) {
	composition := optional(t)
	s := newEmbedded(t)
	restore := withoutDefaultStorageClass(t)
	s.apply("{" + composition + "}")
	s.eventually(t, "the stack says what its volumes wait for", func(ctx context.Context) error {
		u, err := s.read(ctx)
		if err != nil {
			return err
		}
		for _, c := range []string{"DatabaseReady", "ObjectStoreReady"} {
			_, reason, msg := apply.Condition(u, c)
			if want := "the cluster has no default StorageClass"; reason != "Pending" || !strings.Contains(msg, want) {
				return fmt.Errorf("%s is %s: %s", c, reason, msg)
			}
		}
		return nil
	})
	restore()
	s.ready()
	s.mustBeEmbedded(t)
	s.mustWrite(t)

	login, keys := s.secret(databaseSet), s.secret("mlpipeline-minio-artifact")
	resume := without(t, "function")
	had := s.evict(t)
	resume()
	s.apply("{" + composition + ", size: Medium}") // so that the function has its say
	s.served(t, "the servers are back, like the function", had)
	for name, was := range map[string]map[string][]byte{databaseSet: login, "mlpipeline-minio-artifact": keys} {
		is := s.secret(name)
		for key := range was {
			if string(is[key]) != string(was[key]) {
				t.Errorf("the function made the key %s of %s anew", key, name)
			}
		}
	}
	s.mustHaveWritten(t, "after the function restarted")
	s.warnedOnce(t)
	s.backedUp(t)
}

// withoutDefaultStorageClass leaves the cluster without one, until the end of the test or restore.
func withoutDefaultStorageClass(t *testing.T) (restore func()) {
	t.Helper()
	if err := setDefaultStorageClass(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	restore = func() {
		if err := setDefaultStorageClass(context.Background(), true); err != nil { // not the test's context, which may be over by now
			t.Error(err)
		}
	}
	t.Cleanup(restore)
	return restore
}

func setDefaultStorageClass(ctx context.Context, is bool) error {
	b := fmt.Appendf(nil, `{"metadata": {"annotations": {"%s": "%t"}}}`, kubelet.DefaultClass, is)
	_, err := client.Kube.StorageV1().StorageClasses().Patch(ctx, kubelet.StorageClass, types.MergePatchType, b, metav1.PatchOptions{})
	return err
}

// warnedOnce fails the test unless one event of the stack says that the data goes with the
// namespace. Its composite, where it is another object, has its own.
func (s *stack) warnedOnce(t *testing.T) {
	t.Helper()
	events, err := s.warnings(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	said := 0
	for _, e := range events {
		if e.InvolvedObject.Kind == tenants.Kind && strings.Contains(e.Message, "goes with it") {
			said += int(max(1, e.Count))
		}
	}
	if said != 1 {
		t.Errorf("the stack has warned %d times that its data goes with the namespace, want once", said)
	}
}

// optional makes a Composition like the installed one, under which a stack does without a class,
// and returns what a spec says to have it.
func optional(t *testing.T) string {
	t.Helper()
	const apiVersion, kind = "apiextensions.crossplane.io/v1", "Composition"
	all, err := client.List(t.Context(), apiVersion, kind, "", "")
	if err != nil {
		t.Fatal(err)
	}
	at := slices.IndexFunc(all, func(u unstructured.Unstructured) bool { return strings.HasPrefix(u.GetName(), "pipelinestack") })
	if at < 0 {
		t.Fatal("the Composition is not there")
	}
	steps, _, _ := unstructured.NestedSlice(all[at].Object, "spec", "pipeline")
	step, ok := steps[0].(map[string]any)
	if !ok {
		t.Fatal("it has no steps")
	}
	const class = "nobodys" // the plane has a default one
	if err := errors.Join(
		unstructured.SetNestedField(step, class, "input", "defaultClassName"),
		unstructured.SetNestedField(step, "Optional", "input", "classResolution"),
		unstructured.SetNestedSlice(all[at].Object, steps, "spec", "pipeline"),
	); err != nil {
		t.Fatal(err)
	}
	name := "e2e-" + strings.ToLower(t.Name())
	u := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": apiVersion, "kind": kind, "metadata": map[string]any{"name": name}, "spec": all[at].Object["spec"],
	}}
	t.Cleanup(func() { remove(t, u) })
	if err := client.Object(t.Context(), "", u.DeepCopy()); err != nil {
		t.Fatal(err)
	}
	ref := "compositionRef: {name: " + name + "}"
	if namespaced {
		ref = "crossplane: {" + ref + "}"
	}
	return ref
}
