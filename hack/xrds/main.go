// Command xrds writes everything that is generated from the Go types of the
// APIs: their deep copies, both XRDs and the definitions of classes and of the function's input.
//
//	go run ./hack/xrds          # or: make generate
//
// What is written and how is package generate's; only flags and files are
// handled here.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"github.com/pipelinestack/function-pipelinestack/hack/xrds/generate"
)

func main() {
	root := flag.String("root", ".", "folder of the repository")
	flag.Parse()

	if err := write(*root); err != nil {
		fmt.Fprintln(os.Stderr, "xrds:", err)
		os.Exit(1)
	}
}

// write brings every generated file up to date and names those that changed.
func write(root string) error {
	files, err := generate.Files(root)
	if err != nil {
		return err
	}
	for name, content := range files {
		file := filepath.Join(root, name)
		if old, err := os.ReadFile(file); err == nil && bytes.Equal(old, content) {
			continue
		}
		if err := os.WriteFile(file, content, 0o644); err != nil {
			return err
		}
		fmt.Println("wrote", name)
	}
	return nil
}
