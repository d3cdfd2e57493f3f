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

	functions, required := filepath.Join(tmp, "functions.yaml"), filepath.Join(tmp, "required.yaml")

	args, err := arguments(o, functions, required)
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

	if err := join(required, o.required()...); err != nil {
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

// Required returns the files of the example with what the function may ask for: its class, and
// other objects of the cluster.
func (o options) required() []string {
	files := []string{}

	for _, name := range []string{"class.yaml", "required.yaml"} {
		if file := filepath.Join(o.example, name); exists(file) {
			files = append(files, file)
		}
	}

	return files
}

// Join writes YAML files one after the other into another, since the CLI takes one.
func join(to string, files ...string) error {
	stream := []byte{}

	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			return err
		}

		stream = append(append(stream, "---\n"...), b...)
		stream = append(stream, '\n')
	}

	return os.WriteFile(to, stream, 0o600)
}

// Arguments of the CLI. `render` is the one spelling that every CLI from 1.17 on understands (since
// 2.3 it is an alias of `composition render`), and so are the flags.
func arguments(o options, functions, required string) ([]string, error) {
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

	if len(o.required()) > 0 {
		args = append(args, "-e", required)
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
