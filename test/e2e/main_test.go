//go:build e2e

// Package e2e tests what a stack becomes on a real control plane, with logins to the real database
// and object store. It needs one that "make up" started, and fails without. Every test works in
// namespaces of its own, and those that leave the platform alone run side by side, after those that
// don't.
package e2e

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/apply"
	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/cluster"
	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/state"
	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/tenants"
)

// patience of a single expectation. Stacks are ready in seconds; a loaded CI machine is ten times
// slower.
const patience = 5 * time.Minute

var (
	plane  *state.State
	client *apply.Client
	// namespaced says whether that flavour is installed.
	namespaced bool
)

func TestMain(m *testing.M) {
	if err := connect(); err != nil {
		fmt.Fprintln(os.Stderr, "no control plane to test: run make up:", err)
		os.Exit(1)
	}
	code := m.Run()
	if err := leaving.wait(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func connect() error {
	var err error
	if plane, err = state.Open(); err != nil {
		return err
	}
	if err := plane.Dead(); err != nil {
		return err
	}
	switch f := plane.Processes["function"]; {
	case f == nil:
		return errors.New("there is none")
	case f.Args[0] != plane.Bin("function"): // a test that was cut off left another one behind
		return fmt.Errorf("the function that runs is %s", f.Args[0])
	}
	if client, err = apply.New(cluster.Kubeconfig(plane)); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	namespaced = plane.Flavour == state.Namespaced
	if err := setDefaultStorageClass(ctx, true); err != nil { // which a test that was cut off may have taken away
		return err
	}
	_, err = client.List(ctx, tenants.APIVersion, tenants.Kind, "", "")
	return err
}

// eventually waits until try has no complaint, where there is no stack to tell more of.
func eventually(t *testing.T, reason string, try func(context.Context) error) {
	t.Helper()
	if err := apply.Wait(t.Context(), patience, plane.Dead, try); err != nil {
		t.Fatalf("%s: %v", reason, err)
	}
}
