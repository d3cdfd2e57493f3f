//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/apply"
)

// readers are the Deployments whose pods read a Secret.
func readers(ds map[string]appsv1.Deployment, secret string) map[string]bool {
	out := map[string]bool{}
	for name, d := range ds {
		for _, cs := range [][]corev1.Container{d.Spec.Template.Spec.InitContainers, d.Spec.Template.Spec.Containers} {
			for _, c := range cs {
				for _, e := range c.Env {
					if e.ValueFrom != nil && e.ValueFrom.SecretKeyRef != nil && e.ValueFrom.SecretKeyRef.Name == secret {
						out[name] = true
					}
				}
			}
		}
		for _, v := range d.Spec.Template.Spec.Volumes {
			if v.Secret != nil && v.Secret.SecretName == secret {
				out[name] = true
			}
		}
	}
	return out
}

// TestNewLogin deletes the Secret with the database login, which the provider only brings back
// empty, and then the managed resource behind it, as docs/operations.md says to do. The server
// takes the user's rights away with the user, and provider-sql looks at a Grant that does not change
// only every ten minutes: the stack has to see to the rights.
func TestNewLogin(t *testing.T) {
	t.Parallel()
	s := newStack(t, "{}")
	secret, database, user := s.status("database", "secretName"), s.status("database", "name"), s.one("User", "mysql.sql.")
	old, before := s.secret(secret), s.mustDeployments()
	want := readers(before, secret)
	if !want["ml-pipeline"] || len(want) == len(before) {
		t.Fatalf("of %d Deployments %v read the login: the test expects the API server among them, and not all", len(before), want)
	}
	if err := client.Kube.CoreV1().Secrets(s.namespace).Delete(t.Context(), secret, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	s.touch(t, user)
	s.eventually(t, "the stack says that the login is lost, and what to delete", func(ctx context.Context) error {
		u, err := s.read(ctx)
		if err != nil {
			return err
		}
		if status, reason, msg := apply.Condition(
			u,
			"DatabaseReady",
		); status != "False" || reason != "EmptyConnectionSecret" ||
			!strings.Contains(msg, user.Name) {
			return fmt.Errorf("DatabaseReady is %q %s: %s", status, reason, msg)
		}
		return nil
	})
	for name, d := range s.mustDeployments() {
		if d.Annotations[revision] != before[name].Annotations[revision] || d.Status.AvailableReplicas == 0 {
			t.Errorf("%s does not just go on without the login", name)
		}
	}
	if err := logIn(t.Context(), old, database); err != nil {
		t.Errorf("pods that run have the login still, and it does not work: %v", err)
	}

	r, err := client.Resource(user.Object.GroupVersionKind(), user.Namespace)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Delete(t.Context(), user.Name, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	s.heals(t, "the stack says that its database is ready, and the new login has its rights", func(ctx context.Context) error {
		u, err := s.read(ctx)
		if err != nil {
			return err
		}
		if err := apply.True(u, "DatabaseReady"); err != nil {
			return err
		}
		// For a moment Crossplane may read the new Secret beside the old User, which had its rights.
		return s.login(ctx, database)
	})
	if password := string(s.secret(secret)["password"]); password == "" || password == string(old["password"]) {
		t.Error("the Secret has the old password, or none")
	}
	if err := logIn(t.Context(), old, database); err == nil {
		t.Error("the old login still works")
	}
	s.eventually(t, "whoever reads the login has new pods, and nobody else", func(ctx context.Context) error {
		ds, err := s.deployments(ctx)
		if err != nil {
			return err
		}
		for name, d := range ds {
			if rolled := d.Annotations[revision] != before[name].Annotations[revision]; rolled != want[name] {
				return fmt.Errorf("%s: new pods is %v, want %v", name, rolled, want[name])
			}
		}
		return s.isReady(ctx)
	})
}

// revision is the annotation by which Kubernetes counts the pod templates that a Deployment had.
const revision = "deployment.kubernetes.io/revision"
