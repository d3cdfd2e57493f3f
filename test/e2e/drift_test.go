//go:build e2e

package e2e

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/tenants"
)

// TestDriftHeals changes things behind the stack's back. It does not wait until Crossplane watches
// all of the stack: a stack that was just made often tripped the circuit breaker for watch events,
// and then has to heal all the same.
func TestDriftHeals(t *testing.T) {
	t.Parallel()
	s := newStack(t, "{}")
	kube := client.Kube

	t.Run("ConfigMap", func(t *testing.T) {
		const name = "workflow-controller-configmap"
		cms := kube.CoreV1().ConfigMaps(s.namespace)
		was, err := cms.Get(t.Context(), name, metav1.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		for k := range was.Data {
			if _, err := cms.Patch(
				t.Context(),
				name,
				types.MergePatchType,
				fmt.Appendf(nil, `{"data":{%q:"edited"}}`, k),
				metav1.PatchOptions{},
			); err != nil {
				t.Fatal(err)
			}
		}
		s.heals(t, "an edited ConfigMap is as it was", func(ctx context.Context) error {
			is, err := cms.Get(ctx, name, metav1.GetOptions{})
			if err != nil {
				return err
			}
			for k, v := range was.Data {
				if is.Data[k] != v {
					return fmt.Errorf("key %s is %q", k, is.Data[k])
				}
			}
			return nil
		})
	})

	t.Run("Deployment", func(t *testing.T) {
		const name = "ml-pipeline"
		ds := kube.AppsV1().Deployments(s.namespace)
		if _, err := ds.Patch(t.Context(), name, types.MergePatchType, []byte(`{"spec":{"replicas":3}}`), metav1.PatchOptions{}); err != nil {
			t.Fatal(err)
		}
		s.heals(t, "a scaled Deployment is as it was", func(ctx context.Context) error {
			d, err := ds.Get(ctx, name, metav1.GetOptions{})
			if err != nil {
				return err
			}
			if *d.Spec.Replicas != 1 {
				return fmt.Errorf("%d replicas", *d.Spec.Replicas)
			}
			return nil
		})
	})

	t.Run("Service", func(t *testing.T) { s.deleteService(t) })

	t.Run("ClusterRoleBinding", func(t *testing.T) {
		name := fmt.Sprintf("pipelinestack-auth-delegator.%s.%s", s.namespace, s.name)
		bindings := kube.RbacV1().ClusterRoleBindings()
		for _, tc := range []struct {
			reason string
			edit   func() error
		}{
			{"a deleted binding is back", func() error { return bindings.Delete(t.Context(), name, metav1.DeleteOptions{}) }},
			{"an emptied binding is as it was", func() error {
				_, err := bindings.Patch(t.Context(), name, types.MergePatchType, []byte(`{"subjects":null}`), metav1.PatchOptions{})
				return err
			}},
		} {
			if err := tc.edit(); err != nil {
				t.Fatal(err)
			}
			if namespaced { // provider-kubernetes makes it, and does not watch it
				s.touch(t, s.one("Object", "kubernetes.m."))
			}
			s.heals(t, tc.reason, func(ctx context.Context) error {
				b, err := bindings.Get(ctx, name, metav1.GetOptions{})
				if err == nil && len(b.Subjects) != 1 {
					err = fmt.Errorf("it has %d subjects", len(b.Subjects))
				}
				return err
			})
		}
	})

	t.Run("Grant", func(t *testing.T) {
		name := s.status("database", "name")
		revoke := fmt.Sprintf("REVOKE SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, ALTER, INDEX, REFERENCES ON `%s`.* FROM '%s'@'%%'",
			name, s.secret(s.status("database", "secretName"))["username"])
		db := admin(t)
		if _, err := db.ExecContext(t.Context(), revoke); err != nil {
			t.Fatal(err)
		}
		if s.login(t.Context(), name) == nil {
			t.Fatal("a user without any right can still log in")
		}
		s.touch(t, s.one("Grant", "mysql.sql."))
		s.heals(t, "a revoked grant is back", func(ctx context.Context) error { return s.login(ctx, name) })
	})

	t.Run("User", func(t *testing.T) {
		secret, database := s.status("database", "secretName"), s.status("database", "name")
		was := s.secret(secret)
		if _, err := admin(t).ExecContext(t.Context(), fmt.Sprintf("DROP USER '%s'@'%%'", was["username"])); err != nil {
			t.Fatal(err)
		}
		// The user alone: the rights that went with it come back by themselves.
		s.touch(t, s.one("User", "mysql.sql."))
		s.heals(t, "a dropped user can log in again", func(ctx context.Context) error { return s.login(ctx, database) })
		if string(s.secret(secret)["password"]) == string(was["password"]) {
			t.Error("with the old password")
		}
	})
	s.ready()
}

// touch has a provider look at a managed resource now. What somebody changes on a server it sees at
// its next poll, which is up to ten minutes away.
func (s *stack) touch(t *testing.T, n tenants.Node) {
	t.Helper()
	r, err := client.Resource(n.Object.GroupVersionKind(), n.Namespace)
	if err != nil {
		t.Fatal(err)
	}
	patch := fmt.Appendf(nil, `{"metadata": {"annotations": {"example.org/touched": %q}}}`, rand.Text())
	if _, err := r.Patch(t.Context(), n.Name, types.MergePatchType, patch, metav1.PatchOptions{}); err != nil {
		t.Fatal(err)
	}
}

// deleteService deletes a Service of the stack and waits until it is back, which takes a call of
// the function.
func (s *stack) deleteService(t *testing.T) {
	t.Helper()
	old := s.removeService(t)
	s.heals(t, "a deleted Service is back", func(ctx context.Context) error { return s.serviceIsBack(ctx, old) })
}

const service = "ml-pipeline"

func (s *stack) removeService(t *testing.T) types.UID {
	t.Helper()
	svcs := client.Kube.CoreV1().Services(s.namespace)
	was, err := svcs.Get(t.Context(), service, metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if err := svcs.Delete(t.Context(), service, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	return was.UID
}

func (s *stack) serviceIsBack(ctx context.Context, old types.UID) error {
	is, err := client.Kube.CoreV1().Services(s.namespace).Get(ctx, service, metav1.GetOptions{})
	if err == nil && is.UID == old {
		err = errors.New("the old one is still there")
	}
	return err
}

func TestInvalidEdit(t *testing.T) {
	t.Parallel()
	s := newStack(t, "{}")
	was := s.tree()
	s.apply(`{release: "0.0.1"}`)
	s.refused("spec.release", "0.0.1")
	s.survived(t, was)
	s.apply("{}")
	s.ready()
}
