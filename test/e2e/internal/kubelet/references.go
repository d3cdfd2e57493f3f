package kubelet

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	kerrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// A reference is what a pod needs of one Secret or ConfigMap before it can start. An empty key
// means the object as a whole.
type reference struct{ kind, name, key string }

// missing names the first thing that p reads at start and that is not there, "" if all is.
func (k *kubelet) missing(ctx context.Context, p *corev1.Pod) (string, error) {
	keys := map[reference]map[string]bool{}
	for _, r := range references(p) {
		object := reference{kind: r.kind, name: r.name}
		have, ok := keys[object]
		if !ok {
			var err error
			if have, err = k.keys(ctx, p.Namespace, object); err != nil {
				return "", err
			}
			keys[object] = have
		}
		if have == nil {
			return fmt.Sprintf("%s %q not found", r.kind, r.name), nil
		}
		if r.key != "" && !have[r.key] {
			return fmt.Sprintf("couldn't find key %s in %s %s/%s", r.key, r.kind, p.Namespace, r.name), nil
		}
	}
	return "", nil
}

// keys returns the keys of a Secret or ConfigMap, nil if it does not exist.
func (k *kubelet) keys(ctx context.Context, namespace string, r reference) (map[string]bool, error) {
	out := map[string]bool{}
	switch r.kind {
	case "secret":
		s, err := k.client.CoreV1().Secrets(namespace).Get(ctx, r.name, metav1.GetOptions{})
		if err != nil {
			return nil, ignoreNotFound(err)
		}
		for key := range s.Data {
			out[key] = true
		}
	case "configmap":
		c, err := k.client.CoreV1().ConfigMaps(namespace).Get(ctx, r.name, metav1.GetOptions{})
		if err != nil {
			return nil, ignoreNotFound(err)
		}
		for key := range c.Data {
			out[key] = true
		}
		for key := range c.BinaryData {
			out[key] = true
		}
	}
	return out, nil
}

func ignoreNotFound(err error) error {
	if kerrors.IsNotFound(err) {
		return nil
	}
	return err
}

// needs is a list in the making.
type needs []reference

// references lists what the containers and volumes of a pod need and may not miss.
func references(p *corev1.Pod) []reference {
	var out needs
	for _, cs := range [][]corev1.Container{p.Spec.InitContainers, p.Spec.Containers} {
		for _, c := range cs {
			out.container(c)
		}
	}
	for _, v := range p.Spec.Volumes {
		out.volume(v)
	}
	return out
}

func (n *needs) add(kind, name, key string, optional *bool) {
	if optional == nil || !*optional {
		*n = append(*n, reference{kind: kind, name: name, key: key})
	}
}

func (n *needs) items(kind, name string, optional *bool, keys []corev1.KeyToPath) {
	n.add(kind, name, "", optional)
	for _, k := range keys {
		n.add(kind, name, k.Key, optional)
	}
}

func (n *needs) container(c corev1.Container) {
	for _, e := range c.Env {
		if e.ValueFrom == nil {
			continue
		}
		if r := e.ValueFrom.SecretKeyRef; r != nil {
			n.add("secret", r.Name, r.Key, r.Optional)
		}
		if r := e.ValueFrom.ConfigMapKeyRef; r != nil {
			n.add("configmap", r.Name, r.Key, r.Optional)
		}
	}
	for _, e := range c.EnvFrom {
		if r := e.SecretRef; r != nil {
			n.add("secret", r.Name, "", r.Optional)
		}
		if r := e.ConfigMapRef; r != nil {
			n.add("configmap", r.Name, "", r.Optional)
		}
	}
}

func (n *needs) volume(v corev1.Volume) {
	if s := v.Secret; s != nil {
		n.items("secret", s.SecretName, s.Optional, s.Items)
	}
	if c := v.ConfigMap; c != nil {
		n.items("configmap", c.Name, c.Optional, c.Items)
	}
	if v.Projected == nil {
		return
	}
	for _, src := range v.Projected.Sources {
		if s := src.Secret; s != nil {
			n.items("secret", s.Name, s.Optional, s.Items)
		}
		if c := src.ConfigMap; c != nil && c.Name != "kube-root-ca.crt" { // the token volume's; nobody publishes it here
			n.items("configmap", c.Name, c.Optional, c.Items)
		}
	}
}
