package main

import (
	"fmt"
	"maps"
	"time"

	"github.com/crossplane/function-sdk-go/errors"
	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/pipelinestack/function-pipelinestack/fn/kube"
	"github.com/pipelinestack/function-pipelinestack/fn/stack"
)

// encode writes a plan into the response, beside what earlier steps of the pipeline desire.
func encode(rsp *fnv1.RunFunctionResponse, plan stack.Plan, class *stack.Class, w stack.World, now time.Time) error {
	desired := rsp.GetDesired()
	if desired == nil {
		desired = &fnv1.State{}
		rsp.Desired = desired
	}
	resources := desired.GetResources()
	if resources == nil {
		resources = make(map[string]*fnv1.Resource, len(plan.Resources))
		desired.Resources = resources
	}
	for _, r := range plan.Resources {
		if _, taken := resources[r.Name]; taken {
			return fmt.Errorf("an earlier step of the pipeline already composes a resource named %s", r.Name)
		}
		if r.Held {
			continue
		}
		object, err := kube.Struct(r.Object)
		if err != nil {
			return errors.Wrapf(err, "cannot encode resource %s", r.Name)
		}
		resources[r.Name] = &fnv1.Resource{Resource: object, Ready: readiness(r.Verdict.Ready)}
	}
	if err := encodeStatus(desired, plan); err != nil {
		return err
	}
	encodeRequirements(rsp, plan.Requires)
	rsp.Meta.Ttl = durationpb.New(ttl(plan, class, w, now))
	encodeConditions(
		rsp,
		append([]stack.Condition{{Type: stack.ConditionSpecValid, Status: stack.True, Reason: stack.ReasonValid}}, plan.Conditions...),
		w,
	)
	for _, warning := range plan.Warnings {
		rsp.Results = append(rsp.Results, &fnv1.Result{
			Severity: fnv1.Severity_SEVERITY_WARNING, Message: warning, Target: fnv1.Target_TARGET_COMPOSITE_AND_CLAIM.Enum(),
		})
	}
	return nil
}

// unwatchedTTL bounds how long drift stays while Crossplane does not watch a stack. That can last
// much longer than the intended five minutes, so the bound is not as short as for a stack that is
// being changed.
const unwatchedTTL = time.Minute

// freshTime is how long a stack counts as being worked on after Crossplane has stopped watching it:
// Crossplane stops only when much of a stack is made or changed.
const freshTime = 5 * time.Minute

// While a stack is made, Crossplane often stops watching it half-way. Each step then waits for a
// call, so that the next comes soon, but not for long: what takes longer waits for something else.
const (
	makingTTL  = 3 * time.Second
	makingTime = time.Minute
)

// ttl is how long Crossplane may wait before it calls again. A stack in which nothing is under way
// is called seldom, whether it is ready or not: in an outage of a shared server its stacks are not
// all called every few seconds, and watches report when it is over.
func ttl(plan stack.Plan, class *stack.Class, w stack.World, now time.Time) time.Duration {
	switch {
	case !plan.Settled && !w.Watched() && now.Sub(w.UnwatchedSince()) < makingTime:
		return min(makingTTL, class.TTL.Progressing.Duration)
	case !plan.Settled:
		return class.TTL.Progressing.Duration
	case w.Watched():
		return class.TTL.Ready.Duration
	case now.Sub(w.UnwatchedSince()) < freshTime:
		return min(class.TTL.Progressing.Duration, class.TTL.Ready.Duration)
	default:
		return min(unwatchedTTL, class.TTL.Ready.Duration)
	}
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

// encodeConditions sets conditions on the composite and its claim, and adds an event for each that
// has changed.
func encodeConditions(rsp *fnv1.RunFunctionResponse, conditions []stack.Condition, w stack.World) {
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
		told := c.Type == stack.ConditionStack // by the parts
		if before, ok := w.Conditions[c.Type]; ok && before.Status != c.Status && !told {
			rsp.Results = append(rsp.Results, event(c))
		}
	}
}

// event reports a transition once: the next call finds the condition as it is now.
func event(c stack.Condition) *fnv1.Result {
	severity := fnv1.Severity_SEVERITY_WARNING
	if c.Status == stack.True {
		severity = fnv1.Severity_SEVERITY_NORMAL
	}
	message := c.Type + " is now " + string(c.Status)
	if c.Message != "" {
		message += ": " + c.Message
	}
	return &fnv1.Result{Severity: severity, Message: message, Reason: &c.Reason, Target: fnv1.Target_TARGET_COMPOSITE_AND_CLAIM.Enum()}
}

// encodeRequirements asks Crossplane for objects, beside what the response asks for already.
func encodeRequirements(rsp *fnv1.RunFunctionResponse, requires []stack.Requirement) {
	if len(requires) == 0 {
		return
	}
	if rsp.GetRequirements() == nil {
		rsp.Requirements = &fnv1.Requirements{Resources: make(map[string]*fnv1.ResourceSelector, len(requires))}
	}
	for _, r := range requires {
		selector := &fnv1.ResourceSelector{ApiVersion: r.APIVersion, Kind: r.Kind, Match: &fnv1.ResourceSelector_MatchName{MatchName: r.Name}}
		if r.Name == "" { // all of the kind that have the labels
			selector.Match = &fnv1.ResourceSelector_MatchLabels{MatchLabels: &fnv1.MatchLabels{Labels: r.Labels}}
		}
		if r.Namespace != "" {
			selector.Namespace = &r.Namespace
		}
		rsp.GetRequirements().GetResources()[r.Key] = selector
	}
}

// encodeStatus puts the stack's status beside what earlier steps say of the composite. A composite
// that is not ready is said to be so: Crossplane, which knows nothing of what is held back, would
// list in its own condition which objects are not ready. Each that gets ready would be one more
// write of the composite, which brings the next call.
func encodeStatus(desired *fnv1.State, plan stack.Plan) error {
	value, err := kube.Value(plan.Status)
	if err != nil {
		return errors.Wrap(err, "cannot encode the status")
	}
	composite := desired.GetComposite()
	if composite == nil {
		composite = &fnv1.Resource{}
		desired.Composite = composite
	}
	if plan.Waits || !plan.Ready && composite.GetReady() == fnv1.Ready_READY_UNSPECIFIED {
		composite.Ready = fnv1.Ready_READY_FALSE
	}
	fields := composite.GetResource().GetFields()
	if fields == nil {
		fields = map[string]*structpb.Value{}
		composite.Resource = &structpb.Struct{Fields: fields}
	}
	if status := fields["status"].GetStructValue().GetFields(); status != nil {
		maps.Copy(status, value.GetStructValue().GetFields())
		return nil
	}
	fields["status"] = value
	return nil
}
