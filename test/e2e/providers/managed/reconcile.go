package managed

import (
	"context"
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	kerrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/dynamic"
)

// confirm is how soon a deletion is confirmed. A real provider takes 10 seconds and more; tests
// have no time for that.
const confirm = 500 * time.Millisecond

// reconcile does one round for one resource and returns when to come back. An error means: soon,
// and later each time.
func (c *controller) reconcile(ctx context.Context, namespace, name string) (time.Duration, error) {
	ri := c.client.Dynamic.Resource(c.kind.Resource)
	client := dynamic.ResourceInterface(ri)
	if c.kind.Namespaced {
		client = ri.Namespace(namespace)
	}
	// Not from the cache: what is made outside must not be made twice because the cache lags
	// behind.
	u, err := client.Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		if kerrors.IsNotFound(err) {
			return 0, nil
		}
		return 0, err
	}
	r := Resource{u}
	before := u.DeepCopy()
	after, err := c.round(ctx, client, r)
	if err != nil && !kerrors.IsConflict(err) {
		r.condition("Synced", "False", "ReconcileError", err.Error())
	}
	if kerrors.IsConflict(err) || (r.deleted() && !slices.Contains(r.GetFinalizers(), finalizer)) {
		return after, err // there is a newer one, or none any more
	}
	if !equalStatus(before.Object, u.Object) {
		if _, uerr := client.UpdateStatus(ctx, u, metav1.UpdateOptions{}); uerr != nil {
			return 0, uerr
		}
	}
	return after, err
}

// round follows the managed reconciler step by step; the order matters for what goes wrong and how.
//
//nolint:gocognit // One list of steps is easier to hold against the original.
func (c *controller) round(ctx context.Context, client dynamic.ResourceInterface, r Resource) (time.Duration, error) {
	if r.GetAnnotations()[paused] == "true" {
		r.condition(
			"Synced",
			"False",
			"ReconcilePaused",
			"Reconciliation is paused either through the `spec.managementPolicies` or the pause annotation",
		)
		return 0, nil
	}
	if r.deleted() && !r.deletes() {
		return 0, c.release(ctx, client, r)
	}
	if c.kind.NameIsExternal && r.ExternalName() == "" {
		r.SetExternalName(r.GetName())
		if err := save(ctx, client, r); err != nil {
			return 0, err
		}
	}
	if !r.deleted() {
		changed, err := c.resolve(ctx, r)
		if err != nil {
			c.event(r, corev1.EventTypeWarning, "CannotResolveResourceReferences", err)
			return 0, fmt.Errorf("cannot resolve references: %w", err)
		}
		if changed {
			if err := save(ctx, client, r); err != nil {
				return 0, err
			}
		}
	}
	ext, err := c.connect(ctx, r)
	if err != nil {
		c.event(r, corev1.EventTypeWarning, "CannotConnectToProvider", err)
		return 0, fmt.Errorf("connect failed: %w", err)
	}
	o, err := ext.Observe(ctx, r)
	if err != nil {
		c.event(r, corev1.EventTypeWarning, "CannotObserveExternalResource", err)
		return 0, fmt.Errorf("observe failed: %w", err)
	}
	if r.deleted() {
		return c.delete(ctx, client, r, ext, o)
	}
	if err := c.publish(ctx, r, o.Details); err != nil {
		c.event(r, corev1.EventTypeWarning, "CannotPublishConnectionDetails", err)
		return 0, err
	}
	if !slices.Contains(r.GetFinalizers(), finalizer) {
		r.SetFinalizers(append(r.GetFinalizers(), finalizer))
		if err := save(ctx, client, r); err != nil {
			return 0, err
		}
	}
	if !o.Exists {
		return 0, c.create(ctx, client, r, ext)
	}
	if o.LateInitialized && r.allows("LateInitialize") {
		if err := save(ctx, client, r); err != nil {
			return 0, err
		}
	}
	r.condition("Ready", "True", "Available", "")
	if !o.Ready {
		r.condition("Ready", "False", "Unavailable", "")
	}
	if !o.UpToDate && r.allows("Update") {
		d, err := ext.Update(ctx, r)
		if err != nil {
			c.event(r, corev1.EventTypeWarning, "CannotUpdateExternalResource", err)
			return 0, fmt.Errorf("update failed: %w", err)
		}
		if err := c.publish(ctx, r, d); err != nil {
			return 0, err
		}
		c.event(r, corev1.EventTypeNormal, "UpdatedExternalResource", "Successfully requested update of external resource")
	}
	r.condition("Synced", "True", "ReconcileSuccess", "")
	return c.poll, nil
}

// connect fails in a namespace that is being deleted: a provider records there which configuration
// a resource uses, and the record, deleted with the rest of the namespace, cannot be made again.
// The resource keeps its finalizer and the namespace stays.
func (c *controller) connect(ctx context.Context, r Resource) (External, error) {
	if c.kind.Namespaced {
		ns, err := c.client.Kube.CoreV1().Namespaces().Get(ctx, r.GetNamespace(), metav1.GetOptions{})
		if err != nil {
			return nil, err
		}
		if ns.DeletionTimestamp != nil {
			return nil, fmt.Errorf(
				"cannot track ProviderConfig usage: unable to create new content in namespace %s because it is being terminated",
				ns.Name,
			)
		}
	}
	return c.kind.Connect(ctx, r)
}

func (c *controller) create(ctx context.Context, client dynamic.ResourceInterface, r Resource, ext External) error {
	if !r.allows("Create") {
		return fmt.Errorf("external resource does not exist and the management policies do not allow its creation")
	}
	r.condition("Ready", "False", "Creating", "")
	r.annotate(createPending, time.Now().UTC().Format(time.RFC3339))
	if err := save(ctx, client, r); err != nil {
		return err
	}
	d, err := ext.Create(ctx, r)
	if err != nil {
		c.event(r, corev1.EventTypeWarning, "CannotCreateExternalResource", err)
		return fmt.Errorf("create failed: %w", err)
	}
	r.annotate(createDone, time.Now().UTC().Format(time.RFC3339))
	if err := save(ctx, client, r); err != nil {
		return err
	}
	if err := c.publish(ctx, r, d); err != nil {
		return err
	}
	c.event(r, corev1.EventTypeNormal, "CreatedExternalResource", "Successfully requested creation of external resource")
	r.condition("Synced", "True", "ReconcileSuccess", "")
	c.again(r) // to see it there
	return nil
}

func (c *controller) delete(
	ctx context.Context,
	client dynamic.ResourceInterface,
	r Resource,
	ext External,
	o Observation,
) (time.Duration, error) {
	r.condition("Ready", "False", "Deleting", "")
	if !o.Exists {
		return 0, c.release(ctx, client, r)
	}
	name := r.ExternalName()
	if err := ext.Delete(ctx, r); err != nil {
		c.event(r, corev1.EventTypeWarning, "CannotDeleteExternalResource", err)
		return 0, fmt.Errorf("delete failed: %w", err)
	}
	if r.ExternalName() != name {
		if err := save(ctx, client, r); err != nil {
			return 0, err
		}
	}
	c.event(r, corev1.EventTypeNormal, "DeletedExternalResource", "Successfully requested deletion of external resource")
	r.condition("Synced", "True", "ReconcileSuccess", "")
	return confirm, nil
}

// release lets a deleted resource go.
func (c *controller) release(ctx context.Context, client dynamic.ResourceInterface, r Resource) error {
	r.SetFinalizers(slices.DeleteFunc(r.GetFinalizers(), func(f string) bool { return f == finalizer }))
	_, err := client.Update(ctx, r.Unstructured, metav1.UpdateOptions{})
	if kerrors.IsNotFound(err) {
		return nil
	}
	return err
}

// save writes everything but the status, which the server would reset to the stored one: it is kept
// aside and put back.
func save(ctx context.Context, client dynamic.ResourceInterface, r Resource) error {
	status, had := r.Object["status"]
	u, err := client.Update(ctx, r.Unstructured, metav1.UpdateOptions{})
	if err != nil {
		return err
	}
	r.Object = u.Object
	if had {
		r.Object["status"] = status
	}
	return nil
}
