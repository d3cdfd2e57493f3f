package main

import (
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/pipelinestack/function-pipelinestack/fn/stack"
)

// TestCostOfCreation counts what a new stack costs a Crossplane that reconciles once more whenever
// the composite or one of its objects has changed. Each object is there a pass before its controller
// reports on it, and two before it is ready. More than the ceilings is a regression: each apply costs
// the API server some milliseconds, whether it changes anything or not.
func TestCostOfCreation(t *testing.T) {
	cases := map[string]struct {
		reason string
		spec   map[string]any
		most   effort
	}{
		"Default": {"what most stacks are", nil, effort{passes: 8, calls: 13, applies: 254}},
		"UI":      {"with a web interface", map[string]any{"ui": map[string]any{"enabled": true}}, effort{passes: 8, calls: 13, applies: 282}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			c := newCluster(stack.Releases(), false, tc.spec, simpleClass())
			c.remembers = true
			var got effort
			seen := map[string]bool{}
			for changed := true; changed; got = c.spent {
				if c.spent.passes > 50 {
					t.Fatal("the stack never comes to rest")
				}
				before := proto.CloneOf(c.composite)
				c.reconcile(t)
				changed = !proto.Equal(before, c.composite)
				changed = c.advance(seen) || changed
			}
			if got.passes > tc.most.passes || got.calls > tc.most.calls || got.applies > tc.most.applies {
				t.Errorf("%s: %d objects cost %+v, at most %+v is wanted", tc.reason, len(c.objects), got, tc.most)
			}
			t.Logf("%d objects cost %+v", len(c.objects), got)

			c.reconcile(t)
			idle := effort{c.spent.passes - got.passes, c.spent.calls - got.calls, c.spent.applies - got.applies}
			if want := (effort{1, 1, len(c.objects)}); idle != want {
				t.Errorf("%s: once it is there a pass costs %+v, want %+v", tc.reason, idle, want)
			}
		})
	}
}

// advance has controllers see what they have not seen, and make ready what they have. It says whether
// anything changed.
func (c *cluster) advance(seen map[string]bool) bool {
	changed := false
	for name, o := range c.objects {
		status := proto.CloneOf(o.GetFields()["status"])
		if seen[name] {
			c.report(name, well)
		}
		changed = changed || !seen[name] || !proto.Equal(status, c.objects[name].GetFields()["status"])
		seen[name] = true
	}
	return changed
}
