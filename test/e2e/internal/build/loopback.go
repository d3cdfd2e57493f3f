package build

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// crossplaneModule is built from a copy, see Crossplane.
const crossplaneModule = "github.com/crossplane/crossplane/v2"

// loopback are the places where Crossplane listens on every address of the machine and has no flag
// to say otherwise. A test environment must not open ports to the network, so the copy listens on
// loopback. Nothing else is changed.
var loopback = []struct{ file, from, to string }{
	{"cmd/crossplane/core/core.go", `Port: c.WebhookPort,`, `Host: "127.0.0.1", Port: c.WebhookPort,`},
	{"cmd/crossplane/core/core.go", `fmt.Sprintf(":%d", c.MetricsPort)`, `fmt.Sprintf("127.0.0.1:%d", c.MetricsPort)`},
	{"cmd/crossplane/core/core.go", `fmt.Sprintf(":%d", c.HealthProbePort)`, `fmt.Sprintf("127.0.0.1:%d", c.HealthProbePort)`},
	// The RBAC manager's metrics would take port 8080.
	{"cmd/crossplane/rbac/rbac.go", `"sigs.k8s.io/controller-runtime/pkg/cache"`, `"sigs.k8s.io/controller-runtime/pkg/cache"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"`},
	{"cmd/crossplane/rbac/rbac.go", `LeaderElectionID: `, `Metrics: metricsserver.Options{BindAddress: "0"}, LeaderElectionID: `},
}

// Crossplane builds Crossplane's own command by the go.mod in p.Dir, from a copy, in work, of the
// version pinned there.
func Crossplane(ctx context.Context, p Program, work string) error {
	src, err := ModuleDir(ctx, p.Dir, crossplaneModule)
	if err != nil {
		return err
	}
	// Another copy for other changes, so that none is stale.
	dst := filepath.Join(work, fmt.Sprintf("%s-%.4x", filepath.Base(src), sha256.Sum256(fmt.Append(nil, loopback))))
	modfile := dst + ".mod"
	p.Package = crossplaneModule + "/cmd/crossplane"
	rel, err := filepath.Rel(p.Dir, modfile)
	if err != nil {
		return err
	}
	p.Flags = append(p.Flags, "-modfile="+rel)
	if _, err := os.Stat(dst); err != nil {
		if err := copyPatched(src, dst); err != nil {
			return err
		}
	}
	mod, err := os.ReadFile(filepath.Join(p.Dir, "go.mod"))
	if err != nil {
		return err
	}
	mod = fmt.Appendf(mod, "\nreplace %s => %s\n", crossplaneModule, dst)
	if err := os.WriteFile(modfile, mod, 0o644); err != nil {
		return err
	}
	sum, err := os.ReadFile(filepath.Join(p.Dir, "go.sum"))
	if err != nil {
		return err
	}
	if err := os.WriteFile(strings.TrimSuffix(modfile, ".mod")+".sum", sum, 0o644); err != nil {
		return err
	}
	return Build(ctx, p)
}

// ModuleDir returns the folder of a module's source in the module cache, at the version that the
// go.mod in dir pins.
func ModuleDir(ctx context.Context, dir, module string) (string, error) {
	if _, err := Go(ctx, dir, "mod", "download", module); err != nil {
		return "", err
	}
	return Go(ctx, dir, "list", "-m", "-f", "{{.Dir}}", module)
}

// copyPatched copies src to dst with the loopback changes. It fails, and leaves nothing, when one
// of them does not apply: then this version of Crossplane listens in another way and somebody has
// to look.
func copyPatched(src, dst string) error {
	tmp := dst + ".new"
	if err := os.RemoveAll(tmp); err != nil {
		return err
	}
	applied := 0
	err := filepath.WalkDir(src, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(src, path)
		if err != nil {
			return err
		}
		if d.IsDir() {
			return os.MkdirAll(filepath.Join(tmp, rel), 0o755)
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		text := string(b)
		for _, c := range loopback {
			if filepath.ToSlash(rel) == c.file && strings.Count(text, c.from) == 1 {
				text = strings.Replace(text, c.from, c.to, 1)
				applied++
			}
		}
		return os.WriteFile(filepath.Join(tmp, rel), []byte(text), 0o644)
	})
	if err != nil {
		return err
	}
	if applied != len(loopback) {
		return fmt.Errorf("%d of %d changes that make Crossplane listen on loopback apply to %s", applied, len(loopback), src)
	}
	return os.Rename(tmp, dst)
}
