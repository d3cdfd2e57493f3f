// Package main measures what stacks cost: it makes some at the same moment on the control plane of
// `make up`, deletes them again, and says what was called, applied and written meanwhile, and how
// much CPU each process took. Nobody else may use the control plane while it runs. Counts and CPU
// can be compared between loaded machines, seconds hardly.
package main

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	kerrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/apply"
	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/cluster"
	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/state"
	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/tenants"
)

const (
	patience = 10 * time.Minute
	// calm is how long nothing must be written before what was counted is final.
	calm = 5 * time.Second
	// confirmed is how long ago something must have been made for its provider to believe at once
	// that it is gone: stacks that people delete are older (the grace of crossplane-runtime is 30 s).
	confirmed = 31 * time.Second
)

func main() {
	n := flag.Int("stacks", 1, "how many stacks to make at the same moment")
	spec := flag.String("spec", "{}", "their spec, as JSON or YAML in one line")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	err := run(ctx, *n, *spec)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// A measurement is one of several stacks.
type measurement struct {
	plane  *state.State
	client *apply.Client
	seen   *seen
	// namespaces, one for each stack.
	namespaces []string
}

func run(ctx context.Context, n int, spec string) error {
	s, err := state.Open()
	if err != nil {
		return err
	}
	if err := s.Dead(); err != nil {
		return err
	}
	c, err := apply.New(cluster.Kubeconfig(s))
	if err != nil {
		return err
	}
	m := &measurement{plane: s, client: c}
	if err := m.prepare(ctx, n); err != nil {
		return err
	}
	if err := m.create(ctx, spec); err != nil {
		return err
	}
	return m.remove(ctx)
}

// prepare makes the namespaces, which are no part of what is measured, and begins to watch.
func (m *measurement) prepare(ctx context.Context, n int) error {
	for i := range n {
		ns := fmt.Sprintf("measure-%d", i)
		m.namespaces = append(m.namespaces, ns)
		yaml := fmt.Appendf(
			nil,
			"apiVersion: v1\nkind: Namespace\nmetadata: {name: %s, labels: {pod-security.kubernetes.io/enforce: restricted}}\n",
			ns,
		)
		if err := m.client.YAML(ctx, "", yaml); err != nil {
			return err
		}
	}
	var err error
	if m.seen, err = watchAll(ctx, m.client, m.namespaces); err != nil {
		return err
	}
	return m.rest(ctx, calm)
}

// create makes all stacks and reports until all are ready and nothing moves any more.
func (m *measurement) create(ctx context.Context, spec string) error {
	m.seen.reset()
	before, err := m.snapshot(ctx)
	if err != nil {
		return err
	}
	for _, ns := range m.namespaces {
		yaml := fmt.Appendf(
			nil,
			"apiVersion: %s\nkind: %s\nmetadata: {name: %s}\nspec: %s\n",
			tenants.APIVersion,
			tenants.Kind,
			tenants.Name,
			spec,
		)
		if err := m.client.YAML(ctx, ns, yaml); err != nil {
			return err
		}
	}
	var readyAfter []float64
	ready := map[string]bool{}
	err = apply.Wait(ctx, patience, m.plane.Dead, func(ctx context.Context) error {
		stacks, err := m.client.List(ctx, tenants.APIVersion, tenants.Kind, "", "")
		if err != nil {
			return err
		}
		for _, u := range stacks {
			if ns := u.GetNamespace(); slices.Contains(m.namespaces, ns) && !ready[ns] && apply.True(&u, "Ready") == nil {
				ready[ns] = true
				readyAfter = append(readyAfter, time.Since(before.at).Seconds())
			}
		}
		if len(ready) < len(m.namespaces) {
			return fmt.Errorf("%d of %d stacks are ready", len(ready), len(m.namespaces))
		}
		return nil
	})
	if err != nil {
		return err
	}
	atReady, err := m.snapshot(ctx)
	if err != nil {
		return err
	}
	if err := m.rest(ctx, calm); err != nil {
		return err
	}
	after, err := m.snapshot(ctx)
	if err != nil {
		return err
	}
	fmt.Printf("%d stacks: first / median / last ready after %.1f / %.1f / %.1f s\n",
		len(readyAfter), readyAfter[0], readyAfter[len(readyAfter)/2], readyAfter[len(readyAfter)-1])
	m.printCounts(before, after)
	m.printRequests(before, after)
	m.printCPU("to all Ready", before, atReady)
	m.printCPU("until nothing moves", before, after)
	return nil
}

// remove deletes all stacks and reports when every object of theirs is gone.
func (m *measurement) remove(ctx context.Context) error {
	if err := m.rest(ctx, confirmed); err != nil {
		return err
	}
	before, err := m.snapshot(ctx)
	if err != nil {
		return err
	}
	foreground := metav1.DeletePropagationForeground
	o := metav1.DeleteOptions{}
	if m.plane.Flavour == state.Namespaced {
		o.PropagationPolicy = &foreground
	}
	for _, ns := range m.namespaces {
		r, err := m.client.Resource(tenants.GVK, ns)
		if err != nil {
			return err
		}
		if err := r.Delete(ctx, tenants.Name, o); err != nil {
			return err
		}
	}
	err = apply.Wait(ctx, patience, m.plane.Dead, func(context.Context) error {
		if left := m.seen.left(); left > 0 {
			return fmt.Errorf("%d objects are left", left)
		}
		return nil
	})
	if err != nil {
		return err
	}
	after, err := m.snapshot(ctx)
	if err != nil {
		return err
	}
	fmt.Printf("deleted after %.1f s; the last of a kind after:", after.at.Sub(before.at).Seconds())
	gone := m.seen.deletions()
	for _, kind := range slices.SortedFunc(maps.Keys(gone), func(a, b string) int { return gone[a].Compare(gone[b]) }) {
		name, _, _ := strings.Cut(kind, ".")
		fmt.Printf(" %s %.1f", name, gone[kind].Sub(before.at).Seconds())
	}
	fmt.Println()
	m.printRequests(before, after)
	m.printCPU("of the deletion", before, after)
	for _, ns := range m.namespaces {
		if err := m.client.Kube.CoreV1().Namespaces().Delete(ctx, ns, metav1.DeleteOptions{}); err != nil && !kerrors.IsNotFound(err) {
			return err
		}
	}
	return apply.Wait(ctx, patience, m.plane.Dead, func(ctx context.Context) error {
		_, err := m.client.Kube.CoreV1().Namespaces().Get(ctx, m.namespaces[0], metav1.GetOptions{})
		if kerrors.IsNotFound(err) {
			return nil
		}
		return fmt.Errorf("namespace %s is still there: %w", m.namespaces[0], err)
	})
}

// rest waits until nothing was written for so long.
func (m *measurement) rest(ctx context.Context, while time.Duration) error {
	start := time.Now()
	return apply.Wait(ctx, patience, m.plane.Dead, func(context.Context) error {
		if quiet := min(m.seen.quiet(), time.Since(start)); quiet < while {
			return fmt.Errorf("the last write was %s ago", quiet)
		}
		return nil
	})
}
