package kubelet

import (
	"context"
	"fmt"
	"maps"

	corev1 "k8s.io/api/core/v1"
	kerrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

// A reference is what a pod needs of one Secret or ConfigMap before it can start. An empty key
// means the object as a whole.
type reference struct{ kind, name, key string }

// missing names the first thing that p reads at start and that is not there, "" if all is.
func (k *kubelet) missing(ctx context.Context, p *corev1.Pod) (string, error) {
	contents := map[reference]files{}
	for _, r := range references(p) {
		object := reference{kind: r.kind, name: r.name}
		have, ok := contents[object]
		if !ok {
			var err error
			if have, err = content(ctx, k.client, p.Namespace, object); err != nil {
				return "", err
			}
			contents[object] = have
		}
		if have == nil {
			return fmt.Sprintf("%s %q not found", r.kind, r.name), nil
		}
		if _, ok := have[r.key]; r.key != "" && !ok {
			return fmt.Sprintf("couldn't find key %s in %s %s/%s", r.key, r.kind, p.Namespace, r.name), nil
		}
	}
	return "", nil
}

// content returns the keys of a Secret or ConfigMap, nil if it does not exist.
func content(ctx context.Context, client kubernetes.Interface, namespace string, r reference) (files, error) {
	out := files{}
	switch r.kind {
	case "secret":
		s, err := client.CoreV1().Secrets(namespace).Get(ctx, r.name, metav1.GetOptions{})
		if err != nil {
			return nil, ignoreNotFound(err)
		}
		maps.Copy(out, s.Data)
	case "configmap":
		c, err := client.CoreV1().ConfigMaps(namespace).Get(ctx, r.name, metav1.GetOptions{})
		if err != nil {
			return nil, ignoreNotFound(err)
		}
		for key, text := range c.Data {
			out[key] = []byte(text)
		}
		maps.Copy(out, c.BinaryData)
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
		if c := src.ConfigMap; c != nil {
			n.items("configmap", c.Name, c.Optional, c.Items)
		}
	}
}
