package cluster

import (
	"context"
	"path/filepath"

	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/build"
	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/proc"
	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/registry"
)

const (
	// function is the project's own, by the name of its package.
	function = "function-pipelinestack"
	// patchAndTransform is somebody else's, which the larger composites of examples/ compose with.
	// It is installed by the example that wants it; here it only gets ready for that.
	patchAndTransform = "function-patch-and-transform"
	contrib           = "crossplane-contrib/"
)

func (c *Cluster) buildPatchAndTransform(ctx context.Context) error {
	return build.Build(ctx, build.Program{
		Dir: c.e2e("patch-and-transform"), Package: "github.com/" + contrib + patchAndTransform, Bin: c.Bin(patchAndTransform), Stamp: true,
	})
}

func (c *Cluster) startPatchAndTransform(ctx context.Context) error {
	err := c.Start(patchAndTransform, proc.Process{
		Args: []string{c.Bin(patchAndTransform), "--address=" + c.Addr(patchAndTransform)},
		Env:  []string{"TLS_SERVER_CERTS_DIR=" + c.Path("pki", "function")},
	})
	if err != nil {
		return err
	}
	return c.wait(ctx, c.listens(patchAndTransform))
}

// pushPatchAndTransform makes the package of what its authors keep for that in their module. The
// program is left out: it runs as a process.
func (c *Cluster) pushPatchAndTransform(ctx context.Context) error {
	dir, err := build.ModuleDir(ctx, c.e2e("patch-and-transform"), "github.com/"+contrib+patchAndTransform)
	if err != nil {
		return err
	}
	doc, err := registry.Manifests(filepath.Join(dir, "package", "crossplane.yaml"), filepath.Join(dir, "package", "input", "*.yaml"))
	if err != nil {
		return err
	}
	img, err := registry.Image(doc)
	if err != nil {
		return err
	}
	return registry.Push(ctx, c.Addr("registry"), registry.Reference{Repository: contrib + patchAndTransform, Tag: pinned(dir)}, img)
}
