//go:build e2e

package e2e

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	corev1 "k8s.io/api/core/v1"
	kerrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"

	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/apply"
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
	runPrograms(t, s.namespace)
	return s
}

// optional makes a Composition like the installed one, under which a stack does without a class, and
// returns what a spec says to have it.
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

// claims are the stack's volume claims.
func (s *stack) claims(ctx context.Context) ([]string, error) {
	l, err := client.Kube.CoreV1().PersistentVolumeClaims(s.namespace).List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, err
	}
	var out []string
	for _, c := range l.Items {
		out = append(out, c.Name)
	}
	return out, nil
}

// mustWrite leaves data with the stack's own login and keys, which Kubeflow Pipelines would make the
// bucket with.
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
	for _, store := range []string{"database", "objectStore"} {
		if is := s.status(store, "type"); is != embedded {
			t.Errorf("the type of its %s is %s", store, is)
		}
	}
	s.mustWrite(t)
	s.mustHaveWritten(t, "a stack that is ready")

	had := s.pods(t)
	for name := range had {
		if err := client.Kube.CoreV1().Pods(s.namespace).Delete(t.Context(), name, metav1.DeleteOptions{}); err != nil {
			t.Fatal(err)
		}
	}
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
			if !kerrors.IsNotFound(err) {
				return fmt.Errorf("%s is still there: %w", name, err)
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
	s.end()
	s.eventually(t, "no volume remains of a stack of which nothing is to stay", func(ctx context.Context) error {
		claims, err := s.claims(ctx)
		if err == nil && len(claims)+len(s.volumes(t)) > 0 {
			err = fmt.Errorf("%v and %v are still there", claims, s.volumes(t))
		}
		return err
	})
}

// TestNothingButACluster makes a stack without any class, first without a place for its volumes. Then
// the function restarts, and the servers with it. It does not run beside other tests, which need the
// function and the default StorageClass.
func TestNothingButACluster(t *testing.T) {
	composition := optional(t)
	s := newEmbedded(t)
	unset := defaultStorageClass(t, "false")
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
	unset()
	s.ready()
	for _, store := range []string{"database", "objectStore"} {
		if is := s.status(store, "type"); is != embedded {
			t.Errorf("the type of its %s is %s", store, is)
		}
	}
	s.mustWrite(t)

	login, keys, had := s.secret(databaseSet), s.secret("mlpipeline-minio-artifact"), s.pods(t)
	resume := without(t, "function")
	for name := range had {
		if err := client.Kube.CoreV1().Pods(s.namespace).Delete(t.Context(), name, metav1.DeleteOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	resume()
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

// defaultStorageClass says whether the cluster has one, until the end of the test or reset.
func defaultStorageClass(t *testing.T, is string) (reset func()) {
	t.Helper()
	set := func(ctx context.Context, is string) error {
		b := []byte(`{"metadata": {"annotations": {"` + kubelet.DefaultClass + `": "` + is + `"}}}`)
		_, err := client.Kube.StorageV1().StorageClasses().Patch(ctx, kubelet.StorageClass, types.MergePatchType, b, metav1.PatchOptions{})
		return err
	}
	if err := set(t.Context(), is); err != nil {
		t.Fatal(err)
	}
	reset = func() {
		if err := set(context.Background(), "true"); err != nil { // not the test's context, which may be over by now
			t.Error(err)
		}
	}
	t.Cleanup(reset)
	return reset
}

// warnedOnce fails the test unless one event of the stack says that the data goes with the namespace.
// Its composite, where it is another object, has its own.
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

// backedUp runs the commands of docs/operations.md: what they saved is there again after it was lost.
func (s *stack) backedUp(t *testing.T) {
	t.Helper()
	page, err := os.ReadFile(filepath.Join(plane.Root, "docs", "operations.md"))
	if err != nil {
		t.Fatal(err)
	}
	var commands []execution
	for line := range strings.Lines(string(page)) {
		if c, ok := parseExec(t, line); ok {
			commands = append(commands, c)
		}
	}
	if len(commands) != 4 {
		t.Fatalf("the page has %d commands that save and restore, want 4", len(commands))
	}
	files := map[string][]byte{}
	run := func(c execution) {
		t.Helper()
		out, err := client.Exec(t.Context(), s.namespace, c.pod, c.container, c.stdin(files), c.command...)
		if err != nil {
			t.Fatal(err)
		}
		if c.to != "" {
			files[c.to] = out
		}
	}
	run(commands[0])
	run(commands[1])
	if err := s.loseData(t.Context()); err != nil {
		t.Fatal(err)
	}
	if s.wrote(t.Context()) == nil {
		t.Fatal("the data is not lost")
	}
	run(commands[2])
	run(commands[3])
	s.mustHaveWritten(t, "after it was restored")
}
