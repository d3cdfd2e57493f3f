package stack

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	rbacv1 "k8s.io/api/rbac/v1"

	"github.com/pipelinestack/function-pipelinestack/fn/kube"
)

// A binding's role never changes, so each of the claim's roles has a binding of its own.
func TestRunnerRoles(t *testing.T) {
	s := newStack(
		t,
		classes(t, `pipelineRunner: {roles: [data-reader, "team:gpu", view]}`),
		claims(t, `pipelineRunner: {roles: [data-reader, "team:gpu"]}`),
	)
	got := map[string]string{}
	for _, r := range apiServerResources(s, nil) {
		if b, ok := r.Object.(*rbacv1.RoleBinding); ok && b.Subjects[0].Name == namePipelineRunner {
			got[r.Name] = b.Namespace + "/" + b.Name + " " + b.RoleRef.Kind + " " + b.RoleRef.Name
		}
	}
	want := map[string]string{
		"pipeline-runner-role-binding":             "team-a/pipeline-runner ClusterRole pipelinestack-pipeline-runner",
		"pipeline-runner-role-binding-data-reader": "team-a/pipeline-runner.data-reader ClusterRole data-reader",
		"pipeline-runner-role-binding-team:gpu":    "team-a/pipeline-runner.team:gpu ClusterRole team:gpu",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want, +got\n%s", diff)
	}
}

func TestValidateRoles(t *testing.T) {
	binding := func(binds string) mod {
		return func(g *given) {
			g.world.Required = map[string][]kube.Observed{askInstall: {found(t, `{data: {binds: "`+binds+`"}}`)}}
		}
	}
	const path = "spec.pipelineRunner.roles"
	cases := map[string]struct {
		reason string
		mods   []mod
		want   []string
	}{
		"NoList": {
			reason: "a class that lists none offers none, not even what a tenant may bind by themselves",
			mods:   []mod{claims(t, `pipelineRunner: {roles: [view]}`)},
			want:   []string{"FieldValueNotSupported " + path + "[0]"},
		},
		"Listed": {
			reason: "a render binds anything",
			mods:   []mod{classes(t, `pipelineRunner: {roles: [view]}`), claims(t, `pipelineRunner: {roles: [view]}`)},
		},
		"Other": {
			reason: "each is checked",
			mods:   []mod{classes(t, `pipelineRunner: {roles: [view]}`), claims(t, `pipelineRunner: {roles: [view, edit]}`)},
			want:   []string{"FieldValueNotSupported " + path + "[1]"},
		},
		"Bound": {
			reason: "the install file says that Crossplane may bind it",
			mods:   []mod{classes(t, `pipelineRunner: {roles: [view, edit]}`), claims(t, `pipelineRunner: {roles: [view]}`), binding(`edit view`)},
		},
		"Unbound": {
			reason: "Kubernetes would refuse the binding, and Crossplane would make no other object of the stack",
			mods:   []mod{classes(t, `pipelineRunner: {roles: [view, edit]}`), claims(t, `pipelineRunner: {roles: [view]}`), binding(`edit`)},
			want:   []string{"FieldValueForbidden " + path + "[0]"},
		},
		"Default": {
			reason: "the class's own defaults are not bound by its list, but by what Crossplane may",
			mods:   []mod{classes(t, `defaults: {pipelineRunner: {roles: [view]}}`), binding(``)},
			want:   []string{"FieldValueForbidden " + path + "[0]"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			_, errs := tryStack(tc.mods...)
			if diff := cmp.Diff(tc.want, refusals(errs)); diff != "" {
				t.Errorf("%s: -want, +got\n%s", tc.reason, diff)
			}
		})
	}
}
