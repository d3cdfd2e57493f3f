package stack

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pipelinestack/function-pipelinestack/apis/v1alpha1"
	"github.com/pipelinestack/function-pipelinestack/fn/kube"
)

const (
	fenceReads = `{data: {reads: "PipelineStackClass.pipelines.opendatahub.io\nNamespace\n` +
		`ValidatingAdmissionPolicy.admissionregistration.k8s.io\nValidatingAdmissionPolicyBinding.admissionregistration.k8s.io\n"}}`
	fencePolicy  = `{spec: {failurePolicy: Fail}}`
	fenceBinding = `{spec: {policyName: pipelinestack-workflow-pods, validationActions: [Deny]}}`
)

// standing are the answers of a cluster in which the fence stands, and changes of them.
func standing(t *testing.T, changes ...func(map[string][]kube.Observed)) mod {
	t.Helper()
	w := answers(t, answered(t, askInstall, fenceReads), answered(t, askFence, fencePolicy), answered(t, askFenceBinding, fenceBinding),
		answered(t, askNamespace, `{metadata: {name: team-a}}`))
	for _, change := range changes {
		change(w.Required)
	}
	return func(g *given) { g.world = w }
}

func unansweredKey(key string) func(map[string][]kube.Observed) {
	return func(required map[string][]kube.Observed) { delete(required, key) }
}

func TestFence(t *testing.T) {
	const labelling = "kubectl label namespace team-a --overwrite pod-security.kubernetes.io/enforce=restricted"
	const installing = "kubectl apply --server-side -f install-claim.yaml"
	all := []string{
		"ValidatingAdmissionPolicy pipelinestack-workflow-pods",
		"ValidatingAdmissionPolicyBinding pipelinestack-workflow-pods",
		"Namespace team-a",
	}
	odh := claims(t, `release: odh-2.18.0`)
	v1 := func(g *given) {
		classes(t, `allowV1Pipelines: true`)(g)
		claims(t, `apiServer: {allowV1Pipelines: true}`)(g)
	}
	restricted := answered(t, askNamespace, `{metadata: {labels: {pod-security.kubernetes.io/enforce: restricted}}}`)
	baseline := answered(t, askNamespace, `{metadata: {labels: {pod-security.kubernetes.io/enforce: baseline}}}`)

	cases := map[string]struct {
		reason string
		mods   []mod
		status ConditionStatus
		want   string // the reason
		says   string
		asks   []string
	}{
		"Stands": {"pods pass restricted by themselves, so the namespace need not ask", []mod{standing(t)}, True, ReasonFenced, "", all},
		"Local":  {"a render knows no cluster", []mod{func(g *given) { g.world = local(t) }}, Unknown, ReasonWaiting, "has not said", nil},
		"Asked": {
			"the answer comes with the next call",
			[]mod{standing(t, unansweredKey(askFence))},
			Unknown,
			ReasonWaiting,
			"has not said",
			all,
		},
		"Namespace": {"all are asked at once", []mod{standing(t, unansweredKey(askNamespace))}, Unknown, ReasonWaiting, "has not said", all},
		"OldInstall": {
			"a question about what Crossplane may not read is never answered, so it is not asked",
			[]mod{standing(t, answered(t, askInstall, `{data: {reads: "PipelineStackClass.pipelines.opendatahub.io\nNamespace\n"}}`))},
			False, ReasonPoliciesNotEnforced, installing, nil,
		},
		"NoPolicy": {"somebody took it away", []mod{standing(t, answered(t, askFence))}, False, ReasonPoliciesNotEnforced, installing, all},
		"Ignoring": {
			"somebody softened it",
			[]mod{standing(t, answered(t, askFence, `{spec: {failurePolicy: Ignore}}`))},
			False,
			ReasonPoliciesNotEnforced,
			installing,
			all,
		},
		"NoBinding": {
			"a policy alone does nothing", []mod{namespaced, standing(t, answered(t, askFenceBinding))},
			False, ReasonPoliciesNotEnforced, "kubectl apply --server-side -f install-namespaced.yaml", all,
		},
		"Warns": {
			"a warning stops nobody",
			[]mod{standing(t, answered(t, askFenceBinding, `{spec: {policyName: pipelinestack-workflow-pods, validationActions: [Warn, Audit]}}`))},
			False, ReasonPoliciesNotEnforced, installing, all,
		},
		"Narrowed": {
			"some namespaces are left out",
			[]mod{standing(t, answered(t, askFenceBinding,
				`{spec: {policyName: pipelinestack-workflow-pods, validationActions: [Deny], matchResources: {namespaceSelector: {}}}}`))},
			False, ReasonPoliciesNotEnforced, installing, all,
		},
		"OtherPolicy": {
			"it binds another",
			[]mod{standing(t, answered(t, askFenceBinding, `{spec: {policyName: other, validationActions: [Deny]}}`))},
			False, ReasonPoliciesNotEnforced, installing, all,
		},
		"Contextless": {
			"the release's pods carry no security context",
			[]mod{odh, standing(t)},
			False,
			ReasonNamespaceNotRestricted,
			labelling,
			all,
		},
		"OnlyBaseline": {
			"which is the policy's own level",
			[]mod{odh, standing(t, baseline)},
			False,
			ReasonNamespaceNotRestricted,
			labelling,
			all,
		},
		"CannotBlock": {
			"odh-2.18.0 cannot refuse version 1",
			[]mod{odh, standing(t, restricted)},
			False,
			ReasonV1Allowed,
			"set spec.release",
			all,
		},
		"V1": {"their authors say how they run", []mod{v1, standing(t)}, False, ReasonNamespaceNotRestricted, labelling, all},
		"V1Restricted": {
			"their pods are refused then, but for those that pass",
			[]mod{v1, standing(t, restricted)},
			False,
			ReasonV1Allowed,
			`kubectl -n team-a patch pipelinestacks.pipelines.opendatahub.io demo --type merge -p '{"spec":{"apiServer":{"allowV1Pipelines":false}}}'`,
			all,
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			s := newStack(t, tc.mods...)
			got, asks := s.fence()
			if got.Type != ConditionPipelinesFenced || got.Status != tc.status || got.Reason != tc.want || !strings.Contains(got.Message, tc.says) {
				t.Errorf("%s: want %s %s that says %q, got %v", tc.reason, tc.status, tc.want, tc.says, got)
			}
			if diff := cmp.Diff(tc.asks, asked(asks)); diff != "" {
				t.Errorf("%s: -want, +asked\n%s", tc.reason, diff)
			}
		})
	}
}

// A stack works without the fence, and says so: neither Ready nor StackReady waits for it.
func TestNothingWaitsForTheFence(t *testing.T) {
	plan := func(mods ...mod) Plan {
		p, errs := newStack(t, mods...).Plan()
		if len(errs) > 0 {
			t.Fatal(errs.ToAggregate())
		}
		return p
	}
	open, fenced := plan(standing(t, answered(t, askFence))), plan(standing(t))
	without, with := conditionIn(t, open.Conditions, ConditionStack), conditionIn(t, fenced.Conditions, ConditionStack)
	if open.Ready != fenced.Ready || open.Settled != fenced.Settled || without != with {
		t.Errorf("without the fence: ready %v, settled %v, %s; with it: ready %v, settled %v, %s",
			open.Ready, open.Settled, without, fenced.Ready, fenced.Settled, with)
	}
	if diff := cmp.Diff(len(open.Resources), len(fenced.Resources)); diff != "" {
		t.Errorf("resources: -without the fence, +with it\n%s", diff)
	}
}

func TestWorkflowPods(t *testing.T) {
	cases := map[string]struct {
		reason string
		mods   []mod
		want   v1alpha1.WorkflowPodsStatus
	}{
		"Plain": {"KFP's own account", nil, v1alpha1.WorkflowPodsStatus{PodSecurity: "Restricted", ServiceAccounts: []string{"pipeline-runner"}}},
		"Accounts": {
			"the class adds to it", []mod{classes(t, `pipelineRunner: {serviceAccounts: [spark]}`)},
			v1alpha1.WorkflowPodsStatus{PodSecurity: "Restricted", ServiceAccounts: []string{"pipeline-runner", "spark"}},
		},
		"GivenCertificate": {
			"its key is the guard's",
			[]mod{claims(t, `tls: {type: Secret, secretName: given-tls}`)},
			v1alpha1.WorkflowPodsStatus{
				PodSecurity:     "Restricted",
				ServiceAccounts: []string{"pipeline-runner"},
				ReservedSecrets: []string{"given-tls"},
			},
		},
		"OwnCertificate": {
			"all of its prefix are reserved", []mod{claims(t, `tls: {type: ServiceCA}`)},
			v1alpha1.WorkflowPodsStatus{PodSecurity: "Restricted", ServiceAccounts: []string{"pipeline-runner"}},
		},
		"Contextless": {
			"they would not start", []mod{claims(t, `release: odh-2.18.0`)},
			v1alpha1.WorkflowPodsStatus{PodSecurity: "Baseline", ServiceAccounts: []string{"pipeline-runner"}},
		},
		"V1": {
			"they say what they are", []mod{classes(t, `allowV1Pipelines: true`), claims(t, `apiServer: {allowV1Pipelines: true}`)},
			v1alpha1.WorkflowPodsStatus{PodSecurity: "Baseline", ServiceAccounts: []string{"pipeline-runner"}},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(&tc.want, newStack(t, tc.mods...).status().WorkflowPods); diff != "" {
				t.Errorf("%s: -want, +got\n%s", tc.reason, diff)
			}
		})
	}
}

// A given login or certificate is reserved by its name, and the store's keys never are: every
// pipeline needs them.
func TestReservedSecrets(t *testing.T) {
	s := newStack(t)
	s.database.login = login{
		username: source{secret: "given-login", key: "user"}, password: source{secret: "given-login", key: "password"},
		host: source{value: "db.example.org"}, port: source{secret: secretDatabase}, secret: "given-login",
	}
	s.Spec.TLS = v1alpha1.TLSSpec{Type: v1alpha1.TLSSecret, SecretName: secretObjectStore}
	if diff := cmp.Diff([]string{"given-login"}, s.reservedSecrets()); diff != "" {
		t.Errorf("-want, +got\n%s", diff)
	}
}

// A platform applies again what it applied: a file for platforms would ask a cluster without classes
// for one.
func TestInstallCommand(t *testing.T) {
	for class, want := range map[string]string{
		DefaultClassName: "kubectl apply --server-side -f install-claim.yaml",
		"":               "kubectl apply --server-side -f install-claim-standalone.yaml",
	} {
		s := Stack{Class: &Class{Name: class}}
		if got := s.installCommand(); got != want {
			t.Errorf("class %q: want %q, got %q", class, want, got)
		}
	}
}
