//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/apply"
	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/tenants"
)

func TestDriftHeals(t *testing.T) {
	s := newStack(t, "{}")
	s.settled()
	kube := client.Kube
	merge := func(b string) []byte { return []byte(b) }

	t.Run("ConfigMap", func(t *testing.T) {
		const name = "workflow-controller-configmap"
		cms := kube.CoreV1().ConfigMaps(s.namespace)
		was, err := cms.Get(t.Context(), name, metav1.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		for k := range was.Data {
			if _, err := cms.Patch(t.Context(), name, types.MergePatchType, merge(fmt.Sprintf(`{"data":{%q:"edited"}}`, k)), metav1.PatchOptions{}); err != nil {
				t.Fatal(err)
			}
		}
		eventually(t, "an edited ConfigMap is as it was", func(ctx context.Context) error {
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
		if _, err := ds.Patch(t.Context(), name, types.MergePatchType, merge(`{"spec":{"replicas":3}}`), metav1.PatchOptions{}); err != nil {
			t.Fatal(err)
		}
		eventually(t, "a scaled Deployment is as it was", func(ctx context.Context) error {
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

	t.Run("Service", func(t *testing.T) {
		const name = "ml-pipeline"
		svcs := kube.CoreV1().Services(s.namespace)
		was, err := svcs.Get(t.Context(), name, metav1.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if err := svcs.Delete(t.Context(), name, metav1.DeleteOptions{}); err != nil {
			t.Fatal(err)
		}
		eventually(t, "a deleted Service is back", func(ctx context.Context) error {
			is, err := svcs.Get(ctx, name, metav1.GetOptions{})
			if err == nil && is.UID == was.UID {
				err = fmt.Errorf("the old one is still there")
			}
			return err
		})
	})

	t.Run("Grant", func(t *testing.T) {
		name := s.status("database", "name")
		revoke := fmt.Sprintf("REVOKE SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, ALTER, INDEX, REFERENCES ON `%s`.* FROM '%s'@'%%'",
			name, s.secret(s.status("database", "secretName"))["username"])
		if _, err := admin(t).ExecContext(t.Context(), revoke); err != nil {
			t.Fatal(err)
		}
		if s.login(t.Context(), name) == nil {
			t.Fatal("the user can still log in: nothing was revoked")
		}
		eventually(t, "a revoked grant is back", func(ctx context.Context) error { return s.login(ctx, name) })
	})

	t.Run("User", func(t *testing.T) {
		secret := s.status("database", "secretName")
		was := s.secret(secret)
		if _, err := admin(t).ExecContext(t.Context(), fmt.Sprintf("DROP USER '%s'@'%%'", was["username"])); err != nil {
			t.Fatal(err)
		}
		eventually(t, "a dropped user can log in again", func(ctx context.Context) error { return s.login(ctx, s.status("database", "name")) })
		if string(s.secret(secret)["password"]) == string(was["password"]) {
			t.Error("with the old password")
		}
		s.ready()
	})
}

func TestInvalidEdit(t *testing.T) {
	s := newStack(t, "{}")
	was := s.tree()
	s.apply(`{release: "0.0.1"}`)
	eventually(t, "the claim tells about an unknown release", func(ctx context.Context) error {
		u, err := client.Get(ctx, tenants.APIVersion, tenants.Kind, s.namespace, tenants.Name)
		if err != nil {
			return err
		}
		if status, _, msg := apply.Condition(u, "SpecValid"); status != "False" || msg == "" {
			return fmt.Errorf("SpecValid is %q: %s", status, msg)
		}
		return nil
	})
	is := s.tree()
	if len(is) != len(was) {
		t.Errorf("%d objects before, %d after an invalid edit", len(was), len(is))
	}
	for i := range min(len(is), len(was)) {
		if !is[i].Exists || is[i].Object.GetUID() != was[i].Object.GetUID() {
			t.Errorf("%s %s did not survive an invalid edit", was[i].Kind, was[i].Name)
		}
	}
	s.apply("{}")
	s.ready()
}

func TestNamespaceDeletion(t *testing.T) {
	s := newStack(t, "{}")
	var keys []objectKey
	for _, n := range s.tree() {
		keys = append(keys, objectKey{n.APIVersion, n.Kind, n.Namespace, n.Name})
	}
	database, user := s.status("database", "name"), string(s.secret(s.status("database", "secretName"))["username"])
	if err := client.Kube.CoreV1().Namespaces().Delete(t.Context(), s.namespace, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "a deleted namespace leaves nothing in the cluster", func(ctx context.Context) error { return gone(ctx, s, keys) })
	db := admin(t)
	var n int
	if err := db.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM mysql.user WHERE User = ?", user).Scan(&n); err != nil || n != 0 {
		t.Errorf("the user is still in the database server: %d, %v", n, err)
	}
	if err := db.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM information_schema.schemata WHERE schema_name = ?", database).Scan(&n); err != nil || n != 1 {
		t.Errorf("the database is to be retained by default: %d, %v", n, err)
	}
}
