// Package managed plays the part that all Crossplane providers share: the managed reconciler of
// crossplane-runtime, with its finalizer, external name, references, policies, conditions, events
// and connection Secret, weaknesses included. What a kind means in the outside world is behind the
// interface External. For tests only.
package managed

import (
	"context"
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// Annotations and names that every provider uses.
const (
	externalName  = "crossplane.io/external-name"
	paused        = "crossplane.io/paused"
	createPending = "crossplane.io/external-create-pending"
	createDone    = "crossplane.io/external-create-succeeded"
	finalizer     = "finalizer.managedresource.crossplane.io"
	secretType    = "connection.crossplane.io/v1alpha1"
)

// Resource is a managed resource being reconciled.
type Resource struct{ *unstructured.Unstructured }

// ExternalName is the name in the outside world, "" if it has none yet.
func (r Resource) ExternalName() string { return r.GetAnnotations()[externalName] }

// SetExternalName changes the annotation. Create keeps it even when the rest of the reconcile
// fails.
func (r Resource) SetExternalName(n string) { r.annotate(externalName, n) }

func (r Resource) annotate(key, value string) {
	a := r.GetAnnotations()
	if a == nil {
		a = map[string]string{}
	}
	a[key] = value
	r.SetAnnotations(a)
}

// Text returns a string below spec.forProvider, "" if it is not there.
func (r Resource) Text(path ...string) string {
	s, _, _ := unstructured.NestedString(r.Object, append([]string{"spec", "forProvider"}, path...)...)
	return s
}

// Value returns anything below spec.forProvider, nil if it is not there.
func (r Resource) Value(path ...string) any {
	v, _, _ := unstructured.NestedFieldNoCopy(r.Object, append([]string{"spec", "forProvider"}, path...)...)
	return v
}

// Set sets a field of spec.forProvider.
func (r Resource) Set(value string, path ...string) {
	_ = unstructured.SetNestedField(r.Object, value, append([]string{"spec", "forProvider"}, path...)...)
}

// Observed sets fields of status.atProvider.
func (r Resource) Observed(fields map[string]any) {
	for k, v := range fields {
		_ = unstructured.SetNestedField(r.Object, v, "status", "atProvider", k)
	}
}

// At returns a string of status.atProvider.
func (r Resource) At(field string) string {
	s, _, _ := unstructured.NestedString(r.Object, "status", "atProvider", field)
	return s
}

// allows tells whether the management policies hold the action (Observe, Create, Update, Delete,
// LateInitialize).
func (r Resource) allows(action string) bool {
	p, found, _ := unstructured.NestedStringSlice(r.Object, "spec", "managementPolicies")
	return !found || len(p) == 0 || slices.Contains(p, "*") || slices.Contains(p, action)
}

// deletes tells whether the outside world is to be cleaned up. Cluster-scoped kinds have a
// deletionPolicy as well; the management policies count when they are not the default.
func (r Resource) deletes() bool {
	policy, _, _ := unstructured.NestedString(r.Object, "spec", "deletionPolicy")
	p, _, _ := unstructured.NestedStringSlice(r.Object, "spec", "managementPolicies")
	if len(p) > 0 && !slices.Contains(p, "*") {
		return slices.Contains(p, "Delete")
	}
	return policy != "Orphan"
}

// condition sets a condition and leaves its time alone if only the message changed.
func (r Resource) condition(typ, status, reason, message string) {
	old, _, _ := unstructured.NestedSlice(r.Object, "status", "conditions")
	c := map[string]any{"type": typ, "status": status, "reason": reason, "lastTransitionTime": time.Now().UTC().Format(time.RFC3339)}
	if message != "" {
		c["message"] = message
	}
	out := make([]any, 0, len(old)+1)
	for _, o := range old {
		m, ok := o.(map[string]any)
		if !ok || m["type"] != typ {
			out = append(out, o)
			continue
		}
		if m["status"] == status && m["reason"] == reason {
			c["lastTransitionTime"] = m["lastTransitionTime"]
		}
	}
	_ = unstructured.SetNestedSlice(r.Object, append(out, c), "status", "conditions")
}

func (r Resource) deleted() bool { return r.GetDeletionTimestamp() != nil }

func (r Resource) ref() metav1.OwnerReference {
	yes := true
	return metav1.OwnerReference{
		APIVersion:         r.GetAPIVersion(),
		Kind:               r.GetKind(),
		Name:               r.GetName(),
		UID:                r.GetUID(),
		Controller:         &yes,
		BlockOwnerDeletion: &yes,
	}
}

// Details are the contents of a connection Secret.
type Details map[string][]byte

// Observation is what External found.
type Observation struct {
	Exists, UpToDate bool
	// Ready false with Exists true is reported as Unavailable.
	Ready bool
	// LateInitialized says that spec was completed and has to be saved.
	LateInitialized bool
	Details         Details
}

// External is one kind in the outside world.
type External interface {
	Observe(ctx context.Context, r Resource) (Observation, error)
	Create(ctx context.Context, r Resource) (Details, error)
	Update(ctx context.Context, r Resource) (Details, error)
	Delete(ctx context.Context, r Resource) error
}
