package main

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/pipelinestack/function-pipelinestack/apis/v1alpha1"
	"github.com/pipelinestack/function-pipelinestack/fn/stack"
)

func TestTTL(t *testing.T) {
	unwatched := stack.World{Conditions: map[string]stack.Condition{"Responsive": {Type: "Responsive", Status: stack.False}}}
	cases := map[string]struct {
		reason string
		plan   stack.Plan
		world  stack.World
		ready  time.Duration
		want   time.Duration
	}{
		"Ready": {
			reason: "watches bring what changes",
			plan:   stack.Plan{Ready: true},
			ready:  10 * time.Minute,
			want:   10 * time.Minute,
		},
		"Progressing": {reason: "the timer is a safety net", ready: 10 * time.Minute, want: 10 * time.Second},
		"Unwatched": {
			reason: "nothing but the timer finds drift",
			plan:   stack.Plan{Ready: true},
			world:  unwatched,
			ready:  10 * time.Minute,
			want:   time.Minute,
		},
		"UnwatchedSooner": {
			reason: "the class says less still",
			plan:   stack.Plan{Ready: true},
			world:  unwatched,
			ready:  30 * time.Second,
			want:   30 * time.Second,
		},
		"UnwatchedUnready": {reason: "readiness goes first", world: unwatched, ready: 10 * time.Minute, want: 10 * time.Second},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			p := &stack.Class{PipelineStackClassSpec: v1alpha1.PipelineStackClassSpec{TTL: v1alpha1.TTL{
				Ready:       &metav1.Duration{Duration: tc.ready},
				Progressing: &metav1.Duration{Duration: 10 * time.Second},
			}}}
			if got := ttl(tc.plan, p, tc.world); got != tc.want {
				t.Errorf("%s: ttl is %s, want %s", tc.reason, got, tc.want)
			}
		})
	}
}
