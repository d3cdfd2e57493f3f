package stack

import (
	"github.com/pipelinestack/function-pipelinestack/apis/v1alpha1"
)

// component is a part of a stack that has a condition of its own.
type component struct {
	condition string
	// off says why the component is no part of this stack; nil if it always is.
	off func(*Stack) (reason, message string)
	// resources of the component, in the order in which people should hear of them.
	resources func(*Stack, Observed) []Resource
}

// components of a stack, in the order in which one needs the other.
var components = []component{
	{ConditionDatabase, nil, databaseResources},
	{ConditionObjectStore, nil, objectStoreResources},
	{ConditionAPIServer, nil, together(apiServerResources, alertsResources)},
	{ConditionPersistenceAgent, nil, persistenceAgentResources},
	{ConditionScheduledWorkflow, nil, scheduledWorkflowResources},
	{ConditionWorkflowController, nil, together(workflowControllerResources, controllerMonitorResources)},
	{ConditionMLMD, mlmdOff, metadataResources},
	{ConditionUI, uiOff, uiResources},
	{ConditionExposure, exposureOff, nil},
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
