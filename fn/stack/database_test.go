package stack

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pipelinestack/function-pipelinestack/fn/kube"
	"github.com/pipelinestack/function-pipelinestack/fn/managed"
)

func TestGrant(t *testing.T) {
	s := newStack(t)
	got := sqlGrant(s, nil).Spec.ForProvider
	for _, p := range got.Privileges {
		if p == "ALL" || p == "ALL PRIVILEGES" || p == "GRANT OPTION" {
			t.Errorf("%s: MySQL prints it back otherwise than it was granted, and an RDS administrator may not grant it", p)
		}
	}
	// What KFP and ML Metadata need to migrate their tables and to work with them.
	for _, p := range []string{"SELECT", "INSERT", "UPDATE", "DELETE", "CREATE", "DROP", "ALTER", "INDEX", "REFERENCES"} {
		if !slices.Contains(got.Privileges, p) {
			t.Errorf("%s is missing", p)
		}
	}
	want := managed.GrantParameters{
		Privileges: got.Privileges, UserRef: &managed.Reference{Name: s.ID}, DatabaseRef: &managed.Reference{Name: s.ID},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the stack's own user on the stack's own database, and no other: -want, +got\n%s", diff)
	}
}

// A grant changes with its user, or the provider would leave a user that was made anew without
// rights until its next poll.
func TestGrantFollowsUser(t *testing.T) {
	user := func(t *testing.T, meta string) Observed {
		t.Helper()
		return Observed{resDatabaseUser: kube.Observed{Object: content(t, `{kind: User, metadata: {`+meta+`}}`)}}
	}
	cases := map[string]struct{ reason, meta, want string }{
		"None":  {"no user is there yet", "", ""},
		"Found": {"the provider found the user there", "uid: one", "one"},
		"Made": {
			"the provider made it",
			`uid: one, annotations: {crossplane.io/external-create-succeeded: "2026-01-01T00:00:00Z"}`,
			"one@2026-01-01T00:00:00Z",
		},
		"MadeAnew": {
			"of the same object: somebody dropped the user by hand",
			`uid: one, annotations: {crossplane.io/external-create-succeeded: "2026-01-02T00:00:00Z"}`,
			"one@2026-01-02T00:00:00Z",
		},
		"Replaced": {
			"somebody deleted the object",
			`uid: two, annotations: {crossplane.io/external-create-succeeded: "2026-01-02T00:00:00Z"}`,
			"two@2026-01-02T00:00:00Z",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if got := sqlGrant(newStack(t), user(t, tc.meta)).Annotations[annotationUser]; got != tc.want {
				t.Errorf("%s: the grant carries %q, want %q", tc.reason, got, tc.want)
			}
		})
	}
}

func TestDatabaseIsTheStacksOwn(t *testing.T) {
	s := newStack(t)
	for name, r := range map[string]string{
		"database": sqlDatabase(s).Annotations[managed.AnnotationExternalName],
		"user":     sqlUser(s, nil).Annotations[managed.AnnotationExternalName],
	} {
		if r != s.ID {
			t.Errorf("the %s is called %q in the server, not by the derived name %s", name, r, s.ID)
		}
	}
	if got := sqlDatabase(s).Spec.ForProvider.DefaultCharacterSet; got != "utf8mb4" {
		t.Errorf("character set is %q: a server's default may lose names", got)
	}
	if got := sqlUser(s, nil).Spec.WriteConnectionSecretToRef; got == nil || got.Name != secretDatabase || got.Namespace != s.Namespace {
		t.Errorf("the login goes to %v, pods read it from %s", got, secretDatabase)
	}
	other := newStack(t, func(g *given) { g.claim.Namespace = "team-b" })
	if other.ID == s.ID {
		t.Error("two tenants share a database")
	}
}

// One limit alone makes the provider alter the user at every poll, and one that is left out again
// stays in the server.
func TestConnectionLimit(t *testing.T) {
	limited := Observed{resDatabaseUser: found(t, `{spec: {forProvider: {resourceOptions: {maxUserConnections: 20}}}}`)}
	cases := map[string]struct {
		reason, class string
		observed      Observed
		want          string
	}{
		"None": {"the server's own limit needs no word", `{}`, nil, `{}`},
		"Class": {
			"all four values, zero for no limit",
			`database: {shared: {maxUserConnections: 30}}`, limited,
			`{"resourceOptions":{"maxQueriesPerHour":0,"maxUpdatesPerHour":0,"maxConnectionsPerHour":0,"maxUserConnections":30}}`,
		},
		"TakenOut": {
			"a limit that the class no longer has is lifted", `{}`, limited,
			`{"resourceOptions":{"maxQueriesPerHour":0,"maxUpdatesPerHour":0,"maxConnectionsPerHour":0,"maxUserConnections":0}}`,
		},
		"StaysLifted": {
			"and the zero stays, or the provider would not have read it yet", `{}`,
			Observed{resDatabaseUser: found(t, `{spec: {forProvider: {resourceOptions: {maxUserConnections: 0}}}}`)},
			`{"resourceOptions":{"maxQueriesPerHour":0,"maxUpdatesPerHour":0,"maxConnectionsPerHour":0,"maxUserConnections":0}}`,
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got := compactJSON(sqlUser(newStack(t, classes(t, tc.class)), tc.observed).Spec.ForProvider)
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s: -want, +got\n%s", tc.reason, diff)
			}
		})
	}
}

func TestDSNParams(t *testing.T) {
	cases := map[string]struct {
		reason string
		mods   []mod
		want   string
	}{
		"Verify": {"the driver's word for verified TLS", []mod{verified(testCA)}, `{"charset":"utf8mb4","tls":"true"}`},
		"SkipVerify": {
			"for unverified TLS",
			[]mod{classes(t, `database: {shared: {tls: SkipVerify}}`)},
			`{"charset":"utf8mb4","tls":"skip-verify"}`,
		},
		"Disabled": {
			"for none: a word that the driver does not know would mean that too, unseen",
			[]mod{classes(t, `database: {shared: {tls: Disabled}}`)},
			`{"charset":"utf8mb4","tls":"false"}`,
		},
		"Extra": {
			"the tenant's beside it, sorted",
			[]mod{claims(t, `database: {extraParams: {readTimeout: 30s, collation: utf8mb4_bin}}`)},
			`{"charset":"utf8mb4","collation":"utf8mb4_bin","readTimeout":"30s","tls":"skip-verify"}`,
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got := values(apiServerEnv(newStack(t, tc.mods...)))["DBCONFIG_MYSQLCONFIG_EXTRAPARAMS"]
			if got != tc.want {
				t.Errorf("%s: got %s, want %s", tc.reason, got, tc.want)
			}
		})
	}
}

func TestDatabaseCA(t *testing.T) {
	if got := names(databaseResources(newStack(t), nil)); slices.Contains(got, "database-ca") {
		t.Errorf("without authorities of its own there is nothing to show: %v", got)
	}
	s := newStack(t, verified(testCA))
	if got := names(databaseResources(s, nil)); !slices.Contains(got, "database-ca") {
		t.Errorf("the authorities are missing from %v", got)
	}
	d := apiServerDeployment(s, nil)
	if !slices.Contains(envNames(d, "api-server"), "SSL_CERT_DIR") {
		t.Error("Go finds the authorities through SSL_CERT_DIR, which the API server is not given")
	}
	before, after := d.Spec.Template.Annotations[annotationHash], apiServerDeployment(newStack(t, verified(testCA+"\n"+testCA)), nil).Spec.Template.Annotations[annotationHash]
	if before == after {
		t.Error("new authorities roll the pods that read them as they start")
	}
}
