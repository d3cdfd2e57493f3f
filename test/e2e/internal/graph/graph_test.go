package graph

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
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

func TestProgress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sleep := func(d time.Duration) func(context.Context) error {
			return func(context.Context) error { time.Sleep(d); return nil }
		}
		var out bytes.Buffer
		err := Run(t.Context(), &out, []Step{
			{Name: "fast", Run: sleep(time.Second)},
			{Name: "slow", Needs: []string{"fast"}, Run: sleep(40 * time.Second)},
		})
		if err != nil {
			t.Fatal(err)
		}
		want := []string{
			"1.0s fast 1.0s",
			"16.0s ... slow (15s)",
			"31.0s ... slow (30s)",
			"41.0s slow 40.0s",
		}
		var got []string
		for line := range strings.Lines(out.String()) {
			got = append(got, strings.Join(strings.Fields(line), " "))
		}
		if !slices.Equal(got, want) {
			t.Errorf("who waits reads\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	})
}
