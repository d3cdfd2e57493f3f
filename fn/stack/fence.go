package stack

import (
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/pipelinestack/function-pipelinestack/apis/v1alpha1"
	"github.com/pipelinestack/function-pipelinestack/fn/kube"
)

// The fence keeps pods of workflows to what a pipeline may do. Admission puts it up: a policy of
// the install file, which reads in the stack's status what differs between stacks. The stack says
// in a condition whether it stands, and does not wait for it.

// workflowPods is what the policy reads.
func (s *Stack) workflowPods() *v1alpha1.WorkflowPodsStatus {
	return &v1alpha1.WorkflowPodsStatus{
		PodSecurity:     s.workflowPodSecurity(),
		ServiceAccounts: s.runAccounts(),
		ReservedSecrets: s.reservedSecrets(),
	}
}

// workflowPodSecurity is the most that every pod passes that the API server makes workflows of.
func (s *Stack) workflowPodSecurity() v1alpha1.WorkflowPodSecurity {
	if s.Release.Features.RestrictedPods && s.blocksV1Pipelines() {
		return v1alpha1.WorkflowPodsRestricted
	}
	return v1alpha1.WorkflowPodsBaseline
}

// reservedPrefix begins the names of all Secrets of the stack but the store's, which pods of
// workflows need. The policy has it as well.
const reservedPrefix = nameAPIServer + "-"

// reservedSecrets are those that the stack's own pods read and that somebody else named.
func (s *Stack) reservedSecrets() []string {
	login := s.database.login
	var reserved []string
	for _, name := range []string{
		s.servingSecret(), login.secret, login.username.secret, login.password.secret, login.host.secret, login.port.secret,
	} {
		if name != "" && !strings.HasPrefix(name, reservedPrefix) && name != s.store.keySecret() {
			reserved = append(reserved, name)
		}
	}
	slices.Sort(reserved)
	return slices.Compact(reserved)
}

// nameFence is that of the policy and of its binding.
const nameFence = "pipelinestack-workflow-pods"

// Keys of the requirements by which the fence is found.
const (
	askFence        = "fence"
	askFenceBinding = "fence binding"
)

const groupAdmission = "admissionregistration.k8s.io"

// Kinds that are read for the fence.
var (
	kindPolicy        = schema.GroupKind{Group: groupAdmission, Kind: "ValidatingAdmissionPolicy"}
	kindPolicyBinding = schema.GroupKind{Group: groupAdmission, Kind: "ValidatingAdmissionPolicyBinding"}
)

// labelEnforce of a namespace says which level of Pod Security Kubernetes enforces.
const (
	labelEnforce      = "pod-security.kubernetes.io/enforce"
	enforceRestricted = "restricted"
)

// fence says whether the fence stands, and what to ask for that.
func (s *Stack) fence() (Condition, []Requirement) {
	w := s.world
	unknown := Condition{ConditionPipelinesFenced, Unknown, ReasonWaiting, "Crossplane has not said what the cluster holds"}
	_, canary := w.answer(askCanary)
	install, installed := w.answer(askInstall)
	if canary != present || installed == unanswered {
		return unknown, nil
	}
	broken := func(reason, message, command string) Condition {
		return Condition{ConditionPipelinesFenced, False, reason, message + ": " + command}
	}
	for _, kind := range []schema.GroupKind{kindPolicy, kindPolicyBinding, kindNamespace} {
		if !mayRead(install, kind) {
			return broken(ReasonPoliciesNotEnforced, "Crossplane may not read "+kind.String()+", so nobody knows whether there is a fence",
				s.installCommand()), nil
		}
	}
	asked := []Requirement{
		{Key: askFence, APIVersion: groupAdmission + "/v1", Kind: kindPolicy.Kind, Name: nameFence},
		{Key: askFenceBinding, APIVersion: groupAdmission + "/v1", Kind: kindPolicyBinding.Kind, Name: nameFence},
		{Key: askNamespace, APIVersion: "v1", Kind: kindNamespace.Kind, Name: s.Namespace},
	}
	policy, policyAnswer := w.answer(askFence)
	binding, bindingAnswer := w.answer(askFenceBinding)
	namespace, namespaceAnswer := w.answer(askNamespace)
	level := namespace.Label(labelEnforce)
	switch {
	case policyAnswer == unanswered || bindingAnswer == unanswered || namespaceAnswer == unanswered:
		return unknown, asked
	case policyAnswer == absent || policy.String("spec", "failurePolicy") != "Fail":
		return broken(ReasonPoliciesNotEnforced, "the "+kindPolicy.Kind+" "+nameFence+" is missing, or lets pods pass when it fails",
			s.installCommand()), asked
	case bindingAnswer == absent || !enforces(binding):
		return broken(ReasonPoliciesNotEnforced, "the "+kindPolicyBinding.Kind+" "+nameFence+" is missing, or denies not every pod",
			s.installCommand()), asked
	case s.workflowPodSecurity() != v1alpha1.WorkflowPodsRestricted && level != enforceRestricted:
		return broken(
			ReasonNamespaceNotRestricted,
			"pods of this release's pipelines do not all pass Pod Security "+enforceRestricted+" by themselves, and the namespace does not enforce it",
			"kubectl label namespace "+s.Namespace+" --overwrite "+labelEnforce+"="+enforceRestricted,
		), asked
	case !s.Release.Features.BlockV1Pipelines:
		return broken(ReasonV1Allowed, "release "+s.Release.Name+" runs pipelines of version 1, whose authors say how their pods run",
			"set spec.release to one that refuses them"), asked
	case !s.blocksV1Pipelines():
		return broken(ReasonV1Allowed, "spec.apiServer.allowV1Pipelines runs pipelines of version 1, whose authors say how their pods run",
			"kubectl -n "+s.Namespace+" patch "+v1alpha1.ResourceStacks+"."+v1alpha1.GroupVersion.Group+" "+s.Name+
				` --type merge -p '{"spec":{"apiServer":{"allowV1Pipelines":false}}}'`), asked
	default:
		return Condition{ConditionPipelinesFenced, True, ReasonFenced, ""}, asked
	}
}

// enforces says whether a binding denies what the policy refuses, everywhere.
func enforces(binding kube.Observed) bool {
	return binding.String("spec", "policyName") == nameFence && slices.Contains(binding.Strings("spec", "validationActions"), "Deny") &&
		binding.Object.GetFields()["spec"].GetStructValue().GetFields()["matchResources"] == nil
}

// installCommand mends what an install file brings.
func (s *Stack) installCommand() string {
	flavour := "claim"
	if s.Scope.Namespaced {
		flavour = "namespaced"
	}
	if s.Class.Name == "" { // that the stack does without one says which file it was
		flavour += "-standalone"
	}
	return "kubectl apply --server-side -f install-" + flavour + ".yaml"
}
