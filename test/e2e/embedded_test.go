//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	corev1 "k8s.io/api/core/v1"
	kerrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/kubelet"
	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/tenants"
)

// Embedded stores, whose servers run in the pods of their StatefulSets.
const (
	embedded     = "Embedded"
	databaseSet  = "ml-pipeline-database"
	databasePod  = databaseSet + "-0"
	databasePort = 3306
	storeSet     = "ml-pipeline-object-store"
	storePod     = storeSet + "-0"
	storePort    = 7070
)

// inNamespace is what a class says that offers embedded stores alone.
var inNamespace = map[string]any{
	"database":    map[string]any{"allowedTypes": []any{embedded}},
	"objectStore": map[string]any{"allowedTypes": []any{embedded}},
}

// newEmbedded makes a namespace in which the servers of a stack run.
func newEmbedded(t *testing.T) *stack {
	t.Helper()
	s := &stack{t: t, namespace: newNamespace(t), name: tenants.Name}
	t.Cleanup(func() { s.allowed(t) })
	label(t, s.namespace, map[string]string{kubelet.RunPrograms: "true"})
	return s
}

// pods are the servers'.
func (s *stack) pods(t *testing.T) map[string]*corev1.Pod {
	t.Helper()
	out := map[string]*corev1.Pod{}
	for _, name := range []string{databasePod, storePod} {
		p, err := client.Kube.CoreV1().Pods(s.namespace).Get(t.Context(), name, metav1.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		out[name] = p
	}
	return out
}

// evict deletes the servers' pods, and returns them.
func (s *stack) evict(t *testing.T) map[string]*corev1.Pod {
	t.Helper()
	had := s.pods(t)
	for name := range had {
		if err := client.Kube.CoreV1().Pods(s.namespace).Delete(t.Context(), name, metav1.DeleteOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	return had
}

func (s *stack) mustBeEmbedded(t *testing.T) {
	t.Helper()
	for _, store := range []string{"database", "objectStore"} {
		if is := s.status(store, "type"); is != embedded {
			t.Errorf("the type of its %s is %s", store, is)
		}
	}
}

// served waits until both servers have new pods that are ready, and the stack is.
func (s *stack) served(t *testing.T, reason string, old map[string]*corev1.Pod) {
	t.Helper()
	s.eventually(t, reason, func(ctx context.Context) error {
		for name := range old {
			p, err := client.Kube.CoreV1().Pods(s.namespace).Get(ctx, name, metav1.GetOptions{})
			if err != nil {
				return err
			}
			if p.UID == old[name].UID || !slices.ContainsFunc(p.Status.Conditions, func(c corev1.PodCondition) bool {
				return c.Type == corev1.PodReady && c.Status == corev1.ConditionTrue
			}) {
				return fmt.Errorf("there is no new pod %s that is ready", name)
			}
		}
		for _, name := range []string{databaseSet, storeSet} {
			set, err := client.Kube.AppsV1().StatefulSets(s.namespace).Get(ctx, name, metav1.GetOptions{})
			if err != nil {
				return err
			}
			is := set.Status
			if is.ObservedGeneration != set.Generation || is.ReadyReplicas != 1 || is.CurrentRevision != is.UpdateRevision {
				return fmt.Errorf("%s is not rolled out: %+v", name, is)
			}
		}
		return s.isReady(ctx)
	})
}

// volumes are the folders of the stack's volumes.
func (s *stack) volumes(t *testing.T) []string {
	t.Helper()
	found, err := filepath.Glob(plane.Path("volumes", s.namespace+"_"+s.name+"-*"))
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// claims are the stack's volume claims, by what tells them from later ones of the same name.
func (s *stack) claims(ctx context.Context) (map[types.UID]string, error) {
	l, err := client.Kube.CoreV1().PersistentVolumeClaims(s.namespace).List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, err
	}
	out := map[types.UID]string{}
	for _, c := range l.Items {
		out[c.UID] = c.Name
	}
	return out, nil
}

// mustWrite leaves data with the stack's own login and keys, which Kubeflow Pipelines would make
// the bucket with.
func (s *stack) mustWrite(t *testing.T) {
	t.Helper()
	b, err := s.bucket(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	name := s.status("objectStore", "bucket")
	if _, err := b.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: &name}); err != nil {
		t.Fatal(err)
	}
	if err := s.write(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func (s *stack) mustHaveWritten(t *testing.T, when string) {
	t.Helper()
	if err := s.wrote(t.Context()); err != nil {
		t.Errorf("%s: %v", when, err)
	}
}

// TestEmbedded runs a stack whose class offers servers in its namespace, and nothing else, through
// what servers live through. The data is there each time, until nothing of it is to stay.
func TestEmbedded(t *testing.T) {
	t.Parallel()
	class := "className: " + newClass(t, inNamespace).GetName()
	s := newEmbedded(t)
	s.apply("{" + class + "}")
	s.ready()
	s.mustBeEmbedded(t)
	s.mustWrite(t)
	s.mustHaveWritten(t, "a stack that is ready")

	had := s.evict(t)
	s.served(t, "pods that were deleted are back", had)
	s.mustHaveWritten(t, "after the pods were deleted")

	had = s.pods(t)
	s.apply("{" + class + ", size: Medium}")
	s.served(t, "the pods follow the template", had)
	s.mustHaveWritten(t, "after the template changed")

	had = s.pods(t)
	s.apply("{" + class + ", hibernate: true}")
	s.eventually(t, "no server of a hibernating stack runs", func(ctx context.Context) error {
		for name := range had {
			_, err := client.Kube.CoreV1().Pods(s.namespace).Get(ctx, name, metav1.GetOptions{})
			if err == nil {
				return fmt.Errorf("%s is still there", name)
			}
			if !kerrors.IsNotFound(err) {
				return err
			}
		}
		return nil
	})
	s.apply("{" + class + "}")
	s.served(t, "the servers are awake", had)
	s.mustHaveWritten(t, "after a hibernation")

	password := string(s.secret(databaseSet)["password"])
	s.end()
	if len(s.volumes(t)) != 2 {
		t.Fatalf("after its end %v remain of a stack whose data is to be retained", s.volumes(t))
	}
	s.apply("{" + class + "}")
	s.ready()
	if string(s.secret(databaseSet)["password"]) == password {
		t.Error("the new stack has the password of the old one, which the test wants replaced")
	}
	s.mustHaveWritten(t, "in a new stack of the same name")

	s.apply("{" + class + ", database: {deletionPolicy: Delete}, objectStore: {deletionPolicy: Delete}}")
	s.mustLeaveNothing(t)
	claimed, err := s.claims(t.Context())
	if err != nil || len(claimed) != 2 {
		t.Fatalf("the stack has the volume claims %v: %v", claimed, err)
	}
	s.end()
	s.eventually(t, "no volume remains of a stack of which nothing is to stay", func(ctx context.Context) error {
		is, err := s.claims(ctx)
		if err != nil {
			return err
		}
		// The controller of StatefulSets can be late to see a deletion, and leave a new claim, which is empty.
		maps.DeleteFunc(is, func(uid types.UID, _ string) bool { return claimed[uid] == "" })
		if len(is)+len(s.volumes(t)) > 0 {
			return fmt.Errorf("%v and %v are still there", is, s.volumes(t))
		}
		return nil
	})
}
