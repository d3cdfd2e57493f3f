package stack

import (
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/pipelinestack/function-pipelinestack/apis/v1alpha1"
)

// component is a part of a stack that has a condition of its own.
type component struct {
	condition string
	// off says why the component is no part of this stack; nil if it always is.
	off func(*Stack) (reason, message string)
	// after are the conditions that must be True before the first of its objects is made.
	after []string
	// resources of the component, in the order in which people should hear of them.
	resources func(*Stack, Observed) []Resource
}

// begun says whether anything is there that comes after the stores. From then on what is missing is
// made again, whatever becomes of the stores.
func (o Observed) begun() bool {
	for _, object := range o {
		of := object.Label(LabelCondition)
		if of != "" && !slices.Contains(stores, of) && object.String("kind") != typeServiceAccount.Kind {
			return true
		}
	}
	return false
}

// components of a stack, in the order in which one needs the other.
var components = []component{
	{ConditionDatabase, nil, nil, databaseResources},
	{ConditionObjectStore, nil, nil, objectStoreResources},
	{ConditionAPIServer, nil, stores, together(apiServerResources, alertsResources)},
	{ConditionPersistenceAgent, nil, stores, persistenceAgentResources},
	{ConditionScheduledWorkflow, nil, stores, scheduledWorkflowResources},
	{ConditionWorkflowController, nil, stores, together(workflowControllerResources, controllerMonitorResources)},
	{ConditionMLMD, mlmdOff, stores, metadataResources},
	{ConditionUI, uiOff, stores, uiResources},
	{ConditionExposure, exposureOff, nil, nil},
}

// needs of one of the component's resources. Pods are refused until their account is there, which
// has no needs; all else waits while the stack is made for what comes before the component.
func (c component) needs(r Resource, of []Resource, o Observed) []string {
	if account(r) != "" {
		return r.Needs
	}
	needs := r.Needs
	if !o.begun() {
		later := slices.DeleteFunc(slices.Clone(needs), func(need string) bool { return slices.Contains(c.after, need) })
		needs = slices.Concat(c.after, later)
	}
	var runsAs string
	switch o := r.Object.(type) {
	case *appsv1.Deployment:
		runsAs = o.Spec.Template.Spec.ServiceAccountName
	case *appsv1.StatefulSet:
		runsAs = o.Spec.Template.Spec.ServiceAccountName
	}
	for _, other := range of {
		if name := account(other); name != "" && name == runsAs {
			needs = append(slices.Clip(needs), other.Name)
		}
	}
	return needs
}

// account is the name of the ServiceAccount that a resource is, if it is one.
func account(r Resource) string {
	if a, ok := r.Object.(*corev1.ServiceAccount); ok {
		return a.Name
	}
	return ""
}

// together are the resources of several parts that count for one condition.
func together(parts ...func(*Stack, Observed) []Resource) func(*Stack, Observed) []Resource {
	return func(s *Stack, o Observed) []Resource {
		var rs []Resource
		for _, part := range parts {
			rs = append(rs, part(s, o)...)
		}
		return rs
	}
}

func mlmdOff(s *Stack) (reason, message string) {
	if s.hasMLMD() {
		return "", ""
	}
	return ReasonNotApplicable, "release " + s.Release.Name + " has no ML Metadata"
}

func uiOff(s *Stack) (reason, message string) {
	if s.hasUI() {
		return "", ""
	}
	return ReasonNotApplicable, "spec.ui.enabled is not set"
}

// exposureOff always applies: New refuses every type but None.
func exposureOff(*Stack) (reason, message string) {
	return ReasonNotApplicable, "spec.exposure.type is " + string(v1alpha1.ExposureNone)
}
