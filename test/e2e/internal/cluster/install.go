package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/version"

	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/apply"
)

// kinds applies the newest definitions of Argo and of Kubeflow Pipelines that the project's tests
// have.
func (c *Cluster) kinds(ctx context.Context) error {
	generations := filepath.Join(c.Root, "internal", "check", "schemas", "generations")
	argo, err := filepath.Glob(filepath.Join(generations, "[0-9]*"))
	if err != nil {
		return err
	}
	if len(argo) == 0 {
		return fmt.Errorf("%s holds no definitions of Argo", generations)
	}
	for _, dir := range []string{newest(argo), filepath.Join(generations, "kubeflow")} {
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

// newest is the folder that is named after the highest version: 3.10 is higher than 3.6.
func newest(folders []string) string {
	of := func(folder string) *version.Version { return version.MustParseGeneric(filepath.Base(folder)) }
	return slices.MaxFunc(folders, func(a, b string) int {
		if of(a).LessThan(of(b)) {
			return -1
		}
		return 1
	})
}

// apply applies the install file as "kubectl apply --server-side" does: kinds that are not there
// yet keep nothing else from being applied, and what others own is not taken from them. It returns
// what the server has of each object, and names the kinds that it did not know.
func (c *Cluster) apply(
	ctx context.Context,
	file []*unstructured.Unstructured,
) (applied []*unstructured.Unstructured, unknown []string, err error) {
	var errs []error
	for _, u := range file {
		r, err := c.client.Resource(u.GroupVersionKind(), u.GetNamespace())
		if meta.IsNoMatchError(err) {
			unknown = append(unknown, u.GetKind())
			continue
		}
		if err == nil {
			u, err = r.Apply(ctx, u.GetName(), u, metav1.ApplyOptions{FieldManager: "kubectl"})
			applied = append(applied, u)
		}
		errs = append(errs, err)
	}
	return applied, unknown, errors.Join(errs...)
}

// repeat applies the install file twice when everything is installed: once as it is documented, for
// the kinds that were unknown before, and once to see that it changes nothing.
func (c *Cluster) repeat(ctx context.Context, file []*unstructured.Unstructured) error {
	before, unknown, err := c.apply(ctx, file)
	if err != nil {
		return err
	}
	if len(unknown) > 0 {
		return fmt.Errorf("the packages are installed and did not bring the kinds %v", unknown)
	}
	after, _, err := c.apply(ctx, file)
	if err != nil {
		return err
	}
	var errs []error
	for i, u := range after {
		if was, is := revision(before[i]), revision(u); was != is {
			errs = append(errs, fmt.Errorf("the install file, applied once more, changes %s %s from %s to %s", u.GetKind(), u.GetName(), was, is))
		}
	}
	return errors.Join(errs...)
}

// revision changes when somebody changes what an object wants. Kinds without a generation have no
// status either, which changes by itself.
func revision(u *unstructured.Unstructured) string {
	if g := u.GetGeneration(); g > 0 {
		return fmt.Sprintf("generation %d", g)
	}
	return "resource version " + u.GetResourceVersion()
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
