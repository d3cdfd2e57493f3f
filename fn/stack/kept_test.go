package stack

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pipelinestack/function-pipelinestack/apis/v1alpha1"
	"github.com/pipelinestack/function-pipelinestack/fn/kube"
)

// inPlace is a stack that has data and runs, with everything that a provider has made.
func inPlace(t *testing.T) mod {
	t.Helper()
	return func(g *given) {
		placed(t)(g)
		user := found(t, `{status: {atProvider: {arn: "arn:aws:iam::123456789012:user/x"}}}`)
		g.world.Observed = Observed{resBucketUser: user}
		before := newStack(t, func(first *given) { first.class, first.claim, first.world = g.class, g.claim, g.world })
		made := Observed{resAPIServerDeployment: asObserved(t, apiServerDeployment(before, g.world.Observed))}
		for _, r := range append(databaseResources(before, g.world.Observed), objectStoreResources(before, g.world.Observed)...) {
			made[r.Name] = asObserved(t, r.Object)
		}
		made[resBucketUser].Object.Fields["status"] = user.Object.GetFields()["status"]
		g.world.Observed = made
		remember(t, g, "objectStore", `endpoint: "`+before.store.endpoint()+`"`)
	}
}

// onVolumes is a stack that has its data on volumes.
func onVolumes(t *testing.T) mod {
	t.Helper()
	return func(g *given) {
		embedded(t)(g)
		rememberedAs("Embedded/demo-"+nameDatabase+"-0", "Embedded/demo-"+nameObjectStore+"-0")(t)(g)
		g.world.Observed[resDatabaseServer] = ofServerWith(t, mariadbLine, "10Gi", "old")
		g.world.Observed[resObjectStoreServer] = ofServerWith(t, mariadbLine, "10Gi", "old")
	}
}

// A claim or a class that would have a stack with data elsewhere changes none of its data, and a
// condition names what is and what would be. Everything else goes on.
func TestStacksStayWhole(t *testing.T) {
	const database, store = "Shared/mysql.example.org/", "AWS/aws/123456789012/eu-central-1/"
	rich := classes(t, `{database: {shared: {providerConfig: first, port: 3306, maxUserConnections: 7}},
objectStore: {aws: {providerConfig: first, accountID: "123456789012", iamPath: /first/, tags: {team: a},
permissionsBoundary: "arn:aws:iam::123456789012:policy/b", kmsKeys: {old: "arn:aws:kms:eu-central-1:123456789012:key/1"}}}}`)
	secured := claims(t, `objectStore: {encryption: {key: old}}`)
	loses := func(database, store bool) mod {
		return func(g *given) {
			if database {
				g.class.Database = v1alpha1.ClassDatabase{}
			}
			if store {
				g.class.ObjectStore = v1alpha1.ClassObjectStore{}
			}
		}
	}
	outside := `{type: External, external: {host: a.example.org, name: kfp, username: u, passwordSecretRef: {name: a, key: b}}}`
	cases := map[string]struct {
		reason string
		before []mod
		edit   mod
		told   map[string]string // by condition
	}{
		"Embedded": {
			"a claim that wants a server of its own now", []mod{inPlace(t)}, claims(t, `database: {type: Embedded}`),
			map[string]string{ConditionDatabase: `spec.database.type says "Embedded", but this stack has data in ` + database},
		},
		"EmbeddedDelete": {
			"what it says of that one is no word about the data that is there", []mod{inPlace(t)},
			claims(t, `{database: {type: Embedded, deletionPolicy: Delete}, objectStore: {type: Embedded, deletionPolicy: Delete}}`),
			map[string]string{
				ConditionDatabase:    `spec.database.type says "Embedded", but this stack has data in ` + database,
				ConditionObjectStore: `spec.objectStore.type says "Embedded", but this stack has data in ` + store,
			},
		},
		"External": {
			"or another database", []mod{inPlace(t)}, claims(t, `database: `+outside),
			map[string]string{ConditionDatabase: `spec.database.type says "External", but this stack has data in ` + database},
		},
		"OtherFields": {
			"fields of the type that stays stay too", []mod{rich, secured, inPlace(t)}, claims(t, `objectStore: {type: Embedded}`),
			map[string]string{ConditionObjectStore: `spec.objectStore.type says "Embedded", but this stack has data in ` + store},
		},
		"Volumes": {
			"data on volumes is data all the same", []mod{onVolumes(t)},
			claims(t, `{database: `+outside+`, objectStore: {type: Shared, deletionPolicy: Delete}}`),
			map[string]string{
				ConditionDatabase:    `spec.database.type says "External", but this stack has data in Embedded/`,
				ConditionObjectStore: `spec.objectStore.type says "Shared", but this stack has data in Embedded/`,
			},
		},
		"Class": {
			"a claim that names another class", []mod{inPlace(t)}, claims(t, `className: other`),
			map[string]string{
				ConditionDatabase:    `spec.className says "other", but this stack has data in class "default"`,
				ConditionObjectStore: `spec.className says "other", but this stack has data in class "default"`,
			},
		},
		"NoServer": {
			"a class that no longer says where the database is", []mod{rich, secured, inPlace(t)}, loses(true, false),
			map[string]string{ConditionDatabase: `class/default: spec.database.shared is not there, but this stack has data in ` + database},
		},
		"NoBackend": {
			"nor the buckets", []mod{inPlace(t)}, loses(false, true),
			map[string]string{ConditionObjectStore: `class/default: spec.objectStore.aws is not there, but this stack has data in ` + store},
		},
		"Nothing": {
			"nor anything", []mod{rich, secured, inPlace(t)}, loses(true, true),
			map[string]string{
				ConditionDatabase:    `class/default: spec.database.shared is not there, but this stack has data in ` + database,
				ConditionObjectStore: `class/default: spec.objectStore.aws is not there, but this stack has data in ` + store,
			},
		},
		"Elsewhere": {"which is nothing to a stack that has its data elsewhere", []mod{onVolumes(t)}, loses(true, true), nil},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			before := newStack(t, tc.before...)
			after := newStack(t, append(tc.before, tc.edit)...)
			if diff := cmp.Diff(dataObjects(t, before), dataObjects(t, after)); diff != "" {
				t.Errorf("%s: -before, +after\n%s", tc.reason, diff)
			}
			if diff := cmp.Diff(apiServerDeployment(before, before.world.Observed), apiServerDeployment(after, after.world.Observed)); diff != "" {
				t.Errorf("%s: pods log in otherwise: -before, +after\n%s", tc.reason, diff)
			}
			for _, condition := range stores {
				if c := says(after, condition); !strings.HasPrefix(c.Message, tc.told[condition]) || (c.Status == False) != (tc.told[condition] != "") {
					t.Errorf("%s: %+v, want %q", tc.reason, c, tc.told[condition])
				}
			}
		})
	}
}

// A hibernated stack says the same of its data as one that is awake.
func TestHibernatedStacksTell(t *testing.T) {
	s := newStack(t, onVolumes(t), hibernating, claims(t, `{database: {type: Shared}}`))
	for reason, told := range map[string]string{ReasonHibernated: ReasonMoveRefused, kube.ReasonPending: kube.ReasonPending} {
		if c := s.staying(Condition{Type: ConditionDatabase, Status: False, Reason: reason}); c.Reason != told {
			t.Errorf("%s: %+v, want %s", reason, c, told)
		}
	}
}

// A stack whose tables an older release cannot read keeps the release that migrated them.
func TestReleaseStays(t *testing.T) {
	older := func(g *given) {
		old := *g.catalogue["2.16.1"]
		old.Name, old.Schema = "2.10.0", g.catalogue[DefaultRelease].Schema-1
		g.catalogue = Catalogue{old.Name: &old, DefaultRelease: g.catalogue[DefaultRelease]}
	}
	cases := map[string]struct {
		reason string
		edit   mod
		told   string
	}{
		"Claim": {"a claim goes back", claims(t, `release: 2.10.0`), `spec.release says "2.10.0", which cannot read the database`},
		"Class": {"a default is for new stacks", classes(t, `defaults: {release: 2.10.0}`), ``},
		"Same":  {"a claim says what runs", claims(t, `release: `+DefaultRelease), ``},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			s := newStack(t, older, placed(t), tc.edit)
			if s.Release.Name != DefaultRelease || s.status().Release != DefaultRelease {
				t.Errorf("%s: runs %s", tc.reason, s.Release.Name)
			}
			if c := says(s, ConditionDatabase); !strings.HasPrefix(c.Message, tc.told) || (c.Status == False) != (tc.told != "") {
				t.Errorf("%s: %+v, want %q", tc.reason, c, tc.told)
			}
		})
	}
}

// Where not enough is known of a store whose block the class has lost, nothing is changed.
func TestStoresThatNobodyRemembers(t *testing.T) {
	lost := func(g *given) {
		g.class.Database, g.class.ObjectStore = v1alpha1.ClassDatabase{}, v1alpha1.ClassObjectStore{}
	}
	both := []string{"FieldValueRequired class/default: spec.database.shared", "FieldValueRequired class/default: spec.objectStore.aws"}
	cases := map[string]struct {
		reason string
		mods   []mod
		want   []string
	}{
		"New":     {"a new stack needs them", nil, both},
		"Servers": {"whether the login is encrypted, the Deployment says", []mod{placed(t)}, both[:1]},
		"Tampered": {
			"a tenant may write what the Deployment says of data",
			[]mod{annotatedAs("Shared/mysql.example.org/"+testID, "AWS/aws/123456789012/eu-central-1/"+testID)(t)}, both,
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			s, errs := tryStack(append(tc.mods, lost)...)
			if diff := cmp.Diff(tc.want, refusals(errs)); diff != "" {
				t.Errorf("%s: -want, +got\n%s%v", tc.reason, diff, errs)
			}
			if s.database.name != "" || s.store.bucket != "" {
				t.Errorf("%s: the stores are described in spite of that", tc.reason)
			}
		})
	}
}
