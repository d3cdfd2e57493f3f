package kubelet

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes/fake"
	"k8s.io/utils/ptr"

	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/sandbox"
)

func TestMain(m *testing.M) { sandbox.Main(m.Run) }

// script is a container that runs a script.
func script(name, text string, mounts ...corev1.VolumeMount) corev1.Container {
	return corev1.Container{
		Name: name, Image: "example.org/shell:1", Command: []string{"sh", "-c"}, Args: []string{text}, VolumeMounts: mounts,
		Env: []corev1.EnvVar{{Name: "PASSWORD", ValueFrom: &corev1.EnvVarSource{
			SecretKeyRef: &corev1.SecretKeySelector{LocalObjectReference: corev1.LocalObjectReference{Name: "login"}, Key: "password"},
		}}},
	}
}

// TestRun runs a pod as a node does: what its containers prepare and write is on its volumes, its
// probe says when it is ready, it is told to end, and the volume is there for the next pod until
// its claim is gone.
func TestRun(t *testing.T) {
	client := fake.NewClientset(
		&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "a", Labels: map[string]string{RunPrograms: "true"}}},
		&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "login", Namespace: "a"}, Data: map[string][]byte{"password": []byte("secret")}},
		&corev1.PersistentVolumeClaim{ObjectMeta: metav1.ObjectMeta{Name: "data-0", Namespace: "a", UID: "one"}},
	)
	dir := t.TempDir()
	ps := &Programs{
		Files: map[string]string{"example.org/shell": "/bin/sh"}, Server: "127.0.0.1:1",
		Dir: filepath.Join(dir, "pods"), Volumes: filepath.Join(dir, "volumes"), Logs: filepath.Join(dir, "log"),
		client: client, runs: map[string]*run{},
	}
	data := corev1.VolumeMount{Name: "data", MountPath: "/var/lib/data"}
	file := corev1.VolumeMount{Name: "login", MountPath: "/etc/login", ReadOnly: true}
	server := script("server", `trap 'echo ended $PASSWORD $(cat /etc/login/file) >> /var/lib/data/log; exit 0' TERM
touch /var/lib/data/up; while :; do sleep 0.05; done`, data, file)
	server.ReadinessProbe = &corev1.Probe{
		ProbeHandler: corev1.ProbeHandler{
			Exec: &corev1.ExecAction{Command: []string{"sh", "-c", `[ "$PASSWORD" = secret ] && [ -e /var/lib/data/ready ]`}},
		},
		PeriodSeconds: 1, FailureThreshold: 1, TimeoutSeconds: 5,
	}
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: "server-0", Namespace: "a"},
		Spec: corev1.PodSpec{
			AutomountServiceAccountToken: new(false),
			InitContainers:               []corev1.Container{script("prepare", "id -u > /var/lib/data/log", data)},
			Containers:                   []corev1.Container{server},
			SecurityContext:              &corev1.PodSecurityContext{RunAsUser: ptr.To[int64](1234)},
			Volumes: []corev1.Volume{
				{Name: "data", VolumeSource: corev1.VolumeSource{
					PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: "data-0"},
				}},
				{Name: "login", VolumeSource: corev1.VolumeSource{Secret: &corev1.SecretVolumeSource{
					SecretName: "login", Items: []corev1.KeyToPath{{Key: "password", Path: "file"}},
				}}},
			},
		},
	}
	volume := filepath.Join(ps.Volumes, "a_data-0_one")
	begin := func(uid string) *run {
		t.Helper()
		pod.UID = types.UID(uid)
		r, err := ps.start(t.Context(), pod, func() {})
		if err != nil || r == nil {
			t.Fatalf("it does not run: %v", err)
		}
		within(t, "the program is up", func() bool { return r.program("server") != nil && exists(filepath.Join(volume, "up")) })
		return r
	}
	end := func() {
		t.Helper()
		within(t, "the program ends", func() bool { return ps.stop(pod) })
	}

	r := begin("first")
	time.Sleep(time.Second)
	if s, told := r.news(); s.Phase != corev1.PodRunning || ready(&corev1.Pod{Status: *s}) {
		t.Errorf("before its probe succeeds the pod is %s and ready: %v", s.Phase, ready(&corev1.Pod{Status: *s}))
	} else if told(); r.version != r.reported {
		t.Error("what was told is news again")
	}
	write(t, filepath.Join(volume, "ready"))
	within(t, "the pod is ready", func() bool {
		s, _ := r.news()
		return s != nil && ready(&corev1.Pod{Status: *s})
	})
	end()
	if b, _ := os.ReadFile(filepath.Join(volume, "log")); string(b) != "1234\nended secret secret\n" {
		t.Errorf("it says %q", b)
	}
	if exists(r.dir) {
		t.Error("the pod is gone and its folder is not")
	}

	begin("second")
	if !exists(filepath.Join(volume, "ready")) {
		t.Error("the next pod does not find the data")
	}
	ps.forget("a/server-0")
	if err := ps.keepVolumes("a", "data-0", "one"); err != nil || !exists(volume) {
		t.Errorf("the volume of a claim that is there is deleted: %v", err)
	}
	if err := ps.keepVolumes("a", "data-0", ""); err != nil || exists(volume) {
		t.Errorf("the volume of a claim that is gone is still there: %v", err)
	}
	played := &corev1.Pod{Spec: corev1.PodSpec{Containers: []corev1.Container{{Image: "example.org/other:1"}}}}
	if r, err := ps.start(t.Context(), played, nil); r != nil || err != nil {
		t.Errorf("an image that has no program runs: %v", err)
	}
}

// TestFailures has a program fail, and one that has to be restarted.
func TestFailures(t *testing.T) {
	client := fake.NewClientset(
		&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "a", Labels: map[string]string{RunPrograms: "true"}}},
		&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "login", Namespace: "a"}},
	)
	dir := t.TempDir()
	ps := &Programs{
		Files: map[string]string{"example.org/shell": "/bin/sh"}, Server: "127.0.0.1:1",
		Dir: filepath.Join(dir, "pods"), Logs: filepath.Join(dir, "log"), client: client, runs: map[string]*run{},
	}
	unhealthy := script("main", "sleep 60")
	unhealthy.LivenessProbe = &corev1.Probe{
		ProbeHandler: corev1.ProbeHandler{Exec: &corev1.ExecAction{Command: []string{"false"}}}, FailureThreshold: 1, TimeoutSeconds: 5,
	}
	for name, tc := range map[string]struct {
		container corev1.Container
		want      string
	}{
		"ends":      {script("main", "exit 3"), "exit status 3"},
		"missing":   {corev1.Container{Name: "main", Image: "example.org/shell:1", Command: []string{"nobodys"}}, "no program nobodys"},
		"unhealthy": {unhealthy, "liveness probe"},
	} {
		t.Run(name, func(t *testing.T) {
			p := &corev1.Pod{
				ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "a", UID: types.UID(name)},
				Spec: corev1.PodSpec{
					AutomountServiceAccountToken: new(false), Containers: []corev1.Container{tc.container},
					TerminationGracePeriodSeconds: ptr.To[int64](0),
				},
			}
			r, err := ps.start(t.Context(), p, func() {})
			if err != nil {
				t.Fatal(err)
			}
			within(t, "the status says what is wrong", func() bool {
				s, _ := r.news()
				c := s.ContainerStatuses[0]
				said := ""
				if w := c.State.Waiting; w != nil {
					said += w.Message
				}
				if last := c.LastTerminationState.Terminated; last != nil {
					said += last.Message
				}
				return c.State.Waiting != nil && strings.Contains(said, tc.want)
			})
			ps.forget("a/" + name)
		})
	}
}

func within(t *testing.T, reason string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); !is(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not within 30 seconds: %s", reason)
		}
	}
}

func exists(file string) bool {
	_, err := os.Stat(file)
	return err == nil
}

func write(t *testing.T, file string) {
	t.Helper()
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
}
