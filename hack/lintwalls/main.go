// Command lintwalls proves that the depguard rules in .golangci.yml stop what they are there to
// stop. A rule whose glob matches no file is silent, so a clean lint alone proves nothing.
//
//	go run ./hack/lintwalls PATH-TO-GOLANGCI-LINT
//
// It writes a throw-away module with one file per import of a table, lints it with the
// repository's own configuration and compares what is refused with what should be.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

const (
	module = "github.com/pipelinestack/function-pipelinestack"
	sdk    = "github.com/crossplane/function-sdk-go"
)

// A wall is an import by a file in a folder of the repository, and whether the lint refuses it.
type wall struct {
	folder, imports string
	refused         bool
}

// Packages of ours end in /x: they do not exist, so no two rows make an import cycle.
var walls = []wall{
	{"fn/stack", "google.golang.org/grpc/codes", true},
	{"fn/stack", sdk + "/resource", true},
	{"fn/stack", "k8s.io/client-go/kubernetes", true},
	{"fn/stack", "sigs.k8s.io/controller-runtime/pkg/client", true},
	{"fn/stack", "net/http", true},
	{"fn/stack", "crypto/rand", true},
	{"fn/stack/below", "google.golang.org/grpc", true},
	{"fn/stack", "google.golang.org/protobuf/types/known/structpb", false},
	{"fn/stack", module + "/fn/kube/x", false},

	{"fn/kube", module + "/fn/stack/x", true},
	{"fn/kube", module + "/fn/managed/x", true},
	{"fn/kube", module + "/apis/x", true},
	{"fn/kube/below", module + "/fn/stack/x", true},
	{"fn/kube", "google.golang.org/protobuf/types/known/structpb", false},

	{"fn/managed", module + "/fn/stack/x", true},
	{"fn/managed", module + "/apis/x", true},
	{"fn/managed", "k8s.io/apimachinery/pkg/apis/meta/v1", false},

	{"apis/v1alpha1", module + "/fn/stack/x", true},
	{"apis/v1alpha1", "k8s.io/apimachinery/pkg/apis/meta/v1", false},

	{"fn", sdk + "/proto/v1", false},
	{"fn", sdk + "/request", false},
	{"fn", sdk + "/response", false},
	{"fn/kube", sdk + "/proto/v1", true},
	{"fn/managed", sdk + "/request", true},
	{"internal/check", sdk + "/response", true},

	{"fn", "github.com/stretchr/testify/assert", true},
	{"internal/check", "github.com/onsi/gomega", true},
	{"hack/render", "github.com/onsi/ginkgo/v2", true},
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: lintwalls PATH-TO-GOLANGCI-LINT")
		os.Exit(2)
	}

	if err := prove(context.Background(), os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "lintwalls:", err)
		os.Exit(1)
	}

	fmt.Printf("%d imports are refused or allowed as they should be\n", len(walls))
}

// Prove returns an error that lists each wall which does not stand.
func prove(ctx context.Context, linter string) error {
	linter, err := filepath.Abs(linter)
	if err != nil {
		return err
	}

	dir, err := os.MkdirTemp("", "lintwalls-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // What is left in the temporary directory hurts nobody.

	if err := write(dir); err != nil {
		return err
	}

	refused, err := lint(ctx, linter, dir)
	if err != nil {
		return err
	}

	errs := []error{}

	for i, w := range walls {
		got := slices.Contains(refused, file(i, w))

		switch {
		case w.refused && !got:
			errs = append(errs, fmt.Errorf("%s may import %s, and must not", w.folder, w.imports))
		case !w.refused && got:
			errs = append(errs, fmt.Errorf("%s may not import %s, and should", w.folder, w.imports))
		}
	}

	return errors.Join(errs...)
}

// File is where the file with the import of the i-th wall lies, relative to the module.
func file(i int, w wall) string {
	return filepath.Join(filepath.FromSlash(w.folder), fmt.Sprintf("wall%d.go", i))
}

// Write fills dir with the throw-away module.
func write(dir string) error {
	config, err := os.ReadFile(".golangci.yml")
	if err != nil {
		return err
	}

	files := map[string][]byte{
		".golangci.yml": config,
		// Without requirements: depguard reads import lines and loads nothing.
		"go.mod": []byte("module " + module + "\n\ngo 1.25\n"),
	}

	for i, w := range walls {
		files[file(i, w)] = fmt.Appendf(nil, "package wall\n\nimport _ %q\n", w.imports)
	}

	for name, b := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			return err
		}

		if err := os.WriteFile(path, b, 0o600); err != nil {
			return err
		}
	}

	return nil
}

// Lint returns the files in dir that depguard complains about.
func lint(ctx context.Context, linter, dir string) ([]string, error) {
	stderr := bytes.Buffer{}
	cmd := exec.CommandContext(ctx, linter, "run", "--enable-only=depguard", "--show-stats=false", "--output.json.path=stdout", "./...")
	cmd.Dir = dir
	// The common cache would answer for another run's directory, since the files are the same.
	cmd.Env = append(os.Environ(), "GOLANGCI_LINT_CACHE="+filepath.Join(dir, "cache"))
	cmd.Stderr = &stderr

	out, err := cmd.Output()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		return nil, err // Exit code 1 only says that there are issues.
	}

	report := struct {
		Issues []struct {
			FromLinter string
			Text       string
			Pos        struct{ Filename string }
		}
	}{}

	first, _, _ := strings.Cut(string(out), "\n")
	if err := json.Unmarshal([]byte(first), &report); err != nil {
		return nil, fmt.Errorf("cannot read what golangci-lint says: %w\n%s%s", err, out, stderr.String())
	}

	files := []string{}

	for _, issue := range report.Issues {
		if issue.FromLinter == "depguard" {
			files = append(files, filepath.FromSlash(issue.Pos.Filename))
		}
	}

	return files, nil
}
