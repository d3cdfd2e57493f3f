package main

import (
	"strings"
	"testing"
	"time"
)

// Comparing 1e2000000000 with anything takes its two billion digits. The call must be answered,
// with the field's path.
func TestBoundlessQuantitiesAreRefused(t *testing.T) {
	const boundless = "1e2000000000"
	cases := map[string]struct {
		reason string
		spec   string // path of the quantity in the claim
		class  string // in its class
		want   string
	}{
		"Claim":   {reason: "a claim is anybody's", spec: "apiServer.resources.limits.cpu", want: "spec.apiServer.resources.limits.cpu"},
		"Storage": {reason: "in any field", spec: "database.embedded.storage", want: "spec.database.embedded.storage"},
		"Bound": {
			reason: "a platform team mistypes as well",
			class:  "constraints.resources.limits.cpu",
			want:   "class/default: spec.constraints.resources.limits.cpu",
		},
		"Default": {
			reason: "defaults become the claim's",
			class:  "defaults.ui.resources.requests.memory",
			want:   "class/default: spec.defaults.ui.resources.requests.memory",
		},
		"Size": {
			reason: "sizes are held against bounds",
			class:  "sizes.Small.components.ui.limits.memory",
			want:   "class/default: spec.sizes.Small.components.ui.limits.memory",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			s := scenarioOf(t, "quickstart")
			for path, content := range map[string]obj{tc.spec: s.spec(), tc.class: s.classSpec()} {
				if path != "" {
					put(content, path, boundless)
				}
			}
			answered := make(chan string, 1)
			go func() { answered <- refusal(s.run(t, quiet())) }()
			select {
			case got := <-answered:
				if want := tc.want + ": Invalid value: must be an amount from 0 to less than 8E"; !strings.HasPrefix(got, want) {
					t.Errorf("%s: -want, +got\n-%s\n+%s", tc.reason, want, got)
				}
			case <-time.After(time.Minute):
				t.Errorf("%s: no answer within a minute", tc.reason)
			}
		})
	}
}
