package kubelet

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os/exec"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/sandbox"
)

// probe says in the status whether a container is ready, as its probes do, and returns what it has
// to be restarted for.
func (r *run) probe(ctx context.Context, program *sandbox.Program, c corev1.Container, s *corev1.ContainerStatus) <-chan error {
	unhealthy := make(chan error, 1)
	ready := func(err error) bool {
		is := err == nil
		r.mu.Lock()
		same := s.Ready == is
		r.mu.Unlock()
		if !same {
			r.update(func() { s.Ready = is && ctx.Err() == nil })
		}
		return true
	}
	go func() {
		if !r.each(ctx, program, c, c.StartupProbe, func(err error) bool {
			if err != nil {
				unhealthy <- fmt.Errorf("startup probe: %w", err)
			}
			return false
		}) {
			return
		}
		if c.LivenessProbe != nil {
			go r.each(ctx, program, c, c.LivenessProbe, func(err error) bool {
				if err != nil {
					unhealthy <- fmt.Errorf("liveness probe: %w", err)
				}
				return err == nil
			})
		}
		r.each(ctx, program, c, c.ReadinessProbe, ready)
		if c.ReadinessProbe == nil {
			ready(nil)
		}
	}()
	return unhealthy
}

// each probes until says does not want more. It is told of each success, and of as many failures in
// a row as the probe takes for one. It returns whether the last one was a success; without a probe,
// too.
func (r *run) each(ctx context.Context, program *sandbox.Program, c corev1.Container, p *corev1.Probe, says func(error) bool) bool {
	if p == nil {
		return true
	}
	failures := int32(0)
	for wait := p.InitialDelaySeconds; ; wait = p.PeriodSeconds {
		select {
		case <-ctx.Done():
			return false
		case <-time.After(time.Duration(wait) * time.Second):
		}
		err := r.once(ctx, program, c, p)
		switch {
		case ctx.Err() != nil:
			return false
		case err == nil:
			failures = 0
		default:
			failures++
		}
		if (err == nil || failures >= p.FailureThreshold) && !says(err) {
			return err == nil
		}
	}
}

// once does what a probe asks for.
func (r *run) once(ctx context.Context, program *sandbox.Program, c corev1.Container, p *corev1.Probe) error {
	ctx, cancel := context.WithTimeout(ctx, time.Duration(p.TimeoutSeconds)*time.Second)
	defer cancel()
	switch {
	case p.Exec != nil:
		var out strings.Builder
		if err := r.execute(ctx, program, c, &exec.Cmd{Args: p.Exec.Command, Stdout: &out, Stderr: &out}); err != nil {
			return fmt.Errorf("%w: %s", err, &out)
		}
		return nil
	case p.HTTPGet != nil:
		return r.get(ctx, c, p.HTTPGet)
	case p.TCPSocket != nil:
		conn, err := r.sandbox.Dial(port(c, p.TCPSocket.Port.String()))
		if err != nil {
			return err
		}
		return conn.Close()
	}
	return errors.New("nobody plays a probe of this type")
}

func (r *run) get(ctx context.Context, c corev1.Container, g *corev1.HTTPGetAction) error {
	client := http.Client{Transport: &http.Transport{
		DisableKeepAlives: true,
		TLSClientConfig:   &tls.Config{InsecureSkipVerify: true}, // as the real one
		DialContext: func(context.Context, string, string) (net.Conn, error) {
			return r.sandbox.Dial(port(c, g.Port.String()))
		},
	}}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.ToLower(string(g.Scheme))+"://pod"+g.Path, nil)
	if err != nil {
		return err
	}
	rsp, err := client.Do(req)
	if err != nil {
		return err
	}
	_ = rsp.Body.Close()
	if rsp.StatusCode >= http.StatusBadRequest {
		return fmt.Errorf("%s: %s", g.Path, rsp.Status)
	}
	return nil
}

// execute runs another program in a container, with the container's variables.
func (r *run) execute(ctx context.Context, program *sandbox.Program, c corev1.Container, cmd *exec.Cmd) error {
	var err error
	if cmd.Env, err = r.environment(ctx, c); err != nil {
		return err
	}
	cmd.Path = cmd.Args[0]
	ended, err := program.Start(cmd)
	if err != nil {
		return err
	}
	select {
	case err = <-ended:
	case <-ctx.Done():
		_ = sandbox.Kill(cmd.Process)
		<-ended
		err = ctx.Err()
	}
	return err
}

// port of a container by its name or number.
func port(c corev1.Container, name string) int {
	for _, p := range c.Ports {
		if p.Name == name {
			return int(p.ContainerPort)
		}
	}
	n, _ := net.LookupPort("tcp", name)
	return n
}
