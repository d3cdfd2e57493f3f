//go:build e2e

package e2e

import (
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	corev1 "k8s.io/api/core/v1"
	kerrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/apply"
	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/cluster"
	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/tenants"
)

// A stack is a tenant's stack in a namespace of its own.
type stack struct {
	t         *testing.T
	namespace string
}

// newStack makes a stack, waits until it is ready, and takes the namespace away at the end of the test.
func newStack(t *testing.T, spec string) *stack {
	t.Helper()
	s := &stack{t: t, namespace: "e2e-" + strings.ToLower(rand.Text()[:8])}
	t.Cleanup(func() {
		err := client.Kube.CoreV1().Namespaces().Delete(context.Background(), s.namespace, metav1.DeleteOptions{})
		if err != nil && !kerrors.IsNotFound(err) {
			t.Error(err)
		}
	})
	ns := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: s.namespace, Labels: map[string]string{"pod-security.kubernetes.io/enforce": "restricted"}}}
	if _, err := client.Kube.CoreV1().Namespaces().Create(t.Context(), ns, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	s.apply(spec)
	s.ready()
	return s
}

// apply sets the spec, given as JSON or YAML in one line.
func (s *stack) apply(spec string) {
	s.t.Helper()
	yaml := fmt.Sprintf("apiVersion: %s\nkind: %s\nmetadata: {name: %s}\nspec: %s\n", tenants.APIVersion, tenants.Kind, tenants.Name, spec)
	if err := client.YAML(s.t.Context(), s.namespace, []byte(yaml)); err != nil {
		s.t.Fatal(err)
	}
}

func (s *stack) ready() {
	s.t.Helper()
	start := time.Now()
	if err := tenants.Wait(s.t.Context(), discard, client, plane.Dead, s.namespace); err != nil {
		s.t.Fatal(err)
	}
	s.t.Logf("%s is ready after %.1f s", s.namespace, time.Since(start).Seconds())
}

// settled waits until Crossplane watches all of the stack again. A stack that rolls out fast can trip the circuit breaker
// for watch events, which then drops them for five minutes; drift heals late meanwhile.
func (s *stack) settled() {
	s.t.Helper()
	err := apply.Wait(s.t.Context(), 6*time.Minute, plane.Dead, func(ctx context.Context) error {
		tree, err := tenants.Tree(ctx, client, s.get())
		if err != nil {
			return err
		}
		if status, reason, msg := apply.Condition(tree[0].Object, "Responsive"); status == "False" {
			return fmt.Errorf("%s: %s", reason, msg)
		}
		return nil
	})
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *stack) get() *unstructured.Unstructured {
	s.t.Helper()
	u, err := client.Get(s.t.Context(), tenants.APIVersion, tenants.Kind, s.namespace, tenants.Name)
	if err != nil {
		s.t.Fatal(err)
	}
	return u
}

// status reads a string of the stack's status.
func (s *stack) status(path ...string) string {
	s.t.Helper()
	v, ok, _ := unstructured.NestedString(s.get().Object, append([]string{"status"}, path...)...)
	if !ok {
		s.t.Fatalf("the status of %s has no %s", s.namespace, strings.Join(path, "."))
	}
	return v
}

// tree is the composite and everything it composes.
func (s *stack) tree() []tenants.Node {
	s.t.Helper()
	tree, err := tenants.Tree(s.t.Context(), client, s.get())
	if err != nil {
		s.t.Fatal(err)
	}
	return tree
}

// one is the only composed object of a kind.
func (s *stack) one(kind, group string) tenants.Node {
	s.t.Helper()
	var found []tenants.Node
	for _, n := range s.tree() {
		if n.Kind == kind && strings.HasPrefix(n.APIVersion, group) {
			found = append(found, n)
		}
	}
	if len(found) != 1 {
		s.t.Fatalf("%d objects of kind %s %s in %s", len(found), kind, group, s.namespace)
	}
	return found[0]
}

func (s *stack) secret(name string) map[string][]byte {
	s.t.Helper()
	o, err := client.Kube.CoreV1().Secrets(s.namespace).Get(s.t.Context(), name, metav1.GetOptions{})
	if err != nil {
		s.t.Fatal(err)
	}
	return o.Data
}

// login opens a database as the stack's own user.
func (s *stack) login(ctx context.Context, database string) error {
	d := s.secret(s.status("database", "secretName"))
	db, err := tenants.Database(plane, string(d["username"]), string(d["password"]), database)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	return db.PingContext(ctx)
}

// bucket opens the object store with the stack's own keys.
func (s *stack) bucket() *s3.Client {
	s.t.Helper()
	d := s.secret(s.status("objectStore", "secretName"))
	id, key := string(d["accesskey"]), string(d["secretkey"])
	if id == "" || key == "" {
		s.t.Fatalf("keys are missing in the Secret of %s", s.namespace)
	}
	return tenants.ObjectStore(plane, id, key)
}

// admin is the platform's login to the database server.
func admin(t *testing.T) *sql.DB {
	t.Helper()
	db, err := tenants.Database(plane, cluster.AdminUser, plane.Secrets["mariadb-admin"], "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}
