package state

import (
	"os"
	"path/filepath"
	"testing"
)

func TestOpen(t *testing.T) {
	project := t.TempDir()
	below := filepath.Join(project, "test", "e2e")
	if err := os.MkdirAll(below, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(project, "go.mod"), []byte(modulePath), 0o644); err != nil {
		t.Fatal(err)
	}
	elsewhere, used := t.TempDir(), t.TempDir()
	if err := (&State{Dir: used, Root: project}).save(); err != nil {
		t.Fatal(err)
	}
	moved := t.TempDir()
	if err := (&State{Dir: moved, Root: "/where/it/was"}).save(); err != nil {
		t.Fatal(err)
	}
	cases := map[string]struct {
		reason string
		cwd    string
		env    string
		dir    string
		err    bool
	}{
		"Default": {
			reason: "the folder is below the project, wherever one stands in it",
			cwd:    below,
			dir:    filepath.Join(project, "_output", "e2e", "state"),
		},
		"Named": {reason: "the folder may be outside of the project", cwd: below, env: elsewhere, dir: elsewhere},
		"Relative": {
			reason: "a relative path means the same from everywhere in the project",
			cwd:    below,
			env:    "x/y",
			dir:    filepath.Join(project, "x", "y"),
		},
		"Outside": {
			reason: "programs work in the folder of their logs, which may be outside of the project",
			cwd:    used,
			env:    used,
			dir:    used,
		},
		"Moved":   {reason: "a project that moved counts, not where it was", cwd: below, env: moved, dir: moved},
		"Nowhere": {reason: "a folder that nobody has used says nothing of a project", cwd: elsewhere, env: elsewhere, err: true},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Chdir(tc.cwd)
			t.Setenv("E2E_STATE", tc.env)
			s, err := Open()
			if (err != nil) != tc.err {
				t.Fatalf("%s: error %v", tc.reason, err)
			}
			if tc.err {
				return
			}
			if s.Dir != tc.dir || s.Root != project {
				t.Errorf("%s: folder %s of project %s, want %s of %s", tc.reason, s.Dir, s.Root, tc.dir, project)
			}
		})
	}
}
