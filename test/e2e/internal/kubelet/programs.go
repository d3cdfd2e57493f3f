package kubelet

import (
	"context"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

// RunPrograms is the label of namespaces in whose pods programs run. Everywhere else all pods are
// played: dozens of stacks at once would be dozens of controllers and servers.
const RunPrograms = "example.org/run-programs"

// Programs run in place of containers: with the command, the arguments and the variables that the
// container has, its volumes where it mounts them, its user, its probes, and a network that the
// pod's containers share and from which they reach the API server alone. What is not there is the
// image, since the root file system has the machine's programs, and limits.
type Programs struct {
	// Files are the programs, by image or, where any tag will do, by repository.
	Files map[string]string
	// Server is where the API server listens.
	Server string
	// Dir is a folder for pods, Volumes one for volumes, Logs one for what the programs print: a
	// file for each pod.
	Dir, Volumes, Logs string

	client kubernetes.Interface
	mu     sync.Mutex
	runs   map[string]*run // by the pod's namespace and name
}

// file is the program in place of an image.
func (ps *Programs) file(image string) string {
	if file := ps.Files[image]; file != "" {
		return file
	}
	colon := strings.LastIndex(image, ":")
	return ps.Files[image[:max(0, colon)]]
}

// start runs a pod whose containers are all programs, unless it runs. It returns nil for one that
// is played. Again is called when there is more to tell.
func (ps *Programs) start(ctx context.Context, p *corev1.Pod, again func()) (*run, error) {
	if r := ps.running(p.Namespace, p.Name); r != nil {
		return r, nil
	}
	for _, cs := range [][]corev1.Container{p.Spec.InitContainers, p.Spec.Containers} {
		for _, c := range cs {
			if ps.file(c.Image) == "" {
				return nil, nil
			}
		}
	}
	ns, err := ps.client.CoreV1().Namespaces().Get(ctx, p.Namespace, metav1.GetOptions{})
	if err != nil || ns.Labels[RunPrograms] == "" {
		return nil, err
	}
	r, err := ps.newRun(ctx, p, again)
	if err != nil {
		return nil, err
	}
	ps.mu.Lock()
	defer ps.mu.Unlock()
	ps.runs[key(p)] = r
	return r, nil
}

// running is the pod of a name, nil if no programs run in it.
func (ps *Programs) running(namespace, name string) *run {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	return ps.runs[namespace+"/"+name]
}

// stop tells the programs of a pod to end, and kills them after the pod's grace. It returns false
// as long as one runs.
func (ps *Programs) stop(p *corev1.Pod) bool {
	r := ps.running(p.Namespace, p.Name)
	if r == nil {
		return true
	}
	grace := 30 * time.Second
	if s := p.DeletionGracePeriodSeconds; s != nil {
		grace = time.Duration(*s) * time.Second
	}
	r.stop(grace)
	select {
	case <-r.done:
		ps.mu.Lock()
		defer ps.mu.Unlock()
		delete(ps.runs, key(p))
		return true
	default:
		return false
	}
}

// forget kills the programs of a pod that was taken away without asking.
func (ps *Programs) forget(name string) {
	ps.mu.Lock()
	r := ps.runs[name]
	ps.mu.Unlock()
	if r == nil {
		return
	}
	r.stop(0)
	<-r.done
	ps.mu.Lock()
	delete(ps.runs, name)
	ps.mu.Unlock()
}

// end kills all programs.
func (ps *Programs) end() {
	ps.mu.Lock()
	names := slices.Collect(maps.Keys(ps.runs))
	ps.mu.Unlock()
	for _, name := range names {
		ps.forget(name)
	}
}

func key(p *corev1.Pod) string { return p.Namespace + "/" + p.Name }

func (ps *Programs) log(p *corev1.Pod) (*os.File, error) {
	if err := os.MkdirAll(ps.Logs, 0o755); err != nil {
		return nil, err
	}
	return os.OpenFile(filepath.Join(ps.Logs, p.Namespace+"_"+p.Name+".log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
}
