//go:build e2e

package e2e

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"

	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/apply"
	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/tenants"
)

// A stack is a tenant's stack, usually alone in a namespace of its own.
type stack struct {
	t               *testing.T
	namespace, name string
}

// newNamespace makes a namespace under the strictest Pod Security profile, in which pods may be
// made, and has it taken away after the test.
func newNamespace(t *testing.T) string {
	t.Helper()
	name := "e2e-" + strings.ToLower(rand.Text()[:8])
	t.Cleanup(func() { leaving.abandon(name) })
	ns := &corev1.Namespace{
		ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{"pod-security.kubernetes.io/enforce": "restricted"}},
	}
	if _, err := client.Kube.CoreV1().Namespaces().Create(t.Context(), ns, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the namespace has its default ServiceAccount", func(ctx context.Context) error {
		_, err := client.Kube.CoreV1().ServiceAccounts(name).Get(ctx, "default", metav1.GetOptions{})
		return err
	})
	return name
}

// label a namespace, besides the labels that it has.
func label(t *testing.T, namespace string, labels map[string]string) {
	t.Helper()
	patch, err := json.Marshal(map[string]map[string]map[string]string{"metadata": {"labels": labels}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = client.Kube.CoreV1().Namespaces().Patch(t.Context(), namespace, types.MergePatchType, patch, metav1.PatchOptions{})
	if err != nil {
		t.Fatal(err)
	}
}

// newStack makes a stack in a new namespace and waits until it is ready. At the end of the test it
// looks whether Crossplane lacked a right at any time.
func newStack(t *testing.T, spec string) *stack {
	t.Helper()
	s := &stack{t: t, namespace: newNamespace(t), name: tenants.Name}
	t.Cleanup(func() { s.allowed(t) })
	s.apply(spec)
	s.ready()
	return s
}

// apply sets the spec, given as JSON or YAML in one line.
func (s *stack) apply(spec string) {
	s.t.Helper()
	yaml := fmt.Sprintf("apiVersion: %s\nkind: %s\nmetadata: {name: %s}\nspec: %s\n", tenants.APIVersion, tenants.Kind, s.name, spec)
	if err := client.YAML(s.t.Context(), s.namespace, []byte(yaml)); err != nil {
		s.t.Fatal(err)
	}
}

func (s *stack) delete(ctx context.Context) error {
	r, err := client.Resource(tenants.GVK, s.namespace)
	if err != nil {
		return err
	}
	if !namespaced { // as kubectl does by default: a claim waits for its composite by a policy of its own
		return r.Delete(ctx, s.name, metav1.DeleteOptions{})
	}
	// In the background the stack would be gone at once, and its managed resources not.
	foreground := metav1.DeletePropagationForeground
	return r.Delete(ctx, s.name, metav1.DeleteOptions{PropagationPolicy: &foreground})
}

// read reads the stack.
func (s *stack) read(ctx context.Context) (*unstructured.Unstructured, error) {
	return client.Get(ctx, tenants.APIVersion, tenants.Kind, s.namespace, s.name)
}

func (s *stack) get() *unstructured.Unstructured {
	s.t.Helper()
	u, err := s.read(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	return u
}

// ready waits until Crossplane has seen the latest spec and says that it is there.
func (s *stack) ready() {
	s.t.Helper()
	s.within(s.t, patience, "the stack is ready", s.isReady)
}

func (s *stack) isReady(ctx context.Context) error {
	u, err := s.read(ctx)
	if err != nil {
		return err
	}
	xr, err := tenants.Composite(ctx, client, u)
	if err != nil {
		return err
	}
	for _, o := range []*unstructured.Unstructured{xr, u} {
		if err := apply.True(o, "Ready", "Synced"); err != nil {
			return err
		}
		if seen := observed(o, "Ready"); seen != o.GetGeneration() {
			return fmt.Errorf("%s %s: condition Ready is about generation %d, not %d", o.GetKind(), o.GetName(), seen, o.GetGeneration())
		}
	}
	return apply.True(u, "SpecValid")
}

// observed is the generation that a condition is about, 0 if it does not say.
func observed(u *unstructured.Unstructured, condition string) int64 {
	cs, _, _ := unstructured.NestedSlice(u.Object, "status", "conditions")
	for _, c := range cs {
		if m, ok := c.(map[string]any); ok && m["type"] == condition {
			n, _ := m["observedGeneration"].(int64)
			return n
		}
	}
	return 0
}

// refused waits until the stack says that its spec cannot be acted upon, for all of the reasons.
func (s *stack) refused(reasons ...string) {
	s.t.Helper()
	s.denies("SpecValid", reasons...)
}

// denies waits until a condition is False, and says certain words.
func (s *stack) denies(condition string, words ...string) {
	s.t.Helper()
	s.eventually(s.t, "the stack says why "+condition+" is False", func(ctx context.Context) error {
		u, err := s.read(ctx)
		if err != nil {
			return err
		}
		status, _, msg := apply.Condition(u, condition)
		if status != "False" {
			return fmt.Errorf("%s is %q: %s", condition, status, msg)
		}
		for _, w := range words {
			if !strings.Contains(msg, w) {
				return fmt.Errorf("%s says %q, want %q in it", condition, msg, w)
			}
		}
		return nil
	})
}

// eventually waits, as long as anything may take, until try has no complaint.
func (s *stack) eventually(t *testing.T, reason string, try func(context.Context) error) {
	t.Helper()
	s.within(t, patience, reason, try)
}

// heals waits as long as repairing takes at most: the function is called every minute even while
// Crossplane ignores what changes, and the rest is for a slow machine.
func (s *stack) heals(t *testing.T, reason string, try func(context.Context) error) {
	t.Helper()
	s.within(t, 3*time.Minute, reason, try)
}

func (s *stack) within(t *testing.T, limit time.Duration, reason string, try func(context.Context) error) {
	t.Helper()
	start := time.Now()
	if err := apply.Wait(t.Context(), limit, plane.Dead, try); err != nil {
		t.Fatalf("%s: %v\n%s", reason, err, s.story())
	}
	t.Logf("%s: %s after %.1f s", s.namespace, reason, time.Since(start).Seconds())
}

// status reads a string of the stack's status.
func (s *stack) status(path ...string) string {
	s.t.Helper()
	v, ok, _ := unstructured.NestedString(s.get().Object, append([]string{"status"}, path...)...)
	if !ok {
		s.t.Fatalf("the status of %s has no %s\n%s", s.namespace, strings.Join(path, "."), s.story())
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

// one is the only composed object of a kind; group is how its API group begins.
func (s *stack) one(kind, group string) tenants.Node {
	s.t.Helper()
	var found []tenants.Node
	for _, n := range s.tree()[1:] {
		if n.Kind == kind && strings.HasPrefix(n.APIVersion, group) && n.Exists {
			found = append(found, n)
		}
	}
	if len(found) != 1 {
		s.t.Fatalf("%d objects of kind %s %s in %s", len(found), kind, group, s.namespace)
	}
	return found[0]
}

// deployments are the stack's, by name.
func (s *stack) deployments(ctx context.Context) (map[string]appsv1.Deployment, error) {
	l, err := client.Kube.AppsV1().Deployments(s.namespace).List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, err
	}
	out := map[string]appsv1.Deployment{}
	for _, d := range l.Items {
		out[d.Name] = d
	}
	if len(out) == 0 {
		return nil, errors.New("no Deployment at all")
	}
	return out, nil
}

func (s *stack) mustDeployments() map[string]appsv1.Deployment {
	s.t.Helper()
	d, err := s.deployments(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	return d
}

func (s *stack) secret(name string) map[string][]byte {
	s.t.Helper()
	o, err := client.Kube.CoreV1().Secrets(s.namespace).Get(s.t.Context(), name, metav1.GetOptions{})
	if err != nil {
		s.t.Fatal(err)
	}
	return o.Data
}
