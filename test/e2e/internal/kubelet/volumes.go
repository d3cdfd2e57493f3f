package kubelet

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/sandbox"
)

const (
	// lifetime of a pod's token. Nobody renews it, and it ends with the pod.
	lifetime = 365 * 24 * time.Hour
	// tokens is where a real node mounts a token; kubeconfig is what a container has instead.
	tokens     = "/var/run/secrets/kubernetes.io/serviceaccount"
	kubeconfig = "/run/kubeconfig"
	// assigned is the user of containers that leave it to the cluster, as OpenShift assigns one.
	assigned = 1000660000
)

// view is what a container sees of the machine.
func (r *run) view(c corev1.Container, file string) sandbox.Container {
	out := sandbox.Container{
		Dir: filepath.Join(r.dir, "root", c.Name), User: assigned,
		Mounts: []sandbox.Mount{
			{From: filepath.Dir(file), To: sandbox.Own, ReadOnly: true},
			{From: filepath.Join(r.dir, "hosts"), To: "/etc/hosts", ReadOnly: true},
		},
	}
	if r.hasToken() {
		out.Mounts = append(out.Mounts, sandbox.Mount{From: r.kubeconfig(), To: kubeconfig, ReadOnly: true})
	}
	for _, m := range c.VolumeMounts {
		if m.MountPath != tokens {
			out.Mounts = append(out.Mounts, sandbox.Mount{From: filepath.Join(r.volume(m.Name), m.SubPath), To: m.MountPath, ReadOnly: m.ReadOnly})
		}
	}
	set := func(user, group *int64) {
		if user != nil {
			out.User = int(*user)
		}
		if group != nil {
			out.Group = int(*group)
		}
	}
	if s := r.pod.Spec.SecurityContext; s != nil {
		set(s.RunAsUser, s.RunAsGroup)
	}
	if s := c.SecurityContext; s != nil {
		set(s.RunAsUser, s.RunAsGroup)
		out.ReadOnly = s.ReadOnlyRootFilesystem != nil && *s.ReadOnlyRootFilesystem
	}
	return out
}

// volume is the folder of a volume of the pod: a link, if the volume outlives the pod.
func (r *run) volume(name string) string { return filepath.Join(r.dir, "volumes", name) }

// makeVolumes makes the folder of each volume, and what a node gives containers besides.
func (r *run) makeVolumes(ctx context.Context) error {
	if err := os.MkdirAll(filepath.Join(r.dir, "volumes"), 0o755); err != nil {
		return err
	}
	hosts := "127.0.0.1 localhost " + r.pod.Name + "\n"
	if err := os.WriteFile(filepath.Join(r.dir, "hosts"), []byte(hosts), 0o644); err != nil {
		return err
	}
	for _, v := range r.pod.Spec.Volumes {
		if err := r.makeVolume(ctx, v); err != nil {
			return fmt.Errorf("volume %s: %w", v.Name, err)
		}
	}
	if !r.hasToken() {
		return nil
	}
	return r.writeKubeconfig(ctx)
}

func (r *run) makeVolume(ctx context.Context, v corev1.Volume) error {
	core, ns := r.programs.client.CoreV1(), r.pod.Namespace
	switch {
	case v.EmptyDir != nil:
		return os.MkdirAll(r.volume(v.Name), 0o755)
	case v.Projected != nil: // what is of use in it is the token
		return os.MkdirAll(r.volume(v.Name), 0o755)
	case v.Secret != nil:
		s, err := core.Secrets(ns).Get(ctx, v.Secret.SecretName, metav1.GetOptions{})
		if err != nil {
			return err
		}
		return writeFiles(r.volume(v.Name), s.Data, v.Secret.Items)
	case v.ConfigMap != nil:
		c, err := core.ConfigMaps(ns).Get(ctx, v.ConfigMap.Name, metav1.GetOptions{})
		if err != nil {
			return err
		}
		data := map[string][]byte{}
		for k, text := range c.Data {
			data[k] = []byte(text)
		}
		return writeFiles(r.volume(v.Name), data, v.ConfigMap.Items)
	case v.PersistentVolumeClaim != nil:
		c, err := core.PersistentVolumeClaims(ns).Get(ctx, v.PersistentVolumeClaim.ClaimName, metav1.GetOptions{})
		if err != nil {
			return err
		}
		dir := filepath.Join(r.programs.Volumes, folder(ns, c.Name, c.UID))
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
		if err := os.Symlink(dir, r.volume(v.Name)); !os.IsExist(err) {
			return err
		}
		return nil
	}
	return errors.New("nobody plays a volume of this type")
}

// folder of a volume among those that outlive pods.
func folder(namespace, claim string, uid types.UID) string {
	return namespace + "_" + claim + "_" + string(uid)
}

// keepVolumes deletes the folders of a claim of a name, except for that of one that is there.
func (ps *Programs) keepVolumes(namespace, claim string, uid types.UID) error {
	all, err := filepath.Glob(filepath.Join(ps.Volumes, folder(namespace, claim, "*")))
	for _, dir := range all {
		if filepath.Base(dir) != folder(namespace, claim, uid) {
			err = errors.Join(err, os.RemoveAll(dir))
		}
	}
	return err
}

// writeFiles writes keys of a Secret or ConfigMap into a folder.
func writeFiles(dir string, data map[string][]byte, items []corev1.KeyToPath) error {
	files := data
	if len(items) > 0 {
		files = map[string][]byte{}
		for _, i := range items {
			files[i.Path] = data[i.Key]
		}
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// hasToken says whether the pod's containers may call the API server.
func (r *run) hasToken() bool {
	mount := r.pod.Spec.AutomountServiceAccountToken
	return mount == nil || *mount
}

func (r *run) kubeconfig() string { return filepath.Join(r.dir, "kubeconfig") }

// writeKubeconfig makes the pod's way to the API server, by a token of its account that ends with
// the pod.
func (r *run) writeKubeconfig(ctx context.Context) error {
	p, seconds := r.pod, int64(lifetime.Seconds())
	ask := &authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{
		ExpirationSeconds: &seconds,
		BoundObjectRef:    &authenticationv1.BoundObjectReference{APIVersion: "v1", Kind: "Pod", Name: p.Name, UID: p.UID},
	}}
	accounts := r.programs.client.CoreV1().ServiceAccounts(p.Namespace)
	t, err := accounts.CreateToken(ctx, p.Spec.ServiceAccountName, ask, metav1.CreateOptions{})
	if err != nil {
		return err
	}
	ca, err := os.ReadFile(r.programs.CA)
	if err != nil {
		return err
	}
	const name = "pod"
	cfg := clientcmdapi.NewConfig()
	cfg.Clusters[name] = &clientcmdapi.Cluster{Server: "https://" + r.programs.Server, CertificateAuthorityData: ca}
	cfg.AuthInfos[name] = &clientcmdapi.AuthInfo{Token: t.Status.Token}
	cfg.Contexts[name] = &clientcmdapi.Context{Cluster: name, AuthInfo: name, Namespace: p.Namespace}
	cfg.CurrentContext = name
	return clientcmd.WriteToFile(*cfg, r.kubeconfig())
}

// environment are the variables of a container, as far as programs in the table need them.
func (r *run) environment(ctx context.Context, c corev1.Container) ([]string, error) {
	p, core := r.pod, r.programs.client.CoreV1()
	out := []string{"PATH=" + sandbox.Path, "HOME=/", "HOSTNAME=" + p.Name}
	if r.hasToken() {
		out = append(out, "KUBECONFIG="+kubeconfig)
	}
	fields := map[string]string{"metadata.name": p.Name, "metadata.namespace": p.Namespace, "metadata.uid": string(p.UID)}
	for _, e := range c.Env {
		v := e.Value
		if from := e.ValueFrom; from != nil {
			switch {
			case from.SecretKeyRef != nil:
				s, err := core.Secrets(p.Namespace).Get(ctx, from.SecretKeyRef.Name, metav1.GetOptions{})
				if err != nil {
					return nil, err
				}
				v = string(s.Data[from.SecretKeyRef.Key])
			case from.FieldRef != nil && fields[from.FieldRef.FieldPath] != "":
				v = fields[from.FieldRef.FieldPath]
			default:
				return nil, fmt.Errorf("no program gets its variable %s: nobody plays where it is from", e.Name)
			}
		}
		if strings.Contains(v, "$(") {
			return nil, fmt.Errorf("no program gets its variable %s: nobody plays references in it", e.Name)
		}
		out = append(out, e.Name+"="+v)
	}
	return out, nil
}
