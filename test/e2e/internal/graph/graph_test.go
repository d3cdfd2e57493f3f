package graph

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
)

func TestRun(t *testing.T) {
	boom := errors.New("boom")
	cases := map[string]struct {
		reason string
		steps  func(log func(string)) []Step
		ran    []string // in this order
		err    string   // part of the message; empty for success
	}{
		"Order": {
			reason: "a step runs after what it needs, whatever the order of the list",
			steps: func(log func(string)) []Step {
				return []Step{step("c", log, nil, "b"), step("b", log, nil, "a"), step("a", log, nil)}
			},
			ran: []string{"a", "b", "c"},
		},
		"Failure": {
			reason: "nothing that needs a failed step runs, and the failed step is named",
			steps: func(log func(string)) []Step {
				return []Step{step("a", log, boom), step("b", log, nil, "a")}
			},
			ran: []string{"a"}, err: "a: boom",
		},
		"Circle": {
			reason: "a circle is found before anything runs",
			steps: func(log func(string)) []Step {
				return []Step{step("a", log, nil, "b"), step("b", log, nil, "a")}
			},
			err: "circle",
		},
		"Unknown": {
			reason: "a need that no step has is a mistake, not something to wait for",
			steps:  func(log func(string)) []Step { return []Step{step("a", log, nil, "x")} },
			err:    `needs "x"`,
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			var mu sync.Mutex
			var ran []string
			err := Run(context.Background(), io.Discard, tc.steps(func(s string) { mu.Lock(); defer mu.Unlock(); ran = append(ran, s) }))
			if (err == nil) != (tc.err == "") || (err != nil && !strings.Contains(err.Error(), tc.err)) {
				t.Errorf("%s: error %v, want one with %q", tc.reason, err, tc.err)
			}
			if !slices.Equal(ran, tc.ran) {
				t.Errorf("%s: ran %v, want %v", tc.reason, ran, tc.ran)
			}
		})
	}
}

func step(name string, log func(string), err error, needs ...string) Step {
	return Step{Name: name, Needs: needs, Run: func(context.Context) error { log(name); return err }}
}
