package kubelet

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

// lifetime of a pod's token. Nobody renews it, and it ends with the pod.
const lifetime = 365 * 24 * time.Hour

// files are the content of a volume, by name.
type files map[string][]byte

// root makes the folder in which the program of a pod finds itself: its own file, and those of the
// volumes that its container mounts, as they are now.
func (ps *Programs) root(ctx context.Context, client kubernetes.Interface, p *corev1.Pod, program string) error {
	root := ps.dir(p)
	if err := os.RemoveAll(root); err != nil {
		return err
	}
	for _, dir := range []string{filepath.Join(root, "tmp"), ps.Logs} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
	}
	volumes := map[string]corev1.Volume{}
	for _, v := range p.Spec.Volumes {
		volumes[v.Name] = v
	}
	for _, m := range p.Spec.Containers[0].VolumeMounts {
		content, err := read(ctx, client, p, volumes[m.Name])
		if err != nil {
			return fmt.Errorf("volume %s: %w", m.Name, err)
		}
		dir := filepath.Join(root, m.MountPath)
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
		for name, data := range content {
			if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
				return err
			}
		}
	}
	return link(program, filepath.Join(root, entrypoint))
}

// read returns the files of a volume, as far as programs in the table mount such.
func read(ctx context.Context, client kubernetes.Interface, p *corev1.Pod, v corev1.Volume) (files, error) {
	switch {
	case v.EmptyDir != nil:
		return nil, nil
	case v.Secret != nil:
		return object(ctx, client, p.Namespace, reference{kind: "secret", name: v.Secret.SecretName}, v.Secret.Items)
	case v.ConfigMap != nil:
		return object(ctx, client, p.Namespace, reference{kind: "configmap", name: v.ConfigMap.Name}, v.ConfigMap.Items)
	case v.Projected == nil:
		return nil, errors.New("no program mounts a volume of that type")
	}
	out := files{}
	for _, s := range v.Projected.Sources {
		content, err := source(ctx, client, p, s)
		if err != nil {
			return nil, err
		}
		maps.Copy(out, content)
	}
	return out, nil
}

// source is a part of a projected volume, such as the one with the token of the pod's account.
func source(ctx context.Context, client kubernetes.Interface, p *corev1.Pod, s corev1.VolumeProjection) (files, error) {
	switch {
	case s.Secret != nil:
		return object(ctx, client, p.Namespace, reference{kind: "secret", name: s.Secret.Name}, s.Secret.Items)
	case s.ConfigMap != nil:
		return object(ctx, client, p.Namespace, reference{kind: "configmap", name: s.ConfigMap.Name}, s.ConfigMap.Items)
	case s.ServiceAccountToken != nil:
		t, err := token(ctx, client, p, s.ServiceAccountToken.Audience)
		return files{s.ServiceAccountToken.Path: t}, err
	case s.DownwardAPI == nil:
		return nil, errors.New("no program mounts a source of that type")
	}
	out := files{}
	for _, i := range s.DownwardAPI.Items {
		v, err := downward(p, i.FieldRef)
		if err != nil {
			return nil, err
		}
		out[i.Path] = []byte(v)
	}
	return out, nil
}

// object returns the keys of a Secret or ConfigMap as files: those that items name, or all.
func object(ctx context.Context, client kubernetes.Interface, namespace string, r reference, items []corev1.KeyToPath) (files, error) {
	data, err := content(ctx, client, namespace, r)
	if err != nil || len(items) == 0 {
		return data, err
	}
	out := files{}
	for _, i := range items {
		if d, ok := data[i.Key]; ok {
			out[i.Path] = d
		}
	}
	return out, nil
}

// token is one of the pod's account, which ends with the pod.
func token(ctx context.Context, client kubernetes.Interface, p *corev1.Pod, audience string) ([]byte, error) {
	seconds := int64(lifetime.Seconds())
	r := &authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{
		ExpirationSeconds: &seconds,
		BoundObjectRef:    &authenticationv1.BoundObjectReference{APIVersion: "v1", Kind: "Pod", Name: p.Name, UID: p.UID},
	}}
	if audience != "" {
		r.Spec.Audiences = []string{audience}
	}
	t, err := client.CoreV1().ServiceAccounts(p.Namespace).CreateToken(ctx, p.Spec.ServiceAccountName, r, metav1.CreateOptions{})
	if err != nil {
		return nil, err
	}
	return []byte(t.Status.Token), nil
}

// link has a file also at another path, which takes a copy where that is on another disk.
func link(file, to string) error {
	if os.Link(file, to) == nil {
		return nil
	}
	from, err := os.Open(file)
	if err != nil {
		return err
	}
	defer func() { _ = from.Close() }()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o755)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, from)
	return errors.Join(err, out.Close())
}
