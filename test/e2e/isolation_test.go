//go:build e2e

package e2e

import (
	"context"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	driver "github.com/go-sql-driver/mysql"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// TestClaimToReady makes the stack of examples/quickstart, and finds every object of the example's
// golden.
func TestClaimToReady(t *testing.T) {
	t.Parallel()
	s := newStack(t, "{}")
	example := "quickstart"
	if namespaced {
		example += "-namespaced"
	}
	golden, err := os.ReadFile(filepath.Join(plane.Root, "examples", example, "expected.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{} // kinds by resource name
	for _, u := range composed(t, golden) {
		want[u.GetAnnotations()[resourceName]] = u.GroupVersionKind().String()
	}
	tree, is := s.tree(), map[string]string{}
	for _, n := range tree[1:] {
		if !n.Exists {
			t.Errorf("%s %s is missing", n.Kind, n.Name)
			continue
		}
		is[n.Object.GetAnnotations()[resourceName]] = n.Object.GroupVersionKind().String()
		if o := metav1.GetControllerOf(n.Object); o == nil || o.UID != tree[0].Object.GetUID() {
			t.Errorf("%s %s is controlled by %v, not by the stack", n.Kind, n.Name, o)
		}
	}
	if !maps.Equal(want, is) {
		t.Errorf("the example has %v\nthe cluster has %v", want, is)
	}
}

func TestIsolation(t *testing.T) {
	t.Parallel()
	a, b := newStack(t, "{}"), newStack(t, "{}")

	database := a.status("database", "name")
	a.eventually(t, "A's user opens A's database", func(ctx context.Context) error { return a.login(ctx, database) })
	const accessDenied = 1044
	var e *driver.MySQLError
	if err := a.login(t.Context(), b.status("database", "name")); !errors.As(err, &e) || e.Number != accessDenied {
		t.Errorf("A's user opens B's database: %v, want access denied", err)
	}

	mine, theirs := a.status("objectStore", "bucket"), b.status("objectStore", "bucket")
	key, body := "hello", strings.NewReader("hello")
	keys, err := a.bucket(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	a.eventually(t, "A's key writes to A's bucket", func(ctx context.Context) error {
		_, err := keys.PutObject(ctx, &s3.PutObjectInput{Bucket: &mine, Key: &key, Body: body})
		return err
	})
	other := "e2e-somebody-elses"
	for what, try := range map[string]func(context.Context) error{
		"lists B's bucket": func(ctx context.Context) error {
			_, err := keys.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: &theirs})
			return err
		},
		"reads from B's bucket": func(ctx context.Context) error {
			_, err := keys.GetObject(ctx, &s3.GetObjectInput{Bucket: &theirs, Key: &key})
			return err
		},
		"writes to B's bucket": func(ctx context.Context) error {
			_, err := keys.PutObject(ctx, &s3.PutObjectInput{Bucket: &theirs, Key: &key, Body: strings.NewReader("x")})
			return err
		},
		"makes a bucket": func(ctx context.Context) error {
			_, err := keys.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: &other})
			return err
		},
		"deletes its own bucket": func(ctx context.Context) error {
			_, err := keys.DeleteBucket(ctx, &s3.DeleteBucketInput{Bucket: &mine})
			return err
		},
	} {
		if err := try(t.Context()); !denied(err) {
			t.Errorf("A's key %s: %v, want access denied", what, err)
		}
	}
}
