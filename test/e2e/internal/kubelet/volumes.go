package kubelet

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/sandbox"
)

// assigned is the user of containers that leave it to the cluster, as OpenShift assigns one.
const assigned = 1000660000

// view is what a container sees of the machine.
func (r *run) view(c corev1.Container, file string) sandbox.Container {
	out := sandbox.Container{
		Dir: filepath.Join(r.dir, "root", c.Name), User: assigned,
		Mounts: []sandbox.Mount{
			{From: filepath.Dir(file), To: sandbox.Own, ReadOnly: true},
			{From: filepath.Join(r.dir, "hosts"), To: "/etc/hosts", ReadOnly: true},
		},
	}
	for _, m := range c.VolumeMounts {
		out.Mounts = append(out.Mounts, sandbox.Mount{From: filepath.Join(r.volume(m.Name), m.SubPath), To: m.MountPath, ReadOnly: m.ReadOnly})
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
	return nil
}

func (r *run) makeVolume(ctx context.Context, v corev1.Volume) error {
	if v.PersistentVolumeClaim == nil {
		content, err := r.read(ctx, v)
		if err != nil {
			return err
		}
		return writeFiles(r.volume(v.Name), content)
	}
	ns := r.pod.Namespace
	c, err := r.programs.client.CoreV1().PersistentVolumeClaims(ns).Get(ctx, v.PersistentVolumeClaim.ClaimName, metav1.GetOptions{})
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

// folder of a volume among those that outlive pods.
func folder(namespace, claim string, uid types.UID) string {
	return namespace + "_" + claim + "_" + string(uid)
}

// sweep deletes the folders of pods and of volume claims that went while nobody played them.
func (k *kubelet) sweep() error {
	there := map[string]bool{}
	for _, o := range k.pods.GetStore().List() {
		if p, ok := o.(*corev1.Pod); ok {
			there[filepath.Join(k.programs.Dir, string(p.UID))] = true
		}
	}
	for _, o := range k.claims.GetStore().List() {
		if c, ok := o.(*corev1.PersistentVolumeClaim); ok {
			there[filepath.Join(k.programs.Volumes, folder(c.Namespace, c.Name, c.UID))] = true
		}
	}
	var errs []error
	for _, in := range []string{k.programs.Dir, k.programs.Volumes} {
		dirs, err := filepath.Glob(filepath.Join(in, "*"))
		errs = append(errs, err)
		for _, dir := range dirs {
			if !there[dir] {
				errs = append(errs, os.RemoveAll(dir))
			}
		}
	}
	return errors.Join(errs...)
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
