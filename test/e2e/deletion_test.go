//go:build e2e

package e2e

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	kerrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/apply"
	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/registry"
)

const (
	pkgVersion     = "pkg.crossplane.io/v1"
	takesAll       = " of the cluster would be deleted with it"
	deletionPolicy = "pipelinestack-deletion"
)

// A thing is what takes every stack or every class along when it is deleted.
type thing struct{ apiVersion, kind, name string }

// things of the flavour that runs: its XRD, the definitions that Crossplane made of it, that of
// classes, and the packages that it came with.
func things(t *testing.T) []thing {
	t.Helper()
	composite, plurals := "pipelinestacks", []string{"pipelinestacks", "pipelinestackclasses"}
	if !namespaced {
		composite, plurals = "xpipelinestacks", append(plurals, "xpipelinestacks")
	}
	const group = ".pipelines.opendatahub.io"
	c, _, revision, err := configuration(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	all := []thing{
		{"apiextensions.crossplane.io/v1", "CompositeResourceDefinition", composite + group},
		{"apiextensions.crossplane.io/v2", "CompositeResourceDefinition", composite + group},
		{pkgVersion, "Configuration", c.GetName()},
		{pkgVersion, "ConfigurationRevision", revision},
	}
	for _, p := range plurals {
		all = append(all, thing{"apiextensions.k8s.io/v1", "CustomResourceDefinition", p + group})
	}
	return all
}

// delete asks for the deletion, dry-run, which admission is asked about all the same: by name, or
// as a collection that holds nothing else.
func (d thing) delete(ctx context.Context, as *apply.Client, collection bool) error {
	r, err := as.Resource(schema.FromAPIVersionAndKind(d.apiVersion, d.kind), "")
	if err != nil {
		return err
	}
	dry := metav1.DeleteOptions{DryRun: []string{metav1.DryRunAll}}
	if collection {
		return r.DeleteCollection(ctx, dry, metav1.ListOptions{FieldSelector: "metadata.name=" + d.name})
	}
	return r.Delete(ctx, d.name, dry)
}

// configuration is the flavour's package, its image and the revision in use.
func configuration(ctx context.Context) (u *unstructured.Unstructured, image, revision string, err error) {
	name := "configuration-pipelinestack"
	if namespaced {
		name += "-namespaced"
	}
	if u, err = client.Get(ctx, pkgVersion, "Configuration", "", name); err != nil {
		return nil, "", "", err
	}
	image, _, _ = unstructured.NestedString(u.Object, "spec", "package")
	revision, _, _ = unstructured.NestedString(u.Object, "status", "currentRevision")
	return u, image, revision, nil
}

// TestNobodyDeletesEveryStack has the administrator and the garbage collector delete what takes the
// stacks along, before and after somebody lifted the policy as docs/install.md tells, and after it
// is back. It does not run beside other tests: they would be without the policy.
func TestNobodyDeletesEveryStack(t *testing.T) {
	newStack(t, "{}")
	collector := impersonateUser(t, "system:serviceaccount:kube-system:generic-garbage-collector", "system:masters")
	each := func(complaint func(err error) error) func(context.Context) error {
		return func(ctx context.Context) error {
			var errs []error
			for _, d := range things(t) {
				for who, as := range map[string]*apply.Client{"the administrator": client, "the garbage collector": collector} {
					for _, collection := range []bool{false, true} {
						if err := complaint(d.delete(ctx, as, collection)); err != nil {
							errs = append(errs, fmt.Errorf("%s deletes %+v, collection %v: %w", who, d, collection, err))
						}
					}
				}
			}
			return errors.Join(errs...)
		}
	}
	refused := each(func(err error) error {
		if !kerrors.IsForbidden(err) || !strings.Contains(err.Error(), takesAll) {
			return fmt.Errorf("%w, want it refused since %q", err, takesAll)
		}
		return nil
	})
	if err := refused(t.Context()); err != nil {
		t.Fatal(err)
	}

	const apiVersion, kind = "admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicyBinding"
	binding, err := client.Get(t.Context(), apiVersion, kind, "", deletionPolicy)
	if err != nil {
		t.Fatal(err)
	}
	again := &unstructured.Unstructured{Object: map[string]any{"apiVersion": apiVersion, "kind": kind,
		"metadata": map[string]any{"name": deletionPolicy}, "spec": binding.Object["spec"]}}
	t.Cleanup(func() {
		// Not the test's context, which is over by now.
		if err := client.Object(context.Background(), "", again.DeepCopy()); err != nil {
			t.Error(err)
		}
	})
	if err := deleteWith(t.Context(), binding, metav1.DeletePropagationBackground, false); err != nil {
		t.Fatal(err)
	}
	eventually(t, "without the binding everything may be deleted", each(func(err error) error { return err }))
	if err := client.Object(t.Context(), "", again.DeepCopy()); err != nil {
		t.Fatal(err)
	}
	eventually(t, "with the binding it is refused again", refused)
}

// TestPackageUpgrade installs three newer versions of the Configuration, one after the other. Each
// takes the XRD over, and Crossplane deletes the revisions that are left behind, under a stack that
// lives on. It does not run beside other tests, since the platform changes.
func TestPackageUpgrade(t *testing.T) {
	s := newStack(t, "{}")
	was := s.tree()
	_, installed, first, err := configuration(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		// Not the test's context, which is over by now.
		if err := apply.Wait(
			context.Background(),
			patience,
			plane.Dead,
			func(ctx context.Context) error { return install(ctx, installed) },
		); err != nil {
			t.Error(err)
		}
	})
	revision := first
	for i := range 3 {
		image := newer(t, installed, fmt.Sprintf("v99.0.%d", i))
		before := revision
		s.eventually(t, "the next version is installed", func(ctx context.Context) error {
			if err := install(ctx, image); err != nil {
				return err
			}
			_, _, revision, err = configuration(ctx)
			if err == nil && revision == before {
				err = fmt.Errorf("%s is still the revision", before)
			}
			return err
		})
		if err := (thing{pkgVersion, "ConfigurationRevision", before}).delete(
			t.Context(),
			client,
			false,
		); err != nil &&
			!kerrors.IsNotFound(err) {
			t.Errorf("the revision that was left behind may not be deleted: %v", err)
		}
	}
	s.eventually(t, "Crossplane deletes the oldest revision", func(ctx context.Context) error {
		_, err := client.Get(ctx, pkgVersion, "ConfigurationRevision", "", first)
		switch {
		case kerrors.IsNotFound(err):
			return nil
		case err == nil:
			err = fmt.Errorf("%s is still there", first)
		}
		return err
	})
	s.ready()
	s.survived(t, was)
}

// install has an image of the Configuration be what runs, and complains until it does.
func install(ctx context.Context, image string) error {
	u, is, revision, err := configuration(ctx)
	if err != nil {
		return err
	}
	if is != image {
		file := &unstructured.Unstructured{Object: map[string]any{
			"apiVersion": pkgVersion, "kind": "Configuration",
			"metadata": map[string]any{"name": u.GetName()}, "spec": map[string]any{"package": image},
		}}
		if err := platformApplies(ctx, []*unstructured.Unstructured{file}); err != nil {
			return err
		}
		return fmt.Errorf("%s is on its way", image)
	}
	if is, _, _ := unstructured.NestedString(u.Object, "status", "currentIdentifier"); is != image {
		return fmt.Errorf("%s is installed", is)
	}
	r, err := client.Get(ctx, pkgVersion, "ConfigurationRevision", "", revision)
	if err != nil {
		return err
	}
	if err := apply.True(r, "RevisionHealthy"); err != nil {
		return err
	}
	return apply.True(u, "Installed", "Healthy")
}

// newer pushes a version of the Configuration that differs in nothing but a label, and returns its
// image.
func newer(t *testing.T, image, version string) string {
	t.Helper()
	tag, err := name.NewTag(image)
	if err != nil {
		t.Fatal(err)
	}
	img, err := tarball.ImageFromPath(filepath.Join(plane.Root, "_output", "package", filepath.Base(tag.RepositoryStr())+".xpkg"), nil)
	if err != nil {
		t.Fatal(err)
	}
	cfg, err := img.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	cfg = cfg.DeepCopy()
	cfg.Config.Labels["org.opencontainers.image.version"] = version
	if img, err = mutate.ConfigFile(img, cfg); err != nil {
		t.Fatal(err)
	}
	if err := registry.Push(
		t.Context(),
		plane.Addr("registry"),
		registry.Reference{Repository: tag.RepositoryStr(), Tag: version},
		img,
	); err != nil {
		t.Fatal(err)
	}
	return tag.Context().Tag(version).String()
}
