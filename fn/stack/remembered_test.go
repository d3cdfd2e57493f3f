package stack

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/pipelinestack/function-pipelinestack/apis/v1alpha1"
)

// Data of other types is data all the same.
var otherTypes = map[string]struct{ database, store string }{
	"Embedded": {"Embedded/mysql-data", "Embedded/store-data"},
	"External": {"External/mysql.example.org/kfp", "External/s3.example.org/bucket"},
}

// The type of the data that a stack has is its type from then on, as the status says it or the
// Deployment.
func TestTypesAreFixedOnceThereIsData(t *testing.T) {
	shared := struct{ database, store string }{"Shared/mysql.example.org/" + testID, "AWS/aws/123456789012/eu-central-1/" + testID}
	for ours, remember := range map[bool]func(string, string) func(*testing.T) mod{true: rememberedAs, false: annotatedAs} {
		for was, data := range otherTypes {
			s, _ := tryStack(remember(data.database, data.store)(t))
			if string(s.Spec.Database.Type) != was || string(s.Spec.ObjectStore.Type) != was {
				t.Errorf("%s: types are %s and %s, and the data stays behind", was, s.Spec.Database.Type, s.Spec.ObjectStore.Type)
			}
			_, errs := tryStack(remember(data.database, data.store)(t), claims(t, `{database: {type: Shared}, objectStore: {type: Shared}}`))
			want := []string{"FieldValueForbidden spec.database.type", "FieldValueForbidden spec.objectStore.type"}
			if known := ours && was == "Embedded"; known {
				want = nil // stays there, as TestStacksStayWhole says
			}
			if diff := cmp.Diff(want, refusals(errs)); diff != "" || want != nil && !strings.Contains(errs[0].Detail+errs[1].Detail, data.database) {
				t.Errorf("%s: a claim leaves its data behind: -want, +got\n%s%v", was, diff, errs)
			}
			_, errs = tryStack(remember(shared.database, shared.store)(t), claims(t, `{database: {type: `+was+`}, objectStore: {type: `+was+`}}`))
			for _, f := range []string{"database", "objectStore"} {
				if refused := slices.ContainsFunc(errs, func(e *field.Error) bool {
					return strings.Contains(e.Error(), "spec."+f+".type: Forbidden: the stack has data in ")
				}); refused == ours {
					t.Errorf("a claim for %s leaves its shared %s behind: %v", was, f, errs)
				}
			}
		}
		s := newStack(t, remember(shared.database, shared.store)(t))
		if s.Spec.Database.Type != v1alpha1.DatabaseShared || s.Spec.ObjectStore.Type != v1alpha1.ObjectStoreShared {
			t.Errorf("types are %s and %s", s.Spec.Database.Type, s.Spec.ObjectStore.Type)
		}
	}
}

// A class that withdraws a type says so of new stacks.
func TestTypesWithDataNeedNotBeAllowed(t *testing.T) {
	none := classes(t, `{database: {allowedTypes: []}, objectStore: {allowedTypes: []}}`)
	if _, errs := tryStack(none, placed(t)); len(errs) > 0 {
		t.Errorf("data in a type that is no longer offered: %v", errs)
	}
	if _, errs := tryStack(none); len(errs) != 2 {
		t.Errorf("a new stack gets what is not offered: %v", errs)
	}
}

// The name of data is never another than the one that is derived, or that a managed resource has:
// whoever could write it would open a neighbour's data.
func TestRememberedNamesAreOnlyCompared(t *testing.T) {
	database, store := "Shared/mysql.example.org/", "AWS/aws/123456789012/eu-central-1/"
	cases := map[string]struct {
		reason string
		mods   []mod
		want   []string
	}{
		"Same": {"what is derived", []mod{rememberedAs(database+testID, store+testID)(t)}, nil},
		"Database": {
			"a database of another name",
			[]mod{rememberedAs(database+"kfpneighbour", store+testID)(t)},
			[]string{"FieldValueForbidden class/default: spec"},
		},
		"Store": {
			"a bucket of another name",
			[]mod{rememberedAs(database+testID, store+"kfpneighbour")(t)},
			[]string{"FieldValueForbidden class/default: spec"},
		},
		"Both": {
			"said once",
			[]mod{rememberedAs(database+"kfpneighbour", store+"kfpneighbour")(t)},
			[]string{"FieldValueForbidden class/default: spec"},
		},
		"Salt": {
			"no managed resource says what the name was",
			[]mod{rememberedAs(database+testID, store+testID)(t), classes(t, `identitySalt: fedcba9876543210`)},
			[]string{"FieldValueForbidden class/default: spec"},
		},
		"Annotation": {
			"whoever may edit the namespace may write it",
			[]mod{annotatedAs(database+"kfpneighbour", "")(t)},
			[]string{"FieldValueForbidden class/default: spec"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			s, errs := tryStack(tc.mods...)
			if diff := cmp.Diff(tc.want, refusals(errs)); diff != "" {
				t.Errorf("%s: -want, +got\n%s\n%v", tc.reason, diff, errs)
			}
			if s.ID == "kfpneighbour" {
				t.Errorf("%s: the stack takes it over", tc.reason)
			}
			if strings.Contains(fmt.Sprint(errs), testSalt) || strings.Contains(fmt.Sprint(errs), "fedcba9876543210") {
				t.Errorf("the salt is told: %v", errs)
			}
		})
	}
}

// Whoever may edit the namespace may write anything on the Deployment. At most that stops the
// stack.
func TestTamperedDeploymentsChangeNoData(t *testing.T) {
	databases := []string{
		"", "/", "Shared", "Shared/", "Shared//", "Shared/evil.example.org/" + testID, "Shared/evil.example.org/kfpneighbour", "Shared/" + testID,
		"External/evil.example.org/kfp", "Embedded/x", "AWS/x", "garbage", "a/b/c/d/e/f",
	}
	stores := []string{
		"",
		"/",
		"AWS",
		"AWS/",
		"AWS////",
		"AWS/aws-cn/999999999999/cn-north-1/" + testID,
		"AWS/aws/999999999999/us-east-1/kfpneighbour",
		"External/evil.example.org/x",
		"Embedded/x",
		"Shared/x/" + testID,
		"garbage",
	}
	tamper := func(database, store string) mod {
		return func(g *given) {
			if g.world.Observed == nil {
				g.world.Observed = Observed{}
			}
			g.world.Observed[resAPIServerDeployment] = found(
				t,
				`{metadata: {annotations: {`+annotationClass+`: evil, `+annotationDatabase+`: "`+database+`", `+annotationObjectStore+`: "`+store+`"}}}`,
			)
		}
	}
	forgetful := func(g *given) { g.world.Composite, g.world.Release = found(t, `{}`), "" }
	for name, mods := range map[string][]mod{"Remembered": {placed(t)}, "Forgotten": {placed(t), forgetful}, "Unobserved": {forgetful}} {
		t.Run(name, func(t *testing.T) {
			want, accepted := dataObjects(t, newStack(t, mods...)), 0
			for _, database := range databases {
				for _, store := range stores {
					s, errs := tryStack(append(mods, tamper(database, store))...)
					if len(errs) > 0 {
						continue
					}
					accepted++
					if diff := cmp.Diff(want, dataObjects(t, s)); diff != "" {
						t.Errorf("%q and %q change objects: -before, +after\n%s", database, store, diff)
					}
				}
			}
			if all := len(databases) * len(stores); accepted == 0 || name == "Remembered" && accepted != all {
				t.Errorf("%d of %d are accepted: what the status says comes first", accepted, all)
			}
		})
	}
}

// What was never made may still be made elsewhere: a class that named a server that does not exist
// can be mended, and a stack of a wrong class can change it.
func TestNothingIsFixedBeforeThereIsData(t *testing.T) {
	const created = `metadata: {annotations: {crossplane.io/external-create-succeeded: "2026-01-01T00:00:00Z"}}`
	cases := map[string]struct {
		reason   string
		observed Observed
		before   map[string]Condition
		want     string // class that is remembered
	}{
		"Refused": {
			reason:   "the provider could not make the database",
			observed: Observed{resDatabase: found(t, `{status: {conditions: [{type: Synced, status: "False"}]}}`)},
		},
		"Others":  {reason: "accounts and roles hold no data", observed: Observed{"api-server-service-account": found(t, `{}`)}},
		"Created": {reason: "the provider has made it", observed: Observed{resDatabase: found(t, `{`+created+`}`)}, want: "other"},
		"Found": {
			reason:   "or found it there",
			observed: Observed{resBucket: found(t, `{status: {conditions: [{type: Ready, status: "True"}]}}`)},
			want:     "other",
		},
		"Served": {
			reason:   "the API server is made after both stores",
			observed: Observed{resAPIServerDeployment: found(t, `{}`)},
			want:     "other",
		},
		"Lost": {reason: "a stack of which nothing is found has what it had", observed: Observed{}, want: "other"},
		"Ready": {
			reason: "it was ready once", observed: Observed{"api-server-service-account": found(t, `{}`)},
			before: map[string]Condition{ConditionObjectStore: {Type: ConditionObjectStore, Status: True}}, want: "other",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			w := World{
				Release:    DefaultRelease,
				Observed:   tc.observed,
				Conditions: tc.before,
				Composite: found(
					t,
					`{status: {className: other, database: {identity: Shared/old/name}, objectStore: {identity: AWS/aws//eu-west-1/name}}}`,
				),
			}
			if got := w.remembered().class; got != tc.want {
				t.Errorf("%s: class %q is remembered, want %q", tc.reason, got, tc.want)
			}
		})
	}
}
