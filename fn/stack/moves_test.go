package stack

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pipelinestack/function-pipelinestack/apis/v1alpha1"
)

// testID is the name that the stack of these tests has in shared services.
var testID = identity(testSalt, "demo", "team-a", "demo")

// placed is a stack that has data, where the small class of these tests says, as its status
// remembers it and as its managed resources are.
func placed(t *testing.T) mod {
	t.Helper()
	return func(g *given) {
		rememberedAs("Shared/mysql.example.org/"+testID, "AWS/aws/123456789012/eu-central-1/"+testID)(t)(g)
		remember(t, g, "database", `port: 3306`)
		remember(t, g, "objectStore", `pipelineRoot: s3://`+testID+`/v2/artifacts`)
		external := `metadata: {annotations: {crossplane.io/external-name: ` + testID + `}}`
		g.world.Observed[resDatabase] = found(t, `{`+external+`, spec: {providerConfigRef: {name: default}}}`)
		g.world.Observed[resBucket] = found(t, `{`+external+`, spec: {providerConfigRef: {name: default}, forProvider: {region: eu-central-1}}}`)
		g.world.Observed[resBucketUser] = found(
			t,
			`{`+external+`, spec: {forProvider: {path: /}}, status: {atProvider: {arn: "arn:aws:iam::123456789012:user/x"}}}`,
		)
	}
}

// remember adds a field to what the status says of a store.
func remember(t *testing.T, g *given, store, value string) {
	t.Helper()
	said := g.world.Composite.Object.GetFields()["status"].GetStructValue().GetFields()[store].GetStructValue().GetFields()
	maps.Copy(said, content(t, value).GetFields())
}

// rememberedAs is a stack whose status says which data it has, and none of whose managed resources
// is observed.
func rememberedAs(database, store string) func(*testing.T) mod {
	return func(t *testing.T) mod {
		t.Helper()
		return func(g *given) {
			g.world.Release = DefaultRelease
			g.world.Composite = found(
				t,
				`{status: {className: default, database: {identity: "`+database+`"}, objectStore: {identity: "`+store+`"}}}`,
			)
			g.world.Observed = Observed{resAPIServerDeployment: found(t, `{}`)}
		}
	}
}

// annotatedAs is a stack whose status says nothing, and whose API server's Deployment does.
func annotatedAs(database, store string) func(*testing.T) mod {
	return func(t *testing.T) mod {
		t.Helper()
		return func(g *given) {
			g.world.Observed = Observed{resAPIServerDeployment: found(t, `{metadata: {annotations: {`+
				annotationDatabase+`: "`+database+`", `+annotationObjectStore+`: "`+store+`"}}}`)}
		}
	}
}

// dataObjects are those that hold a stack's data or lead to it, as they are sent.
func dataObjects(t *testing.T, s *Stack) string {
	t.Helper()
	var text strings.Builder
	for _, r := range append(databaseResources(s, s.world.Observed), objectStoreResources(s, s.world.Observed)...) {
		raw, err := json.Marshal(r.Object)
		if err != nil {
			t.Fatal(err)
		}
		text.WriteString(r.Name + " " + string(raw) + "\n")
	}
	return text.String()
}

// says is what a condition says that would be True without moves.
func says(s *Stack, condition string) Condition {
	return s.staying(Condition{Type: condition, Status: True})
}

// A class that says another place for data does not move the data of stacks that run: they would
// find an empty database or no bucket.
func TestStacksStayWhereTheirDataIs(t *testing.T) {
	const advice = "and keeps it, since its data is there. " +
		"Set the field back, or move the data and list its old identity in movedFrom"
	const spec = "class/default: spec."
	where := func(field, is, was string) string {
		return fmt.Sprintf("%s%s says %q, but this stack was made with %q %s", spec, field, is, was, advice)
	}
	underName := func(derived string) string {
		return "class/default: spec: clusterID, identitySalt or identityFrom changed and derive the name " + derived + ", but this stack was made as " +
			testID + " and keeps that name, since its data has it. Restore them"
	}
	renamed := identity("fedcba9876543210", "demo", "team-a", "demo")
	inOther := identity(testSalt, "other", "team-a", "demo")
	cases := map[string]struct {
		reason          string
		class           string
		database, store string // what the conditions say; empty if nothing is to be said
	}{
		"Same": {"nothing moved", ``, "", ""},
		"Host": {
			"another server",
			`database: {shared: {host: mysql2.example.org}}`,
			where("database.shared.host", "mysql2.example.org", "mysql.example.org"),
			"",
		},
		"SQLProvider": {
			"another login to another server",
			`database: {shared: {providerConfig: second}}`,
			where("database.shared.providerConfig", "second", "default"),
			"",
		},
		"Region": {
			"a bucket does not move",
			`objectStore: {aws: {region: eu-west-1}}`,
			"",
			where("objectStore.aws.region", "eu-west-1", "eu-central-1"),
		},
		"AWSProvider": {
			"perhaps another account",
			`objectStore: {aws: {providerConfig: second}}`,
			"",
			where("objectStore.aws.providerConfig", "second", "default"),
		},
		"Account": {
			"a bucket of that name in another account is none of the stack's",
			`objectStore: {aws: {accountID: "999999999999"}}`,
			"",
			where("objectStore.aws.accountID", "999999999999", "123456789012"),
		},
		"OwnAccount": {"a class may say what the provider reports", `objectStore: {aws: {accountID: "123456789012"}}`, "", ""},
		"IAMPath": {
			"a user at another path is another user",
			`objectStore: {aws: {iamPath: /x/}}`,
			"",
			where("objectStore.aws.iamPath", "/x/", "/"),
		},
		"Port": {
			"another port can be another server",
			`database: {shared: {port: 3307}}`,
			where("database.shared.port", "3307", "3306"),
			"",
		},
		"Both": {
			"each of them is told",
			`database: {shared: {port: 3307, host: mysql2.example.org}}`,
			where("database.shared.host", "mysql2.example.org", "mysql.example.org") + "; " + where("database.shared.port", "3307", "3306"),
			"",
		},
		"Prefix": {
			"logs and artifacts are looked for below another",
			`defaults: {objectStore: {prefix: team}}`,
			"",
			where("defaults.objectStore.prefix", "team", ""),
		},
		"Salt": {
			"the names of what exists stay",
			`identitySalt: fedcba9876543210`,
			underName(renamed),
			underName(renamed),
		},
		"ClusterID": {
			"the names of what exists stay",
			`clusterID: other`,
			underName(inOther),
			underName(inOther),
		},
	}
	before := newStack(t, placed(t))
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			s := newStack(t, placed(t), classes(t, tc.class))
			for condition, message := range map[string]string{ConditionDatabase: tc.database, ConditionObjectStore: tc.store} {
				want := Condition{Type: condition, Status: True}
				if message != "" {
					want = Condition{condition, False, ReasonMoveRefused, message}
				}
				if diff := cmp.Diff(want, says(s, condition)); diff != "" {
					t.Errorf("%s: -want, +got\n%s", tc.reason, diff)
				}
			}
			is := dataObjects(t, s)
			if name == "ClusterID" { // people read it there, and nothing follows from it
				is = strings.ReplaceAll(is, `"pipelinestack.cluster":"other"`, `"pipelinestack.cluster":"demo"`)
			}
			if diff := cmp.Diff(dataObjects(t, before), is); diff != "" {
				t.Errorf("%s: the objects change: -before, +after\n%s", tc.reason, diff)
			}
			if diff := cmp.Diff(before.status(), s.status()); diff != "" {
				t.Errorf("%s: the status changes: -before, +after\n%s", tc.reason, diff)
			}
		})
	}
}

// A class is every stack's: what one of them holds on to is not what the next one gets.
func TestStayingLeavesTheClassAlone(t *testing.T) {
	spec := v1alpha1.PipelineStackClassSpec{}
	read(
		t,
		`{clusterID: demo, identitySalt: `+testSalt+`, database: {shared: {host: new.example.org, providerConfig: new, engine: MariaDB, tls: SkipVerify}},
  objectStore: {aws: {region: eu-west-1, providerConfig: new, iamPath: /new/}}}`,
		&spec,
	)
	class, errs := NewClass(DefaultClassName, spec, Releases())
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	g := given{claim: Claim{Name: "demo", Namespace: "team-a"}}
	placed(t)(&g)
	first, errs := New(g.claim, class, g.world)
	if len(errs) > 0 || len(first.moves) != 5 {
		t.Fatalf("refuses %d moves: %v", len(first.moves), errs)
	}
	second, errs := New(g.claim, class, World{})
	if len(errs) > 0 || second.database.host != "new.example.org" || second.store.region != "eu-west-1" || len(second.moves) != 0 {
		t.Errorf("a stack without data goes where the class says: %s, %s, %v", second.database.host, second.store.region, errs)
	}
	if db, aws := class.Database.Shared, class.ObjectStore.AWS; db.Host+db.ProviderConfig+aws.Region+aws.ProviderConfig+aws.IAMPath != "new.example.orgneweu-west-1new/new/" {
		t.Errorf("the class has changed: %+v, %+v", db, aws)
	}
}

// movedFrom says that the platform team has moved the data.
func TestMovedFrom(t *testing.T) {
	const elsewhere = `database: {shared: {host: mysql2.example.org, providerConfig: second}}, objectStore: {aws: {region: eu-west-1, providerConfig: second, iamPath: /x/}}`
	database, store := `"Shared/mysql.example.org/`+testID+`"`, `"AWS/aws/123456789012/eu-central-1/`+testID+`"`
	moved := func(database, store string) []mod {
		return []mod{
			placed(t),
			classes(t, `{`+elsewhere+`}`),
			classes(t, `{database: {movedFrom: [`+database+`]}, objectStore: {movedFrom: [`+store+`]}}`),
		}
	}
	cases := map[string]struct {
		reason                        string
		mods                          []mod
		host, config, region, config2 string
	}{
		"Neither":  {"nothing has been moved", moved("", ""), "mysql.example.org", "default", "eu-central-1", "default"},
		"Database": {"one of them has", moved(database, ""), "mysql2.example.org", "second", "eu-central-1", "default"},
		"Store":    {"the other has", moved("", store), "mysql.example.org", "default", "eu-west-1", "second"},
		"Both":     {"both have", moved(database, store), "mysql2.example.org", "second", "eu-west-1", "second"},
		"Others": {
			"those of other stacks have",
			moved("Shared/mysql.example.org/other", "AWS/aws/123456789012/eu-central-1/other"),
			"mysql.example.org",
			"default",
			"eu-central-1",
			"default",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			s := newStack(t, tc.mods...)
			want := []string{tc.host, tc.config, tc.region, tc.config2, testID}
			got := []string{
				s.database.host,
				sqlDatabase(s).Spec.ProviderConfigRef.Name,
				bucket(s).Spec.ForProvider.Region,
				bucket(s).Spec.ProviderConfigRef.Name,
				s.ID,
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s: -want, +got\n%s", tc.reason, diff)
			}
			for condition, stays := range map[string]bool{ConditionDatabase: tc.config == "default", ConditionObjectStore: tc.config2 == "default"} {
				if c := says(s, condition); (c.Status != True) != stays {
					t.Errorf("%s: %v", tc.reason, c)
				}
			}
		})
	}
}

// What is wrong with a store is said before what is not done with it.
func TestFailuresComeBeforeMoves(t *testing.T) {
	s := newStack(t, placed(t), classes(t, `objectStore: {aws: {region: eu-west-1}}`))
	broken := Condition{ConditionObjectStore, False, "ReconcileError", "bucket: access denied"}
	if got := s.staying(broken); got != broken {
		t.Errorf("got %v, want %v", got, broken)
	}
}

// The condition of a refused move says so, and nothing waits for it: the stack works where it is.
func TestRefusedMovesHoldNothingBack(t *testing.T) {
	w := madeWorld(t)
	plan := func(mods ...mod) Plan {
		t.Helper()
		p, errs := newStack(t, append(mods, func(g *given) { g.world = w })...).Plan()
		if len(errs) > 0 {
			t.Fatal(errs)
		}
		return p
	}
	before, after := plan(), plan(classes(t, `{database: {shared: {host: mysql2.example.org}}, objectStore: {aws: {region: eu-west-1}}}`))
	for _, condition := range []string{ConditionDatabase, ConditionObjectStore} {
		if c := conditionIn(t, before.Conditions, condition); c.Status != True {
			t.Fatalf("the world is not made as it should be: %v", c)
		}
		if c := conditionIn(t, after.Conditions, condition); c.Status != False || c.Reason != ReasonMoveRefused {
			t.Errorf("the class would move the data, and the condition is %v", c)
		}
	}
	if diff := cmp.Diff(before.Status.PendingResources, after.Status.PendingResources); diff != "" {
		t.Errorf("objects are held back: -before, +after\n%s", diff)
	}
	if w.Observed[resAPIServerDeployment].Exists() || len(after.Status.PendingResources) > 0 {
		t.Errorf("this test sees nothing that needs the stores, or it waits: %v", after.Status.PendingResources)
	}
	if got, want := conditionIn(t, after.Conditions, ConditionStack).Message, ConditionDatabase+"/"+ReasonMoveRefused; got != want {
		t.Errorf("StackReady says %s, want %s", got, want)
	}
}
