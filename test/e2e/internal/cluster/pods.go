package cluster

import (
	"context"
	"path/filepath"
	"strings"

	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/build"
)

const (
	argoModule              = "github.com/argoproj/argo-workflows/v4"
	workflowController      = "workflow-controller"
	workflowControllerImage = "quay.io/argoproj/workflow-controller:"
)

func (c *Cluster) buildWorkflowController(ctx context.Context) error {
	return build.Build(ctx, build.Program{
		Dir: c.e2e("argo"), Package: argoModule + "/cmd/workflow-controller", Bin: c.Bin(workflowController), Stamp: true,
	})
}

// startKubelet starts what plays the pods. In some namespaces it runs Argo's controller for those
// whose image is of the version that was built; other releases' it plays.
func (c *Cluster) startKubelet(ctx context.Context) error {
	dir, err := build.ModuleDir(ctx, c.e2e("argo"), argoModule)
	if err != nil {
		return err
	}
	_, version, _ := strings.Cut(filepath.Base(dir), "@")
	p, err := c.self("play-kubelet", workflowControllerImage+version+"="+c.Bin(workflowController))
	if err != nil {
		return err
	}
	p.Namespaces = true
	return c.Start("kubelet", p)
}
