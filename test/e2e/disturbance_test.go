//go:build e2e

package e2e

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/apply"
	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/cluster"
	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/tenants"
)

// without runs the control plane without one of its processes, killed as a crash would, until the
// test or resume has it back.
func without(t *testing.T, process string) (resume func()) {
	t.Helper()
	if err := plane.Kill(process); err != nil {
		t.Fatal(err)
	}
	back := false
	resume = func() {
		t.Helper()
		if back {
			return
		}
		back = true
		if err := plane.Restart(process); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(resume)
	return resume
}

// beginning makes a stack in a new namespace and waits until n Deployments of it are there: it
// rolls out now.
func beginning(t *testing.T, n int) *stack {
	t.Helper()
	s := &stack{t: t, namespace: newNamespace(t), name: tenants.Name}
	s.apply("{}")
	s.eventually(t, fmt.Sprintf("the first %d Deployments are there", n), func(ctx context.Context) error {
		ds, err := s.deployments(ctx)
		if err == nil && len(ds) < n {
			err = fmt.Errorf("%d Deployments", len(ds))
		}
		return err
	})
	return s
}

// TestFunctionKilled kills the function in the middle of a roll-out. What is there stays and goes
// on, and the rest comes when the function is back. Crossplane says nothing meanwhile: it waits for
// the function until its reconcile times out.
func TestFunctionKilled(t *testing.T) {
	s := beginning(t, 1)
	resume := without(t, "function")
	was := s.tree()
	s.eventually(t, "the Deployments that are there go on without the function", func(ctx context.Context) error {
		ds, err := s.deployments(ctx)
		if err != nil {
			return err
		}
		for name, d := range ds {
			if d.Status.AvailableReplicas == 0 {
				return fmt.Errorf("%s has no pod", name)
			}
		}
		return nil
	})
	s.contains(t, was)
	resume()
	s.ready()
	s.contains(t, was)
}

// TestProviderDown makes a stack while no provider of stores works. Another one, that is ready,
// stays so.
func TestProviderDown(t *testing.T) {
	old := newStack(t, "{}")
	was := old.tree()
	resume, resumeSQL := without(t, "providers"), without(t, cluster.ProviderSQL)
	s := &stack{t: t, namespace: newNamespace(t), name: tenants.Name}
	s.apply("{}")
	s.eventually(t, "the stack says what it waits for", func(ctx context.Context) error {
		u, err := s.read(ctx)
		if err != nil {
			return err
		}
		for _, c := range []string{"DatabaseReady", "ObjectStoreReady", "APIServerReady"} {
			if status, reason, msg := apply.Condition(u, c); status != "False" || msg == "" {
				return fmt.Errorf("%s is %q %s: %s", c, status, reason, msg)
			}
		}
		return nil
	})
	if _, err := client.Kube.AppsV1().Deployments(s.namespace).Get(t.Context(), "ml-pipeline", metav1.GetOptions{}); err == nil {
		t.Error("the API server was made before it could log in to its database")
	}
	if err := old.isReady(t.Context()); err != nil {
		t.Errorf("a stack that was ready: %v", err)
	}
	resume()
	resumeSQL()
	s.ready()
	old.survived(t, was)
}

// TestCrossplaneRestarted kills Crossplane while one stack rolls out and another one loses a
// Service.
func TestCrossplaneRestarted(t *testing.T) {
	old := newStack(t, "{}")
	s := beginning(t, 1)
	resume := without(t, "crossplane")
	was := s.tree()
	lost := old.removeService(t)
	resume()
	old.eventually(t, "a Service that was deleted meanwhile is back", func(ctx context.Context) error { return old.serviceIsBack(ctx, lost) })
	s.ready()
	s.contains(t, was)
	old.ready()
}

// contains fails the test unless the stack still has what it had; it may have more.
func (s *stack) contains(t *testing.T, was []tenants.Node) {
	t.Helper()
	is := map[string]bool{}
	for _, n := range s.tree() {
		if n.Exists {
			is[string(n.Object.GetUID())] = true
		}
	}
	for _, n := range was {
		if n.Exists && !is[string(n.Object.GetUID())] {
			t.Errorf("%s %s was replaced", n.Kind, n.Name)
		}
	}
}

// TestDefaultRelease moves the platform's default release. It is for new stacks: those that run
// stay on theirs.
func TestDefaultRelease(t *testing.T) {
	const other = "2.16.1"
	old := newStack(t, "{}")
	release := old.status("release")
	if release == other {
		t.Fatalf("the default is %s already", other)
	}
	platform(t, map[string]any{"defaults": map[string]any{"release": other}})
	s := newStack(t, "{}")
	s.runs(t, other)
	for range 2 { // each takes a call of the function, with the new default, and the second comes when all of the first is applied
		old.deleteService(t)
	}
	old.ready()
	old.runs(t, release)
}

// platform adds to the spec of the default class until the end of the test.
func platform(t *testing.T, spec map[string]any) {
	t.Helper()
	const name = "default"
	was, err := client.Get(t.Context(), tenants.APIVersion, classKind, "", name)
	if err != nil {
		t.Fatal(err)
	}
	r, err := client.Resource(was.GroupVersionKind(), "")
	if err != nil {
		t.Fatal(err)
	}
	update := func(ctx context.Context, change func(spec map[string]any)) error {
		u, err := r.Get(ctx, name, metav1.GetOptions{})
		if err != nil {
			return err
		}
		s, ok := u.Object["spec"].(map[string]any)
		if !ok {
			return errors.New("the class has no spec")
		}
		change(s)
		_, err = r.Update(ctx, u, metav1.UpdateOptions{})
		return err
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := update(ctx, func(s map[string]any) {
			for k := range spec {
				delete(s, k)
			}
		}); err != nil {
			t.Error(err)
		}
	})
	if err := update(t.Context(), func(s map[string]any) {
		maps.Copy(s, spec)
	}); err != nil {
		t.Fatal(err)
	}
}
