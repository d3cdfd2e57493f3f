//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/rest"

	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/apply"
	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/cluster"
	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/tenants"
)

// resourceName is the annotation by which Crossplane tells a composite's objects apart, in goldens
// and on a cluster.
const resourceName = "crossplane.io/composition-resource-name"

// absent says whether the control plane may lack an API group of examples: what platforms add, and
// what the other flavour alone needs.
func absent(group string) bool {
	return group == "monitoring.coreos.com" || group == "kubernetes.m.crossplane.io" && !namespaced
}

// TestExamples has the API server judge every example, and make nothing: what a tenant and the
// platform write, unless it is there to be refused, and each object that the function makes of it,
// asked for by Crossplane's account, which has to have the right to it.
func TestExamples(t *testing.T) {
	t.Parallel()
	namespace := newNamespace(t)
	lendRoles(t, "research-data-reader")
	cfg := rest.CopyConfig(client.Config)
	cfg.Impersonate = rest.ImpersonationConfig{
		UserName: "system:serviceaccount:" + cluster.Namespace + ":crossplane",
		Groups:   []string{"system:serviceaccounts", "system:serviceaccounts:" + cluster.Namespace, "system:authenticated"},
	}
	crossplane, err := apply.NewFor(cfg)
	if err != nil {
		t.Fatal(err)
	}
	goldens := 0
	err = filepath.WalkDir(filepath.Join(plane.Root, "examples"), func(path string, d os.DirEntry, err error) error {
		if err != nil || d.Name() != "expected.yaml" {
			return err
		}
		goldens++
		dir := filepath.Dir(path)
		t.Run(strings.TrimPrefix(dir, plane.Root+string(filepath.Separator)), func(t *testing.T) {
			golden, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Contains(golden, []byte("severity: Fatal")) {
				if err := dryRun(t.Context(), client, namespace, written(t, dir)); err != nil {
					t.Error(err)
				}
				for _, u := range classes(t, dir) {
					if err := dryRun(t.Context(), client, "", u); err != nil {
						t.Errorf("%s %s: %v", u.GetKind(), u.GetName(), err)
					}
				}
			}
			// Objects name their stack's namespace in many places.
			made := composed(t, bytes.ReplaceAll(golden, []byte(namespaceOf(t, dir)), []byte(namespace)))
			for _, u := range made {
				if u.GetKind() != "Role" {
					continue
				}
				if err := crossplane.Object(t.Context(), namespace, u.DeepCopy()); err != nil { // or no binding could name it
					t.Errorf("%s %s: %v", u.GetKind(), u.GetName(), err)
				}
			}
			for _, u := range made {
				if u.GetKind() == "ClusterRoleBinding" {
					if namespaced {
						continue // a claim's: Crossplane has no right on them in this flavour
					}
					u.SetOwnerReferences([]metav1.OwnerReference{{ // as Crossplane does
						APIVersion: tenants.APIVersion, Kind: "X" + tenants.Kind, Name: "demo", UID: "a", Controller: new(true),
					}})
				}
				err := dryRun(t.Context(), crossplane, namespace, u)
				if meta.IsNoMatchError(err) && absent(u.GroupVersionKind().Group) {
					t.Logf("%s is not known here", u.GetKind())
					continue
				}
				if err != nil {
					t.Errorf("%s %s: %v", u.GetKind(), u.GetName(), err)
				}
			}
		})
		return nil
	})
	if err != nil || goldens < 10 {
		t.Fatalf("%d examples, %v", goldens, err)
	}
}

// classes are what the platform writes for an example, if it has any.
func classes(t *testing.T, dir string) []*unstructured.Unstructured {
	t.Helper()
	path := filepath.Join(dir, "class.yaml")
	if _, err := os.Stat(path); err != nil {
		return nil
	}
	return documents(t, path)
}

// written is the stack that a tenant writes for an example.
func written(t *testing.T, dir string) *unstructured.Unstructured {
	t.Helper()
	xr := document(t, filepath.Join(dir, "xr.yaml"))
	for _, crossplanes := range []string{"claimRef", "resourceRefs", "crossplane"} {
		unstructured.RemoveNestedField(xr.Object, "spec", crossplanes)
	}
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": tenants.APIVersion, "kind": tenants.Kind,
		"metadata": map[string]any{"name": tenants.Name}, "spec": xr.Object["spec"],
	}}
}

// namespaceOf is the namespace of an example's tenant.
func namespaceOf(t *testing.T, dir string) string {
	t.Helper()
	xr := document(t, filepath.Join(dir, "xr.yaml"))
	if claims, ok, _ := unstructured.NestedString(xr.Object, "spec", "claimRef", "namespace"); ok {
		return claims
	}
	if xr.GetNamespace() == "" {
		t.Fatalf("%s has no namespace", dir)
	}
	return xr.GetNamespace()
}

// document is the first of a file.
func document(t *testing.T, path string) *unstructured.Unstructured {
	t.Helper()
	return documents(t, path)[0]
}

// documents are at least one.
func documents(t *testing.T, path string) []*unstructured.Unstructured {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	us, err := apply.Objects(b)
	if err != nil || len(us) == 0 {
		t.Fatalf("%s: %d documents, %v", path, len(us), err)
	}
	return us
}

// composed are the objects of a golden. What has no name gets it from Crossplane.
func composed(t *testing.T, golden []byte) []*unstructured.Unstructured {
	t.Helper()
	us, err := apply.Objects(golden)
	if err != nil {
		t.Fatal(err)
	}
	var out []*unstructured.Unstructured
	for _, u := range us {
		if u.GetAnnotations()[resourceName] == "" {
			continue
		}
		if u.GetName() == "" {
			u.SetName("unnamed")
		}
		out = append(out, u)
	}
	return out
}

// dryRun has the API server say what it thinks of an object asked for by somebody, in a namespace
// if its kind lives in one.
func dryRun(ctx context.Context, as *apply.Client, namespace string, u *unstructured.Unstructured) error {
	r, err := as.Resource(u.GroupVersionKind(), namespace)
	if err != nil {
		return err
	}
	_, err = r.Apply(
		ctx,
		u.GetName(),
		u,
		metav1.ApplyOptions{FieldManager: apply.FieldManager, Force: true, DryRun: []string{metav1.DryRunAll}},
	)
	return err
}
