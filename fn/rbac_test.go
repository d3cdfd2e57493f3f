package main

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/pipelinestack/function-pipelinestack/apis/v1alpha1"
)

const (
	roleOfCrossplane = "pipelinestack:aggregate-to-crossplane"
	// roleOfClaims is what Crossplane has in the claim flavour beside it.
	roleOfClaims = "pipelinestack:aggregate-to-crossplane-claim"
)

// clusterRoles of the install files, by name.
func clusterRoles(t testing.TB) map[string]*rbacv1.ClusterRole {
	t.Helper()
	roles := map[string]*rbacv1.ClusterRole{}
	for _, file := range []string{"rbac.yaml", "rbac-claim.yaml"} {
		for _, o := range stream(t, filepath.Join(root, "package", file)) {
			role := typed[rbacv1.ClusterRole](t, o)
			roles[role.Name] = role
		}
	}
	if roles[roleOfCrossplane] == nil {
		t.Fatalf("package/rbac.yaml has no %s", roleOfCrossplane)
	}
	return roles
}

// shippedRoles are the ClusterRoles that a stack may bind: those of the install files and
// Kubernetes' own.
func shippedRoles(t testing.TB) []string {
	t.Helper()
	names := append([]string{"system:auth-delegator"}, ofThePlatform...)
	for name := range clusterRoles(t) {
		names = append(names, name)
	}
	return names
}

func typed[T any](t testing.TB, o obj) *T {
	t.Helper()
	out := new(T)
	if err := runtime.DefaultUnstructuredConverter.FromUnstructuredWithValidation(o, out, true); err != nil {
		t.Fatal(err)
	}
	return out
}

// stock is what Crossplane may do by itself, as its Helm chart has it.
var stock = []rbacv1.PolicyRule{
	{APIGroups: []string{""}, Resources: []string{"secrets", "services", "serviceaccounts", "configmaps", "events"}, Verbs: everyVerb},
	{APIGroups: []string{"apps"}, Resources: []string{"deployments"}, Verbs: everyVerb},
	{APIGroups: []string{"coordination.k8s.io"}, Resources: []string{"leases"}, Verbs: everyVerb},
}

// everyVerb that Crossplane needs on a kind that it composes.
var everyVerb = []string{"get", "list", "watch", "create", "update", "patch", "delete"}

// Crossplane gets exactly what composing needs, in each flavour: a kind that it may not compose
// hangs a stack without a word, and a Role or binding is only let through if Crossplane holds or may
// bind what it gives. No right is there without a stack that needs it.
func TestCrossplaneMayComposeEverything(t *testing.T) {
	roles := clusterRoles(t)
	for flavour, own := range map[string][]rbacv1.PolicyRule{
		kindComposite:  slices.Concat(roles[roleOfCrossplane].Rules, roles[roleOfClaims].Rules),
		kindNamespaced: roles[roleOfCrossplane].Rules,
	} {
		t.Run(flavour, func(t *testing.T) {
			needed := map[string]bool{}
			for _, c := range combos(t) {
				if c.scenario.xr["kind"] != flavour {
					continue
				}
				for _, o := range desired(c.answer) {
					if ref, ok := o["roleRef"].(obj); ok && ref["kind"] == "Role" && !composesRole(c, ref["name"]) {
						t.Errorf("%s: %s binds a Role that nobody makes", c.name, nameOf(o))
					}
					for _, right := range rightsToMake(t, o) {
						needed[right] = true
					}
				}
			}
			held := map[string]bool{}
			for _, rule := range slices.Concat(stock, own) {
				eachRight(rule, func(group, resource, name, verb string) { held[rightText(group, resource, name, verb)] = true })
			}
			for right := range needed {
				if !held[right] {
					t.Errorf("Crossplane may not %s", right)
				}
			}
			for _, rule := range own {
				eachRight(rule, func(group, resource, name, verb string) {
					if right := rightText(group, resource, name, verb); !needed[right] {
						t.Errorf("Crossplane may %s, which no stack needs", right)
					}
				})
			}
		})
	}
}

// composesRole says whether a stack has a Role of that name.
func composesRole(c combo, name any) bool {
	return slices.ContainsFunc(desired(c.answer), func(o obj) bool { return o["kind"] == "Role" && nameOf(o) == name })
}

func rightText(group, resource, name, verb string) string {
	return strings.TrimSpace(verb + " " + resource + "." + group + " " + name)
}

// rightsToMake an object: every verb on its kind, and what it gives.
func rightsToMake(t *testing.T, o obj) []string {
	t.Helper()
	group, kind := groupOf(o), o["kind"].(string)
	if isManaged(group) {
		return nil // Crossplane's RBAC manager gives it the kinds of providers
	}
	plural := strings.TrimSuffix(strings.ToLower(kind), "y") + map[bool]string{true: "ies", false: "s"}[strings.HasSuffix(kind, "y")]
	var rights []string
	for _, verb := range everyVerb {
		rights = append(rights, rightText(group, plural, "", verb))
	}
	switch kind {
	case "Role":
		for _, rule := range typed[rbacv1.Role](t, o).Rules {
			rule.ResourceNames = nil // Crossplane cannot know the names of stacks
			eachRight(rule, func(group, resource, name, verb string) {
				rights = append(rights, rightText(group, resource, name, verb))
			})
		}
	case "RoleBinding", "ClusterRoleBinding":
		// A Role is one of the stack's own, of which Crossplane holds the rules.
		ref := typed[rbacv1.RoleBinding](t, o).RoleRef
		if ref.Kind == "ClusterRole" && !slices.Contains(ofThePlatform, ref.Name) {
			rights = append(rights, rightText(rbacv1.GroupName, "clusterroles", ref.Name, "bind"))
		}
	}
	return rights
}

// ofThePlatform are ClusterRoles of examples, which the platform lets Crossplane bind.
var ofThePlatform = []string{"research-data-reader"}

// Only roles that exist may be bound, and none of the project's own stays unbound.
func TestBindNamesRoles(t *testing.T) {
	shipped := shippedRoles(t)
	roles := clusterRoles(t)
	for _, rule := range slices.Concat(roles[roleOfCrossplane].Rules, roles[roleOfClaims].Rules) {
		if !slices.Contains(rule.Verbs, "bind") {
			continue
		}
		if len(rule.ResourceNames) == 0 || !slices.Equal(rule.Verbs, []string{"bind"}) {
			t.Errorf("bind stands alone and names roles: %v", rule)
		}
		for _, name := range rule.ResourceNames {
			if !slices.Contains(shipped, name) {
				t.Errorf("Crossplane may bind %s, which nobody ships", name)
			}
		}
	}
}

// Whoever views a namespace must not get code run in it, and any verb on a stack's API does: KFP
// takes uploads of a pipeline's next version by GET, and recurring runs that name no version run
// the newest.
func TestViewersDoNotReachTheAPI(t *testing.T) {
	viewers := 0
	for name, role := range clusterRoles(t) {
		if role.Labels["rbac.authorization.k8s.io/aggregate-to-view"] != "true" {
			continue
		}
		viewers++
		for _, rule := range role.Rules {
			eachRight(rule, func(group, resource, _, verb string) {
				if group != v1alpha1.GroupVersion.Group || resource != v1alpha1.ResourceStacks ||
					!slices.Contains([]string{"get", "list", "watch"}, verb) {
					t.Errorf("%s lets whoever views a namespace %s %s of %s", name, verb, resource, group)
				}
			})
		}
	}
	if viewers == 0 {
		t.Error("whoever views a namespace sees no stack")
	}
}

// namespaced resources that the parts of a stack use, subresources included with their parents.
var namespaced = []string{
	"/pods", "/configmaps", "/secrets", "/serviceaccounts", "/persistentvolumeclaims", "/events",
	"coordination.k8s.io/leases", "policy/poddisruptionbudgets",
	"argoproj.io/workflows", "argoproj.io/workflowtemplates", "argoproj.io/cronworkflows", "argoproj.io/workflowtasksets",
	"argoproj.io/workflowtaskresults", "argoproj.io/workflowartifactgctasks", "kubeflow.org/scheduledworkflows",
}

// The roles of a stack's parts name what they reach: no wildcard, no Secret but by its name,
// nothing of the cluster.
func TestRolesOfPartsAreNarrow(t *testing.T) {
	parts := 0
	for name, role := range clusterRoles(t) {
		if strings.Contains(name, ":") {
			continue // for Crossplane and for users
		}
		parts++
		for _, rule := range role.Rules {
			if len(rule.NonResourceURLs) > 0 {
				t.Errorf("%s reaches %v", name, rule.NonResourceURLs)
			}
			eachRight(rule, func(group, resource, object, verb string) {
				parent, _, _ := strings.Cut(resource, "/")
				switch {
				case strings.Contains(group+resource+verb, "*"):
					t.Errorf("%s: a wildcard: %s on %s/%s", name, verb, group, resource)
				case resource == "secrets" && (object == "" || verb != "get"):
					t.Errorf("%s: may %s Secrets by any name", name, verb)
				case !slices.Contains(namespaced, group+"/"+parent):
					t.Errorf("%s: %s/%s is not known to live in a namespace", name, group, resource)
				case slices.Contains([]string{"bind", "escalate", "impersonate"}, verb):
					t.Errorf("%s: may %s", name, verb)
				}
			})
		}
	}
	if parts == 0 {
		t.Error("there are no roles of parts")
	}
}

// eachRight takes a rule apart; the name is empty where the rule names none.
func eachRight(rule rbacv1.PolicyRule, visit func(group, resource, name, verb string)) {
	names := rule.ResourceNames
	if len(names) == 0 {
		names = []string{""}
	}
	for _, group := range rule.APIGroups {
		for _, resource := range rule.Resources {
			for _, name := range names {
				for _, verb := range rule.Verbs {
					visit(group, resource, name, verb)
				}
			}
		}
	}
}
