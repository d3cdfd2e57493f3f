package managed

import (
	"context"
	"encoding/json"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	kerrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
)

// Ref is a Secret by name. Namespaced kinds write theirs next to themselves.
func (r Resource) connectionSecret() (namespace, name string) {
	name, _, _ = unstructured.NestedString(r.Object, "spec", "writeConnectionSecretToRef", "name")
	namespace, _, _ = unstructured.NestedString(r.Object, "spec", "writeConnectionSecretToRef", "namespace")
	if r.GetNamespace() != "" {
		namespace = r.GetNamespace()
	}
	return namespace, name
}

// publish writes details to the connection Secret. Keys that are there already stay; a Secret that
// is not there is made even if there is nothing to write, which is how a deleted Secret comes back
// empty.
func (c *controller) publish(ctx context.Context, r Resource, d Details) error {
	namespace, name := r.connectionSecret()
	if name == "" {
		return nil
	}
	secrets := c.client.Kube.CoreV1().Secrets(namespace)
	s, err := secrets.Get(ctx, name, metav1.GetOptions{})
	if kerrors.IsNotFound(err) {
		s = &corev1.Secret{
			ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: namespace, OwnerReferences: []metav1.OwnerReference{r.ref()}},
			Type:       secretType,
			Data:       d,
		}
		_, err = secrets.Create(ctx, s, metav1.CreateOptions{})
		return err
	}
	if err != nil {
		return err
	}
	owner := metav1.GetControllerOf(s)
	switch {
	case owner == nil && s.Type != secretType:
		return fmt.Errorf("cannot apply connection secret: refusing to modify uncontrolled secret of type %q", s.Type)
	case owner != nil && owner.UID != r.GetUID():
		return fmt.Errorf("cannot apply connection secret: existing secret is not controlled by UID %q", r.GetUID())
	}
	changed := owner == nil
	for k, v := range d {
		changed = changed || string(s.Data[k]) != string(v)
	}
	if !changed {
		return nil
	}
	b, err := json.Marshal(map[string]any{"metadata": map[string]any{"ownerReferences": []metav1.OwnerReference{r.ref()}}, "data": d})
	if err != nil {
		return err
	}
	_, err = secrets.Patch(ctx, name, types.MergePatchType, b, metav1.PatchOptions{})
	return err
}
