package kubelet

import (
	"context"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// lifetime of a pod's token. Nobody renews it, and it ends with the pod.
const lifetime = 365 * 24 * time.Hour

// files are the content of a volume, by name.
type files map[string][]byte

// read returns the files of a volume, as far as programs in the table mount such.
func (r *run) read(ctx context.Context, v corev1.Volume) (files, error) {
	switch {
	case v.EmptyDir != nil:
		return nil, nil
	case v.Secret != nil:
		return r.object(ctx, reference{kind: "secret", name: v.Secret.SecretName}, v.Secret.Items)
	case v.ConfigMap != nil:
		return r.object(ctx, reference{kind: "configmap", name: v.ConfigMap.Name}, v.ConfigMap.Items)
	case v.Projected == nil:
		return nil, errors.New("no program mounts a volume of that type")
	}
	out := files{}
	for _, s := range v.Projected.Sources {
		content, err := r.source(ctx, s)
		if err != nil {
			return nil, err
		}
		maps.Copy(out, content)
	}
	return out, nil
}

// source is a part of a projected volume, such as the one with the token of the pod's account.
func (r *run) source(ctx context.Context, s corev1.VolumeProjection) (files, error) {
	switch {
	case s.Secret != nil:
		return r.object(ctx, reference{kind: "secret", name: s.Secret.Name}, s.Secret.Items)
	case s.ConfigMap != nil:
		return r.object(ctx, reference{kind: "configmap", name: s.ConfigMap.Name}, s.ConfigMap.Items)
	case s.ServiceAccountToken != nil:
		t, err := r.token(ctx, s.ServiceAccountToken.Audience)
		return files{s.ServiceAccountToken.Path: t}, err
	case s.DownwardAPI == nil:
		return nil, errors.New("no program mounts a source of that type")
	}
	out := files{}
	for _, i := range s.DownwardAPI.Items {
		v, err := downward(r.pod, i.FieldRef)
		if err != nil {
			return nil, err
		}
		out[i.Path] = []byte(v)
	}
	return out, nil
}

// object returns the keys of a Secret or ConfigMap as files: those that items name, or all.
func (r *run) object(ctx context.Context, of reference, items []corev1.KeyToPath) (files, error) {
	data, err := content(ctx, r.programs.client, r.pod.Namespace, of)
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
func (r *run) token(ctx context.Context, audience string) ([]byte, error) {
	p, seconds := r.pod, int64(lifetime.Seconds())
	ask := &authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{
		ExpirationSeconds: &seconds,
		BoundObjectRef:    &authenticationv1.BoundObjectReference{APIVersion: "v1", Kind: "Pod", Name: p.Name, UID: p.UID},
	}}
	if audience != "" {
		ask.Spec.Audiences = []string{audience}
	}
	t, err := r.programs.client.CoreV1().ServiceAccounts(p.Namespace).CreateToken(ctx, p.Spec.ServiceAccountName, ask, metav1.CreateOptions{})
	if err != nil {
		return nil, err
	}
	return []byte(t.Status.Token), nil
}

// writeFiles writes the files of a volume into its folder.
func writeFiles(dir string, content files) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	for name, data := range content {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			return err
		}
	}
	return nil
}
