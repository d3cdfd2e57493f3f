//go:build e2e

package e2e

import (
	"context"
	"errors"
	"fmt"
	"sync"

	kerrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/apply"
	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/tenants"
)

// leaving are the namespaces of tests that are over. No test waits for the end of its namespace:
// providers believe only half a minute after they have made something that it is gone.
var leaving departures

type departures struct {
	wg   sync.WaitGroup
	mu   sync.Mutex
	errs []error
}

// abandon begins to take a namespace away.
func (d *departures) abandon(namespace string) {
	d.wg.Go(func() {
		// Tests may stop parts of the control plane meanwhile.
		err := apply.Wait(context.Background(), patience, nil, func(ctx context.Context) error { return abandon(ctx, namespace) })
		if err == nil {
			return
		}
		d.mu.Lock()
		defer d.mu.Unlock()
		d.errs = append(d.errs, fmt.Errorf("namespace %s cannot be deleted: %w", namespace, err))
	})
}

// wait until all of them are asked to go, in the namespaced flavour without their stacks, and say which
// are not.
func (d *departures) wait() error {
	d.wg.Wait()
	return errors.Join(d.errs...)
}

// abandon deletes a namespace and does not wait for its end. In the namespaced flavour its stacks
// have to be gone before.
func abandon(ctx context.Context, namespace string) error {
	if namespaced {
		stacks, err := client.List(ctx, tenants.APIVersion, tenants.Kind, namespace, "")
		if err != nil {
			return err
		}
		for _, u := range stacks {
			s := &stack{namespace: namespace, name: u.GetName()}
			if err := s.delete(ctx); err != nil && !kerrors.IsNotFound(err) {
				return err
			}
		}
		if len(stacks) > 0 {
			return fmt.Errorf("%s still has %d stacks", namespace, len(stacks))
		}
	}
	err := client.Kube.CoreV1().Namespaces().Delete(ctx, namespace, metav1.DeleteOptions{})
	if kerrors.IsNotFound(err) {
		return nil
	}
	return err
}
