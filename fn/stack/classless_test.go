package stack

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pipelinestack/function-pipelinestack/apis/input/v1beta1"
	"github.com/pipelinestack/function-pipelinestack/apis/v1alpha1"
	"github.com/pipelinestack/function-pipelinestack/fn/kube"
)

// A stack does without a class only where the Composition says so, the claim names none, the class is
// missing and none was ever there.
func TestWithoutClass(t *testing.T) {
	optional := v1beta1.Input{DefaultClassName: DefaultClassName, ClassResolution: v1beta1.ClassOptional}
	required := v1beta1.Input{DefaultClassName: DefaultClassName, ClassResolution: v1beta1.ClassRequired}
	const openshift = "kind securitycontextconstraints.security.openshift.io"
	gone := answered(t, askClass)
	none := answered(t, askClasses)
	plain := answered(t, openshift)
	pods := func(w World, spec string) World {
		w.Observed = Observed{resDatabaseServer: found(t, `{kind: StatefulSet, spec: {template: {spec: {securityContext: `+spec+`}}}}`)}
		return w
	}
	cases := map[string]struct {
		reason string
		claim  Claim
		input  v1beta1.Input
		world  World
		want   v1alpha1.UserIDs
		errs   []string
	}{
		"Asks":      {"the function does not know the cluster yet", Claim{}, optional, answers(t, gone), "", nil},
		"Plain":     {"plain Kubernetes", Claim{}, optional, answers(t, gone, plain), v1alpha1.UserIDsFixed, nil},
		"OpenShift": {"told by its own kind", Claim{}, optional, answers(t, gone, answered(t, openshift, `{}`)), v1alpha1.UserIDsAssigned, nil},
		"Runs": {
			"pods that run already stay as they are", Claim{}, optional,
			pods(answers(t, gone, answered(t, openshift, `{}`)), `{runAsUser: 1000}`), v1alpha1.UserIDsFixed, nil,
		},
		"RunsAssigned": {"likewise", Claim{}, optional, pods(answers(t, gone, plain), `{}`), v1alpha1.UserIDsAssigned, nil},
		"Local":        {"a render without a cluster", Claim{}, optional, local(t, plain), v1alpha1.UserIDsFixed, nil},
		"Required":     {"a class has to be there", Claim{}, required, answers(t, gone, none), "", []string{"FieldValueInvalid spec.className"}},
		"Named": {
			"the claim wants one", Claim{Spec: v1alpha1.PipelineStackSpec{ClassName: "gold"}}, optional, answers(t, gone, none), "",
			[]string{"FieldValueInvalid spec.className"},
		},
		"Gone": {
			"the stack has one", Claim{}, optional, remembering(t, answers(t, gone), `className: default, database: {identity: Shared/x/y}`, ``), "",
			[]string{"FieldValueForbidden class/default: spec"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			l, errs := FindClass(tc.claim, tc.input, tc.world)
			if diff := cmp.Diff(tc.errs, refusals(errs)); diff != "" || l.Without != tc.want {
				t.Errorf("%s: %q, want %q; -want, +got\n%s", tc.reason, l.Without, tc.want, diff)
			}
			if l.Found.Exists() {
				t.Error("a class is found that is not there")
			}
		})
	}
	there := answers(t, answered(t, askClass, `{metadata: {name: default}, spec: {}}`))
	if l, _ := FindClass(Claim{}, optional, there); !l.Found.Exists() || l.Without != "" {
		t.Error("a class that is there counts")
	}
}

// An empty claim without a class has everything in its namespace; whatever else a claim may name needs
// a platform.
func TestStackWithoutClass(t *testing.T) {
	class := WithoutClass(v1alpha1.UserIDsFixed, Releases())
	s, errs := New(Claim{Name: "demo", Namespace: "team-a"}, class, World{})
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	if !s.hasDatabaseServer() || !s.hasObjectStoreServer() || s.status().ClassName != "" {
		t.Errorf("stores %s and %s in class %q", s.Spec.Database.Type, s.Spec.ObjectStore.Type, s.status().ClassName)
	}
	claim := Claim{Name: "demo", Namespace: "team-a"}
	claim.Spec.Database.Type, claim.Spec.ObjectStore.Type = v1alpha1.DatabaseShared, v1alpha1.ObjectStoreShared
	_, errs = New(claim, class, World{})
	if diff := cmp.Diff(
		[]string{"FieldValueNotSupported spec.database.type", "FieldValueNotSupported spec.objectStore.type"},
		refusals(errs),
	); diff != "" {
		t.Errorf("-want, +got\n%s", diff)
	}
	// A class that comes later does not move the data.
	later := World{
		Composite: found(t, `{status: {database: {identity: Embedded/a}, objectStore: {identity: Embedded/b}}}`),
		Observed:  Observed{resAPIServerDeployment: kube.Observed{Object: content(t, `{kind: Deployment}`)}},
	}
	s = newStack(t, func(g *given) { g.world = later })
	if !s.hasDatabaseServer() || !s.hasObjectStoreServer() {
		t.Error("a class that was made later moves the data to its own servers")
	}
}
