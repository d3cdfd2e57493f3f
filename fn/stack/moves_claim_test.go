package stack

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pipelinestack/function-pipelinestack/fn/kube"
)

// below is a stack that has data below a prefix.
func below(t *testing.T, prefix string) mod {
	t.Helper()
	return func(g *given) {
		placed(t)(g)
		remember(t, g, "objectStore", `pipelineRoot: s3://`+testID+`/`+prefix+`v2/artifacts`)
	}
}

// The prefix of a stack that has data stays, whoever changes it or takes it away.
func TestPrefixStays(t *testing.T) {
	team, other := claims(t, `objectStore: {prefix: team/a}`), claims(t, `objectStore: {prefix: other}`)
	moved := classes(t, `objectStore: {movedFrom: [AWS/aws/123456789012/eu-central-1/`+testID+`]}`)
	forgotten := func(g *given) {
		delete(g.world.Composite.Object.GetFields()["status"].GetStructValue().GetFields(), "objectStore")
	}
	deployed := func(g *given) {
		forgotten(g)
		g.world.Observed[resAPIServerDeployment] = found(
			t,
			`{metadata: {annotations: {`+annotationPipelineRoot+`: "s3://`+testID+`/team/a/v2/artifacts", `+
				annotationObjectStore+`: AWS/aws/123456789012/eu-central-1/`+testID+`}}}`,
		)
	}
	message := func(at, says, was string) string {
		return fmt.Sprintf("%s says %q, but this stack was made with %q and keeps it", at, says, was)
	}
	cases := map[string]struct {
		reason string
		mods   []mod
		want   string
		told   string
	}{
		"Same":    {"nothing changes", []mod{below(t, "team/a/"), team}, "team/a/", ""},
		"Added":   {"none before", []mod{below(t, ""), other}, "", message("spec.objectStore.prefix", "other", "")},
		"Changed": {"another before", []mod{below(t, "team/a/"), other}, "team/a/", message("spec.objectStore.prefix", "other", "team/a")},
		"Removed": {"to leave it out is a change too", []mod{below(t, "team/a/")}, "team/a/", message("spec.objectStore.prefix", "", "team/a")},
		"Default": {
			"it came from the class", []mod{below(t, "team/a/"), classes(t, `defaults: {objectStore: {prefix: other}}`)}, "team/a/",
			message("class/default: spec.defaults.objectStore.prefix", "other", "team/a"),
		},
		"Deployed": {
			"the status is lost",
			[]mod{below(t, ""), deployed, other},
			"team/a/",
			message("spec.objectStore.prefix", "other", "team/a"),
		},
		"Unknown": {
			"nobody remembers",
			[]mod{rememberedAs("Shared/mysql.example.org/"+testID, "AWS/aws/123456789012/eu-central-1/"+testID)(t), other},
			"other/",
			"",
		},
		"New":   {"no data yet", []mod{other}, "other/", ""},
		"Moved": {"the objects have been copied, says the platform", []mod{below(t, "team/a/"), other, moved}, "other/", ""},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			s := newStack(t, append(tc.mods, claims(t, `objectStore: {lifecycle: {expireAfterDays: 1}}`))...)
			rule := bucketLifecycle(s).Spec.ForProvider.Rule[0].Filter[0].Prefix
			if s.store.prefix != tc.want || rule != tc.want {
				t.Errorf("%s: the prefix is %q, and the lifecycle's %q, want %q", tc.reason, s.store.prefix, rule, tc.want)
			}
			if c := says(s, ConditionObjectStore); !strings.HasPrefix(c.Message, tc.told) || (c.Status == False) != (tc.told != "") {
				t.Errorf("%s: %+v, want %q", tc.reason, c, tc.told)
			}
		})
	}
}

// loggedInAt is a stack whose user the provider made for a host and a port.
func loggedInAt(t *testing.T, host, port string) mod {
	t.Helper()
	return func(g *given) {
		g.world = madeWorld(t)
		user := g.world.Observed[resDatabaseUser]
		user.Details = map[string][]byte{keyUsername: []byte("u"), keyPassword: []byte("p"), keyEndpoint: []byte(host), keyPort: []byte(port)}
		g.world.Observed[resDatabaseUser] = user
	}
}

// The login that the provider made has to be for the server that the class names: network policies
// open that one alone.
func TestLoginIsForTheServer(t *testing.T) {
	const host = "mysql.example.org"
	class := func(port string) mod { return classes(t, `database: {shared: {port: `+port+`}}`) }
	moved := classes(t, `database: {movedFrom: [Shared/mysql.example.org/`+testID+`]}`)
	cases := map[string]struct {
		reason string
		mods   []mod
		status ConditionStatus
		why    string
		told   []string
		port   int32 // that policies open
	}{
		"Same": {"as the class says", []mod{loggedInAt(t, host, "3306")}, True, kube.ReasonAvailable, nil, 3306},
		"Case": {"names of hosts have none", []mod{loggedInAt(t, "MySQL.example.org", "3306")}, True, kube.ReasonAvailable, nil, 3306},
		"Login": {
			"the provider's login is for another port",
			[]mod{loggedInAt(t, host, "3307")},
			False,
			ReasonAddressMismatch,
			[]string{"3307", "3306"},
			3306,
		},
		"Class": {
			"the class changes",
			[]mod{loggedInAt(t, host, "3306"), class("3307")},
			False,
			ReasonMoveRefused,
			[]string{"3307", "3306"},
			3306,
		},
		"Both": {
			"the server listens on another port now",
			[]mod{loggedInAt(t, host, "3307"), class("3307")},
			True,
			kube.ReasonAvailable,
			nil,
			3307,
		},
		"Neither": {
			"three ports",
			[]mod{loggedInAt(t, host, "3308"), class("3307")},
			False,
			ReasonAddressMismatch,
			[]string{"3308", "3306"},
			3306,
		},
		"Moved": {
			"the data has been moved, the login has not",
			[]mod{loggedInAt(t, host, "3306"), class("3307"), moved},
			False,
			ReasonAddressMismatch,
			[]string{"3307", "3306"},
			3307,
		},
		"Host": {
			"another name can be the same server",
			[]mod{loggedInAt(t, "10.0.0.7", "3306")},
			True,
			kube.ReasonAvailable,
			[]string{"10.0.0.7", host},
			3306,
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			s := newStack(t, tc.mods...)
			p, errs := s.Plan()
			if len(errs) > 0 {
				t.Fatal(errs)
			}
			c := conditionIn(t, p.Conditions, ConditionDatabase)
			if c.Status != tc.status || c.Reason != tc.why || tc.told == nil && c.Message != "" {
				t.Errorf("%s: %+v", tc.reason, c)
			}
			for _, value := range tc.told {
				if !strings.Contains(c.Message, value) {
					t.Errorf("%s: nobody is told %s: %s", tc.reason, value, c.Message)
				}
			}
			if s.database.port != tc.port || p.Status.Database.Port != tc.port {
				t.Errorf("%s: policies open %d, want %d", tc.reason, s.database.port, tc.port)
			}
		})
	}
}

// Pods wait for a login that leads to the server, and a refusal of something else does not make the
// condition True.
func TestWrongPortHoldsBack(t *testing.T) {
	s := newStack(t, loggedInAt(t, "mysql.example.org", "3307"))
	p, _ := s.Plan()
	held := ""
	for _, r := range p.Status.PendingResources {
		if r.Resource == resAPIServerDeployment {
			held = r.Message
		}
	}
	if held != "waits for "+ConditionDatabase {
		t.Errorf("the API server is not held back: %q", held)
	}
	before := conditionIn(t, p.Conditions, ConditionDatabase)
	if c := (World{Conditions: map[string]Condition{ConditionDatabase: before}}).mergeCondition(
		Condition{Type: ConditionDatabase, Status: True},
	); c != before {
		t.Errorf("an invalid spec makes it %v", c)
	}
}

// A resource that is gone is made anew where its siblings are.
func TestSiblingsRememberWhereDataIs(t *testing.T) {
	elsewhere := classes(
		t,
		`{database: {shared: {providerConfig: second}}, objectStore: {aws: {providerConfig: second, accountID: "999999999999"}}}`,
	)
	gone := func(g *given) {
		g.world.Observed[resDatabaseUser], g.world.Observed[resBucketPolicy] = g.world.Observed[resDatabase], g.world.Observed[resBucket]
		delete(g.world.Observed, resDatabase)
		delete(g.world.Observed, resBucket)
		delete(g.world.Observed, resBucketUser)
	}
	_, errs := tryStack(placed(t), gone, elsewhere)
	if diff := cmp.Diff([]string{"FieldValueForbidden class/default: spec.database.shared"}, refusals(errs)); diff != "" {
		t.Errorf("the database would be made anew elsewhere: -want, +got\n%s", diff)
	}
	s := newStack(t, placed(t), gone, classes(t, `objectStore: {aws: {providerConfig: second, accountID: "999999999999"}}`))
	if got := bucket(s).Spec.ProviderConfigRef.Name; got != "default" || s.awsAccount() != "123456789012" {
		t.Errorf("the bucket would be made anew by %s in account %s", got, s.awsAccount())
	}
}
