package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSummarise(t *testing.T) {
	type want struct {
		line string
		ok   bool
		has  string // A part of what is printed before the totals.
	}

	cases := map[string]struct {
		reason   string
		events   []string
		progress bool
		want     want
	}{
		"Pass": {
			reason: "Tests and subtests count, benchmarks' and pauses' events do not.",
			events: []string{
				`{"Action":"start","Package":"a"}`,
				`{"Action":"run","Package":"a","Test":"TestA"}`,
				`{"Action":"run","Package":"a","Test":"TestA/one"}`,
				`{"Action":"pause","Package":"a","Test":"TestA/one"}`,
				`{"Action":"cont","Package":"a","Test":"TestA/one"}`,
				`{"Action":"pass","Package":"a","Test":"TestA/one"}`,
				`{"Action":"pass","Package":"a","Test":"TestA"}`,
				`{"Action":"pass","Package":"a","Elapsed":0.25}`,
				`{"Action":"skip","Package":"no/tests"}`,
			},
			want: want{line: "2 passed, 0 failed", ok: true, has: "ok    a"},
		},
		"Progress": {
			reason: "Whoever waits for long tests sees each of them pass, subtests aside.",
			events: []string{
				`{"Action":"run","Package":"a","Test":"TestA"}`,
				`{"Action":"run","Package":"a","Test":"TestA/one"}`,
				`{"Action":"pass","Package":"a","Test":"TestA/one","Elapsed":1}`,
				`{"Action":"pass","Package":"a","Test":"TestA","Elapsed":1.5}`,
				`{"Action":"pass","Package":"a","Elapsed":2}`,
			},
			progress: true,
			want:     want{line: "2 passed, 0 failed", ok: true, has: "ok    TestA  1.5s\nok    a  2.0s"},
		},
		"Fail": {
			reason: "A failed test prints what it said.",
			events: []string{
				`{"Action":"run","Package":"a","Test":"TestA"}`,
				`{"Action":"output","Package":"a","Test":"TestA","Output":"=== RUN   TestA\n"}`,
				`{"Action":"output","Package":"a","Test":"TestA","Output":"    a_test.go:7: -want, +got\n"}`,
				`{"Action":"fail","Package":"a","Test":"TestA"}`,
				`{"Action":"run","Package":"a","Test":"TestB"}`,
				`{"Action":"pass","Package":"a","Test":"TestB"}`,
				`{"Action":"fail","Package":"a"}`,
			},
			want: want{line: "1 passed, 1 failed", has: "FAIL  a TestA\n          a_test.go:7: -want, +got\n"},
		},
		"Skip": {
			reason: "A skipped test shows in the totals and does not fail the run.",
			events: []string{
				`{"Action":"run","Package":"a","Test":"TestA"}`,
				`{"Action":"skip","Package":"a","Test":"TestA"}`,
				`{"Action":"run","Package":"a","Test":"TestB"}`,
				`{"Action":"pass","Package":"a","Test":"TestB"}`,
				`{"Action":"pass","Package":"a"}`,
			},
			want: want{line: "1 passed, 0 failed, 1 skipped", ok: true, has: "SKIP  a TestA"},
		},
		"BuildFailure": {
			reason: "A package that does not build is a failure and shows the compiler's words.",
			events: []string{
				`{"ImportPath":"a [a.test]","Action":"build-output","Output":"# a [a.test]\n"}`,
				`{"ImportPath":"a [a.test]","Action":"build-output","Output":"a.go:3:1: syntax error\n"}`,
				`{"ImportPath":"a [a.test]","Action":"build-fail"}`,
				`{"Action":"start","Package":"a"}`,
				`{"Action":"output","Package":"a","Output":"FAIL\ta [build failed]\n"}`,
				`{"Action":"fail","Package":"a","FailedBuild":"a [a.test]"}`,
			},
			want: want{line: "0 passed, 1 failed", has: "a.go:3:1: syntax error"},
		},
		"Panic": {
			reason: "A test that was running when its process ended did not pass.",
			events: []string{
				`{"Action":"run","Package":"a","Test":"TestA"}`,
				`{"Action":"pass","Package":"a","Test":"TestA"}`,
				`{"Action":"run","Package":"a","Test":"TestB"}`,
				`{"Action":"output","Package":"a","Test":"TestB","Output":"panic: test timed out\n"}`,
				`{"Action":"fail","Package":"a"}`,
			},
			want: want{line: "1 passed, 1 failed", has: "panic: test timed out"},
		},
		"FailedTestMain": {
			reason: "A package can fail without a failed test.",
			events: []string{
				`{"Action":"output","Package":"a","Output":"cannot set up\n"}`,
				`{"Action":"fail","Package":"a"}`,
			},
			want: want{line: "0 passed, 1 failed", has: "cannot set up"},
		},
		"Nothing": {
			reason: "A run without a single test proves nothing, so it fails; plain text is handed on.",
			events: []string{"pattern ./nowhere: directory not found"},
			want:   want{line: "0 passed, 0 failed", has: "directory not found"},
		},
	}

	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			out := &strings.Builder{}

			got, err := summarise(strings.NewReader(strings.Join(tc.events, "\n")), out, tc.progress)
			if err != nil {
				t.Fatalf("%s\nsummarise(...): %v", tc.reason, err)
			}

			if diff := cmp.Diff(tc.want.line, got.String()); diff != "" {
				t.Errorf("%s\nsummarise(...): -want totals, +got:\n%s", tc.reason, diff)
			}

			if got.ok() != tc.want.ok {
				t.Errorf("%s\nok(): want %v, got %v", tc.reason, tc.want.ok, got.ok())
			}

			if !strings.Contains(out.String(), tc.want.has) {
				t.Errorf("%s\nsummarise(...): want %q in:\n%s", tc.reason, tc.want.has, out)
			}
		})
	}
}
