package main

import (
	"context"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// ending is a context that ends after somebody has asked it so many times.
type ending struct {
	left int
	with error
}

// The rest is that of a context which never ends.
func (*ending) Deadline() (time.Time, bool) { return time.Time{}, false }
func (*ending) Done() <-chan struct{}       { return nil }
func (*ending) Value(any) any               { return nil }

func (e *ending) Err() error {
	if e.left == 0 {
		return e.with
	}
	e.left--
	return nil
}

// Whenever a caller gives up, the call does not go on to the next step, and says so.
func TestCallsEndWithTheirContext(t *testing.T) {
	cases := map[string]struct {
		reason string
		with   error
		want   codes.Code
	}{
		"Deadline": {"Crossplane waits for a bounded time", context.DeadlineExceeded, codes.DeadlineExceeded},
		"Gone":     {"Crossplane may end", context.Canceled, codes.Canceled},
	}
	req := createRequest(t)
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			steps := 0
			for ; ; steps++ {
				f := quiet()
				ctx := &ending{steps, tc.with}
				rsp, err := (&drain{FunctionRunnerServiceServer: f}).RunFunction(ctx, req)
				if ctx.left > 0 || err == nil {
					break // it answered
				}
				if rsp != nil || status.Code(err) != tc.want || !strings.Contains(err.Error(), "gave up") {
					t.Errorf("%s: after %d steps the answer is %v: %v", tc.reason, steps, rsp, err)
				}
			}
			if steps < 3 {
				t.Errorf("%s: a call looks only %d times whether anybody waits", tc.reason, steps)
			}
		})
	}
}
