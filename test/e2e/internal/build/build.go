// Package build makes the programs of the control plane from their Go modules, into a folder that
// outlives the state. It needs the go command and the module cache or a module proxy, nothing else.
package build

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// A Program is one binary to build.
type Program struct {
	// Dir is the folder of the Go module, Package the package in it, as for go build.
	Dir, Package string
	// LDFlags are added to -s -w.
	LDFlags string
	// Flags are further flags of go build. Paths in them are relative to Dir.
	Flags []string
	// Bin is where the binary goes.
	Bin string
	// Stamp avoids even asking the go command when no file of the module changed: for the big
	// modules that takes seconds. Not for modules that are built from files outside of Dir.
	Stamp bool
}

// Build builds p unless it is there and up to date.
func Build(ctx context.Context, p Program) error {
	var stamp string
	if p.Stamp {
		var err error
		if stamp, err = sum(p); err != nil {
			return err
		}
		have, err := os.ReadFile(p.Bin + ".stamp")
		if _, missing := os.Stat(p.Bin); err == nil && missing == nil && string(have) == stamp {
			return nil
		}
	}
	if err := os.MkdirAll(filepath.Dir(p.Bin), 0o755); err != nil {
		return err
	}
	args := append([]string{"build", "-trimpath", "-ldflags=" + strings.TrimSpace("-s -w "+p.LDFlags), "-o", p.Bin}, p.Flags...)
	if _, err := Go(ctx, p.Dir, append(args, p.Package)...); err != nil {
		return err
	}
	if !p.Stamp {
		return nil
	}
	return os.WriteFile(p.Bin+".stamp", []byte(stamp), 0o644)
}

// Go runs the go command in dir and returns what it prints. Programs are static, so that they need
// nothing of the machine.
func Go(ctx context.Context, dir string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOWORK=off")
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("go %s in %s: %w\n%s", args[0], dir, err, strings.TrimSpace(errs.String()))
	}
	return strings.TrimSpace(out.String()), nil
}

// sum is a checksum of what goes into the binary: flags and the files of the module. Paths in it
// are relative, so that a project that moves keeps what it has built.
func sum(p Program) (string, error) {
	h := sha256.New()
	_, _ = fmt.Fprintln(h, p.Package, p.LDFlags, p.Flags)
	err := filepath.WalkDir(p.Dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(p.Dir, path)
		if err != nil {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		_, _ = fmt.Fprintf(h, "%s %d\n", filepath.ToSlash(rel), len(b))
		_, _ = h.Write(b)
		return nil
	})
	return hex.EncodeToString(h.Sum(nil)), err
}
