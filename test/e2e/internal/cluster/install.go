package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/apply"
)

// kinds applies the newest definitions of Argo and of Kubeflow Pipelines that the project's tests have.
func (c *Cluster) kinds(ctx context.Context) error {
	generations := filepath.Join(c.Root, "internal", "check", "schemas", "generations")
	argo, err := filepath.Glob(filepath.Join(generations, "[0-9]*"))
	if err != nil {
		return err
	}
	if len(argo) == 0 {
		return fmt.Errorf("%s holds no definitions of Argo", generations)
	}
	for _, dir := range []string{slices.Max(argo), filepath.Join(generations, "kubeflow")} {
		files, err := filepath.Glob(filepath.Join(dir, "*.json"))
		if err != nil {
			return err
		}
		for _, f := range files {
			b, err := os.ReadFile(f)
			if err != nil {
				return err
			}
			if err := c.client.YAML(ctx, "", b); err != nil {
				return err
			}
		}
	}
	return nil
}

// apply applies the install file as kubectl does: kinds that are not there yet keep nothing else from being applied. It names them.
func (c *Cluster) apply(ctx context.Context, file []*unstructured.Unstructured) ([]string, error) {
	var unknown []string
	var errs []error
	for _, u := range file {
		err := c.client.Object(ctx, Namespace, u)
		if meta.IsNoMatchError(err) {
			unknown = append(unknown, u.GetKind())
			continue
		}
		errs = append(errs, err)
	}
	return unknown, errors.Join(errs...)
}

// installFile reads the objects of the flavour's install file, and the image of its Configuration.
func (c *Cluster) installFile() ([]*unstructured.Unstructured, string, error) {
	name := filepath.Join(c.packageDir(), "install-"+c.Flavour+".yaml")
	b, err := os.ReadFile(name)
	if err != nil {
		return nil, "", fmt.Errorf("%w: run make package", err)
	}
	file, err := apply.Objects(b)
	if err != nil {
		return nil, "", fmt.Errorf("%s: %w", name, err)
	}
	for _, u := range file {
		if u.GetKind() == "Configuration" {
			image, _, _ := unstructured.NestedString(u.Object, "spec", "package")
			return file, image, nil
		}
	}
	return nil, "", fmt.Errorf("%s holds no Configuration", name)
}

// packageDir is where the packages and the install files are.
func (c *Cluster) packageDir() string {
	return filepath.Join(c.Root, "_output", "package")
}
