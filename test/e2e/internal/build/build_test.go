package build

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// TestMoved builds a program, moves the project with all that was built, and must find nothing to
// do.
func TestMoved(t *testing.T) {
	from, to := filepath.Join(t.TempDir(), "a"), filepath.Join(t.TempDir(), "b")
	write(t, filepath.Join(from, "src", "go.mod"), "module example.org/x\n\ngo 1.25\n")
	write(t, filepath.Join(from, "src", "main.go"), "package main\n\nfunc main() {}\n")
	program := func(root string) Program {
		return Program{Dir: filepath.Join(root, "src"), Package: ".", Bin: filepath.Join(root, "bin", "x"), Stamp: true}
	}
	if err := Build(t.Context(), program(from)); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(from, to); err != nil {
		t.Fatal(err)
	}
	p := program(to)
	if built(t, p) {
		t.Error("a project that moved builds its programs again")
	}
	write(t, filepath.Join(p.Dir, "main.go"), "package main\n\nfunc main() { println() }\n")
	if !built(t, p) {
		t.Error("a program whose source changed is not built again")
	}
}

// built tells whether Build wrote the program.
func built(t *testing.T, p Program) bool {
	t.Helper()
	old := time.Unix(1, 0)
	if err := os.Chtimes(p.Bin, old, old); err != nil {
		t.Fatal(err)
	}
	if err := Build(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(p.Bin)
	if err != nil {
		t.Fatal(err)
	}
	return !info.ModTime().Equal(old)
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
}
