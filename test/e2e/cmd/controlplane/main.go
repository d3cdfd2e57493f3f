// Package main brings a control plane up on loopback, tells how it is, and takes it down.
// Everything it does is in the internal packages; here are the commands.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"text/tabwriter"

	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/apply"
	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/cluster"
	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/kubelet"
	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/registry"
	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/runtime"
	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/state"
	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/tenants"
)

const usage = `usage: controlplane <command>

  build                            build all programs, which takes minutes the first time
  up [-flavour f] [-class c] [-no-tenants]
                                   build and start everything, install the packages, make two tenants; safe to repeat
  status                           show processes, ports and memory
  stop <process>                   stop one process; start <process> starts it again
  down                             stop everything and remove the state folder

The state folder is _output/e2e/state unless E2E_STATE names another.`

// commands by name. Those that play a part of the cluster run until they are told to stop; "up"
// starts them.
var commands = map[string]func(ctx context.Context, s *state.State, args []string) error{
	"build": func(ctx context.Context, s *state.State, _ []string) error {
		return (&cluster.Cluster{State: s}).Build(ctx, os.Stdout)
	},
	"up":     up,
	"status": status,
	"stop":   func(_ context.Context, s *state.State, args []string) error { return s.Stop(only(args)) },
	"start":  func(_ context.Context, s *state.State, args []string) error { return s.Restart(only(args)) },
	"down":   func(_ context.Context, s *state.State, _ []string) error { return s.Destroy() },

	"play-kubelet": func(ctx context.Context, s *state.State, args []string) error {
		c, err := apply.New(cluster.Kubeconfig(s))
		if err != nil {
			return err
		}
		return kubelet.Run(ctx, c.Kube, kubelet.Server{Addr: s.Addr("kubelet"), PKI: s.Path("pki", "kubelet")}, &kubelet.Programs{
			Files: pairs(args), Server: s.Addr("apiserver"),
			Dir: s.Path("pods"), Volumes: s.Path("volumes"), Logs: s.Path("log", "pods"),
		})
	},
	"play-function-runtime": func(ctx context.Context, s *state.State, args []string) error {
		c, err := apply.New(cluster.Kubeconfig(s))
		if err != nil {
			return err
		}
		return runtime.Run(ctx, c, pairs(args))
	},
	"serve-registry": func(ctx context.Context, _ *state.State, args []string) error { return registry.Serve(ctx, only(args)) },
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) == 0 || commands[args[0]] == nil {
		return fmt.Errorf("%s", usage)
	}
	s, err := state.Open()
	if err != nil {
		return err
	}
	return commands[args[0]](ctx, s, args[1:])
}

// pairs reads name=value.
func pairs(args []string) map[string]string {
	out := map[string]string{}
	for _, a := range args {
		name, value, _ := strings.Cut(a, "=")
		out[name] = value
	}
	return out
}

func only(args []string) string {
	if len(args) != 1 {
		return ""
	}
	return args[0]
}

func up(ctx context.Context, s *state.State, args []string) error {
	c := &cluster.Cluster{State: s}
	flags := flag.NewFlagSet("up", flag.ContinueOnError)
	flavour := flags.String("flavour", state.Claim, "what to install, claim or namespaced")
	class := flags.String("class", state.DefaultClass, "the class of stacks: default, with shared servers, or none, for nothing but a cluster")
	noTenants := flags.Bool("no-tenants", false, "stop when the packages are installed")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if err := s.Choose(*flavour, *class); err != nil {
		return err
	}
	fmt.Println(
		"The first start builds Kubernetes, Crossplane, two providers, Argo's controller and S3 servers from their Go modules, which takes minutes.",
	)
	if err := c.Up(ctx, os.Stdout); err != nil {
		return fmt.Errorf("%w\nlogs are in %s", err, s.Path("log"))
	}
	fmt.Printf("\nexport KUBECONFIG=%s\n\n", cluster.Kubeconfig(s))
	if *noTenants {
		return nil
	}
	return tenants.Up(ctx, os.Stdout, s)
}

func status(_ context.Context, s *state.State, _ []string) error {
	w := tabwriter.NewWriter(os.Stdout, 0, 4, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "PROCESS\tPID\tRSS\tLOG")
	var sum int64
	for _, n := range s.Order {
		p := s.Processes[n]
		pid := "-"
		if p.Alive() {
			pid = fmt.Sprint(p.PID)
		}
		sum += p.RSS()
		_, _ = fmt.Fprintf(w, "%s\t%s\t%d MiB\t%s\n", n, pid, p.RSS()>>20, p.Log)
	}
	_, _ = fmt.Fprintf(w, "all\t\t%d MiB\t\n", sum>>20)
	if err := w.Flush(); err != nil {
		return err
	}
	return s.Dead()
}
