package kube

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFindPodFault(t *testing.T) {
	container := func(rest string) string {
		return `{status: {containerStatuses: [{name: proxy, ready: true, state: {running: {}}}, {name: app, ready: false, ` + rest + `}]}}`
	}
	const back = `waiting: {reason: CrashLoopBackOff, message: "back-off 2m40s restarting failed container=app"}`
	cases := map[string]struct {
		reason string
		pod    string
		want   string
		// ran and before are what the logs have.
		ran, before bool
	}{
		"Ready": {reason: "it works", pod: `{status: {containerStatuses: [{name: app, ready: true, state: {running: {}}}]}}`},
		"New":   {reason: "nobody has looked at it", pod: `{metadata: {name: p}}`},
		"CrashLoop": {
			reason: "how it ended, and not how long it waits, which changes all the time",
			pod:    container(`state: {` + back + `}, lastState: {terminated: {exitCode: 1, reason: Error, message: secret}}`),
			want:   "container app of pod p is in CrashLoopBackOff, last exit 1 (Error)", ran: true, before: true,
		},
		"OOMKilled": {
			reason: "it runs again, until the next time",
			pod:    container(`started: true, restartCount: 3, state: {running: {}}, lastState: {terminated: {exitCode: 137, reason: OOMKilled}}`),
			want:   "container app of pod p was restarted and is not ready, last exit 137 (OOMKilled)", ran: true, before: true,
		},
		"Ended": {
			reason: "the moment before it is restarted",
			pod:    container(`state: {terminated: {exitCode: 2}}, lastState: {terminated: {exitCode: 1}}`),
			want:   "container app of pod p has ended, exit 2", ran: true,
		},
		"ImagePull": {
			reason: "the registry's words",
			pod:    container(`state: {waiting: {reason: ImagePullBackOff, message: 'Back-off pulling image "x:1": not found'}}`),
			want:   `container app of pod p is in ImagePullBackOff: Back-off pulling image "x:1": not found`,
		},
		"Config": {
			reason: "a Secret that is missing",
			pod:    container(`state: {waiting: {reason: CreateContainerConfigError, message: secret "s" not found}}`),
			want:   `container app of pod p is in CreateContainerConfigError: secret "s" not found`,
		},
		"Mute": {
			reason: "a reason without words", pod: container(`state: {waiting: {reason: RunContainerError}}`),
			want: "container app of pod p is in RunContainerError",
		},
		"Creating":     {reason: "its volumes are being mounted", pod: container(`state: {waiting: {reason: ContainerCreating}}`)},
		"Initializing": {reason: "others come first", pod: container(`state: {waiting: {reason: PodInitializing}}`)},
		"Starting":     {reason: "its startup probe has not passed", pod: container(`started: false, state: {running: {}}`)},
		"Unready": {
			reason: "its readiness probe has the last word", pod: container(`started: true, state: {running: {}}`),
			want: "container app of pod p runs, and its readiness probe fails", ran: true,
		},
		"Init": {
			reason: "what comes first fails first",
			pod: `{status: {initContainerStatuses: [{name: first, ready: true, state: {terminated: {exitCode: 0}}}, {name: second, ready: false,
				state: {` + back + `}, lastState: {terminated: {exitCode: 3}}}], containerStatuses: [{name: app, ready: false, state: {waiting: {reason: PodInitializing}}}]}}`,
			want: "container second of pod p is in CrashLoopBackOff, last exit 3", ran: true, before: true,
		},
		"Unschedulable": {
			reason: "no container is there yet",
			pod:    `{status: {phase: Pending, conditions: [{type: PodScheduled, status: "False", reason: Unschedulable, message: "0/3 nodes are available"}]}}`,
			want:   "pod p finds no node: 0/3 nodes are available",
		},
		"Evicted": {
			reason: "it has been replaced",
			pod:    `{status: {phase: Failed, reason: Evicted, containerStatuses: [{name: app, ready: false, state: {terminated: {exitCode: 1}}}]}}`,
		},
		"Deleting": {
			reason: "it is to end",
			pod:    `{metadata: {name: p, deletionTimestamp: "2026-01-01T00:00:00Z"}, status: {containerStatuses: [{name: app, ready: false, state: {terminated: {exitCode: 1}}}]}}`,
		},
		"Malformed": {
			reason: "no guess",
			pod:    `{status: {containerStatuses: [1, {state: {waiting: x}}, {ready: 1, lastState: {terminated: {exitCode: one}}}]}}`,
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			o := observe(t, tc.pod)
			if o.Name() == "" {
				o = observe(t, strings.Replace(tc.pod, "{status:", "{metadata: {name: p}, status:", 1))
			}
			f, found := FindPodFault([]Observed{o})
			if found != (tc.want != "") {
				t.Fatalf("%s: found: %t, %+v", tc.reason, found, f)
			}
			if got := f.String(); found && (got != tc.want || f.Ran != tc.ran || f.Before != tc.before) {
				t.Errorf("%s: %q, ran: %t, before: %t", tc.reason, got, f.Ran, f.Before)
			}
		})
	}
}

func TestTheNewestPodSpeaks(t *testing.T) {
	pod := func(name, created, reason string) Observed {
		return observe(
			t,
			`{metadata: {name: `+name+`, creationTimestamp: "`+created+`"}, status: {containerStatuses: [{name: app, ready: false, state: {waiting: {reason: `+reason+`}}}]}}`,
		)
	}
	pods := []Observed{
		pod("old", "2026-01-01T00:00:00Z", "Old"), pod("b", "2026-01-02T00:00:00Z", "B"), pod("a", "2026-01-02T00:00:00Z", "A"),
		pod("starting", "2026-01-03T00:00:00Z", "ContainerCreating"),
	}
	for range 2 {
		f, _ := FindPodFault(pods)
		if diff := cmp.Diff("container app of pod a is in A", f.String()); diff != "" {
			t.Errorf("the newest that has a fault, whatever the order: -want, +got\n%s", diff)
		}
		pods[0], pods[1], pods[2], pods[3] = pods[3], pods[2], pods[1], pods[0]
	}
}

func TestWith(t *testing.T) {
	got := Verdict{Reason: "Any", Message: "one."}.With("two\n three")
	if diff := cmp.Diff(Verdict{Reason: "Any", Message: "one; two three"}, got); diff != "" {
		t.Errorf("-want, +got\n%s", diff)
	}
	if diff := cmp.Diff(Verdict{Ready: true, Reason: "Any", Message: "two"}, Verdict{Ready: true, Reason: "Any"}.With("two")); diff != "" {
		t.Errorf("-want, +got\n%s", diff)
	}
	if long := got.With(strings.Repeat("x", 5000)).Message; len(long) > maxMessage {
		t.Errorf("%d bytes", len(long))
	}
}
