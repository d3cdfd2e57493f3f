package cluster

import (
	"context"

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

// startKubelet starts what plays the pods. In some namespaces it runs programs for those whose image
// is of the version that was built: Argo's controller, of which it plays other releases', and
// provider-kubernetes.
func (c *Cluster) startKubelet(ctx context.Context) error {
	argo, err := build.ModuleDir(ctx, c.e2e("argo"), argoModule)
	if err != nil {
		return err
	}
	kubernetes, err := c.provider(ctx, providerKubernetes)
	if err != nil {
		return err
	}
	p, err := c.self("play-kubelet",
		workflowControllerImage+pinned(argo)+"="+c.Bin(workflowController),
		c.Addr("registry")+"/"+contrib+providerKubernetes+":"+pinned(kubernetes)+"="+c.Bin(providerKubernetes),
	)
	if err != nil {
		return err
	}
	p.Namespaces = true
	return c.Start("kubelet", p)
}
