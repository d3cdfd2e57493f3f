package kubelet

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes/fake"
	clienttesting "k8s.io/client-go/testing"

	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/sandbox"
)

// provider is a pod as Crossplane makes it for a provider, with the volume that the API server adds.
func provider() *corev1.Pod {
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: "crossplane-system",
			Name:      "a-b-c",
			UID:       "1",
			Labels:    map[string]string{"pkg.crossplane.io/provider": "a"},
		},
		Spec: corev1.PodSpec{
			ServiceAccountName: "a",
			Containers: []corev1.Container{{
				Env: []corev1.EnvVar{
					{Name: "DIR", Value: "/tls/server"},
					{Name: "OLD_DIR", Value: "$(DIR)/old"},
					{Name: "NAMESPACE", ValueFrom: &corev1.EnvVarSource{FieldRef: &corev1.ObjectFieldSelector{FieldPath: "metadata.namespace"}}},
					{
						Name:      "PROVIDER",
						ValueFrom: &corev1.EnvVarSource{FieldRef: &corev1.ObjectFieldSelector{FieldPath: "metadata.labels['pkg.crossplane.io/provider']"}},
					},
				},
				VolumeMounts: []corev1.VolumeMount{
					{Name: "certificate", MountPath: "/tls/server"},
					{Name: "account", MountPath: "/var/run/secrets/kubernetes.io/serviceaccount"},
					{Name: "scratch", MountPath: "/scratch"},
				},
			}},
			Volumes: []corev1.Volume{
				{Name: "scratch", VolumeSource: corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}}},
				{Name: "certificate", VolumeSource: corev1.VolumeSource{Secret: &corev1.SecretVolumeSource{
					SecretName: "tls", Items: []corev1.KeyToPath{{Key: "tls.crt", Path: "tls.crt"}},
				}}},
				{Name: "account", VolumeSource: corev1.VolumeSource{Projected: &corev1.ProjectedVolumeSource{Sources: []corev1.VolumeProjection{
					{ServiceAccountToken: &corev1.ServiceAccountTokenProjection{Path: "token"}},
					{ConfigMap: &corev1.ConfigMapProjection{
						LocalObjectReference: corev1.LocalObjectReference{Name: "kube-root-ca.crt"},
						Items:                []corev1.KeyToPath{{Key: "ca.crt", Path: "ca.crt"}},
					}},
					{DownwardAPI: &corev1.DownwardAPIProjection{Items: []corev1.DownwardAPIVolumeFile{
						{Path: "namespace", FieldRef: &corev1.ObjectFieldSelector{FieldPath: "metadata.namespace"}},
					}}},
				}}}},
			},
		},
	}
}

// TestSweep deletes what is on disk of pods and claims that went while nobody played them, and nothing
// of those that are there.
func TestSweep(t *testing.T) {
	dir := t.TempDir()
	ps := &Programs{Dir: filepath.Join(dir, "pods"), Volumes: filepath.Join(dir, "volumes")}
	f := informers.NewSharedInformerFactory(fake.NewClientset(), 0)
	k := &kubelet{pods: f.Core().V1().Pods().Informer(), claims: f.Core().V1().PersistentVolumeClaims().Informer(), programs: ps}
	there := metav1.ObjectMeta{Namespace: "a", Name: "data", UID: "there"}
	if err := errors.Join(
		k.pods.GetStore().Add(&corev1.Pod{ObjectMeta: there}), k.claims.GetStore().Add(&corev1.PersistentVolumeClaim{ObjectMeta: there}),
		os.MkdirAll(filepath.Join(ps.Dir, "there", "root"), 0o755), os.MkdirAll(filepath.Join(ps.Dir, "gone", "root"), 0o755),
		os.MkdirAll(filepath.Join(ps.Volumes, folder("a", "data", "there")), 0o755),
		os.MkdirAll(filepath.Join(ps.Volumes, folder("a", "data", "gone")), 0o755),
		k.sweep(),
	); err != nil {
		t.Fatal(err)
	}
	got, err := filepath.Glob(filepath.Join(dir, "*", "*"))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{filepath.Join(ps.Dir, "there"), filepath.Join(ps.Volumes, folder("a", "data", "there"))}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("what is left is (-want +got):\n%s", diff)
	}
}

// TestVolumes makes the volumes of a provider's pod, whose program has to find there what it mounts.
func TestVolumes(t *testing.T) {
	dir := t.TempDir()
	client := fake.NewClientset(
		&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: "crossplane-system", Name: "tls"},
			Data: map[string][]byte{"tls.crt": []byte("certificate"), "ca.crt": []byte("left out")}},
		&corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: "crossplane-system", Name: "kube-root-ca.crt"},
			Data: map[string]string{"ca.crt": "authority"}},
	)
	client.PrependReactor("create", "serviceaccounts", func(a clienttesting.Action) (bool, runtime.Object, error) {
		create, ok := a.(clienttesting.CreateActionImpl)
		if !ok || a.GetSubresource() != "token" {
			return false, nil, nil
		}
		r, _ := create.Object.(*authenticationv1.TokenRequest)
		r.Status.Token = "token of " + create.Name + " in " + r.Spec.BoundObjectRef.Name
		return true, r, nil
	})
	pod := provider()
	r := &run{pod: pod, dir: dir, programs: &Programs{client: client}}
	for range 2 { // again when the kubelet was down
		if err := r.makeVolumes(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	want := map[string]string{
		"/scratch":             "",
		"/certificate/tls.crt": "certificate",
		"/account/ca.crt":      "authority",
		"/account/namespace":   "crossplane-system",
		"/account/token":       "token of a in a-b-c",
	}
	if diff := cmp.Diff(want, leaves(t, filepath.Join(dir, "volumes"))); diff != "" {
		t.Errorf("the program finds (-want +got):\n%s", diff)
	}

	pod.Spec.Volumes[0].VolumeSource = corev1.VolumeSource{HostPath: &corev1.HostPathVolumeSource{Path: "/"}}
	if err := r.makeVolumes(t.Context()); err == nil || !strings.Contains(err.Error(), "volume scratch") {
		t.Errorf("a volume that nobody plays is mounted: %v", err)
	}
}

// leaves are the files below a folder, and the folders that hold none.
func leaves(t *testing.T, root string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := fs.WalkDir(os.DirFS(root), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			entries, err := os.ReadDir(filepath.Join(root, path))
			if len(entries) == 0 {
				out["/"+path] = ""
			}
			return err
		}
		b, err := os.ReadFile(filepath.Join(root, path))
		out["/"+path] = string(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestEnvironment(t *testing.T) {
	pod := provider()
	r := &run{pod: pod, programs: &Programs{Server: "127.0.0.1:6443"}}
	got, err := r.environment(t.Context(), pod.Spec.Containers[0])
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"PATH=" + sandbox.Path, "HOME=/", "HOSTNAME=a-b-c",
		"KUBERNETES_SERVICE_HOST=127.0.0.1", "KUBERNETES_SERVICE_PORT=6443",
		"DIR=/tls/server", "OLD_DIR=/tls/server/old", "NAMESPACE=crossplane-system", "PROVIDER=a",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the program's environment is (-want +got):\n%s", diff)
	}

	pod.Spec.Containers[0].Env = []corev1.EnvVar{
		{Name: "PASSWORD", ValueFrom: &corev1.EnvVarSource{ConfigMapKeyRef: &corev1.ConfigMapKeySelector{Key: "a"}}},
	}
	if _, err := r.environment(t.Context(), pod.Spec.Containers[0]); err == nil || !strings.Contains(err.Error(), "variable PASSWORD") {
		t.Errorf("a variable that nobody plays is left out: %v", err)
	}
}
