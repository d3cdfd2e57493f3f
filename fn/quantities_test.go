package main

import (
	"strings"
	"testing"
	"time"
)

// Comparing 1e2000000000 with anything takes its two billion digits. The call must be answered, with
// the field's path.
func TestBoundlessQuantitiesAreRefused(t *testing.T) {
	const boundless = "1e2000000000"
	cases := map[string]struct {
		reason string
		spec   string // path of the quantity in the claim
		data   string // in the EnvironmentConfig
		input  string // in the Composition
		want   string
	}{
		"Claim":       {reason: "a claim is anybody's", spec: "apiServer.resources.limits.cpu", want: "spec.apiServer.resources.limits.cpu"},
		"Quota":       {reason: "in any field", spec: "quota.hard.pods", want: "spec.quota.hard.pods"},
		"Environment": {reason: "a platform team mistypes as well", data: "limits.resources.limits.cpu", want: "input.limits.resources.limits.cpu"},
		"Input":       {reason: "wherever it says its word", input: "limits.resources.limits.cpu", want: "input.limits.resources.limits.cpu"},
		"Default":     {reason: "defaults become the claim's", data: "defaults.ui.resources.requests.memory", want: "input.defaults.ui.resources.requests.memory"},
		"Size":        {reason: "sizes are held against limits", data: "sizes.Small.components.ui.limits.memory", want: "input.sizes.Small.components.ui.limits.memory"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			s := scenarioOf(t, "quickstart")
			for path, content := range map[string]obj{tc.spec: s.spec(), tc.data: s.platform(), tc.input: s.input} {
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
