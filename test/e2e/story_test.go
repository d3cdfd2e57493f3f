//go:build e2e

package e2e

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/apply"
	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/tenants"
)

// story tells what there is to know of a stack when a test gives up on it: its conditions, its
// composite's, what is pending, what is composed and not in order, and the warnings.
func (s *stack) story() string {
	ctx := context.Background()
	var b strings.Builder
	u, err := s.read(ctx)
	if err != nil {
		return err.Error()
	}
	conditions(&b, u)
	if pending, _, _ := unstructured.NestedSlice(u.Object, "status", "pendingResources"); len(pending) > 0 {
		_, _ = fmt.Fprintln(&b, "pending:", pending)
	}
	tree, err := tenants.Tree(ctx, client, u)
	if err != nil {
		_, _ = fmt.Fprintln(&b, "its composite:", err)
		return b.String()
	}
	if tree[0].Object.GetUID() != u.GetUID() {
		conditions(&b, tree[0].Object)
	}
	for _, n := range tree[1:] {
		switch {
		case !n.Exists:
			_, _ = fmt.Fprintf(&b, "%s %s is missing\n", n.Kind, n.Name)
		case n.Object.GetDeletionTimestamp() != nil:
			_, _ = fmt.Fprintf(&b, "%s %s is being deleted; its finalizers are %v\n", n.Kind, n.Name, n.Object.GetFinalizers())
		default:
			for _, c := range []string{"Synced", "Ready", "Available"} {
				if status, reason, msg := apply.Condition(n.Object, c); status != "" && status != "True" {
					_, _ = fmt.Fprintf(&b, "%s %s: %s=%s %s %s\n", n.Kind, n.Name, c, status, reason, msg)
				}
			}
		}
	}
	events, err := s.warnings(ctx)
	if err != nil {
		_, _ = fmt.Fprintln(&b, "events:", err)
	}
	for _, e := range events {
		_, _ = fmt.Fprintf(&b, "event of %s %s: %s %s\n", e.InvolvedObject.Kind, e.InvolvedObject.Name, e.Reason, e.Message)
	}
	return b.String()
}

func conditions(b *strings.Builder, u *unstructured.Unstructured) {
	_, _ = fmt.Fprintf(b, "%s %s\n", u.GetKind(), u.GetName())
	cs, _, _ := unstructured.NestedSlice(u.Object, "status", "conditions")
	for _, c := range cs {
		if m, ok := c.(map[string]any); ok {
			_, _ = fmt.Fprintf(b, "  %v=%v %v %v\n", m["type"], m["status"], m["reason"], m["message"])
		}
	}
}

// warnings are those about the stack, its composite and what it composes.
func (s *stack) warnings(ctx context.Context) ([]corev1.Event, error) {
	names := map[string]bool{s.name: true}
	if u, err := s.read(ctx); err == nil {
		if tree, err := tenants.Tree(ctx, client, u); err == nil {
			for _, n := range tree {
				names[n.Name] = true
			}
		}
	}
	var out []corev1.Event
	var errs []error
	// Events of what has no namespace are kept in "default".
	for _, ns := range []string{s.namespace, metav1.NamespaceDefault} {
		l, err := client.Kube.CoreV1().Events(ns).List(ctx, metav1.ListOptions{FieldSelector: "type=Warning"})
		if err != nil {
			errs = append(errs, err)
			continue
		}
		for _, e := range l.Items {
			if names[e.InvolvedObject.Name] {
				out = append(out, e)
			}
		}
	}
	return out, errors.Join(errs...)
}

// allowed fails the test if anything about the stack was ever refused for lack of rights.
// Crossplane runs as its own service account here, so package/rbac.yaml alone has to be enough,
// also for the Roles and bindings that a stack holds.
func (s *stack) allowed(t *testing.T) {
	t.Helper()
	events, err := s.warnings(context.Background())
	if err != nil {
		t.Error(err)
	}
	for _, e := range events {
		if e.Reason == "RoleBasedAccessControl" || strings.Contains(e.Message, "is forbidden") {
			t.Errorf("Crossplane lacks a right: %s %s: %s %s", e.InvolvedObject.Kind, e.InvolvedObject.Name, e.Reason, e.Message)
		}
	}
}
