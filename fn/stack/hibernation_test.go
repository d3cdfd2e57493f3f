package stack

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pipelinestack/function-pipelinestack/fn/kube"
)

func deploymentScaledTo(t *testing.T, replicas string) kube.Observed {
	t.Helper()
	return kube.Observed{Object: content(t, `
apiVersion: apps/v1
kind: Deployment
metadata: {name: d, labels: {`+LabelCondition+`: `+ConditionPersistenceAgent+`}}
spec: {replicas: `+replicas+`}
status: {replicas: `+replicas+`, updatedReplicas: `+replicas+`, availableReplicas: `+replicas+`, conditions: [{type: Available, status: "True"}]}
`)}
}

// agentWorld is one in which all of the persistence agent's objects are there.
func agentWorld(t *testing.T, deployment kube.Observed) World {
	t.Helper()
	return World{Observed: Observed{
		"persistence-agent-service-account": bare(t, "ServiceAccount"), "persistence-agent-role-binding": bare(t, "RoleBinding"),
		"network-policy-controllers": bare(t, "NetworkPolicy"), "persistence-agent-deployment": deployment,
	}}
}

func TestHibernation(t *testing.T) {
	asleep := Condition{ConditionPersistenceAgent, False, ReasonHibernated, "scaled to zero by spec.hibernate"}
	cases := map[string]struct {
		reason     string
		mods       []mod
		deployment kube.Observed
		want       Condition
	}{
		"Awake": {
			"nothing is special",
			nil,
			deploymentScaledTo(t, "1"),
			Condition{ConditionPersistenceAgent, True, kube.ReasonAvailable, ""},
		},
		"Asleep": {"not there to be used, and that is no fault", []mod{hibernating}, deploymentScaledTo(t, "0"), asleep},
		"FallsAsleep": {
			"not yet scaled down, and working until then",
			[]mod{hibernating},
			deploymentScaledTo(t, "1"),
			Condition{ConditionPersistenceAgent, True, kube.ReasonAvailable, ""},
		},
		"Wakes": {
			"nobody wants it to be scaled to zero any more",
			nil,
			deploymentScaledTo(t, "0"),
			Condition{
				ConditionPersistenceAgent,
				False,
				kube.ReasonProgressing,
				"persistence-agent-deployment: it is scaled to zero, and is being woken",
			},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			plan, errs := newStack(t, append(tc.mods, func(g *given) { g.world = agentWorld(t, tc.deployment) })...).Plan()
			if len(errs) > 0 {
				t.Fatal(errs.ToAggregate())
			}
			if diff := cmp.Diff(tc.want, conditionIn(t, plan.Conditions, ConditionPersistenceAgent)); diff != "" {
				t.Errorf("%s: -want, +got\n%s", tc.reason, diff)
			}
		})
	}
}

// A sleeping stack is as it should be: the composite is ready, or Crossplane and people would be
// called for nothing.
func TestHibernatedIsReady(t *testing.T) {
	s := newStack(t, hibernating)
	planned := []Planned{
		{Verdict: kube.Verdict{Ready: true, Reason: kube.ReasonScaledToZero}},
		{Verdict: kube.Verdict{Ready: true, Reason: kube.ReasonAvailable}},
	}
	if c, ready := s.condition("X", nil, planned); !ready || c.Reason != ReasonHibernated {
		t.Errorf("ready: %t, condition: %v", ready, c)
	}
	planned[1].Verdict = kube.Verdict{Reason: kube.ReasonFailed, Message: "no"}
	if c, ready := s.condition("X", nil, planned); ready || c.Reason != kube.ReasonFailed {
		t.Errorf("what fails while the stack sleeps is said all the same: ready: %t, condition: %v", ready, c)
	}
}
