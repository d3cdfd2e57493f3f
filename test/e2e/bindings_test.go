//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"strings"
	"testing"

	authzv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"

	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/cluster"
	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/tenants"
)

// accountOf is how the API server knows a service account.
func accountOf(namespace, name string) string {
	return "system:serviceaccount:" + namespace + ":" + name
}

// as is a client of somebody's.
func as(t *testing.T, user string) kubernetes.Interface {
	t.Helper()
	c, err := client.As(user)
	if err != nil {
		t.Fatal(err)
	}
	return c.Kube
}

// TestOnlyTheBindingsOfStacks has the account that makes the ClusterRoleBindings of stacks make and
// delete another. A refusal must not be one at which Crossplane stops.
func TestOnlyTheBindingsOfStacks(t *testing.T) {
	t.Parallel()
	namespace := newNamespace(t)
	binding := func(name string) *rbacv1.ClusterRoleBinding {
		return &rbacv1.ClusterRoleBinding{
			ObjectMeta: metav1.ObjectMeta{Name: name},
			RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "system:auth-delegator"},
			Subjects:   []rbacv1.Subject{{Kind: "ServiceAccount", Name: "default", Namespace: namespace}},
		}
	}
	others := client.Kube.RbacV1().ClusterRoleBindings()
	if _, err := others.Create(t.Context(), binding("others-"+namespace), metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = others.Delete(context.Background(), "others-"+namespace, metav1.DeleteOptions{}) })

	maker := "crossplane"
	if namespaced {
		maker = "pipelinestack-provider-kubernetes"
		_, err := as(t, accountOf(cluster.Namespace, "crossplane")).RbacV1().ClusterRoleBindings().Create(
			t.Context(), binding("made-"+namespace), metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
		if !apierrors.IsForbidden(err) {
			t.Errorf("in this flavour Crossplane itself has no right on ClusterRoleBindings: %v", err)
		}
	}
	mine := as(t, accountOf(cluster.Namespace, maker)).RbacV1().ClusterRoleBindings()
	_, made := mine.Create(t.Context(), binding("made-"+namespace), metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
	for what, err := range map[string]error{
		"makes":   made,
		"deletes": mine.Delete(t.Context(), "others-"+namespace, metav1.DeleteOptions{DryRun: []string{metav1.DryRunAll}}),
	} {
		if err == nil || !strings.Contains(err.Error(), "pipelinestack-auth-delegator.") || apierrors.IsForbidden(err) {
			t.Errorf("%s %s another's ClusterRoleBinding: %v, want the policy's refusal", maker, what, err)
		}
	}
}

// TestPipelinesKeepOffVolumes has a pipeline delete a volume of its own, and one that looks like the
// database of an embedded store.
func TestPipelinesKeepOffVolumes(t *testing.T) {
	t.Parallel()
	s := newStack(t, "{}")
	runner := as(t, accountOf(s.namespace, "pipeline-runner")).CoreV1().PersistentVolumeClaims(s.namespace)
	volume := func(name string) *corev1.PersistentVolumeClaim {
		return &corev1.PersistentVolumeClaim{
			ObjectMeta: metav1.ObjectMeta{Name: name},
			Spec: corev1.PersistentVolumeClaimSpec{
				AccessModes: []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOnce},
				Resources:   corev1.VolumeResourceRequirements{Requests: corev1.ResourceList{corev1.ResourceStorage: resource.MustParse("1Gi")}},
			},
		}
	}
	data := s.name + "-ml-pipeline-database-0"
	if _, err := client.Kube.CoreV1().PersistentVolumeClaims(
		s.namespace,
	).Create(
		t.Context(),
		volume(data),
		metav1.CreateOptions{},
	); err != nil {
		t.Fatal(err)
	}
	s.eventually(t, "a pipeline makes a volume", func(ctx context.Context) error {
		_, err := runner.Create(ctx, volume("scratch"), metav1.CreateOptions{})
		return err
	})
	if err := runner.Delete(t.Context(), "scratch", metav1.DeleteOptions{}); err != nil {
		t.Errorf("a pipeline deletes its own volume: %v", err)
	}
	_, made := runner.Create(t.Context(), volume(s.name+"-ml-pipeline-object-store-0"), metav1.CreateOptions{})
	for what, err := range map[string]error{"makes": made, "deletes": runner.Delete(t.Context(), data, metav1.DeleteOptions{})} {
		if err == nil || !strings.Contains(err.Error(), "the volumes of the stack's own servers") {
			t.Errorf("a pipeline %s a volume of the stack's own: %v, want the policy's refusal", what, err)
		}
	}
}

// lendRoles makes ClusterRoles of a platform's, and lets Crossplane bind them as docs/install.md says.
func lendRoles(t *testing.T, roles ...string) {
	t.Helper()
	all := client.Kube.RbacV1().ClusterRoles()
	read := []rbacv1.PolicyRule{{APIGroups: []string{"example.org"}, Resources: []string{"datasets"}, Verbs: []string{"get"}}}
	bind := []rbacv1.PolicyRule{
		{APIGroups: []string{rbacv1.GroupName}, Resources: []string{"clusterroles"}, Verbs: []string{"bind"}, ResourceNames: roles},
	}
	wanted := []*rbacv1.ClusterRole{{
		ObjectMeta: metav1.ObjectMeta{Name: roles[0] + ":binds", Labels: map[string]string{"rbac.crossplane.io/aggregate-to-crossplane": "true"}},
		Rules:      bind,
	}}
	for _, role := range roles {
		wanted = append(wanted, &rbacv1.ClusterRole{ObjectMeta: metav1.ObjectMeta{Name: role}, Rules: read})
	}
	for _, role := range wanted {
		if _, err := all.Create(t.Context(), role, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = all.Delete(context.Background(), role.Name, metav1.DeleteOptions{}) })
	}
	for _, role := range roles {
		what := &authzv1.ResourceAttributes{Verb: "bind", Group: rbacv1.GroupName, Resource: "clusterroles", Name: role}
		eventually(t, "Crossplane may bind "+role, func(ctx context.Context) error {
			return allowedTo(ctx, accountOf(cluster.Namespace, "crossplane"), what)
		})
	}
}

// allowedTo asks the API server what somebody may do.
func allowedTo(ctx context.Context, user string, what *authzv1.ResourceAttributes) error {
	is, err := client.Kube.AuthorizationV1().SubjectAccessReviews().Create(ctx,
		&authzv1.SubjectAccessReview{Spec: authzv1.SubjectAccessReviewSpec{User: user, ResourceAttributes: what}}, metav1.CreateOptions{})
	if err == nil && !is.Status.Allowed {
		err = fmt.Errorf("%s may not %s %s %s", user, what.Verb, what.Resource, what.Name)
	}
	return err
}

// TestRolesForPipelines gives a stack's pipelines a ClusterRole of the class's list. Crossplane, which
// does not hold its rules, binds it; a role that it may not bind is refused, and nothing is made.
func TestRolesForPipelines(t *testing.T) {
	role := "e2e-datasets"
	lendRoles(t, role)
	install := client.Kube.CoreV1().ConfigMaps(cluster.Namespace)
	binds := func(text string) {
		t.Helper()
		patch := fmt.Appendf(nil, `{"data": {"binds": %q}}`, text)
		if _, err := install.Patch(
			context.Background(),
			"pipelinestack-install",
			types.MergePatchType,
			patch,
			metav1.PatchOptions{},
		); err != nil {
			t.Fatal(err)
		}
	}
	class := newClass(t, map[string]any{"pipelineRunner": map[string]any{"roles": []any{role}}})
	spec := "{className: " + class.GetName() + ", pipelineRunner: {roles: [" + role + "]}}"

	s := &stack{t: t, namespace: newNamespace(t), name: tenants.Name}
	s.apply(spec)
	s.refused("pipelineRunner.roles", "may not bind ClusterRole "+role)

	binds(role)
	t.Cleanup(func() { binds("") })
	s.ready()
	s.allowed(t)
	read := &authzv1.ResourceAttributes{Namespace: s.namespace, Verb: "get", Group: "example.org", Resource: "datasets"}
	s.eventually(t, "pipelines have the role", func(ctx context.Context) error {
		return allowedTo(ctx, accountOf(s.namespace, "pipeline-runner"), read)
	})
	read.Namespace = cluster.Namespace
	if err := allowedTo(t.Context(), accountOf(s.namespace, "pipeline-runner"), read); err == nil {
		t.Error("pipelines have the role in other namespaces")
	}
}
