package main

import (
	"slices"
	"strings"
	"testing"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	kruntime "k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/yaml"
)

// Crossplane and provider-kubernetes may write every ClusterRoleBinding of the cluster, and touch
// none but those of stacks.
func TestOnlyTheBindingsOfStacks(t *testing.T) {
	const (
		provider = "system:serviceaccount:crossplane-system:pipelinestack-provider-kubernetes"

		stackOwns = `ownerReferences: [{apiVersion: ` + stackVersion + `, kind: XPipelineStack, name: demo, uid: a, controller: true}]`
		otherOwns = `ownerReferences: [{apiVersion: example.org/v1, kind: XOther, name: demo, uid: a, controller: true}]`
		names     = `name: pipelinestack-auth-delegator.team-a.demo`
		role      = `kind: ClusterRole, name: "system:auth-delegator"`
		account   = `kind: ServiceAccount, name: ml-pipeline, namespace: team-a`

		byName, bySubject, byController = "are called", "are for the ServiceAccount", "are controlled by"
	)

	binding := func(metadata, role, subjects string) string {
		return `{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRoleBinding, metadata: {` + metadata + `}, roleRef: {` + role +
			`}, subjects: [` + subjects + `]}`
	}

	own, bare := binding(names+`, `+stackOwns, role, `{`+account+`}`), binding(names, role, `{`+account+`}`)
	admin := binding(`name: cluster-admin`, `kind: ClusterRole, name: cluster-admin`, `{kind: Group, name: "system:masters"}`)

	cases := map[string]struct {
		reason, who, old, object, want string
	}{
		"Made":            {"a stack's", crossplane, "", own, ""},
		"MadeByProvider":  {"a stack's", provider, "", bare, ""},
		"Changed":         {"labels, say", crossplane, own, own, ""},
		"ProviderChanges": {"labels, say", provider, bare, bare, ""},
		"Adopted":         {"the stack says that it takes over what nobody controls", crossplane, bare, own, ""},
		"Healed": {
			"somebody else added a subject",
			crossplane,
			binding(names+`, `+stackOwns, role, `{kind: User, name: eve}`),
			own,
			"",
		},
		"Deleted":         {"a stack's", crossplane, own, "", ""},
		"ProviderDeletes": {"a stack's", provider, bare, "", ""},
		"Admin":           {"security 19", crossplane, "", admin, byName},
		"ProviderAdmin":   {"security 19", provider, "", admin, byName},
		"OtherName":       {"the right role", crossplane, "", binding(`name: demo, `+stackOwns, role, `{`+account+`}`), byName},
		"OtherRole":       {"the right name", provider, "", binding(names, `kind: ClusterRole, name: cluster-admin`, `{`+account+`}`), byName},
		"DeletesAny":      {"security 19", crossplane, admin, "", byName},
		"ProviderDelAny":  {"security 19", provider, admin, "", byName},
		"OtherNamespace": {
			"a neighbour's API server",
			provider,
			"",
			binding(names, role, `{kind: ServiceAccount, name: ml-pipeline, namespace: team-b}`),
			bySubject,
		},
		"OtherAccount": {
			"one of the tenant's",
			provider,
			"",
			binding(names, role, `{kind: ServiceAccount, name: default, namespace: team-a}`),
			bySubject,
		},
		"User": {"no account at all", crossplane, "", binding(names+`, `+stackOwns, role, `{kind: User, name: eve}`), bySubject},
		"Second": {
			"beside the right one",
			crossplane,
			own,
			binding(names+`, `+stackOwns, role, `{`+account+`}, {kind: User, name: eve}`),
			bySubject,
		},
		"Uncontrolled":    {"no stack's", crossplane, "", bare, byController},
		"OtherController": {"another composite's", crossplane, "", binding(names+`, `+otherOwns, role, `{`+account+`}`), byController},
		"TakenAway":       {"from another composite", crossplane, binding(names+`, `+otherOwns, role, `{`+account+`}`), own, byController},
		"DeletesOthers":   {"another composite's", crossplane, binding(names+`, `+otherOwns, role, `{`+account+`}`), "", byController},
		"ProviderOthers": {
			"a claim's, of the other flavour's",
			provider,
			binding(names+`, `+otherOwns, role, `{`+account+`}`),
			"",
			byController,
		},
		"SomebodyElse":     {"whom RBAC bounds", platform, "", admin, ""},
		"SomebodyElseDels": {"whom RBAC bounds", platform, admin, "", ""},
	}

	read := func(text string) *unstructured.Unstructured {
		if text == "" {
			return nil
		}

		o := &unstructured.Unstructured{}
		if err := yaml.Unmarshal([]byte(text), &o.Object); err != nil {
			t.Fatal(err)
		}

		return o
	}

	for _, i := range installs {
		whole := policies(t, i)
		a, needed, lax := newAdmitter(t, whole, true), map[string]bool{}, map[string]admitter{}
		open := newAdmitter(t, slices.DeleteFunc(policies(t, i), func(o kruntime.Object) bool {
			b, ok := o.(*admissionv1.ValidatingAdmissionPolicyBinding)

			return ok && b.Name == "pipelinestack-bindings"
		}), true)

		for _, message := range []string{byName, bySubject, byController} {
			lax[message] = newAdmitter(t, without(t, whole, "pipelinestack-bindings", message), true)
		}

		for name, tc := range cases {
			ask := func(a admitter) error {
				if tc.object == "" {
					return a.deleteBy(t.Context(), tc.who, read(tc.old))
				}

				return a.ask(t.Context(), write{who: tc.who, old: read(tc.old), object: read(tc.object)})
			}

			err := ask(a)

			switch {
			case tc.want == "" && err != nil:
				t.Errorf("%s: %s: %s: %v", i.name, name, tc.reason, err)
			case tc.want != "" && (err == nil || !strings.Contains(err.Error(), tc.want)):
				t.Errorf("%s: %s: %s: want a refusal that says %q, got: %v", i.name, name, tc.reason, tc.want, err)
			case tc.want != "" && apierrors.ReasonForError(err) == metav1.StatusReasonForbidden:
				t.Errorf("%s: %s: Crossplane stops at what is Forbidden: %v", i.name, name, err)
			}

			if err := ask(open); err != nil {
				t.Errorf("%s: %s: without the policy it should pass, and the case shows nothing: %v", i.name, name, err)
			}

			if tc.want != "" && ask(lax[tc.want]) == nil {
				needed[tc.want] = true
			}
		}

		if len(needed) != len(lax) {
			t.Errorf("%s: a validation can go, and nothing more is admitted: needed are %v", i.name, needed)
		}
	}
}

// Crossplane makes nothing more of a stack of which one object is Forbidden. So a policy on what it
// makes answers Forbidden only where it asks whether it is Crossplane, or somebody trusted, that asks.
func TestNoPolicyForbidsCrossplane(t *testing.T) {
	others := []string{ // of what it does not make
		"pipelinestack-workflow-pods", "pipelinestack-volumes", "pipelinestack-deletion", "pipelinestack-namespace-deletion",
	}

	for _, i := range installs {
		for _, o := range policies(t, i) {
			p, ok := o.(*admissionv1.ValidatingAdmissionPolicy)
			if !ok || slices.Contains(others, p.Name) {
				continue
			}

			exempt := slices.ContainsFunc(p.Spec.MatchConditions, func(c admissionv1.MatchCondition) bool {
				return strings.Contains(c.Expression, "!= '"+crossplane+"'") || strings.Contains(c.Expression, "'clusterproviderconfigs'")
			})

			for _, v := range p.Spec.Validations {
				asksWho := strings.Contains(v.Expression, "request.userInfo.username == '"+crossplane+"'")
				if v.Reason != nil && *v.Reason == metav1.StatusReasonForbidden && !exempt && !asksWho {
					t.Errorf("%s may answer Crossplane with Forbidden: %s", p.Name, v.Expression)
				}
			}
		}
	}
}
