//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	kerrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/apply"
	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/tenants"
)

// survived fails the test unless the stack has exactly the objects that it had.
func (s *stack) survived(t *testing.T, was []tenants.Node) {
	t.Helper()
	is := s.tree()
	if len(is) != len(was) {
		t.Errorf("%d objects before, %d now", len(was), len(is))
	}
	for _, w := range was {
		i := slices.IndexFunc(is, func(n tenants.Node) bool {
			return n.Exists && w.Exists && n.Object.GetUID() == w.Object.GetUID() && n.Object.GetDeletionTimestamp() == nil
		})
		if i < 0 {
			t.Errorf("%s %s did not survive", w.Kind, w.Name)
		}
	}
}

// objectKey is what is needed to look for an object after its stack is gone.
type objectKey struct{ apiVersion, kind, namespace, name string }

// keysOf are those of a stack's objects, and of what providers made of them in the cluster.
func keysOf(tree []tenants.Node) []objectKey {
	var out []objectKey
	for _, n := range tree {
		out = append(out, objectKey{n.APIVersion, n.Kind, n.Namespace, n.Name})
		if !n.Exists {
			continue
		}
		if made, ok, _ := unstructured.NestedMap(n.Object.Object, "spec", "forProvider", "manifest"); ok {
			u := unstructured.Unstructured{Object: made}
			out = append(out, objectKey{u.GetAPIVersion(), u.GetKind(), u.GetNamespace(), u.GetName()})
		}
	}
	return out
}

// gone complains about the first object that is still there.
func gone(ctx context.Context, keys []objectKey) error {
	for _, o := range keys {
		_, err := client.Get(ctx, o.apiVersion, o.kind, o.namespace, o.name)
		if err == nil {
			return fmt.Errorf("%s %s is still there", o.kind, o.name)
		}
		if !kerrors.IsNotFound(err) {
			return err
		}
	}
	return nil
}

// end deletes the stack and waits until nothing of it is left in the cluster.
func (s *stack) end() {
	s.t.Helper()
	keys := append(keysOf(s.tree()), objectKey{tenants.APIVersion, tenants.Kind, s.namespace, s.name})
	if err := s.delete(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
	s.eventually(s.t, "a deleted stack leaves nothing in the cluster", func(ctx context.Context) error { return gone(ctx, keys) })
}

func TestHibernate(t *testing.T) {
	t.Parallel()
	s := newStack(t, "{}")
	if err := s.write(t.Context()); err != nil {
		t.Fatal(err)
	}
	was := s.tree()
	s.apply("{hibernate: true}")
	s.eventually(t, "every Deployment of a hibernating stack is at zero", func(ctx context.Context) error {
		ds, err := s.deployments(ctx)
		if err != nil {
			return err
		}
		for _, d := range ds {
			if *d.Spec.Replicas != 0 || d.Status.Replicas != 0 {
				return fmt.Errorf("%s has %d of %d pods", d.Name, d.Status.Replicas, *d.Spec.Replicas)
			}
		}
		u, err := s.read(ctx)
		if err != nil {
			return err
		}
		if _, reason, _ := apply.Condition(u, "APIServerReady"); reason != "Hibernated" {
			return fmt.Errorf("APIServerReady has reason %q", reason)
		}
		return nil
	})
	s.survived(t, was)
	if err := s.wrote(t.Context()); err != nil {
		t.Errorf("the data of a hibernating stack: %v", err)
	}
	s.apply("{hibernate: false}")
	s.eventually(t, "every Deployment is awake", func(ctx context.Context) error {
		ds, err := s.deployments(ctx)
		if err != nil {
			return err
		}
		for _, d := range ds {
			if *d.Spec.Replicas == 0 || d.Status.AvailableReplicas != *d.Spec.Replicas {
				return fmt.Errorf("%s has %d of %d pods", d.Name, d.Status.AvailableReplicas, *d.Spec.Replicas)
			}
		}
		return nil
	})
	s.ready()
	s.survived(t, was)
	if err := s.wrote(t.Context()); err != nil {
		t.Errorf("the data of a stack that was woken: %v", err)
	}
}

func TestRetain(t *testing.T) {
	t.Parallel()
	s := newStack(t, "{}")
	if err := s.write(t.Context()); err != nil {
		t.Fatal(err)
	}
	had := s.belongings()
	s.end()
	if is, want := had.remains(t), (remains{database: true, bucket: true}); is != want {
		t.Fatalf("after its end %+v remain of a stack whose data is to be retained, want %+v", is, want)
	}
	s.apply("{}")
	s.ready()
	if is := s.belongings(); is.database != had.database || is.bucket != had.bucket {
		t.Fatalf("the new stack has database %s and bucket %s, the old one had %s and %s", is.database, is.bucket, had.database, had.bucket)
	}
	if err := s.wrote(t.Context()); err != nil {
		t.Errorf("the new stack cannot read what the old one wrote: %v", err)
	}
}

// TestDelete decides late, on a stack that holds data, that nothing of it is to stay, and waits
// until the status says so, as docs/operations.md tells.
func TestDelete(t *testing.T) {
	t.Parallel()
	s := newStack(t, "{objectStore: {versioning: Enabled}}")
	for range 2 { // two versions of the object
		if err := s.write(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	had, bucket := s.belongings(), s.status("objectStore", "bucket")
	versions, err := owner().ListObjectVersions(t.Context(), &s3.ListObjectVersionsInput{Bucket: &bucket})
	if err != nil || len(versions.Versions) != 2 {
		t.Fatalf("%v versions of the object, %v; the test expects two", versions, err)
	}
	s.apply("{objectStore: {versioning: Enabled, deletionPolicy: Delete}, database: {deletionPolicy: Delete}}")
	s.mustLeaveNothing(t)
	s.end()
	if is := had.remains(t); is != (remains{}) {
		t.Errorf("after its end %+v remain of a stack of which nothing is to stay", is)
	}
}

func TestUpgrade(t *testing.T) {
	t.Parallel()
	const from, to = "2.16.1", "2.17.0"
	s := newStack(t, `{release: "`+from+`"}`)
	if err := s.write(t.Context()); err != nil {
		t.Fatal(err)
	}
	data := []objectKey{}
	for _, k := range [][2]string{{"Database", "mysql.sql."}, {"Bucket", "s3.aws."}, {"User", "mysql.sql."}} {
		data = append(data, keysOf([]tenants.Node{s.one(k[0], k[1])})...)
	}
	s.runs(t, from)
	s.apply(`{release: "` + to + `"}`)
	s.runs(t, to)
	s.ready()
	for _, k := range data {
		if _, err := client.Get(t.Context(), k.apiVersion, k.kind, k.namespace, k.name); err != nil {
			t.Error(err)
		}
	}
	if err := s.wrote(t.Context()); err != nil {
		t.Errorf("after an upgrade: %v", err)
	}
}

// runs waits until the stack says that it runs a release, and Kubeflow Pipelines' own images are of
// that release.
func (s *stack) runs(t *testing.T, release string) {
	t.Helper()
	s.eventually(t, "the stack runs "+release, func(ctx context.Context) error {
		u, err := s.read(ctx)
		if err != nil {
			return err
		}
		if is, _, _ := unstructured.NestedString(u.Object, "status", "release"); is != release {
			return fmt.Errorf("its status says %q", is)
		}
		ds, err := s.deployments(ctx)
		if err != nil {
			return err
		}
		found := 0
		for name, d := range ds {
			for _, c := range d.Spec.Template.Spec.Containers {
				if !strings.Contains(c.Image, "/kubeflow/") {
					continue
				}
				found++
				if !strings.HasSuffix(c.Image, ":"+release) {
					return fmt.Errorf("%s runs %s", name, c.Image)
				}
			}
		}
		if found < 3 {
			return fmt.Errorf("only %d images of Kubeflow Pipelines", found)
		}
		return nil
	})
}

// mustLeaveNothing waits until the status says that the data would go with the stack. Not until the
// stack is ready: Crossplane may say so of a new spec while it still composes by the old one.
func (s *stack) mustLeaveNothing(t *testing.T) {
	t.Helper()
	s.eventually(t, "the status says that the data would go", func(ctx context.Context) error {
		u, err := s.read(ctx)
		if err != nil {
			return err
		}
		for _, store := range []string{"database", "objectStore"} {
			if p, _, _ := unstructured.NestedString(u.Object, "status", store, "deletionPolicy"); p != "Delete" {
				return fmt.Errorf("the policy of its %s is %q", store, p)
			}
		}
		return nil
	})
}
