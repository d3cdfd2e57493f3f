package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/apply"
	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/state"
)

// known complains about an object of a kind that is not served: kubectl refuses a whole file for one.
func (c *Cluster) known(objects []*unstructured.Unstructured) error {
	for _, u := range objects {
		if _, err := c.client.Resource(u.GroupVersionKind(), ""); err != nil {
			return err
		}
	}
	return nil
}

// apply applies files as "kubectl apply --server-side" does: what others own is not taken from them.
// It returns what the server has of each object.
func (c *Cluster) apply(ctx context.Context, objects []*unstructured.Unstructured) (applied []*unstructured.Unstructured, err error) {
	var errs []error
	for _, u := range objects {
		r, err := c.client.Resource(u.GroupVersionKind(), u.GetNamespace())
		if err == nil {
			u, err = r.Apply(ctx, u.GetName(), u, metav1.ApplyOptions{FieldManager: "kubectl"})
			applied = append(applied, u)
		}
		errs = append(errs, err)
	}
	return applied, errors.Join(errs...)
}

// repeat applies all files once more when everything is installed, twice, to see that this changes
// nothing.
func (c *Cluster) repeat(ctx context.Context, objects []*unstructured.Unstructured) error {
	before, err := c.apply(ctx, objects)
	if err != nil {
		return err
	}
	after, err := c.apply(ctx, objects)
	if err != nil {
		return err
	}
	var errs []error
	for i, u := range after {
		if was, is := revision(before[i]), revision(u); was != is {
			errs = append(errs, fmt.Errorf("%s %s, applied once more, changes from %s to %s", u.GetKind(), u.GetName(), was, is))
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

// installFiles are the files that a platform applies, in this order. Each brings the kinds that the
// next one needs.
func installFiles(s *state.State) []string {
	var files []string
	if s.Class != state.NoClass {
		files = append(files, "providers-sql.yaml", "providers-aws.yaml")
	}
	if s.Flavour == state.Namespaced {
		files = append(files, "providers-kubernetes.yaml")
	}
	return append(files, InstallFile(s))
}

// InstallFile is the name of the one that brings stacks.
func InstallFile(s *state.State) string {
	name := "install-" + s.Flavour
	if s.Class == state.NoClass {
		name += "-standalone"
	}
	return name + ".yaml"
}

// read reads the objects of a file that "make package" wrote.
func (c *Cluster) read(file string) ([]*unstructured.Unstructured, error) {
	name := filepath.Join(c.packageDir(), file)
	b, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("%w: run make package", err)
	}
	objects, err := apply.Objects(b)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return objects, nil
}

// packageDir is where the packages and the install files are.
func (c *Cluster) packageDir() string {
	return filepath.Join(c.Root, "_output", "package")
}
