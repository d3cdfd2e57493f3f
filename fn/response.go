package main

import (
	"fmt"

	"github.com/crossplane/function-sdk-go/errors"
	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/pipelinestack/function-pipelinestack/apis/v1alpha1"
	"github.com/pipelinestack/function-pipelinestack/fn/kube"
	"github.com/pipelinestack/function-pipelinestack/fn/stack"
)

// encode writes a plan into the response, beside what earlier steps of the pipeline desire.
func encode(rsp *fnv1.RunFunctionResponse, plan stack.Plan, platform *stack.Platform) error {
	if rsp.Desired == nil {
		rsp.Desired = &fnv1.State{}
	}
	if rsp.Desired.Resources == nil {
		rsp.Desired.Resources = make(map[string]*fnv1.Resource, len(plan.Resources))
	}
	for _, r := range plan.Resources {
		if _, taken := rsp.Desired.Resources[r.Name]; taken {
			return fmt.Errorf("an earlier step of the pipeline already composes a resource named %s", r.Name)
		}
		object, err := kube.Struct(r.Object)
		if err != nil {
			return errors.Wrapf(err, "cannot encode resource %s", r.Name)
		}
		rsp.Desired.Resources[r.Name] = &fnv1.Resource{Resource: object, Ready: readiness(r.Verdict.Ready)}
	}
	encodeConditions(rsp, append([]stack.Condition{{Type: stack.ConditionSpecValid, Status: stack.True, Reason: stack.ReasonValid}}, plan.Conditions...))
	ttl := platform.TTL.Progressing
	if plan.Ready {
		ttl = platform.TTL.Ready
	}
	rsp.Meta.Ttl = durationpb.New(ttl.Duration)
	return encodeStatus(rsp, plan.Status)
}

func readiness(ready bool) fnv1.Ready {
	if ready {
		return fnv1.Ready_READY_TRUE
	}
	return fnv1.Ready_READY_FALSE
}

var conditionStatus = map[stack.ConditionStatus]fnv1.Status{
	stack.True:    fnv1.Status_STATUS_CONDITION_TRUE,
	stack.False:   fnv1.Status_STATUS_CONDITION_FALSE,
	stack.Unknown: fnv1.Status_STATUS_CONDITION_UNKNOWN,
}

// encodeConditions sets conditions on the composite and its claim.
func encodeConditions(rsp *fnv1.RunFunctionResponse, conditions []stack.Condition) {
	for _, c := range conditions {
		condition := &fnv1.Condition{
			Type:   c.Type,
			Status: conditionStatus[c.Status],
			Reason: c.Reason,
			Target: fnv1.Target_TARGET_COMPOSITE_AND_CLAIM.Enum(),
		}
		if c.Message != "" {
			condition.Message = &c.Message
		}
		rsp.Conditions = append(rsp.Conditions, condition)
	}
}

// encodeStatus puts the stack's status beside what earlier steps say of the composite.
func encodeStatus(rsp *fnv1.RunFunctionResponse, status v1alpha1.PipelineStackStatus) error {
	value, err := kube.Value(status)
	if err != nil {
		return errors.Wrap(err, "cannot encode the status")
	}
	if rsp.Desired.Composite == nil {
		rsp.Desired.Composite = &fnv1.Resource{}
	}
	composite := rsp.Desired.Composite
	if composite.Resource == nil {
		composite.Resource = &structpb.Struct{}
	}
	if composite.Resource.Fields == nil {
		composite.Resource.Fields = map[string]*structpb.Value{}
	}
	merged := composite.Resource.Fields["status"].GetStructValue()
	if merged == nil {
		composite.Resource.Fields["status"] = value
		return nil
	}
	for k, v := range value.GetStructValue().GetFields() {
		merged.Fields[k] = v
	}
	return nil
}
