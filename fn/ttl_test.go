package main

import (
	"testing"
	"time"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/pipelinestack/function-pipelinestack/apis/v1alpha1"
	"github.com/pipelinestack/function-pipelinestack/fn/kube"
	"github.com/pipelinestack/function-pipelinestack/fn/stack"
)

func TestTTL(t *testing.T) {
	const opened = "2026-11-01T12:00:00Z"
	unwatched := stack.World{
		Conditions: map[string]stack.Condition{"Responsive": {Type: "Responsive", Status: stack.False}},
		Composite: kube.Observed{Object: object(obj{"status": obj{"conditions": []any{
			obj{"type": "Ready", "lastTransitionTime": "2026-10-01T12:00:00Z"}, obj{"type": "Responsive", "lastTransitionTime": opened},
		}}})},
	}
	forgotten := stack.World{Conditions: unwatched.Conditions}
	settled, down, rolling := stack.Plan{Ready: true, Settled: true}, stack.Plan{Settled: true}, stack.Plan{}
	cases := map[string]struct {
		reason string
		plan   stack.Plan
		world  stack.World
		after  time.Duration // since Crossplane stopped watching
		ready  time.Duration
		want   time.Duration
	}{
		"Ready":       {reason: "watches bring what changes", plan: settled, ready: 10 * time.Minute, want: 10 * time.Minute},
		"Progressing": {reason: "the timer is a safety net", plan: rolling, ready: 10 * time.Minute, want: 10 * time.Second},
		"Outage":      {reason: "watches tell when it is over", plan: down, ready: 10 * time.Minute, want: 10 * time.Minute},
		"UnwatchedFresh": {
			reason: "who has just made a stack may change it, and nothing but the timer finds out",
			plan:   settled, world: unwatched, after: time.Minute, ready: 10 * time.Minute, want: 10 * time.Second,
		},
		"UnwatchedOutage": {
			reason: "whatever its Ready says",
			plan:   down, world: unwatched, after: time.Hour, ready: 10 * time.Minute, want: time.Minute,
		},
		"Unwatched": {
			reason: "nothing but the timer finds drift",
			plan:   settled, world: unwatched, after: 5 * time.Minute, ready: 10 * time.Minute, want: time.Minute,
		},
		"UnwatchedForGood": {reason: "nobody knows since when", plan: settled, world: forgotten, ready: 10 * time.Minute, want: time.Minute},
		"UnwatchedSooner": {
			reason: "the class says less still",
			plan:   settled, world: unwatched, after: time.Hour, ready: 30 * time.Second, want: 30 * time.Second,
		},
		"UnwatchedMaking": {
			reason: "a stack that is made takes several steps, and only the timer finds out",
			plan:   rolling, world: unwatched, after: 30 * time.Second, ready: 10 * time.Minute, want: 3 * time.Second,
		},
		"UnwatchedStuck": {
			reason: "what takes longer waits for something else",
			plan:   rolling, world: unwatched, after: time.Minute, ready: 10 * time.Minute, want: 10 * time.Second,
		},
		"UnwatchedRolling": {
			reason: "what is under way goes first",
			plan:   rolling, world: unwatched, after: time.Hour, ready: 10 * time.Minute, want: 10 * time.Second,
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			c := &stack.Class{PipelineStackClassSpec: v1alpha1.PipelineStackClassSpec{TTL: v1alpha1.TTL{
				Ready:       &metav1.Duration{Duration: tc.ready},
				Progressing: &metav1.Duration{Duration: 10 * time.Second},
			}}}
			now := must(time.Parse(time.RFC3339, opened)).Add(tc.after)
			if got := ttl(tc.plan, c, tc.world, now); got != tc.want {
				t.Errorf("%s: ttl is %s, want %s", tc.reason, got, tc.want)
			}
		})
	}
}

// A stack is settled when nothing is under way, and not only when all is well.
func TestSettled(t *testing.T) {
	c := newCluster(stack.Releases(), false, nil, simpleClass())
	seconds := func(rsp *fnv1.RunFunctionResponse) int64 { return rsp.GetMeta().GetTtl().GetSeconds() }
	if got := seconds(c.reconcile(t)); got != 10 {
		t.Errorf("a new stack is called again after %d s", got)
	}
	if got := seconds(c.settle(t)); got != 600 {
		t.Errorf("a stack that is ready is called again after %d s", got)
	}
	// Crossplane may stop watching between this call and the next, and drop what would tell it.
	workload := part(c.objects["api-server-deployment"], "status")
	was := workload.AsMap()
	set(workload, obj{"availableReplicas": 0, "conditions": []any{
		conditionOf("Available", "False", "MinimumReplicasUnavailable"), conditionOf("Progressing", "True", "ReplicaSetUpdated"),
	}})
	if got := seconds(c.reconcile(t)); got != 10 {
		t.Errorf("a stack whose pods start is called again after %d s", got)
	}
	set(workload, was)
	c.report("database", sick)
	if got := seconds(c.reconcile(t)); got != 600 {
		t.Errorf("a stack whose server is down is called again after %d s", got)
	}
	c.report("database", well)
	c.claim(map[string]any{"apiServer": map[string]any{"logLevel": "Debug"}})
	c.reconcile(t)
	if got := seconds(c.reconcile(t)); got != 10 {
		t.Errorf("a stack that rolls out is called again after %d s", got)
	}
}
