package stack

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	rbacv1 "k8s.io/api/rbac/v1"

	"github.com/pipelinestack/function-pipelinestack/apis/v1alpha1"
	"github.com/pipelinestack/function-pipelinestack/fn/kube"
)

const externalClaim = `{database: {type: External, external: {host: db.example.org, name: kfp, username: kfp, passwordSecretRef: {name: db, key: password}, tls: Disabled}},
objectStore: {type: External, external: {endpoint: "https://s3.example.org:9000", bucket: abc, credentialsSecretRef: {name: keys}}}}`

// external has both stores outside, with what the tenant provides.
func external(t *testing.T, objects map[string][]kube.Observed) mod {
	t.Helper()
	return func(g *given) {
		classes(t, `{database: {allowedTypes: [External]}, objectStore: {allowedTypes: [External]}}`)(g)
		claims(t, externalClaim)(g)
		g.world.Required = objects
	}
}

// secretWith is a Secret that a person wrote.
func secretWith(t *testing.T, uid, labels, data string) []kube.Observed {
	t.Helper()
	return []kube.Observed{found(t, `{apiVersion: v1, kind: Secret, metadata: {uid: `+uid+`, labels: {`+labels+`}}, data: {`+data+`}}`)}
}

const (
	askDB   = "provided Secret db"
	askKeys = "provided Secret keys"
	keyData = `AWS_ACCESS_KEY_ID: aWQ=, AWS_SECRET_ACCESS_KEY: a2V5`
)

// The function asks for the named Secrets of the stack's own namespace, and waits for the answers.
func TestRequires(t *testing.T) {
	asked, answered := newStack(t, external(t, nil)).Requires()
	want := []Requirement{{Key: askDB, APIVersion: "v1", Kind: "Secret", Name: "db", Namespace: "team-a"},
		{Key: askKeys, APIVersion: "v1", Kind: "Secret", Name: "keys", Namespace: "team-a"},
	}
	if diff := cmp.Diff(want, asked); diff != "" || answered {
		t.Errorf("answered: %t, -want, +got\n%s", answered, diff)
	}
	if _, answered := newStack(t, external(t, map[string][]kube.Observed{askDB: nil, askKeys: nil})).Requires(); !answered {
		t.Error("that there is none is an answer")
	}
	if asked, answered := newStack(t).Requires(); asked != nil || !answered {
		t.Errorf("a shared stack asks for %v", asked)
	}
}

// What is missing is told by object and key, and never by content.
func TestNotProvided(t *testing.T) {
	cases := map[string]struct {
		db, keys        []kube.Observed
		database, store string
	}{
		"Nothing": {nil, nil, "Secret db: the spec names it", "Secret keys: the spec names it"},
		"All":     {secretWith(t, "a", "", "password: cGFzc3dvcmQ="), secretWith(t, "b", "", keyData), "", ""},
		"Key": {
			secretWith(t, "a", "", "other: cGFzc3dvcmQ="),
			secretWith(t, "b", "", "AWS_ACCESS_KEY_ID: aWQ="),
			"of use: password",
			"of use: AWS_SECRET_ACCESS_KEY",
		},
		"Empty": {secretWith(t, "a", "", `password: ""`), secretWith(t, "b", "", keyData), "of use: password", ""},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			s := newStack(t, external(t, map[string][]kube.Observed{askDB: tc.db, askKeys: tc.keys}))
			plan, errs := s.Plan()
			if len(errs) > 0 {
				t.Fatal(errs)
			}
			for i, want := range []string{tc.database, tc.store} {
				c := plan.Conditions[i]
				if want == "" && c.Reason == ReasonNotProvided || want != "" && (c.Status != False || !strings.Contains(c.Message, want)) {
					t.Errorf("%s is %s %s: %s, want %q", c.Type, c.Status, c.Reason, c.Message, want)
				}
			}
			if !plan.Waits && tc.database+tc.store != "" {
				t.Error("the stack is as good as ready")
			}
		})
	}
}

// A MAC rolls the pods that read a key when the key changes, and for nothing else. Who has not read the
// Secret cannot compute it.
func TestMAC(t *testing.T) {
	plain := mac(secretWith(t, "a", "", "password: cGFzc3dvcmQ=")[0], "password")
	for name, tc := range map[string]struct {
		secret []kube.Observed
		same   bool
	}{
		"Same":    {secretWith(t, "a", "", "password: cGFzc3dvcmQ="), true},
		"Label":   {secretWith(t, "a", "team: b", "password: cGFzc3dvcmQ="), true},
		"Other":   {secretWith(t, "a", "", "password: cGFzc3dvcmQ=, more: YQ=="), true},
		"Changed": {secretWith(t, "a", "", "password: bmV3"), false},
		"Remade":  {secretWith(t, "b", "", "password: cGFzc3dvcmQ="), false},
	} {
		if got := mac(tc.secret[0], "password"); (got == plain) != tc.same || got == "" {
			t.Errorf("%s: %s, was %s", name, got, plain)
		}
	}
	if fingerprint(map[string][]byte{"password": []byte("password")}, "password") == plain {
		t.Error("anybody can compute it from a guess")
	}
	if got := mac(secretWith(t, "a", "", "")[0], "password"); got != "" {
		t.Errorf("of nothing: %s", got)
	}
	objects := map[string][]kube.Observed{askDB: secretWith(t, "a", "", "password: cGFzc3dvcmQ="), askKeys: nil}
	s := newStack(t, external(t, objects))
	if got := apiServerDeployment(s, nil).Spec.Template.Annotations[annotationDatabaseHash]; got != plain {
		t.Errorf("the API server carries %q instead of %s", got, plain)
	}
}

// A typing error may be mended until the stack has worked; from then on its data is there.
func TestExternalDataIsFixedOnceItWorked(t *testing.T) {
	has := func(condition ConditionStatus, identities string) mod {
		return func(g *given) {
			g.world.Conditions = map[string]Condition{
				ConditionAPIServer:   {Status: condition},
				ConditionDatabase:    {Status: True},
				ConditionObjectStore: {Status: True},
			}
			g.world.Composite = found(t, `{status: `+identities+`}`)
		}
	}
	const other = `{database: {identity: External/other.example.org/kfp}, objectStore: {identity: External/other.example.org/abc}}`
	both := []string{"FieldValueForbidden spec.database.external", "FieldValueForbidden spec.objectStore.external"}
	cases := map[string]struct {
		reason          string
		world           mod
		class           string
		database, store dataIdentity
		refused         []string
	}{
		"New": {reason: "it never worked", world: has(False, `{}`)},
		"Works": {
			reason:   "it works",
			world:    has(True, `{}`),
			database: "External/db.example.org/kfp",
			store:    "External/s3.example.org:9000/abc",
		},
		"Outage": {
			reason:   "it worked",
			world:    has(False, `{database: {identity: External/db.example.org/kfp}, objectStore: {identity: "External/s3.example.org:9000/abc"}}`),
			database: "External/db.example.org/kfp",
			store:    "External/s3.example.org:9000/abc",
		},
		"Another": {reason: "the data is elsewhere", world: has(True, other), refused: both},
		"Moved": {
			reason:   "the platform says that it moved",
			world:    has(True, other),
			database: "External/db.example.org/kfp",
			store:    "External/s3.example.org:9000/abc",
			class:    `{database: {movedFrom: [External/other.example.org/kfp]}, objectStore: {movedFrom: [External/other.example.org/abc]}}`,
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			mods := []mod{external(t, nil), tc.world}
			if tc.class != "" {
				mods = append(mods, classes(t, tc.class))
			}
			s, errs := tryStack(mods...)
			if diff := cmp.Diff(tc.refused, refusals(errs)); diff != "" {
				t.Fatalf("%s: -want, +got\n%s", tc.reason, diff)
			}
			if s.database.identity != tc.database || s.store.identity != tc.store {
				t.Errorf("%s: %q and %q", tc.reason, s.database.identity, s.store.identity)
			}
		})
	}
}

// Every pair of a type and a block that does not go with it is one error, as is a type without the
// block that it needs.
func TestTypesAndBlocks(t *testing.T) {
	databases := map[string]string{
		"embedded":       `embedded: {storage: 1Gi}`,
		"external":       `external: {host: h, name: kfp, username: u, passwordSecretRef: {name: s, key: k}, tls: Disabled}`,
		"deletionPolicy": `deletionPolicy: Delete`,
	}
	stores := map[string]string{
		"embedded":       `embedded: {storage: 1Gi}`,
		"external":       `external: {endpoint: "https://s3", bucket: abc, credentialsSecretRef: {name: s}}`,
		"deletionPolicy": `deletionPolicy: Delete`,
		"versioning":     `versioning: Enabled`,
		"lifecycle":      `lifecycle: {expireAfterDays: 1}`,
		"encryption":     `encryption: {key: k}`,
	}
	allowed := classes(
		t,
		`{database: {allowedTypes: [Shared, Embedded, External]}, objectStore: {allowedTypes: [Shared, Embedded, External], aws: {region: eu-central-1, kmsKeys: {k: "arn:aws:kms:eu-central-1:123456789012:key/1"}}}}`,
	)
	for _, tc := range []struct {
		store  string
		blocks map[string]string
		types  map[string][]string // the blocks that go with each
	}{
		{"database", databases, map[string][]string{"Shared": databaseTypes[v1alpha1.DatabaseShared].fields, "Embedded": databaseTypes[v1alpha1.DatabaseEmbedded].fields, "External": databaseTypes[v1alpha1.DatabaseExternal].fields}},
		{"objectStore", stores, map[string][]string{"Shared": storeTypes[v1alpha1.ObjectStoreShared].fields, "Embedded": storeTypes[v1alpha1.ObjectStoreEmbedded].fields, "External": storeTypes[v1alpha1.ObjectStoreExternal].fields}},
	} {
		for typ, own := range tc.types {
			for block, text := range tc.blocks {
				_, errs := tryStack(allowed, claims(t, `{`+tc.store+`: {type: `+typ+`, `+text+`}}`))
				var want []string
				goes := false
				for _, name := range own {
					goes = goes || name == block
				}
				if !goes {
					want = []string{"FieldValueForbidden spec." + tc.store + "." + block}
				}
				if diff := cmp.Diff(want, refusals(errs)); diff != "" {
					t.Errorf("%s of type %s with %s: -want, +got\n%s", tc.store, typ, block, diff)
				}
			}
		}
		_, errs := tryStack(allowed, claims(t, `{`+tc.store+`: {type: External}}`))
		if diff := cmp.Diff([]string{"FieldValueRequired spec." + tc.store + ".external"}, refusals(errs)); diff != "" {
			t.Errorf("%s: -want, +got\n%s", tc.store, diff)
		}
	}
}

func TestExternalIsValidated(t *testing.T) {
	cases := map[string]struct{ reason, claim, want string }{
		"Host": {
			"a port has a field of its own",
			`{database: {external: {host: "db:3306"}}}`,
			"FieldValueInvalid spec.database.external.host",
		},
		"Name": {"KFP does not quote it", `{database: {external: {name: "a-b"}}}`, "FieldValueInvalid spec.database.external.name"},
		"Localhost": {
			"every pod is one of its own",
			`{objectStore: {external: {endpoint: "http://localhost:9000"}}}`,
			"FieldValueInvalid spec.objectStore.external.endpoint",
		},
		"Own": {"the server's own tables are there", `{database: {external: {name: MySQL}}}`, "FieldValueForbidden spec.database.external.name"},
		"TwoUsers": {
			"one of the two",
			`{database: {external: {usernameSecretRef: {name: db, key: user}}}}`,
			"FieldValueInvalid spec.database.external.username",
		},
		"CA": {
			"nobody would look at it",
			`{database: {external: {caBundle: {configMapKeyRef: {name: a, key: b}}}}}`,
			"FieldValueForbidden spec.database.external.caBundle",
		},
		"Secret": {
			"no such name",
			`{database: {external: {passwordSecretRef: {name: "a/b", key: k}}}}`,
			"FieldValueInvalid spec.database.external",
		},
		"Endpoint": {
			"no path",
			`{objectStore: {external: {endpoint: "https://s3.example.org/bucket"}}}`,
			"FieldValueInvalid spec.objectStore.external.endpoint",
		},
		"Scheme": {
			"no scheme",
			`{objectStore: {external: {endpoint: s3.example.org}}}`,
			"FieldValueInvalid spec.objectStore.external.endpoint",
		},
		"Bucket": {"no prefix", `{objectStore: {external: {bucket: a/b}}}`, "FieldValueInvalid spec.objectStore.external.bucket"},
		"Twice": {
			"the stack's own bucket",
			`{objectStore: {external: {furtherBuckets: [{bucket: abc}]}}}`,
			"FieldValueDuplicate spec.objectStore.external.furtherBuckets[0].bucket",
		},
		"CABundle": {
			"still to come",
			`{objectStore: {external: {caBundle: {configMapKeyRef: {name: a, key: b}}}}}`,
			"FieldValueForbidden spec.objectStore.external.caBundle",
		},
		"Keyless": {
			"the release cannot",
			`{release: 2.16.1, objectStore: {external: {credentialsSecretRef: null}}}`,
			"FieldValueRequired spec.objectStore.external.credentialsSecretRef",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			_, errs := tryStack(external(t, nil), claims(t, tc.claim))
			if diff := cmp.Diff([]string{tc.want}, refusals(errs)); diff != "" {
				t.Errorf("%s: -want, +got\n%s", tc.reason, diff)
			}
		})
	}
}

// The API server refuses to bind a Role that is not there.
func TestBindingsWaitForTheirRoles(t *testing.T) {
	p, errs := newStack(t, external(t, nil)).Plan()
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	roles, bindings := map[string]string{}, 0
	for _, r := range p.Resources {
		switch o := r.Object.(type) {
		case *rbacv1.Role:
			roles[o.Name] = r.Name
		case *rbacv1.RoleBinding:
			if o.RoleRef.Kind != typeRole.Kind {
				continue
			}
			bindings++
			if role := roles[o.RoleRef.Name]; role == "" || !slices.Contains(r.Needs, role) {
				t.Errorf("%s needs %v, and gives the Role %q", r.Name, r.Needs, role)
			}
		}
	}
	if bindings == 0 {
		t.Error("no binding gives a Role")
	}
}
