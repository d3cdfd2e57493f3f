package cluster

import (
	"context"

	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/build"
	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/needs"
)

const (
	argoModule              = "github.com/argoproj/argo-workflows/v4"
	workflowController      = "workflow-controller"
	workflowControllerImage = "quay.io/argoproj/workflow-controller:"

	// objectStore is the server of embedded object stores, of the version of the S3 server that all
	// other stacks share.
	objectStore       = "versitygw"
	objectStoreModule = "github.com/versity/" + objectStore
	objectStoreImage  = "ghcr.io/versity/" + objectStore + ":"
	// databaseImage is that of embedded databases, of any version: the machine's MariaDB plays it.
	databaseImage = "docker.io/library/mariadb"
)

func (c *Cluster) buildWorkflowController(ctx context.Context) error {
	return build.Build(ctx, build.Program{
		Dir: c.e2e("argo"), Package: argoModule + "/cmd/workflow-controller", Bin: c.Bin(workflowController), Stamp: true,
	})
}

func (c *Cluster) buildObjectStore(ctx context.Context) error {
	return build.Build(ctx, build.Program{
		Dir: c.e2e("s3"), Package: objectStoreModule + "/cmd/" + objectStore, Bin: c.Bin(objectStore), Stamp: true,
	})
}

// startKubelet starts what plays the pods. In some namespaces it runs provider-kubernetes, Argo's
// controller and versitygw where the image is of the version that was built, and MariaDB whatever the
// version; other images it plays.
func (c *Cluster) startKubelet(ctx context.Context) error {
	argo, err := build.ModuleDir(ctx, c.e2e("argo"), argoModule)
	if err != nil {
		return err
	}
	store, err := build.ModuleDir(ctx, c.e2e("s3"), objectStoreModule)
	if err != nil {
		return err
	}
	kubernetes, err := c.provider(ctx, providerKubernetes)
	if err != nil {
		return err
	}
	database, err := needs.Find(needs.MariaDB)
	if err != nil {
		return err
	}
	p, err := c.self(
		"play-kubelet",
		workflowControllerImage+pinned(argo)+"="+c.Bin(workflowController),
		objectStoreImage+pinned(store)+"="+c.Bin(objectStore),
		databaseImage+"="+database,
		c.Addr("registry")+"/"+contrib+providerKubernetes+":"+pinned(kubernetes)+"="+c.Bin(providerKubernetes),
	)
	if err != nil {
		return err
	}
	p.Namespaces = true
	return c.Start("kubelet", p)
}
