// Command render shows what Crossplane would make of an example: it starts the function on a free
// port and lets the Crossplane CLI run the example's pipeline against it, without Docker and
// without a cluster.
//
//	go run ./hack/render [-crossplane PATH] [-core PATH] [-function PATH] examples/quickstart
//
// Run it from the repository's root. The CLI's stream goes to stdout and its exit code decides.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
)

func main() {
	o := options{}
	flag.StringVar(&o.crossplane, "crossplane", "crossplane", "Crossplane CLI, 1.17 or newer")
	flag.StringVar(&o.core, "core", "", "Crossplane core binary, 2.3 or newer; a CLI from 2.3 on needs it, or Docker, as its engine")
	flag.StringVar(&o.function, "function", "_output/bin/function", "the function's binary")
	flag.Usage = func() {
		fmt.Fprintln(flag.CommandLine.Output(), "usage: render [flags] examples/SCENARIO")
		flag.PrintDefaults()
	}
	flag.Parse()

	if flag.NArg() != 1 {
		flag.Usage()
		os.Exit(2)
	}

	o.example = flag.Arg(0)

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := render(ctx, o)

	stop()

	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		os.Exit(exit.ExitCode()) // The CLI has said why.
	}

	if err != nil {
		fmt.Fprintln(os.Stderr, "render:", err)
		os.Exit(1)
	}
}
