//go:build e2e

package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/build"
)

// TestDowngrade takes a stack over a one-way migration and tries to bring it back. Of the releases
// that the function carries none lies before the migration, so another function runs meanwhile,
// built with one more.
func TestDowngrade(t *testing.T) {
	const before, after = "0.1.0", "2.17.0" // the schemas of their databases are 1 and 2
	serve(t, withRelease(t, before, "schema: 2\n", "schema: 1\n"))
	s := newStack(t, `{release: "`+before+`"}`)
	s.runs(t, before)
	s.apply(`{release: "` + after + `"}`)
	s.runs(t, after)
	s.ready()
	was := s.tree()
	s.apply(`{release: "` + before + `"}`)
	s.denies("DatabaseReady", "spec.release", before, after)
	s.survived(t, was)
	s.runs(t, after)
	s.apply(`{release: "` + after + `"}`)
	s.ready()
}

// withRelease builds a function that carries one more release, made from 2.16.1 by replacing its
// number and one other thing.
func withRelease(t *testing.T, name, from, to string) string {
	t.Helper()
	releases, dir := filepath.Join(plane.Root, "fn", "stack", "releases"), t.TempDir()
	b, err := os.ReadFile(filepath.Join(releases, "2.16.1.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	text := string(b)
	if strings.Count(text, from) != 1 {
		t.Fatalf("the release has %q %d times", from, strings.Count(text, from))
	}
	text = strings.ReplaceAll(strings.Replace(text, from, to, 1), "2.16.1", name)
	file, overlay := filepath.Join(dir, "release.yaml"), filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	replace, err := json.Marshal(map[string]any{"Replace": map[string]string{filepath.Join(releases, name+".yaml"): file}})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(overlay, replace, 0o600); err != nil {
		t.Fatal(err)
	}
	bin := filepath.Join(dir, "function")
	if err := build.Build(
		t.Context(),
		build.Program{Dir: plane.Root, Package: "./fn", Bin: bin, Flags: []string{"-overlay=" + overlay}},
	); err != nil {
		t.Fatal(err)
	}
	return bin
}

// serve runs another build of the function until the end of the test.
func serve(t *testing.T, bin string) {
	t.Helper()
	run := func(bin string) string {
		if err := plane.Stop("function"); err != nil {
			t.Fatal(err)
		}
		args := plane.Processes["function"].Args
		was := args[0]
		args[0] = bin
		if err := plane.Restart("function"); err != nil {
			t.Fatal(err)
		}
		return was
	}
	was := run(bin)
	t.Cleanup(func() { run(was) })
}
