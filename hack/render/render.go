package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
)

// Options of a run; paths are relative to the repository's root.
type options struct {
	crossplane, core, function, example string
}

// Render runs the CLI's render for the example against a freshly started function.
func render(ctx context.Context, o options) (err error) {
	tmp, err := os.MkdirTemp("", "render-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp) //nolint:errcheck // What is left in the temporary directory hurts nobody.

	functions := filepath.Join(tmp, "functions.yaml")

	args, err := arguments(o, functions)
	if err != nil {
		return err
	}

	fn, err := start(ctx, o.function, filepath.Join(tmp, "function.log"))
	if err != nil {
		return err
	}

	defer func() {
		fn.stop()

		if err != nil {
			fn.printLog(os.Stderr)
		}
	}()

	if err := pointAt(fn.address, filepath.Join(o.example, "functions.yaml"), functions); err != nil {
		return err
	}

	cmd := exec.CommandContext(ctx, o.crossplane, args...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr

	if err := cmd.Run(); err != nil && !pipeClosed(err) {
		return fmt.Errorf("%s: %w", o.crossplane, err)
	}

	return nil
}

// PipeClosed says whether a process ended because nobody reads its output any more, as in
// `make render | head`.
func pipeClosed(err error) bool {
	exit := (*exec.ExitError)(nil)
	if !errors.As(err, &exit) {
		return false
	}

	status, ok := exit.Sys().(syscall.WaitStatus)

	return ok && status.Signaled() && status.Signal() == syscall.SIGPIPE
}

// Arguments of the CLI. `render` is the one spelling that every CLI from 1.17 on understands (since
// 2.3 it is an alias of `composition render`), and so are the flags.
func arguments(o options, functions string) ([]string, error) {
	xr := filepath.Join(o.example, "xr.yaml")

	f, err := flavourOf(xr)
	if err != nil {
		return nil, err
	}

	composition := f.composition
	if own := filepath.Join(o.example, "composition.yaml"); exists(own) {
		composition = own
	}

	// -x prints the whole XR instead of its status only, -r the function's events.
	args := []string{"render", xr, composition, functions, "-x", "-r"}

	if p := filepath.Join(o.example, "observed.yaml"); exists(p) {
		args = append(args, "-o", p)
	}

	if p := filepath.Join(o.example, "required.yaml"); exists(p) {
		args = append(args, "-e", p)
	}

	if o.core != "" {
		// The engine tells a claim's XR from a namespaced one by its XRD.
		args = append(args, "--crossplane-binary", o.core, "--xrd", f.xrd)
	}

	return args, nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
