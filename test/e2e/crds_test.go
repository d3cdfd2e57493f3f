//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/apply"
)

// writers of the kinds: the part of a stack that makes objects of them. The two others are made by
// users.
var writers = map[string]string{
	"Workflow": apiServer, "ScheduledWorkflow": apiServer, "WorkflowTaskResult": pipelineRunner,
	"WorkflowTaskSet": workflowController, "WorkflowArtifactGCTask": workflowController,
}

// TestNothingIsPruned has the parts of a stack make what those of every carried release write,
// under the newest definitions, and reads it again. The samples are those that
// fn/generations_test.go holds against the definitions without a cluster.
func TestNothingIsPruned(t *testing.T) {
	t.Parallel()
	s := newStack(t, "{}")
	for _, argo := range carried(t) {
		b, err := os.ReadFile(filepath.Join(plane.Root, "fn", "testdata", "work", argo+".yaml"))
		if err != nil {
			t.Fatal(err)
		}
		objects, err := apply.Objects(b)
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range objects {
			as := client
			if part, ok := writers[want.GetKind()]; ok {
				as = s.impersonate(t, part)
			}
			want.SetName(argo + "-" + want.GetName()) // releases have samples of the same names
			if err := roundTrip(t.Context(), as, s.namespace, want); err != nil {
				t.Errorf("%s of Argo %s: %v", want.GetKind(), argo, err)
			}
		}
	}
}

// roundTrip creates an object, its status too, and complains about anything that the server did not
// keep.
func roundTrip(ctx context.Context, as *apply.Client, namespace string, want *unstructured.Unstructured) error {
	r, err := as.Resource(want.GroupVersionKind(), namespace)
	if err != nil {
		return err
	}
	got, err := r.Create(ctx, want, metav1.CreateOptions{FieldValidation: metav1.FieldValidationStrict})
	if err != nil {
		return err
	}
	if status := want.Object["status"]; status != nil && got.Object["status"] == nil { // the kind has a subresource, which agents write
		admin, err := client.Resource(want.GroupVersionKind(), namespace)
		if err != nil {
			return err
		}
		got.Object["status"] = status
		if got, err = admin.UpdateStatus(ctx, got, metav1.UpdateOptions{FieldValidation: metav1.FieldValidationStrict}); err != nil {
			return err
		}
	}
	// Through JSON, as the answer came, where whole numbers are no floats.
	b, err := want.MarshalJSON()
	if err != nil {
		return err
	}
	wanted, stored := &unstructured.Unstructured{}, got.DeepCopy()
	if err := wanted.UnmarshalJSON(b); err != nil {
		return err
	}
	delete(wanted.Object, "metadata")
	delete(stored.Object, "metadata")
	if diff := cmp.Diff(wanted.Object, stored.Object); diff != "" {
		return fmt.Errorf("-sent, +stored:\n%s", diff)
	}
	return nil
}

// carried are the versions of Argo that the releases were made for.
func carried(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(plane.Root, "fn", "stack", "releases", "*.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatal("no releases: ", err)
	}
	var versions []string
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		var release struct{ Argo string }
		if err := yaml.Unmarshal(b, &release); err != nil {
			t.Fatal(err)
		}
		if !slices.Contains(versions, release.Argo) {
			versions = append(versions, release.Argo)
		}
	}
	return versions
}
