//go:build e2e

package e2e

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/metadata"

	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/tenants"
)

// TestManyAtOnce makes many stacks at the same moment, E2E_STACKS or fifty, and then watches for a
// minute in which nobody does anything: nothing may be written on their behalf. A function that
// says anything differently each time would be seen here.
func TestManyAtOnce(t *testing.T) {
	n := 50
	if v := os.Getenv("E2E_STACKS"); v != "" {
		var err error
		if n, err = strconv.Atoi(v); err != nil {
			t.Fatal(err)
		}
	}
	stacks := make([]*stack, n)
	for i := range stacks {
		stacks[i] = &stack{t: t, namespace: newNamespace(t), name: tenants.Name}
	}
	start := time.Now()
	for _, s := range stacks {
		s.apply("{}")
	}
	for _, s := range stacks {
		s.ready()
	}
	t.Logf("%d stacks are ready after %.1f s", n, time.Since(start).Seconds())
	for _, s := range stacks {
		s.allowed(t)
	}

	mine := func(namespace string) bool {
		return slices.ContainsFunc(stacks, func(s *stack) bool { return s.namespace == namespace })
	}
	names := map[string]bool{} // of what lives in no namespace
	for _, s := range stacks {
		for _, o := range s.tree() {
			if o.Namespace == "" {
				names[o.Name] = true
			}
		}
	}
	w := newWrites(t, func(namespace, name string) bool {
		return mine(namespace) || namespace == "" && names[name]
	})
	probe := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "probe"}}
	if _, err := client.Kube.CoreV1().ConfigMaps(stacks[0].namespace).Create(t.Context(), probe, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the counter sees what is written", func(context.Context) error {
		if key := "ConfigMap " + stacks[0].namespace + "/probe"; w.counts()[key] != 1 {
			return fmt.Errorf("no %s among %v", key, w.counts())
		}
		return nil
	})
	// Roll-outs, deletions of earlier tests and the caches of watches come to rest first.
	eventually(t, "everything comes to rest", func(context.Context) error {
		if quiet := w.quiet(); quiet < 15*time.Second {
			return fmt.Errorf("the last write was %s ago", quiet)
		}
		return nil
	})
	before := composites(stacks)
	w.reset()
	const idle = time.Minute
	select {
	case <-time.After(idle):
	case <-t.Context().Done():
		t.Fatal(t.Context().Err())
	}
	counts := w.counts()
	for key, is := range composites(stacks) {
		if was := before[key]; counts[key] == 1 && !equality.Semantic.DeepEqual(was, is) &&
			equality.Semantic.DeepEqual(withoutBreaker(was), withoutBreaker(is)) {
			t.Logf("Crossplane watches %s again, and says so", key)
			delete(counts, key)
		}
	}
	if len(counts) > 0 {
		for _, k := range slices.SortedFunc(maps.Keys(counts), func(a, b string) int { return cmp.Compare(counts[b], counts[a]) }) {
			t.Errorf("%d writes of %s in an idle minute", counts[k], k)
		}
	}
	t.Logf("%d objects of %d stacks were written in an idle minute", len(counts), n)
}

// composites of stacks, by how writes of them are counted.
func composites(stacks []*stack) map[string]*unstructured.Unstructured {
	out := map[string]*unstructured.Unstructured{}
	for _, s := range stacks {
		u := s.tree()[0].Object
		out[fmt.Sprintf("%s %s/%s", u.GetKind(), u.GetNamespace(), u.GetName())] = u
	}
	return out
}

// withoutBreaker leaves out of a composite what Crossplane writes when its circuit breaker for
// watch events opens or closes, minutes after the roll-out that made it open.
func withoutBreaker(u *unstructured.Unstructured) *unstructured.Unstructured {
	u = u.DeepCopy()
	u.SetResourceVersion("")
	u.SetManagedFields(nil)
	conditions, _, _ := unstructured.NestedSlice(u.Object, "status", "conditions")
	_ = unstructured.SetNestedSlice(u.Object, slices.DeleteFunc(conditions, func(c any) bool {
		m, _ := c.(map[string]any)
		return m["type"] == "Responsive"
	}), "status", "conditions")
	return u
}

// writes counts what is written to the API server, by watching every kind there is.
type writes struct {
	mu   sync.Mutex
	seen map[string]int
	last time.Time
}

// newWrites begins to count writes of objects that match. Leases are left out: whoever holds one
// renews it.
func newWrites(t *testing.T, match func(namespace, name string) bool) *writes {
	t.Helper()
	w := &writes{seen: map[string]int{}, last: time.Now()}
	lists, err := client.Kube.Discovery().ServerPreferredResources()
	if err != nil {
		t.Fatal(err)
	}
	c, err := metadata.NewForConfig(client.Config)
	if err != nil {
		t.Fatal(err)
	}
	kinds := 0
	for _, l := range lists {
		gv, err := schema.ParseGroupVersion(l.GroupVersion)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range l.APIResources {
			// Events are served twice; they count as what they are about.
			if !slices.Contains(r.Verbs, "watch") || r.Kind == "Lease" || gv.Group == "events.k8s.io" {
				continue
			}
			kinds++
			if err := w.watch(t, c.Resource(gv.WithResource(r.Name)), r.Kind, match); err != nil {
				t.Fatalf("%s: %v", r.Name, err)
			}
		}
	}
	if kinds < 50 {
		t.Fatalf("the API server serves only %d kinds: nothing would be seen", kinds)
	}
	return w
}

func (w *writes) watch(t *testing.T, r metadata.Getter, kind string, match func(namespace, name string) bool) error {
	t.Helper()
	l, err := r.List(t.Context(), metav1.ListOptions{Limit: 1})
	if err != nil {
		return err
	}
	events, err := r.Watch(t.Context(), metav1.ListOptions{ResourceVersion: l.ResourceVersion})
	if err != nil {
		return err
	}
	t.Cleanup(events.Stop)
	go func() {
		for e := range events.ResultChan() {
			o, ok := e.Object.(*metav1.PartialObjectMetadata)
			if !ok || e.Type == watch.Bookmark {
				continue
			}
			namespace, name := o.Namespace, o.Name
			if kind == "Event" {
				name, _, _ = strings.Cut(name, ".")
				if namespace == metav1.NamespaceDefault { // where events of what has no namespace are kept
					namespace = ""
				}
			}
			if match(namespace, name) {
				w.add(fmt.Sprintf("%s %s/%s", kind, o.Namespace, o.Name))
			}
		}
		if t.Context().Err() == nil {
			w.add("somewhere: the watch of " + kind + " broke off,")
		}
	}()
	return nil
}

func (w *writes) add(what string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.seen[what]++
	w.last = time.Now()
}

func (w *writes) quiet() time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	return time.Since(w.last)
}

func (w *writes) reset() {
	w.mu.Lock()
	defer w.mu.Unlock()
	clear(w.seen)
}

func (w *writes) counts() map[string]int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return maps.Clone(w.seen)
}
