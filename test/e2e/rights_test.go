//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"testing"

	authzv1 "k8s.io/api/authorization/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// TestUsers asks the API server what package/rbac.yaml lets people do: those who may edit a
// namespace may have a stack there and use its API, which is a virtual subresource that the auth
// proxy asks for; those who may view it see the stack, and have no verb on its API: each of them is
// enough to get code run.
func TestUsers(t *testing.T) {
	t.Parallel()
	mine, other := newNamespace(t), newNamespace(t)
	bind := func(user, role string) {
		t.Helper()
		b := &rbacv1.RoleBinding{ObjectMeta: metav1.ObjectMeta{Name: user},
			RoleRef:  rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: role},
			Subjects: []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: "User", Name: user}}}
		if _, err := client.Kube.RbacV1().RoleBindings(mine).Create(t.Context(), b, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	bind("editor", "edit")
	bind("viewer", "view")
	const group = "pipelines.opendatahub.io"
	attributes := func(namespace, verb, group, resource, subresource string) *authzv1.ResourceAttributes {
		return &authzv1.ResourceAttributes{Namespace: namespace, Verb: verb, Group: group, Resource: resource, Subresource: subresource}
	}
	for _, tc := range []struct {
		user   string
		what   *authzv1.ResourceAttributes
		want   bool
		reason string
	}{
		{"editor", attributes(mine, "create", group, "pipelinestacks", ""), true, "who edits a namespace may have a stack"},
		{"editor", attributes(mine, "create", group, "pipelinestacks", "api"), true, "and start runs"},
		{"editor", attributes(mine, "get", group, "pipelinestacks", "api"), true, "and see them"},
		{"editor", attributes(mine, "delete", group, "pipelinestacks", "api"), true, "and delete them"},
		{"editor", attributes(other, "create", group, "pipelinestacks", ""), false, "but not elsewhere"},
		{"editor", attributes(other, "create", group, "pipelinestacks", "api"), false, "but not elsewhere"},
		{"editor", attributes(other, "get", group, "pipelinestacks", "api"), false, "but not elsewhere"},
		{"editor", attributes(mine, "create", "mysql.sql.m.crossplane.io", "users", ""), false, "whoever makes the providers' kinds owns the shared server"},
		{"editor", attributes(mine, "create", "kubernetes.m.crossplane.io", "objects", ""), false, "whoever makes Objects has the provider's rights"},
		{"editor", attributes("", "get", group, "xpipelinestacks", ""), false, "composites are the platform's"},
		{"editor", attributes("", "get", group, "pipelinestackclasses", ""), false, "classes hold the salt of every name, and where the shared servers are"},
		{"viewer", attributes("", "list", group, "pipelinestackclasses", ""), false, "nor may they who look"},
		{"viewer", attributes(mine, "get", group, "pipelinestacks", ""), true, "who views a namespace may see its stack"},
		{"viewer", attributes(mine, "get", group, "pipelinestacks", "api"), false, "but upload no pipeline, which takes no more than a GET"},
		{"viewer", attributes(mine, "create", group, "pipelinestacks", "api"), false, "nor start a run"},
		{"viewer", attributes(mine, "delete", group, "pipelinestacks", "api"), false, "nor delete any"},
		{"viewer", attributes(mine, "update", group, "pipelinestacks", ""), false, "nor change the stack"},
		{"viewer", attributes(other, "get", group, "pipelinestacks", ""), false, "nor look elsewhere"},
	} {
		review := &authzv1.SubjectAccessReview{Spec: authzv1.SubjectAccessReviewSpec{User: tc.user, ResourceAttributes: tc.what}}
		// The API server hears of a new binding a moment later.
		eventually(t, tc.reason, func(ctx context.Context) error {
			is, err := client.Kube.AuthorizationV1().SubjectAccessReviews().Create(ctx, review, metav1.CreateOptions{})
			if err == nil && is.Status.Allowed != tc.want {
				err = fmt.Errorf("%s may %s %s/%s of %q in %q: %v, want %v", tc.user, tc.what.Verb, tc.what.Resource, tc.what.Subresource,
					tc.what.Group, tc.what.Namespace, is.Status.Allowed, tc.want)
			}
			return err
		})
	}
}

// TestStackRole asks whether whoever is bound to a stack's own Role may use its API, and nothing
// else.
func TestStackRole(t *testing.T) {
	t.Parallel()
	s := newStack(t, "{}")
	b := &rbacv1.RoleBinding{ObjectMeta: metav1.ObjectMeta{Name: "guest"},
		RoleRef:  rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: "ds-pipeline-user-access-" + s.name},
		Subjects: []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: "User", Name: "guest"}}}
	if _, err := client.Kube.RbacV1().RoleBindings(s.namespace).Create(t.Context(), b, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	may := func(ctx context.Context, verb, name, subresource string) (bool, error) {
		r, err := client.Kube.AuthorizationV1().SubjectAccessReviews().Create(
			ctx,
			&authzv1.SubjectAccessReview{Spec: authzv1.SubjectAccessReviewSpec{
				User: "guest", ResourceAttributes: &authzv1.ResourceAttributes{Namespace: s.namespace, Verb: verb, Group: "pipelines.opendatahub.io",
					Resource: "pipelinestacks", Subresource: subresource, Name: name}}},
			metav1.CreateOptions{},
		)
		if err != nil {
			return false, err
		}
		return r.Status.Allowed, nil
	}
	s.eventually(t, "a guest may start runs", func(ctx context.Context) error {
		ok, err := may(ctx, "create", s.name, "api")
		if err == nil && !ok {
			err = fmt.Errorf("not allowed")
		}
		return err
	})
	for _, no := range []struct{ verb, name, subresource string }{{"create", "another", "api"}, {"update", s.name, ""}, {"delete", s.name, ""}} {
		if ok, err := may(t.Context(), no.verb, no.name, no.subresource); ok || err != nil {
			t.Errorf("a guest may %s %s/%s: %v, %v", no.verb, no.name, no.subresource, ok, err)
		}
	}
}
