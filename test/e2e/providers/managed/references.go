package managed

import (
	"context"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
)

// A Reference fills a field of spec.forProvider from another managed resource, by <Field>Ref or
// <Field>Selector.
type Reference struct {
	// Field is filled.
	Field string
	// Base is what Ref and Selector are appended to; empty for Field.
	Base string
	// To is the resource of the kind referred to.
	To schema.GroupVersionResource
	// Value reads the value; nil for the external name.
	Value func(Resource) string
}

// resolve fills the fields of spec.forProvider that references stand for, and tells whether it
// changed anything. A field that has a value stays as it is.
func (c *controller) resolve(ctx context.Context, r Resource) (bool, error) {
	changed := false
	for _, ref := range c.kind.References {
		base := ref.Base
		if base == "" {
			base = ref.Field
		}
		if r.Text(ref.Field) != "" {
			continue
		}
		to, err := c.target(ctx, r, ref, base)
		if err != nil {
			return changed, err
		}
		if to == nil {
			continue
		}
		value := to.ExternalName()
		if ref.Value != nil {
			value = ref.Value(*to)
		}
		if value == "" {
			return changed, fmt.Errorf("spec.forProvider.%s: referenced field was empty (referenced resource may not yet be ready)", ref.Field)
		}
		r.Set(value, ref.Field)
		changed = true
	}
	return changed, nil
}

// target finds the object referred to; nil if the reference is not used.
func (c *controller) target(ctx context.Context, r Resource, ref Reference, base string) (*Resource, error) {
	resource := dynamic.ResourceInterface(c.client.Dynamic.Resource(ref.To))
	if c.kind.Namespaced {
		namespace := r.Text(base+"Ref", "namespace")
		if namespace == "" {
			namespace = r.GetNamespace()
		}
		resource = c.client.Dynamic.Resource(ref.To).Namespace(namespace)
	}
	if name := r.Text(base+"Ref", "name"); name != "" {
		u, err := resource.Get(ctx, name, metav1.GetOptions{})
		if err != nil {
			return nil, fmt.Errorf("cannot get referenced resource: %w", err)
		}
		return &Resource{u}, nil
	}
	selector, ok := r.Value(base + "Selector").(map[string]any)
	if !ok {
		return nil, nil
	}
	match, _, _ := unstructured.NestedStringMap(selector, "matchLabels")
	l, err := resource.List(ctx, metav1.ListOptions{LabelSelector: labels.Set(match).String()})
	if err != nil {
		return nil, fmt.Errorf("cannot list referenced resources: %w", err)
	}
	for _, u := range l.Items {
		if selector["matchControllerRef"] == true && !sameController(r, Resource{&u}) {
			continue
		}
		return &Resource{&u}, nil
	}
	return nil, fmt.Errorf("no resources matched selector")
}

func sameController(a, b Resource) bool {
	ca, cb := metav1.GetControllerOf(a), metav1.GetControllerOf(b)
	return ca != nil && cb != nil && ca.UID == cb.UID
}
