// Package main writes down the pods that Argo's controller makes for the pipelines in samples, as
// test data, with the stack of team-a on a control plane that runs: make samples.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"

	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/apply"
	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/cluster"
	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/samples"
	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/state"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	s, err := state.Open()
	if err != nil {
		return err
	}
	c, err := apply.New(cluster.Kubeconfig(s))
	if err != nil {
		return err
	}
	releases, err := filepath.Glob(filepath.Join(samples.Workflows(s.Root), "*"))
	if err != nil {
		return err
	}
	for _, from := range releases {
		pods, err := samples.Pods(ctx, c, s.Dead, "team-a", from)
		if err != nil {
			return err
		}
		to := filepath.Join(samples.Written(s.Root), filepath.Base(from))
		if err := samples.Write(to, pods); err != nil {
			return err
		}
		fmt.Printf("%d pods in %s\n", len(pods), to)
	}
	return nil
}
