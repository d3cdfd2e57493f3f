package cluster

import (
	"context"
	"path/filepath"
	"strings"

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

// startKubelet starts what plays the pods. In some namespaces it runs the servers of embedded
// stores, and Argo's controller for those whose image is of the version that was built; other
// releases' it plays.
func (c *Cluster) startKubelet(ctx context.Context) error {
	argo, err := pinned(ctx, c.e2e("argo"), argoModule)
	if err != nil {
		return err
	}
	store, err := pinned(ctx, c.e2e("s3"), objectStoreModule)
	if err != nil {
		return err
	}
	database, err := needs.Find(needs.MariaDB)
	if err != nil {
		return err
	}
	p, err := c.self(
		"play-kubelet",
		workflowControllerImage+argo+"="+c.Bin(workflowController),
		objectStoreImage+store+"="+c.Bin(objectStore),
		databaseImage+"="+database,
	)
	if err != nil {
		return err
	}
	p.Namespaces = true
	return c.Start("kubelet", p)
}

// pinned is the version of a module in dir.
func pinned(ctx context.Context, dir, module string) (string, error) {
	folder, err := build.ModuleDir(ctx, dir, module)
	_, v, _ := strings.Cut(filepath.Base(folder), "@")
	return v, err
}
