// Package main says what the control plane needs and this machine lacks, in a second: it runs
// before anything is built.
package main

import (
	"fmt"
	"os"

	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/needs"
)

func main() {
	if err := needs.All(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
