//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"strings"
	"testing"

	rbacv1 "k8s.io/api/rbac/v1"
	kerrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/rest"

	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/apply"
	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/cluster"
)

// What package/policies/objects.yaml answers.
const (
	onlyCrossplane = "only Crossplane makes and changes Objects that name it"
	onlyBinding    = "binds ServiceAccounts of the Object's namespace"
	onlyManifest   = "neither references nor connectionDetails"
)

// TestObjects has several people use the account of provider-kubernetes, which reads every Secret:
// its ClusterProviderConfig can be named from every namespace. All requests are dry-run, and
// admission is asked all the same.
func TestObjects(t *testing.T) {
	t.Parallel()
	if !namespaced { // claims compose the ClusterRoleBinding itself, and that flavour installs no provider-kubernetes
		return
	}
	s := newStack(t, "{}")
	objects := func(as *apply.Client, u *unstructured.Unstructured, change bool) error {
		r, err := as.Resource(u.GroupVersionKind(), s.namespace)
		if err != nil {
			return err
		}
		if change {
			_, err = r.Update(t.Context(), u, metav1.UpdateOptions{DryRun: []string{metav1.DryRunAll}})
		} else {
			_, err = r.Create(t.Context(), u, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
		}
		return err
	}
	existing := s.one("Object", "kubernetes.m.crossplane.io").Object
	account := func(name string) *apply.Client {
		return impersonateUser(
			t,
			"system:serviceaccount:"+cluster.Namespace+":"+name,
			"system:serviceaccounts",
			"system:serviceaccounts:"+cluster.Namespace,
		)
	}
	crossplane, provider, tenant := account(
		"crossplane",
	), account(
		"pipelinestack-provider-kubernetes",
	), s.tenantWith(
		t,
		"kubernetes.m.crossplane.io",
	)

	secret := map[string]any{
		"apiVersion": "v1",
		"kind":       "Secret",
		"metadata":   map[string]any{"name": "mysql-admin", "namespace": cluster.Namespace},
	}
	reference := map[string]any{
		"apiVersion": "v1",
		"kind":       "Secret",
		"name":       "mysql-admin",
		"namespace":  cluster.Namespace,
		"fieldPath":  "data.password",
	}
	for _, tc := range []struct {
		reason string
		as     *apply.Client
		set    []any // path and value in turn, of what differs from the stack's own Object
		change bool  // of that Object, instead of another one
		want   string
	}{
		{"the cluster's administrator makes one", client, nil, false, onlyCrossplane},
		{"a tenant makes one", tenant, nil, false, onlyCrossplane},
		{"a tenant reads a Secret", tenant, []any{"spec.forProvider.manifest", secret, "spec.managementPolicies", []any{"Observe"}}, false, onlyCrossplane},
		{"the provider makes one, as for an ObservedObjectCollection", provider, nil, false, onlyCrossplane},
		{"a tenant names a config of another name", tenant, []any{"spec.providerConfigRef.name", "other"}, false, ""},
		{"a tenant names a config of their own", tenant, []any{"spec.providerConfigRef.kind", "ProviderConfig"}, false, ""},

		{"Crossplane makes another", crossplane, nil, false, ""},
		{"Crossplane reads a Secret", crossplane, []any{"spec.forProvider.manifest", secret}, false, onlyBinding},
		{"Crossplane binds another ClusterRole", crossplane, []any{"spec.forProvider.manifest.roleRef.name", "cluster-admin"}, false, onlyBinding},
		{"Crossplane binds none", crossplane, []any{"spec.forProvider.manifest.roleRef", nil}, false, onlyBinding},
		{"Crossplane takes over somebody else's binding", crossplane, []any{"spec.forProvider.manifest.metadata.name", "cluster-admin"}, false, onlyBinding},
		{"Crossplane lets the provider choose a name", crossplane, []any{"spec.forProvider.manifest.metadata", map[string]any{}}, false, onlyBinding},
		{"Crossplane binds somebody of another namespace", crossplane, []any{"spec.forProvider.manifest.subjects",
			[]any{map[string]any{"kind": "ServiceAccount", "name": "default", "namespace": "default"}}}, false, onlyBinding},
		{"Crossplane has the manifest filled in", crossplane, []any{"spec.references", []any{map[string]any{"patchesFrom": reference}}}, false, onlyManifest},
		{"Crossplane has a Secret copied", crossplane, []any{"spec.connectionDetails", []any{reference}}, false, onlyManifest},

		{"Crossplane changes it", crossplane, []any{"spec.forProvider.manifest.metadata.labels.more", "true"}, true, ""},
		{"the administrator labels it", client, []any{"metadata.labels.more", "true"}, true, ""},
		{"the administrator changes it", client, []any{"spec.forProvider.manifest.metadata.labels.more", "true"}, true, onlyCrossplane},
		{"a tenant changes what the provider may do with it", tenant, []any{"spec.managementPolicies", []any{"Observe"}}, true, onlyCrossplane},
		{"a tenant takes it away from the provider", tenant, []any{"spec.providerConfigRef.name", "other"}, true, onlyCrossplane},
		{"a tenant has a Secret copied", tenant, []any{"spec.connectionDetails", []any{reference}}, true, onlyCrossplane},
		{"the provider changes it", provider, []any{"spec.forProvider.manifest.metadata.labels.more", "true"}, true, onlyCrossplane},
		// As its Go type is written: readiness is a struct, which is never left out.
		{"the provider writes it back with a finalizer", provider, []any{"spec.readiness", map[string]any{}, "metadata.finalizers", []any{"example.org/test"}}, true, ""},
	} {
		s.eventually(t, tc.reason, func(ctx context.Context) error { // the provider may have written it in between
			u := existing.DeepCopy()
			if tc.change {
				now, err := client.Get(ctx, u.GetAPIVersion(), u.GetKind(), s.namespace, u.GetName())
				if err != nil {
					return err
				}
				u = now
			} else {
				u = &unstructured.Unstructured{Object: map[string]any{"apiVersion": u.GetAPIVersion(), "kind": u.GetKind(),
					"metadata": map[string]any{"name": "another", "namespace": s.namespace}, "spec": u.Object["spec"]}}
			}
			for i := 0; i < len(tc.set); i += 2 {
				if err := unstructured.SetNestedField(u.Object, tc.set[i+1], strings.Split(tc.set[i].(string), ".")...); err != nil {
					return err
				}
			}
			err := objects(tc.as, u, tc.change)
			if kerrors.IsConflict(err) {
				return err
			}
			if err := complaint(tc.reason, tc.want, err); err != nil {
				t.Error(err)
			}
			return nil
		})
	}
}

// tenantWith makes a user who may do anything with the kinds of some groups in the stack's
// namespace, and waits until the authorizer knows.
func (s *stack) tenantWith(t *testing.T, groups ...string) *apply.Client {
	t.Helper()
	name := metav1.ObjectMeta{Name: "objects"}
	role := &rbacv1.Role{
		ObjectMeta: name,
		Rules: []rbacv1.PolicyRule{
			{APIGroups: groups, Resources: []string{"*"}, Verbs: []string{"*"}},
		},
	}
	binding := &rbacv1.RoleBinding{ObjectMeta: name, RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: role.Name},
		Subjects: []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: "User", Name: "curious"}}}
	if _, err := client.Kube.RbacV1().Roles(s.namespace).Create(t.Context(), role, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := client.Kube.RbacV1().RoleBindings(s.namespace).Create(t.Context(), binding, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	tenant := impersonateUser(t, "curious")
	s.eventually(t, "the tenant may read Objects", func(ctx context.Context) error {
		us, err := tenant.List(ctx, "kubernetes.m.crossplane.io/v1alpha1", "Object", s.namespace, "")
		if err == nil && len(us) == 0 {
			err = fmt.Errorf("there are none")
		}
		return err
	})
	return tenant
}

// impersonateUser makes a client that asks as somebody else.
func impersonateUser(t *testing.T, name string, groups ...string) *apply.Client {
	t.Helper()
	cfg := rest.CopyConfig(client.Config)
	cfg.Impersonate = rest.ImpersonationConfig{UserName: name, Groups: append(groups, "system:authenticated")}
	as, err := apply.NewFor(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return as
}
