//go:build e2e

package e2e

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/apply"
	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/cluster"
	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/registry"
)

// TestUpgradeOfTheInstallFile has a platform go to the next version of the project and back, under a
// stack, by applying the install file of each. Before that it applies the next Configuration alone,
// which waits for its function and says so. Both versions are built from this tree by "make package".
// It does not run beside other tests, since the platform changes.
func TestUpgradeOfTheInstallFile(t *testing.T) {
	const next = "v99.1.0"
	dir := buildPackages(t, next)
	was, will := installFile(t, filepath.Join(plane.Root, "_output", "package")), installFile(t, dir)
	packages, err := registry.ReadAll(dir)
	if err != nil {
		t.Fatal(err)
	}
	m := registry.Mirror{Addr: plane.Addr("registry"), Packages: packages}
	if err := m.Fill(t.Context(), will); err != nil {
		t.Fatal(err)
	}
	s := newStack(t, "{}")
	tree := s.tree()
	t.Cleanup(func() { // not the test's context, which is over by now
		err := errors.Join(platformApplies(context.Background(), was),
			apply.Wait(context.Background(), patience, plane.Dead, func(ctx context.Context) error { return runs(ctx, was) }))
		if err != nil {
			t.Error(err)
		}
	})
	unharmed := func() {
		t.Helper()
		s.ready()
		s.survived(t, tree)
	}

	alone := only(will, "Configuration")
	if err := platformApplies(t.Context(), alone); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the Configuration says that its function is too old", func(ctx context.Context) error {
		u, _, revision, err := configuration(ctx)
		if err != nil {
			return err
		}
		r, err := client.Get(ctx, pkgVersion, "ConfigurationRevision", "", revision)
		if err != nil {
			return err
		}
		for _, o := range []*unstructured.Unstructured{u, r} {
			for _, condition := range []string{"Healthy", "RevisionHealthy"} {
				if status, _, msg := apply.Condition(o, condition); status == "False" && strings.Contains(msg, "incompatible with constraint >="+next) {
					return nil
				}
			}
		}
		return fmt.Errorf("the revision says %v", r.Object["status"])
	})
	unharmed()

	for _, to := range []struct {
		file     []*unstructured.Unstructured
		function string
	}{{will, program(t, packages)}, {was, plane.Bin("function")}} {
		if err := platformApplies(t.Context(), to.file); err != nil {
			t.Fatal(err)
		}
		eventually(t, "both packages are of the file's version", func(ctx context.Context) error { return runs(ctx, to.file) })
		serve(t, to.function)
		unharmed()
	}
}

// buildPackages has "make package" build another version of the packages.
func buildPackages(t *testing.T, version string) (dir string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "package")
	cli, err := filepath.Glob(filepath.Join(plane.Root, "_output", "tools", "crossplane-v*"))
	if err != nil || len(cli) == 0 {
		t.Fatalf("no Crossplane CLI, which make package builds: %v", err)
	}
	cmd := exec.CommandContext(t.Context(), "go", "run", "./hack/package", "-crossplane", cli[0], "-version", version, "-output", dir)
	cmd.Dir = plane.Root
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=-trimpath") // as the Makefile has it
	if b, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, b)
	}
	return dir
}

// program is the function of package files, for this machine.
func program(t *testing.T, packages []registry.Package) string {
	t.Helper()
	bin := filepath.Join(t.TempDir(), "function")
	for _, p := range packages {
		if p.Kind != "Function" {
			continue
		}
		if ours, err := p.Runtime(bin); ours || err != nil {
			return bin
		}
	}
	t.Fatal("no function for this machine")
	return ""
}

// installFile are the objects of the install file in a folder of packages.
func installFile(t *testing.T, dir string) []*unstructured.Unstructured {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, cluster.InstallFile(plane)))
	if err != nil {
		t.Fatal(err)
	}
	objects, err := apply.Objects(b)
	if err != nil {
		t.Fatal(err)
	}
	return objects
}

// platformApplies does what "kubectl apply --server-side" does, which takes nothing from others.
func platformApplies(ctx context.Context, file []*unstructured.Unstructured) error {
	var errs []error
	for _, u := range file {
		r, err := client.Resource(u.GroupVersionKind(), u.GetNamespace())
		if err == nil {
			_, err = r.Apply(ctx, u.GetName(), u, metav1.ApplyOptions{FieldManager: "kubectl"})
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// only are the objects of a kind.
func only(file []*unstructured.Unstructured, kind string) []*unstructured.Unstructured {
	var some []*unstructured.Unstructured
	for _, u := range file {
		if u.GetKind() == kind {
			some = append(some, u)
		}
	}
	return some
}

// runs complains until both packages of an install file are what runs.
func runs(ctx context.Context, file []*unstructured.Unstructured) error {
	for _, want := range append(only(file, "Function"), only(file, "Configuration")...) {
		u, err := client.Get(ctx, pkgVersion, want.GetKind(), "", want.GetName())
		if err != nil {
			return err
		}
		image, _, _ := unstructured.NestedString(want.Object, "spec", "package")
		if is, _, _ := unstructured.NestedString(u.Object, "status", "currentIdentifier"); is != image {
			return fmt.Errorf("%s %s is %s, want %s", u.GetKind(), u.GetName(), is, image)
		}
		revision, _, _ := unstructured.NestedString(u.Object, "status", "currentRevision")
		r, err := client.Get(ctx, pkgVersion, want.GetKind()+"Revision", "", revision)
		if err != nil {
			return err
		}
		if err := errors.Join(apply.True(r, "RevisionHealthy"), apply.True(u, "Installed", "Healthy")); err != nil {
			return err
		}
	}
	return nil
}
