package kubelet

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"

	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/netns"
)

// RunPrograms is the label of namespaces in whose pods programs run. Everywhere else all pods are
// played: dozens of stacks at once would be dozens of controllers.
const RunPrograms = "example.org/run-programs"

const (
	// entrypoint is a program's file in its root.
	entrypoint = "/program"
	// backoff is how long a program that has ended stays down, as on a node where it is not the
	// first time.
	backoff = 10 * time.Second
)

// Programs run in place of containers: with the arguments, the variables and the mounted files that
// the container has, in a root of their own, and in a network of their own from which they reach the
// API server alone. The rest of a pod is not there: no image, no user, no limits, no probes.
type Programs struct {
	// Files are the programs, by image. They are static: their roots hold no libraries.
	Files map[string]string
	// Server is where the API server listens.
	Server string
	// Dir is a folder for the programs' roots, Logs one for what they print: a file for each pod.
	Dir, Logs string

	mu      sync.Mutex
	running map[types.UID]*program
}

type program struct {
	process *os.Process
	down    bool        // it has ended and waits
	killed  *time.Timer // once it was told to end
}

// start starts the program of a pod unless it runs, and tells whether it did. Again is called when
// the program has ended, and when it may start again.
func (ps *Programs) start(ctx context.Context, client kubernetes.Interface, p *corev1.Pod, again func()) (bool, error) {
	c := p.Spec.Containers[0]
	file, ok := ps.Files[c.Image]
	if !ok {
		return false, nil
	}
	ns, err := client.CoreV1().Namespaces().Get(ctx, p.Namespace, metav1.GetOptions{})
	if err != nil || ns.Labels[RunPrograms] == "" {
		return false, err
	}
	ps.mu.Lock()
	defer ps.mu.Unlock()
	if ps.running[p.UID] != nil {
		return false, nil
	}
	if err := ps.root(ctx, client, p, file); err != nil {
		return false, err
	}
	cmd := exec.Command(entrypoint, c.Args...)
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: ps.dir(p)}
	if cmd.Env, err = ps.environment(p, c); err != nil {
		return false, err
	}
	out, err := os.OpenFile(ps.log(p), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return false, err
	}
	defer func() { _ = out.Close() }()
	cmd.Stdout, cmd.Stderr = out, out
	ended, err := netns.Start(cmd, ps.Server)
	if err != nil {
		return false, err
	}
	log.Printf("%s/%s runs %s, whose log is %s", p.Namespace, p.Name, filepath.Base(file), out.Name())
	r := &program{process: cmd.Process}
	ps.running[p.UID] = r
	go func() {
		log.Printf("%s/%s: %s has ended: %v", p.Namespace, p.Name, filepath.Base(file), <-ended)
		ps.mu.Lock()
		r.down = true
		ps.mu.Unlock()
		again() // for pods that are to go
		time.Sleep(backoff)
		ps.mu.Lock()
		delete(ps.running, p.UID)
		ps.mu.Unlock()
		again()
	}()
	return true, nil
}

// program starts the program of a pod that has one and is not running yet, and tells whether it did.
func (k *kubelet) program(ctx context.Context, p *corev1.Pod, key string) (bool, error) {
	return k.programs.start(ctx, k.client, p, func() { k.queue.Add(key) })
}

// supervise starts the program of a running pod again when it has been down for long enough, and
// says in the pod's status how it is.
func (k *kubelet) supervise(ctx context.Context, p *corev1.Pod, key string) error {
	started, err := k.program(ctx, p, key)
	if err != nil {
		return err
	}
	cs, now, is := p.DeepCopy().Status.ContainerStatuses, metav1.Now(), corev1.ConditionFalse
	switch down := k.programs.down(p); {
	case started:
		is = corev1.ConditionTrue
		cs[0].RestartCount++
		cs[0].State = corev1.ContainerState{Running: &corev1.ContainerStateRunning{StartedAt: now}}
	case down && cs[0].Ready:
		cs[0].State = corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: "CrashLoopBackOff", Message: "the program has ended"}}
	case down || ready(p):
		return nil
	default:
		return k.probe(ctx, p, key)
	}
	cs[0].Ready = started
	return k.report(ctx, p, corev1.PodStatus{ContainerStatuses: cs, Conditions: conditions(now, is)})
}

// stop tells the program of a pod to end, and kills it after the pod's grace. It returns false as
// long as it runs.
func (ps *Programs) stop(p *corev1.Pod) bool {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	r := ps.running[p.UID]
	if r == nil || r.down {
		_ = os.RemoveAll(ps.dir(p))
		return true
	}
	if r.killed == nil {
		grace := 30 * time.Second
		if s := p.DeletionGracePeriodSeconds; s != nil {
			grace = time.Duration(*s) * time.Second
		}
		_ = r.process.Signal(syscall.SIGTERM)
		r.killed = time.AfterFunc(grace, func() { _ = r.process.Kill() })
	}
	return false
}

// down tells whether the program of a pod has ended and is not started again yet.
func (ps *Programs) down(p *corev1.Pod) bool {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	r := ps.running[p.UID]
	return r != nil && r.down
}

func (ps *Programs) dir(p *corev1.Pod) string { return filepath.Join(ps.Dir, string(p.UID)) }

func (ps *Programs) log(p *corev1.Pod) string {
	return filepath.Join(ps.Logs, p.Namespace+"_"+p.Name+".log")
}

// environment are the variables of a container, as far as programs in the table need them.
func (ps *Programs) environment(p *corev1.Pod, c corev1.Container) ([]string, error) {
	host, port, err := net.SplitHostPort(ps.Server)
	if err != nil {
		return nil, err
	}
	out := []string{"KUBERNETES_SERVICE_HOST=" + host, "KUBERNETES_SERVICE_PORT=" + port}
	var earlier []string // "$(NAME)" and value in turn
	for _, e := range c.Env {
		v := strings.NewReplacer(earlier...).Replace(e.Value)
		if e.ValueFrom != nil {
			if v, err = downward(p, e.ValueFrom.FieldRef); err != nil {
				return nil, fmt.Errorf("variable %s: %w", e.Name, err)
			}
		}
		out = append(out, e.Name+"="+v)
		earlier = append(earlier, "$("+e.Name+")", v)
	}
	return out, nil
}

// downward is what a field of the pod says.
func downward(p *corev1.Pod, field *corev1.ObjectFieldSelector) (string, error) {
	if field == nil {
		return "", errors.New("no program gets what is neither a value nor a field of its pod")
	}
	label, isLabel := strings.CutPrefix(field.FieldPath, "metadata.labels['")
	switch {
	case isLabel:
		return p.Labels[strings.TrimSuffix(label, "']")], nil
	case field.FieldPath == "metadata.name":
		return p.Name, nil
	case field.FieldPath == "metadata.namespace":
		return p.Namespace, nil
	}
	return "", fmt.Errorf("no program gets its pod's %s", field.FieldPath)
}
