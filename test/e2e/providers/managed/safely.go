package managed

import (
	"context"
	"fmt"
	"time"

	"k8s.io/client-go/tools/cache"
)

// safely turns a panic into an error, as controller-runtime does: some providers panic on input
// their schema lets through, and the resource is then retried for ever without a word in its
// status.
func (c *controller) safely(ctx context.Context, n cache.ObjectName) (after time.Duration, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v [recovered]", p)
		}
	}()
	return c.reconcile(ctx, n.Namespace, n.Name)
}
