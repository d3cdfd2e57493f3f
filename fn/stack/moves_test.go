package stack

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pipelinestack/function-pipelinestack/fn/kube"
)

// placed is a stack that has data, where the small platform of these tests says.
func placed(t *testing.T) mod {
	t.Helper()
	found := func(document string) kube.Observed { return kube.Observed{Object: content(t, document)} }
	return func(g *given) {
		g.world.Composite = found(`{status: {database: {host: mysql.example.org}}}`)
		g.world.Observed = Observed{
			resDatabase:   found(`{spec: {providerConfigRef: {name: default}}}`),
			resBucket:     found(`{spec: {providerConfigRef: {name: default}, forProvider: {region: eu-central-1}}}`),
			resBucketUser: found(`{spec: {forProvider: {path: /}}}`),
		}
	}
}

// A platform that says another place for data does not move the data of stacks that run: they would find an empty database or no bucket.
func TestStacksStayWhereTheirDataIs(t *testing.T) {
	cases := map[string]struct {
		reason    string
		mods      []mod
		condition string
		want      string // of that condition; empty if nothing is to be said
	}{
		"Same":           {"nothing moved", []mod{placed(t)}, ConditionDatabase, ""},
		"New":            {"a stack without data goes where the platform says", []mod{inputs(t, `objectStore: {aws: {region: eu-west-1}}`)}, ConditionObjectStore, ""},
		"Host":           {"another server", []mod{placed(t), inputs(t, `database: {shared: {host: mysql2.example.org}}`)}, ConditionDatabase, `input.database.shared.host says "mysql2.example.org", and the data of this stack is where it said "mysql.example.org": `},
		"SQLProvider":    {"another login to another server", []mod{placed(t), inputs(t, `database: {shared: {providerConfig: second}}`)}, ConditionDatabase, `input.database.shared.providerConfig says "second", and the data of this stack is where it said "default": `},
		"Region":         {"a bucket does not move", []mod{placed(t), inputs(t, `objectStore: {aws: {region: eu-west-1}}`)}, ConditionObjectStore, `input.objectStore.aws.region says "eu-west-1", and the data of this stack is where it said "eu-central-1": `},
		"AWSProvider":    {"perhaps another account", []mod{placed(t), inputs(t, `objectStore: {aws: {providerConfig: second}}`)}, ConditionObjectStore, `input.objectStore.aws.providerConfig says "second", and the data of this stack is where it said "default": `},
		"IAMPath":        {"a user at another path is another user", []mod{placed(t), inputs(t, `objectStore: {aws: {iamPath: /x/}}`)}, ConditionObjectStore, `input.objectStore.aws.iamPath says "/x/", and the data of this stack is where it said "/": `},
		"OtherCondition": {"the other store has nothing to say", []mod{placed(t), inputs(t, `objectStore: {aws: {region: eu-west-1}}`)}, ConditionDatabase, ""},
	}
	const advice = "the stack stays there. Set the field back, or move the data and make the stack anew"
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			s := newStack(t, tc.mods...)
			want := Condition{Type: tc.condition, Status: True}
			if tc.want != "" {
				want = Condition{tc.condition, False, ReasonMoveRefused, tc.want + advice}
			}
			if diff := cmp.Diff(want, s.staying(Condition{Type: tc.condition, Status: True})); diff != "" {
				t.Errorf("%s: -want, +got\n%s", tc.reason, diff)
			}
			if tc.want == "" {
				return
			}
			before := newStack(t, placed(t))
			for _, rs := range [][2][]Resource{
				{databaseResources(before, nil), databaseResources(s, nil)}, {objectStoreResources(before, nil), objectStoreResources(s, nil)},
			} {
				if diff := cmp.Diff(rs[0], rs[1]); diff != "" {
					t.Errorf("%s: the objects change: -before, +after\n%s", tc.reason, diff)
				}
			}
			if diff := cmp.Diff(before.status(), s.status()); diff != "" {
				t.Errorf("%s: the status changes: -before, +after\n%s", tc.reason, diff)
			}
			if before.Platform.ObjectStore.AWS.Region != "eu-central-1" {
				t.Error("the platform is every stack's, and one of them has changed it")
			}
		})
	}
}

// What is wrong with a store is said before what is not done with it.
func TestFailuresComeBeforeMoves(t *testing.T) {
	s := newStack(t, placed(t), inputs(t, `objectStore: {aws: {region: eu-west-1}}`))
	broken := Condition{ConditionObjectStore, False, "ReconcileError", "bucket: access denied"}
	if got := s.staying(broken); got != broken {
		t.Errorf("got %v, want %v", got, broken)
	}
}
