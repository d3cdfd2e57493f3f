package kube

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

type checkCase struct {
	reason string
	object string // YAML; empty for an object that is not there.
	want   Verdict
}

func notReadyVerdict(reason, message string) Verdict {
	return Verdict{Reason: reason, Message: message}
}

var readyVerdict = Verdict{Ready: true, Reason: ReasonAvailable}

// testCheck adds to the cases what all checks have in common.
func testCheck(t *testing.T, check Check, cases map[string]checkCase) {
	t.Helper()
	cases["NotThere"] = checkCase{
		reason: "what was not observed is not ready",
		want:   notReadyVerdict("Creating", "not created yet"),
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			o := Observed{}
			if tc.object != "" {
				o = observe(t, tc.object)
			}
			if diff := cmp.Diff(tc.want, check(o)); diff != "" {
				t.Errorf("%s\n-want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

func TestExists(t *testing.T) {
	testCheck(t, Exists, map[string]checkCase{
		"There": {reason: "to be there is enough", object: `{kind: ConfigMap}`, want: readyVerdict},
	})
}

func TestWithDetails(t *testing.T) {
	const secret = "hunter2"
	keys := []string{"username", "password"}
	check := WithDetails(Exists, keys...)
	keys[0] = "changed later"
	lacks := func(keys string) Verdict {
		return notReadyVerdict("EmptyConnectionSecret", "ready, but its connection Secret has no value for "+keys+
			": restore the Secret or, only if no data goes with it, delete User u of sql/v1 to get a new one with a new Secret")
	}
	cases := map[string]struct {
		reason  string
		absent  bool
		details map[string][]byte
		want    Verdict
	}{
		"Complete": {
			"all keys have values",
			false,
			map[string][]byte{"username": []byte("u"), "password": []byte(secret), "other": nil},
			readyVerdict,
		},
		"NoSecret":   {"nothing is there", false, nil, lacks("password, username")},
		"EmptyValue": {"an empty value is none", false, map[string][]byte{"username": {}, "password": []byte(secret)}, lacks("username")},
		"NotReady":   {"the check's own verdict comes first", true, nil, notReadyVerdict("Creating", "not created yet")},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			o := Observed{Details: tc.details}
			if !tc.absent {
				o.Object = observe(t, `{apiVersion: sql/v1, kind: User, metadata: {name: u}}`).Object
			}
			got := check(o)
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s\n-want, +got:\n%s", tc.reason, diff)
			}
			if strings.Contains(got.Message, secret) {
				t.Errorf("the message holds a secret: %s", got.Message)
			}
		})
	}
}

func TestMessagesAreBounded(t *testing.T) {
	for _, char := range []string{"a", "é", "☃", "🙂"} {
		got := notReady("Any", strings.Repeat(char, 5000)).Message
		if len(got) > maxMessage || len(got) < maxMessage-8 || !utf8.ValidString(got) || !strings.HasSuffix(got, char+"…") {
			t.Errorf("a long message of %q: %d bytes, valid UTF-8: %t, end: %q", char, len(got), utf8.ValidString(got), got[len(got)-8:])
		}
	}
}

func TestReadyChecksAllocateNothing(t *testing.T) {
	deployment := observe(
		t,
		`{metadata: {generation: 2}, spec: {replicas: 2}, status: {observedGeneration: 2, replicas: 2, updatedReplicas: 2, availableReplicas: 2, conditions: [{type: Available, status: "True"}]}}`,
	)
	managed := observe(t, `{status: {conditions: [{type: Synced, status: "True"}, {type: Ready, status: "True"}]}}`)
	managed.Details = map[string][]byte{"password": []byte("p")}
	route := observe(t, `{status: {ingress: [{conditions: [{type: Admitted, status: "True"}]}]}}`)
	withDetails := WithDetails(ManagedReady, "password")
	if got := testing.AllocsPerRun(100, func() {
		if !DeploymentAvailable(deployment).Ready || !withDetails(managed).Ready || !RouteAdmitted(route).Ready {
			t.Error("not ready")
		}
	}); got != 0 {
		t.Errorf("checks of ready objects: %v allocations, want none", got)
	}
}
