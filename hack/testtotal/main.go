// Command testtotal turns the stream of `go test -json` into what a person reads: one line per
// package, the whole output of whatever failed, and a last line with the totals.
//
//	go test -json ./... | go run ./hack/testtotal [-progress]
//
// It fails when a test or a package fails, when a package does not build and when no test ran at all.
package main

import (
	"flag"
	"fmt"
	"os"
)

func main() {
	progress := flag.Bool("progress", false, "say so when a test passes, for tests that take long")
	flag.Parse()

	t, err := summarise(os.Stdin, os.Stdout, *progress)
	if err != nil {
		fmt.Fprintln(os.Stderr, "testtotal:", err)
		os.Exit(1)
	}

	fmt.Println(t)

	if !t.ok() {
		os.Exit(1)
	}
}
