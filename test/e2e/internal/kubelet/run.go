package kubelet

import (
	"context"
	"errors"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/sandbox"
)

// backoff is how long a program that has ended stays down, as on a node where it is not the first
// time.
const backoff = 10 * time.Second

// A run is a pod whose containers are programs.
type run struct {
	pod      *corev1.Pod
	programs *Programs
	sandbox  *sandbox.Pod
	dir      string
	// again is called when the status has changed.
	again func()
	// cancel begins its end; done is closed when nothing of it runs any more.
	cancel context.CancelFunc
	done   chan struct{}

	mu                sync.Mutex
	grace             time.Duration
	status            corev1.PodStatus
	version, reported int
	containers        map[string]*sandbox.Program // those that run
}

// newRun begins to run a pod. A pod that ran before this program did begins from the start, as
// after a failure of its node.
func (ps *Programs) newRun(ctx context.Context, p *corev1.Pod, again func()) (*run, error) {
	r := &run{
		pod: p.DeepCopy(), programs: ps, dir: filepath.Join(ps.Dir, string(p.UID)), again: again,
		done: make(chan struct{}), containers: map[string]*sandbox.Program{},
	}
	if s := p.Spec.TerminationGracePeriodSeconds; s != nil {
		r.grace = time.Duration(*s) * time.Second
	}
	if err := r.makeVolumes(ctx); err != nil {
		return nil, err
	}
	var err error
	if r.sandbox, err = sandbox.New(ps.Server); err != nil {
		return nil, err
	}
	ctx, r.cancel = context.WithCancel(context.WithoutCancel(ctx))
	now := metav1.Now()
	r.status = corev1.PodStatus{Phase: corev1.PodPending, StartTime: &now, Conditions: conditions(now, corev1.ConditionFalse)}
	why := corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: "PodInitializing"}}
	for _, c := range p.Spec.InitContainers {
		r.status.InitContainerStatuses = append(r.status.InitContainerStatuses, corev1.ContainerStatus{Name: c.Name, Image: c.Image, State: why})
	}
	for _, c := range p.Spec.Containers {
		r.status.ContainerStatuses = append(r.status.ContainerStatuses, corev1.ContainerStatus{Name: c.Name, Image: c.Image, State: why})
	}
	r.version++
	go r.play(ctx)
	return r, nil
}

// play runs the pod until it is told to stop.
func (r *run) play(ctx context.Context) {
	defer func() {
		if err := errors.Join(r.sandbox.Close(), os.RemoveAll(r.dir)); err != nil {
			log.Print(r.key(), ": ", err)
		}
		close(r.done)
		r.again()
	}()
	for i, c := range r.pod.Spec.InitContainers {
		for ended := false; !ended; {
			ended = r.container(ctx, c, &r.status.InitContainerStatuses[i]) == nil
			if ctx.Err() != nil || !ended && !r.down(ctx, &r.status.InitContainerStatuses[i]) {
				return
			}
		}
	}
	var wg sync.WaitGroup
	for i, c := range r.pod.Spec.Containers {
		wg.Go(func() {
			for again := true; again; again = r.down(ctx, &r.status.ContainerStatuses[i]) {
				if err := r.container(ctx, c, &r.status.ContainerStatuses[i]); err != nil {
					log.Printf("%s: %s has ended: %v", r.key(), c.Name, err)
				}
			}
		})
	}
	wg.Wait()
}

// container runs a container until it ends, or has to.
func (r *run) container(ctx context.Context, c corev1.Container, s *corev1.ContainerStatus) error {
	program, err := r.start(ctx, c)
	if err != nil {
		r.update(func() {
			s.State = corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: "CreateContainerError", Message: err.Error()}}
		})
		return err
	}
	log.Printf("%s: %s runs", r.key(), c.Name)
	r.update(func() {
		if s.LastTerminationState.Terminated != nil {
			s.RestartCount++
		}
		s.State = corev1.ContainerState{Running: &corev1.ContainerStateRunning{StartedAt: metav1.Now()}}
		r.containers[c.Name] = program
	})
	watching, cancel := context.WithCancel(ctx)
	unhealthy := r.probe(watching, program, c, s)
	ended := make(chan error, 1)
	go func() { ended <- <-program.Ended }()
	select {
	case err = <-ended:
	case <-ctx.Done():
		err = r.end(program, ended)
	case err = <-unhealthy:
		err = errors.Join(err, r.end(program, ended))
	}
	cancel()
	r.update(func() {
		delete(r.containers, c.Name)
		t := &corev1.ContainerStateTerminated{Reason: "Completed", FinishedAt: metav1.Now()}
		if s.State.Running != nil {
			t.StartedAt = s.State.Running.StartedAt
		}
		if err != nil {
			t.Reason, t.ExitCode, t.Message = "Error", 1, err.Error()
			var exit *exec.ExitError
			if errors.As(err, &exit) && exit.ExitCode() > 0 {
				t.ExitCode = int32(exit.ExitCode())
			}
		}
		s.State, s.Ready, s.LastTerminationState = corev1.ContainerState{Terminated: t}, false, corev1.ContainerState{Terminated: t}
	})
	program.Release()
	return err
}

// down has a container wait after it has ended. It returns false if the pod is to end meanwhile.
func (r *run) down(ctx context.Context, s *corev1.ContainerStatus) bool {
	if ctx.Err() != nil {
		return false
	}
	r.update(func() {
		if s.State.Terminated != nil {
			s.State = corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{
				Reason: "CrashLoopBackOff", Message: "back-off " + backoff.String() + " restarting failed container=" + s.Name,
			}}
		}
	})
	select {
	case <-ctx.Done():
		return false
	case <-time.After(backoff):
		return true
	}
}

// start starts the program of a container.
func (r *run) start(ctx context.Context, c corev1.Container) (*sandbox.Program, error) {
	env, err := r.environment(ctx, c)
	if err != nil {
		return nil, err
	}
	args := append(append([]string{}, c.Command...), c.Args...)
	file := r.programs.file(c.Image)
	if len(c.Command) == 0 {
		args = append([]string{filepath.Base(file)}, args...)
	}
	out, err := r.programs.log(r.pod)
	if err != nil {
		return nil, err
	}
	defer func() { _ = out.Close() }()
	return r.sandbox.Start(&exec.Cmd{Path: args[0], Args: args, Env: env, Stdout: out, Stderr: out}, r.view(c, file))
}

// end tells a program to end, and kills it after the pod's grace.
func (r *run) end(program *sandbox.Program, ended <-chan error) error {
	r.mu.Lock()
	grace := r.grace
	r.mu.Unlock()
	if grace > 0 {
		_ = program.Signal(syscall.SIGTERM)
		select {
		case err := <-ended:
			return err
		case <-time.After(grace):
		}
	}
	_ = program.Kill()
	return <-ended
}

// stop begins to end the run.
func (r *run) stop(grace time.Duration) {
	r.mu.Lock()
	r.grace = grace
	r.mu.Unlock()
	r.cancel()
}

// update changes the status, and what follows from it.
func (r *run) update(change func()) {
	r.mu.Lock()
	change()
	s := &r.status
	ready := true
	for _, c := range s.ContainerStatuses {
		ready = ready && c.Ready
		if c.State.Running != nil {
			s.Phase = corev1.PodRunning
		}
	}
	is := corev1.ConditionFalse
	if ready {
		is = corev1.ConditionTrue
	}
	if s.Conditions[len(s.Conditions)-1].Status != is {
		s.Conditions = conditions(metav1.Now(), is)
	}
	r.version++
	r.mu.Unlock()
	r.again()
}

// news is the status if it has changed since the one that was told last, which told says.
func (r *run) news() (s *corev1.PodStatus, told func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	version := r.version
	if version == r.reported {
		return nil, nil
	}
	return r.status.DeepCopy(), func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.reported = version
	}
}

func (r *run) key() string { return key(r.pod) }

// program of a container that runs.
func (r *run) program(container string) *sandbox.Program {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.containers[container]
}
