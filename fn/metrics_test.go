package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/crossplane/crossplane-runtime/v2/pkg/logging"
	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/pipelinestack/function-pipelinestack/fn/stack"
)

// Each call counts once, by what became of it.
func TestResultsAreCounted(t *testing.T) {
	cases := map[string]struct {
		reason string
		asks   bool // the call is the first one, before Crossplane has answered anything
		change func(*scenario)
		steps  map[string]*fnv1.Resource // what earlier steps of the pipeline desire
		want   string
	}{
		"Composed": {reason: "all is known and right", want: resultComposed},
		"Asked":    {reason: "nothing of the cluster is known yet", asks: true, want: resultAsked},
		"Schema": {
			reason: "a field that nobody knows", want: resultSpec,
			change: func(s *scenario) { s.spec()["releese"] = "2.17.0" },
		},
		"Spec": {
			reason: "a release that nobody knows", want: resultSpec,
			change: func(s *scenario) { s.spec()["release"] = "9.9.9" },
		},
		"Class": {
			reason: "a class that cannot be", want: resultInput,
			change: func(s *scenario) { s.classSpec()["clusterID"] = "A B" },
		},
		"NoClass": {
			reason: "there is no class", want: resultSpec,
			change: func(s *scenario) { s.required = nil },
		},
		"Collision": {
			reason: "an earlier step wants a resource of the same name", want: resultFailed,
			steps: map[string]*fnv1.Resource{"database": {Resource: object(obj{"apiVersion": "v1", "kind": "ConfigMap"})}},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			s := scenarioOf(t, "quickstart")
			if tc.change != nil {
				tc.change(s)
			}
			c := s.cluster(quiet())
			req := c.request(nil)
			if !tc.asks {
				c.ask(t, req)
			}
			req.Desired = &fnv1.State{Resources: tc.steps}
			registry := prometheus.NewRegistry()
			if _, err := NewFunction(logging.NewNopLogger(), stack.Releases(), registry).RunFunction(t.Context(), req); err != nil {
				t.Fatal(err)
			}
			want := fmt.Sprintf("# HELP pipelinestack_results_total Calls by what became of them: composed, asked, or refused for the spec or "+
				"for the class and the input.\n# TYPE pipelinestack_results_total counter\npipelinestack_results_total{result=%q} 1\n", tc.want)
			if err := testutil.GatherAndCompare(registry, strings.NewReader(want), "pipelinestack_results_total"); err != nil {
				t.Errorf("%s: %v", tc.reason, err)
			}
		})
	}
}

// A stack counts once, as it was last composed, and until it has not been composed for 30 minutes:
// nobody says that it was deleted.
func TestStacksAreCounted(t *testing.T) {
	registry := prometheus.NewRegistry()
	f := NewFunction(logging.NewNopLogger(), stack.Releases(), registry)
	now := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	f.metrics.stacks.now = func() time.Time { return now }
	expect := func(reason string, samples ...string) {
		t.Helper()
		want := ""
		if len(samples) > 0 {
			want = "# HELP pipelinestack_stacks Stacks that this process composed in the last 30 minutes, by release and " +
				"by whether they are ready.\n# TYPE pipelinestack_stacks gauge\n" + strings.Join(samples, "\n") + "\n"
		}
		if err := testutil.GatherAndCompare(registry, strings.NewReader(want), "pipelinestack_stacks"); err != nil {
			t.Errorf("%s: %v", reason, err)
		}
	}
	sample := func(release string, ready bool, n int) string {
		return fmt.Sprintf("pipelinestack_stacks{ready=\"%t\",release=%q} %d", ready, release, n)
	}
	releases := stack.Releases().Names()
	older, newer := releases[0], releases[len(releases)-1]
	if older == newer {
		t.Fatal("there is one release only")
	}
	of := func(uid, release string) *scenario {
		s := scenarioOf(t, "quickstart")
		put(s.xr, "metadata.uid", uid)
		s.spec()["release"] = release
		return s
	}
	expect("nothing was composed")

	first := of("first", older)
	first.run(t, f)
	first.run(t, f)
	expect("a new stack, many times", sample(older, false, 1))

	first.getReady(t, quiet())
	first.run(t, f)
	expect("it is ready now, and no longer not ready", sample(older, true, 1))

	refused := of("refused", "9.9.9")
	refused.run(t, f)
	expect("a stack that is refused has no release", sample(older, true, 1))

	now = now.Add(10 * time.Minute)
	of("second", older).run(t, f)
	of("third", newer).run(t, f)
	of("fourth", newer).run(t, f)
	expect("stacks of two releases", sample(older, false, 1), sample(newer, false, 2), sample(older, true, 1))

	now = now.Add(20 * time.Minute)
	of("third", newer).run(t, f)
	expect("the first was seen 30 minutes ago", sample(older, false, 1), sample(newer, false, 2), sample(older, true, 1))
	now = now.Add(time.Second)
	expect("and then longer ago", sample(older, false, 1), sample(newer, false, 2))
	now = now.Add(20 * time.Minute)
	expect("one was composed since", sample(newer, false, 1))
	if n := len(f.metrics.stacks.seen); n != 1 {
		t.Errorf("%d stacks are remembered, want 1: the rest would pile up", n)
	}
}
