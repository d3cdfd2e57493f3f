//go:build e2e

package e2e

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	authzv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	kerrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/apply"
	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/tenants"
)

// A project is the larger composite of examples/odh-project, with a stack in it.
type project struct{ *unstructured.Unstructured }

const projectStack = "pipelines"

func (p *project) stackOf(t *testing.T) *stack {
	t.Helper()
	return &stack{t: t, namespace: p.GetName(), name: projectStack}
}

// projectObjects are what the example's project is to become, by kind and name.
var projectObjects = []string{
	"LimitRange/project",
	"Namespace/fraud-detection",
	"NetworkPolicy/workbench-ctrl-np",
	"PersistentVolumeClaim/workbench",
	"PipelineStack/pipelines",
	"ResourceQuota/project",
	"RoleBinding/project-admins",
	"RoleBinding/project-contributors",
	"RoleBinding/workbench-pipelines",
	"Service/workbench",
	"ServiceAccount/workbench",
	"StatefulSet/workbench",
}

// TestProject applies the files of the example as they stand. They are the same in both flavours;
// only how a project may be deleted differs.
func TestProject(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	var is []string
	tree := p.tree(t)
	for _, n := range tree[1:] {
		is = append(is, n.Kind+"/"+n.Name)
		if !n.Exists {
			t.Errorf("%s %s is missing", n.Kind, n.Name)
		} else if o := metav1.GetControllerOf(n.Object); o == nil || o.UID != tree[0].Object.GetUID() {
			t.Errorf("%s %s is controlled by %v, not by the project", n.Kind, n.Name, o)
		}
	}
	if !slices.Equal(is, projectObjects) {
		t.Errorf("the project composes\n%v, want\n%v", is, projectObjects)
	}
	t.Run("namespace", p.testNamespace)
	t.Run("people", p.testPeople)
	t.Run("workbench", p.testWorkbench)
	t.Run("stack", p.testStack)
	t.Run("rights", p.testRights)
	t.Run("deletion", p.testDeletion)
}

// newProject installs the example and makes its project.
func newProject(t *testing.T) *project {
	t.Helper()
	files := []string{"functions.yaml", "rbac.yaml", "xrd.yaml", "composition.yaml"}
	if namespaced {
		files = append(files, "deletion.yaml")
	}
	for _, f := range files {
		for _, u := range odhProject(t, f) {
			t.Cleanup(func() { remove(t, u) })
			if err := client.Object(t.Context(), "", u); err != nil {
				t.Fatal(err)
			}
		}
	}
	function := odhProject(t, "functions.yaml")[0]
	eventually(t, "the example's function is there", func(ctx context.Context) error {
		u, err := client.Get(ctx, function.GetAPIVersion(), function.GetKind(), "", function.GetName())
		if err != nil {
			return err
		}
		return apply.True(u, "Installed", "Healthy")
	})
	p := &project{Unstructured: odhProject(t, "project.yaml")[0]}
	t.Cleanup(func() { remove(t, p.Unstructured) })
	eventually(t, "projects can be made", func(ctx context.Context) error { return client.Object(ctx, "", p.DeepCopy()) })
	p.stackOf(t).eventually(t, "the project is ready", func(ctx context.Context) error {
		u, err := p.read(ctx)
		if err != nil {
			return err
		}
		return apply.True(u, "Synced", "Ready")
	})
	return p
}

// odhProject reads a file of the example.
func odhProject(t *testing.T, file string) []*unstructured.Unstructured {
	t.Helper()
	return documents(t, filepath.Join(plane.Root, "examples", "odh-project", file))
}

// remove deletes what has no namespace, and waits until it and what belongs to it are gone.
func remove(t *testing.T, u *unstructured.Unstructured) {
	t.Helper()
	// Not the test's context, which is over by now.
	err := apply.Wait(context.Background(), patience, plane.Dead, func(ctx context.Context) error {
		err := deleteWith(ctx, u, metav1.DeletePropagationForeground, false)
		if kerrors.IsNotFound(err) {
			return nil
		}
		if err == nil {
			err = fmt.Errorf("%s %s is still there", u.GetKind(), u.GetName())
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func deleteWith(ctx context.Context, u *unstructured.Unstructured, policy metav1.DeletionPropagation, dry bool) error {
	r, err := client.Resource(u.GroupVersionKind(), "")
	if err != nil {
		return err
	}
	o := metav1.DeleteOptions{PropagationPolicy: &policy}
	if dry {
		o.DryRun = []string{metav1.DryRunAll}
	}
	return r.Delete(ctx, u.GetName(), o)
}

func (p *project) read(ctx context.Context) (*unstructured.Unstructured, error) {
	return client.Get(ctx, p.GetAPIVersion(), p.GetKind(), "", p.GetName())
}

// tree is the project and everything it composes.
func (p *project) tree(t *testing.T) []tenants.Node {
	t.Helper()
	u, err := p.read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	tree, err := tenants.Tree(t.Context(), client, u)
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

func (p *project) testNamespace(t *testing.T) {
	ns, err := client.Kube.CoreV1().Namespaces().Get(t.Context(), p.GetName(), metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for k, v := range map[string]string{
		"opendatahub.io/dashboard": "true", "kubernetes.io/metadata.name": p.GetName(), "pod-security.kubernetes.io/enforce": "restricted",
	} {
		if ns.Labels[k] != v {
			t.Errorf("label %s is %q, want %q", k, ns.Labels[k], v)
		}
	}
	q, err := client.Kube.CoreV1().ResourceQuotas(p.GetName()).Get(t.Context(), "project", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for r, want := range map[corev1.ResourceName]string{"requests.cpu": "20", "requests.memory": "64Gi", "requests.storage": "200Gi"} {
		if is := q.Status.Hard[r]; is.String() != want {
			t.Errorf("the quota for %s is %s, want %s", r, is.String(), want)
		}
	}
	second := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": tenants.APIVersion, "kind": tenants.Kind, "metadata": map[string]any{"name": "second"}, "spec": map[string]any{},
	}}
	stacks, err := client.Resource(tenants.GVK, p.GetName())
	if err != nil {
		t.Fatal(err)
	}
	// Kubernetes sometimes counts what is as old as the quota only at its next round.
	eventually(t, "the quota refuses a second stack in a project", func(ctx context.Context) error {
		_, err := stacks.Create(ctx, second, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
		switch {
		case err == nil:
			return errors.New("it would be made")
		case kerrors.IsForbidden(err) && strings.Contains(err.Error(), "exceeded quota: project"):
			return nil
		default:
			return err
		}
	})
}

// testPeople asks the API server what the bindings of the project let its people and its workbench
// do.
func (p *project) testPeople(t *testing.T) {
	const pipelines, rbac = "pipelines.opendatahub.io", "rbac.authorization.k8s.io"
	workbench := "system:serviceaccount:" + p.GetName() + ":workbench"
	for _, tc := range []struct {
		user, group              string // who
		verb, of, resource, part string
		want                     bool
	}{
		{"", "fraud-leads", "create", rbac, "rolebindings", "", true},
		{"", "fraud-leads", "create", pipelines, "pipelinestacks", "api", true},
		{"", "fraud-scientists", "create", pipelines, "pipelinestacks", "api", true},
		{"", "fraud-scientists", "create", rbac, "rolebindings", "", false},
		{"visiting-scientist", "", "create", "", "configmaps", "", true},
		{"", "strangers", "get", pipelines, "pipelinestacks", "api", false},
		{workbench, "", "create", pipelines, "pipelinestacks", "api", true},
		{workbench, "", "get", "", "secrets", "", false},
	} {
		review := &authzv1.SubjectAccessReview{Spec: authzv1.SubjectAccessReviewSpec{User: "somebody", Groups: []string{tc.group},
			ResourceAttributes: &authzv1.ResourceAttributes{
				Namespace: p.GetName(), Verb: tc.verb, Group: tc.of, Resource: tc.resource, Subresource: tc.part, Name: projectStack,
			}}}
		if tc.user != "" {
			review.Spec.User = tc.user
		}
		// The API server hears of a new binding a moment later.
		eventually(t, "people may do what the project says", func(ctx context.Context) error {
			is, err := client.Kube.AuthorizationV1().SubjectAccessReviews().Create(ctx, review, metav1.CreateOptions{})
			if err == nil && is.Status.Allowed != tc.want {
				err = fmt.Errorf("%+v: %v", tc, is.Status.Allowed)
			}
			return err
		})
	}
}

// testWorkbench looks for a pod, which is there only if Pod Security and the quota let it in.
func (p *project) testWorkbench(t *testing.T) {
	api := p.stackOf(t).status("components", "apiServer", "url")
	eventually(t, "the workbench runs", func(ctx context.Context) error {
		pod, err := client.Kube.CoreV1().Pods(p.GetName()).Get(ctx, "workbench-0", metav1.GetOptions{})
		if err == nil && pod.Status.Phase != corev1.PodRunning {
			err = fmt.Errorf("its pod is %s", pod.Status.Phase)
		}
		if err != nil {
			return err
		}
		if is := pod.Spec.Containers[0].Env[0].Value; is != api {
			return fmt.Errorf("it looks for pipelines at %q, want %q", is, api)
		}
		u, err := p.read(ctx)
		if err != nil {
			return err
		}
		if n, _, _ := unstructured.NestedInt64(u.Object, "status", "workbench", "available"); n != 1 {
			return fmt.Errorf("the project says that %d are available", n)
		}
		return nil
	})
}

func (p *project) testStack(t *testing.T) {
	s := p.stackOf(t)
	s.ready()
	database := s.status("database", "name")
	s.eventually(t, "the stack's user opens its database", func(ctx context.Context) error { return s.login(ctx, database) })
	u, err := p.read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for field, path := range map[string][]string{
		"release": {"release"}, "api": {"components", "apiServer", "url"}, "database": {"database", "name"}, "bucket": {"objectStore", "bucket"},
	} {
		is, _, _ := unstructured.NestedString(u.Object, "status", "pipelines", field)
		if want := s.status(path...); is != want {
			t.Errorf("the project's status.pipelines.%s is %q, the stack says %q", field, is, want)
		}
	}
}

// testRights fails if Crossplane was ever refused anything, as the stack's own tests do.
func (p *project) testRights(t *testing.T) {
	p.stackOf(t).allowed(t)
	l, err := client.Kube.CoreV1().Events(metav1.NamespaceDefault).List(t.Context(), metav1.ListOptions{FieldSelector: "type=Warning"})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range l.Items {
		about := e.InvolvedObject.Kind == p.GetKind() && e.InvolvedObject.Name == p.GetName()
		if about && (e.Reason == "RoleBasedAccessControl" || strings.Contains(e.Message, "is forbidden")) {
			t.Errorf("Crossplane lacks a right: %s %s", e.Reason, e.Message)
		}
	}
}

// testDeletion deletes the project, in the claim flavour as kubectl does by default.
func (p *project) testDeletion(t *testing.T) {
	s := p.stackOf(t)
	had, keys := s.belongings(), append(keysOf(p.tree(t)), keysOf(s.tree())...)
	policy := metav1.DeletePropagationBackground
	if namespaced {
		eventually(t, "nobody deletes a project in the background", func(ctx context.Context) error {
			err := deleteWith(ctx, p.Unstructured, policy, true)
			if err == nil {
				return errors.New("it is let through")
			}
			if !strings.Contains(err.Error(), "--cascade=foreground") {
				return err
			}
			return nil
		})
		policy = metav1.DeletePropagationForeground
	}
	if err := deleteWith(t.Context(), p.Unstructured, policy, false); err != nil {
		t.Fatal(err)
	}
	s.eventually(t, "a deleted project leaves nothing in the cluster", func(ctx context.Context) error { return gone(ctx, keys) })
	if is, want := had.remains(t), (remains{database: true, bucket: true}); is != want {
		t.Errorf("%+v remain on the servers, want %+v", is, want)
	}
}
