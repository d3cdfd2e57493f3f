package stack

// Longer than others: one table of claims that are refused.

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// claimCase is a claim in a class, and what is wrong with it: type and field of each error.
type claimCase struct {
	reason string
	spec   string
	class  string
	mods   []mod
	want   []string
}

func (tc claimCase) run(t *testing.T) {
	t.Helper()
	_, errs := tryStack(append([]mod{classes(t, tc.class), claims(t, tc.spec)}, tc.mods...)...)
	if diff := cmp.Diff(tc.want, refusals(errs)); diff != "" {
		t.Errorf("%s: -want, +got\n%s\n%v", tc.reason, diff, errs)
	}
}

func called(name string) mod { return func(g *given) { g.claim.Name = name } }

func TestValidateName(t *testing.T) {
	cases := map[string]claimCase{
		"Short":   {reason: "one letter is a name", mods: []mod{called("a")}},
		"Longest": {reason: "ds-pipeline- and 51 characters are a DNS label", mods: []mod{called(strings.Repeat("a", 51))}},
		"TooLong": {
			reason: "the Service's name would be no DNS label",
			mods:   []mod{called(strings.Repeat("a", 52))},
			want:   []string{"FieldValueTooLong metadata.name"},
		},
		"Dot": {reason: "a Service's name holds no dots", mods: []mod{called("a.b")}, want: []string{"FieldValueInvalid metadata.name"}},
		"Uppercase": {
			reason: "nor capitals, which a composite's name could not hold either",
			mods:   []mod{called("A")},
			want:   []string{"FieldValueInvalid metadata.name"},
		},
	}
	for name, tc := range cases {
		t.Run(name, tc.run)
	}
}

func TestValidateConstraints(t *testing.T) {
	const resources = `constraints: {resources: {requests: {cpu: 1}, limits: {memory: 4Gi}}}`
	cases := map[string]claimCase{
		"Release": {reason: "within the constraints", class: `constraints: {releases: [2.16.1, 2.17.0]}`, spec: `release: 2.16.1`},
		"OtherRelease": {
			reason: "outside of them",
			class:  `constraints: {releases: [2.17.0]}`,
			spec:   `release: 2.16.1`,
			want:   []string{"FieldValueNotSupported spec.release"},
		},
		"NoRelease": {
			reason: "an empty list allows no choice",
			class:  `constraints: {releases: []}`,
			spec:   `release: 2.17.0`,
			want:   []string{"FieldValueNotSupported spec.release"},
		},
		"DefaultRelease": {
			reason: "the class's own defaults are not bound",
			class:  `{constraints: {releases: [2.17.0]}, defaults: {release: 2.16.1}}`,
		},
		"Size": {reason: "within the constraints", class: `constraints: {sizes: [Small, Medium]}`, spec: `size: Medium`},
		"OtherSize": {
			reason: "outside of them",
			class:  `constraints: {sizes: [Small]}`,
			spec:   `size: Large`,
			want:   []string{"FieldValueNotSupported spec.size"},
		},
		"DefaultSize": {reason: "the class's own defaults are not bound", class: `{constraints: {sizes: [Small]}, defaults: {size: Large}}`},
		"Replicas":    {reason: "as many as are allowed", class: `constraints: {replicas: 2}`, spec: `apiServer: {replicas: 2}`},
		"TooManyReplicas": {
			reason: "of every component that scales",
			class:  `constraints: {replicas: 1}`,
			spec:   `{apiServer: {replicas: 2}, workflowController: {replicas: 2}, mlmd: {replicas: 2}, ui: {replicas: 2}}`,
			want: []string{
				"FieldValueInvalid spec.apiServer.replicas",
				"FieldValueInvalid spec.mlmd.replicas",
				"FieldValueInvalid spec.ui.replicas",
				"FieldValueInvalid spec.workflowController.replicas",
			},
		},
		"DefaultReplicas": {
			reason: "the class's own defaults are not bound",
			class:  `{constraints: {replicas: 1}, defaults: {apiServer: {replicas: 2}}}`,
		},
		"Resources": {
			reason: "as much as is allowed",
			class:  resources,
			spec:   `apiServer: {resources: {requests: {cpu: 1000m, memory: 4Gi}, limits: {cpu: 64, memory: 4Gi}}}`,
		},
		"TooManyRequested": {
			reason: "of a bounded resource",
			class:  resources,
			spec:   `apiServer: {resources: {requests: {cpu: 1001m}, limits: {cpu: 2, memory: 1Gi}}}`,
			want:   []string{"FieldValueInvalid spec.apiServer.resources.requests[cpu]"},
		},
		"LimitLeftOpen": {
			reason: "a limit that the claim replaces away is no limit", class: resources, spec: `apiServer: {resources: {limits: {cpu: 1}}}`,
			want: []string{"FieldValueRequired spec.apiServer.resources.limits[memory]"},
		},
		"LimitTooHigh": {
			reason: "in every container",
			class:  resources,
			spec: `{apiServer: {resources: {limits: {memory: 5Gi}}}, persistenceAgent: {resources: {limits: {memory: 5Gi}}}, scheduledWorkflow: {resources: {limits: {memory: 5Gi}}},
  workflowController: {resources: {limits: {memory: 5Gi}}}, mlmd: {resources: {limits: {memory: 5Gi}}, envoy: {resources: {limits: {memory: 5Gi}}}}, ui: {resources: {limits: {memory: 5Gi}}}}`,
			want: []string{
				"FieldValueInvalid spec.apiServer.resources.limits[memory]", "FieldValueInvalid spec.mlmd.envoy.resources.limits[memory]",
				"FieldValueInvalid spec.mlmd.resources.limits[memory]", "FieldValueInvalid spec.persistenceAgent.resources.limits[memory]",
				"FieldValueInvalid spec.scheduledWorkflow.resources.limits[memory]", "FieldValueInvalid spec.ui.resources.limits[memory]",
				"FieldValueInvalid spec.workflowController.resources.limits[memory]",
			},
		},
	}
	for name, tc := range cases {
		t.Run(name, tc.run)
	}
}

func TestValidateForbid(t *testing.T) {
	cases := map[string]claimCase{
		"Elsewhere": {
			reason: "other fields are free",
			class:  `constraints: {forbid: [apiServer.image]}`,
			spec:   `{apiServer: {driverImage: x}, ui: {image: x}}`,
		},
		"Field": {
			reason: "a field by its path",
			class:  `constraints: {forbid: [apiServer.image]}`,
			spec:   `apiServer: {image: x}`,
			want:   []string{"FieldValueForbidden spec.apiServer.image"},
		},
		"False": {
			reason: "false is set too",
			class:  `constraints: {forbid: [hibernate]}`,
			spec:   `hibernate: false`,
			want:   []string{"FieldValueForbidden spec.hibernate"},
		},
		"Block": {
			reason: "a path covers all below it",
			class:  `constraints: {forbid: [objectStore.lifecycle]}`,
			spec:   `objectStore: {lifecycle: {expireAfterDays: 1}}`,
			want:   []string{"FieldValueForbidden spec.objectStore.lifecycle"},
		},
		"Star": {
			reason: "a star stands for any steps, one or more",
			class:  `constraints: {forbid: ["*.image"]}`,
			spec:   `{apiServer: {image: x}, mlmd: {image: x, envoy: {image: x}}}`,
			want: []string{
				"FieldValueForbidden spec.apiServer.image",
				"FieldValueForbidden spec.mlmd.envoy.image",
				"FieldValueForbidden spec.mlmd.image",
			},
		},
		"TwoStars": {
			reason: "two for two at least",
			class:  `constraints: {forbid: ["*.*.image"]}`,
			spec:   `mlmd: {image: x, envoy: {image: x}}`,
			want:   []string{"FieldValueForbidden spec.mlmd.envoy.image"},
		},
		"ByClass": {
			reason: "the class may set by default what a claim may not",
			class:  `{constraints: {forbid: [apiServer]}, defaults: {apiServer: {logLevel: Debug}}}`,
		},
	}
	for name, tc := range cases {
		tc.mods = append(tc.mods, imagesAllowed) // and forbidden all the same
		t.Run(name, tc.run)
	}
}

func TestValidateRelease(t *testing.T) {
	const mysql = `database: {shared: {engine: MySQL`
	cases := map[string]claimCase{
		"Upstream":     {reason: "in the catalogue", spec: `release: 2.16.1`},
		"Distribution": {reason: "in the catalogue", spec: `release: odh-2.18.0`},
		"Unknown":      {reason: "not in the catalogue", spec: `release: 2.15.0`, want: []string{"FieldValueNotSupported spec.release"}},
		"UnknownSize": {
			reason: "neither built in nor the class's",
			spec:   `size: Tiny`,
			want:   []string{"FieldValueNotSupported spec.size"},
		},
		"BothUnknown": {
			reason: "everything is said at once",
			spec:   `{release: 2.15.0, size: Tiny}`,
			want:   []string{"FieldValueNotSupported spec.release", "FieldValueNotSupported spec.size"},
		},
		"UI": {reason: "upstream has a web interface", spec: `ui: {enabled: true}`},
		"NoUI": {
			reason: "Open Data Hub's distribution has none",
			spec:   `{release: odh-2.18.0, ui: {enabled: true}}`,
			want:   []string{"FieldValueForbidden spec.ui.enabled"},
		},
		"RefuseV1": {reason: "releases that can", spec: `apiServer: {allowV1Pipelines: false}`},
		"CannotRefuseV1": {
			reason: "a wish that would be ignored is refused",
			spec:   `{release: odh-2.18.0, apiServer: {allowV1Pipelines: false}}`,
			want:   []string{"FieldValueForbidden spec.apiServer.allowV1Pipelines"},
		},
		"SilentOnV1": {reason: "who says nothing gets what the release can", spec: `release: odh-2.18.0`},
		"AllowV1": {
			reason: "their authors decide how their pods run, so the class has a say",
			spec:   `apiServer: {allowV1Pipelines: true}`,
			want:   []string{"FieldValueForbidden spec.apiServer.allowV1Pipelines"},
		},
		"ClassAllowsV1":   {reason: "and may let claims", class: `allowV1Pipelines: true`, spec: `apiServer: {allowV1Pipelines: true}`},
		"DefaultAllowsV1": {reason: "or do so for them", class: `defaults: {apiServer: {allowV1Pipelines: true}}`},
		"NoMetadata":      {reason: "a release without ML Metadata runs without its settings", mods: []mod{withoutMLMD}},
		"SettingsOfNothing": {
			reason: "and refuses them",
			spec:   `mlmd: {replicas: 2}`,
			mods:   []mod{withoutMLMD},
			want:   []string{"FieldValueForbidden spec.mlmd"},
		},
		"MySQL": {
			reason: "ML Metadata cannot log in to MySQL as shipped",
			class:  mysql + `}}`,
			want:   []string{"FieldValueInvalid spec.release"},
		},
		"NativePasswords": {reason: "unless the class says that it can", class: mysql + `, nativePasswords: true}}`},
		"NoNativeOnMariaDB": {
			reason: "or that it cannot",
			class:  `database: {shared: {nativePasswords: false}}`,
			want:   []string{"FieldValueInvalid spec.release"},
		},
		"MySQLNoMetadata": {reason: "a release without ML Metadata does not care", class: mysql + `}}`, mods: []mod{withoutMLMD}},
		"PublicAuthority": {
			reason: "ML Metadata checks certificates against a file only",
			class:  `database: {shared: {tls: Verify}}`,
			want:   []string{"FieldValueRequired class/default: spec.database.shared.caBundle"},
		},
		"PublicNoMetadata": {
			reason: "the API server knows the public authorities",
			class:  `database: {shared: {tls: Verify}}`,
			mods:   []mod{withoutMLMD},
		},
		"OwnAuthority":        {reason: "with a file there is something to check against", mods: []mod{verified(testCA)}},
		"NothingToCheckAgain": {reason: "nobody checks a plain connection", class: `database: {shared: {tls: Disabled}}`},
	}
	for name, tc := range cases {
		t.Run(name, tc.run)
	}
}

// Who is told to choose another release is told which, and nobody is told where there is none.
func TestReleasesForServersWithoutNativePasswords(t *testing.T) {
	mariadb := classes(t, `database: {shared: {nativePasswords: false}}`)
	byDefault := func(g *given) { g.claim.Spec.Release = DefaultRelease }
	alone := func(g *given) { g.catalogue = Catalogue{DefaultRelease: g.catalogue[DefaultRelease]} }
	cases := map[string]struct {
		reason string
		mods   []mod
		want   string
	}{
		"None": {"every release has the limit", []mod{mariadb, alone}, "to set class/default: spec.database.shared.nativePasswords"},
		"One":  {"one has not", []mod{mariadb, withoutMLMD, byDefault}, "or choose another release: 3.0.0"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			_, errs := tryStack(tc.mods...)
			if len(errs) != 1 || !strings.HasSuffix(errs[0].Detail, tc.want) {
				t.Errorf("%s: got %v, want it to end in %q", tc.reason, errs, tc.want)
			}
		})
	}
}

func TestValidateUpgrade(t *testing.T) {
	// Three releases of two generations of tables.
	generations := func(g *given) {
		old, same := *g.catalogue["2.16.1"], *g.catalogue["2.17.0"]
		old.Name, old.Schema = "2.10.0", g.catalogue[DefaultRelease].Schema-1
		same.Name = "2.18.0"
		g.catalogue = Catalogue{old.Name: &old, same.Name: &same, DefaultRelease: g.catalogue[DefaultRelease]}
	}
	running := func(release string) mod { return func(g *given) { g.world.Release = release } }
	cases := map[string]claimCase{
		"New":     {reason: "nothing runs yet", spec: `release: 2.10.0`},
		"Forward": {reason: "tables are migrated forward", spec: `release: 2.17.0`, mods: []mod{running("2.10.0")}},
		"Same":    {reason: "and back between releases of one generation", spec: `release: 2.17.0`, mods: []mod{running("2.18.0")}},
		"Back": {
			reason: "the generation is all that is known of the release that migrated the tables",
			spec:   `release: 2.17.0`,
			mods: []mod{observing(Observed{resAPIServerDeployment: found(
				t,
				`{metadata: {annotations: {`+AnnotationRelease+`: 3.0.0, `+AnnotationSchema+`: "99"}}}`,
			)})},
			want: []string{"FieldValueForbidden spec.release"},
		},
		"Lost": {
			reason: "the class or the function has dropped what runs",
			mods:   []mod{running("2.10.1")},
			want:   []string{"FieldValueRequired class/default: spec.releases[2.10.1]"},
		},
		"FromUnknown": {
			reason: "nothing is known of a release that has left the catalogue",
			spec:   `release: 2.10.0`,
			mods:   []mod{running("1.8.0")},
		},
		"Kept": {
			reason: "a stack keeps its release when the class's default moves",
			class:  `defaults: {release: 2.17.0}`,
			mods:   []mod{running("2.10.0")},
		},
	}
	for name, tc := range cases {
		tc.mods = append([]mod{generations}, tc.mods...)
		t.Run(name, tc.run)
	}
}

func TestValidateStores(t *testing.T) {
	const keys = `objectStore: {aws: {kmsKeys: {team: "arn:aws:kms:eu-central-1:123456789012:key/1"}}}`
	cases := map[string]claimCase{
		"Types": {reason: "what is allowed and available", spec: `{database: {type: Shared}, objectStore: {type: Shared}}`},
		"TypesNotAllowed": {
			reason: "the class decides",
			class:  `{database: {allowedTypes: []}, objectStore: {allowedTypes: []}}`,
			want:   []string{"FieldValueNotSupported spec.database.type", "FieldValueNotSupported spec.objectStore.type"},
		},
		"ExtraParams": {reason: "timeouts are the tenant's to choose", spec: `database: {extraParams: {readTimeout: 30s}}`},
		"ReservedParams": {
			reason: "what the stack or KFP sets cannot be set again",
			spec:   `database: {extraParams: {tls: "false", charset: latin1, parseTime: "false", loc: UTC, group_concat_max_len: "1"}}`,
			want: []string{
				"FieldValueForbidden spec.database.extraParams[charset]", "FieldValueForbidden spec.database.extraParams[group_concat_max_len]",
				"FieldValueForbidden spec.database.extraParams[loc]", "FieldValueForbidden spec.database.extraParams[parseTime]",
				"FieldValueForbidden spec.database.extraParams[tls]",
			},
		},
		"MoreParams": {
			reason: "and what MySQL and MariaDB both know",
			spec:   `database: {extraParams: {checkConnLiveness: "true", maxAllowedPacket: "0", collation: utf8mb4_bin, sql_mode: "'STRICT_TRANS_TABLES,NO_ZERO_DATE'", wait_timeout: "60"}}`,
		},
		"BigParams": {
			reason: "none at all, the least and the most",
			spec:   `database: {extraParams: {timeout: 0s, readTimeout: 1s, writeTimeout: 24h, maxAllowedPacket: "1048576"}}`,
		},
		"SmallParams": {
			reason: "with which no connection works",
			spec:   `database: {extraParams: {timeout: 1ns, readTimeout: 999ms, writeTimeout: 25h, maxAllowedPacket: "1048575"}}`,
			want: []string{
				"FieldValueInvalid spec.database.extraParams[maxAllowedPacket]", "FieldValueInvalid spec.database.extraParams[readTimeout]",
				"FieldValueInvalid spec.database.extraParams[timeout]", "FieldValueInvalid spec.database.extraParams[writeTimeout]",
			},
		},
		"UnknownParams": {
			reason: "the driver would set others as variables of the server, or turn off what protects the connection",
			spec:   `database: {extraParams: {readtimeout: 30s, TLS: "false", "x=1&tls": "false", allowFallbackToPlaintext: "true", allowAllFiles: "true", multiStatements: "true", "": x}}`,
			want: []string{
				"FieldValueNotSupported spec.database.extraParams[TLS]", "FieldValueNotSupported spec.database.extraParams[]",
				"FieldValueNotSupported spec.database.extraParams[allowAllFiles]",
				"FieldValueNotSupported spec.database.extraParams[allowFallbackToPlaintext]",
				"FieldValueNotSupported spec.database.extraParams[multiStatements]",
				"FieldValueNotSupported spec.database.extraParams[readtimeout]", "FieldValueNotSupported spec.database.extraParams[x=1&tls]",
			},
		},
		"ParamValues": {
			reason: "values that the driver or the server cannot read",
			spec:   `database: {extraParams: {readTimeout: "30", writeTimeout: -1s, timeout: 30s&tls=false, rejectReadOnly: "yes", maxAllowedPacket: 1M, collation: latin1_bin, sql_mode: STRICT_TRANS_TABLES}}`,
			want: []string{
				"FieldValueInvalid spec.database.extraParams[collation]", "FieldValueInvalid spec.database.extraParams[maxAllowedPacket]",
				"FieldValueInvalid spec.database.extraParams[readTimeout]", "FieldValueInvalid spec.database.extraParams[rejectReadOnly]",
				"FieldValueInvalid spec.database.extraParams[sql_mode]", "FieldValueInvalid spec.database.extraParams[timeout]",
				"FieldValueInvalid spec.database.extraParams[writeTimeout]",
			},
		},
		"Key": {reason: "a key that the class offers", class: keys, spec: `objectStore: {encryption: {key: team}}`},
		"OtherKey": {
			reason: "and no other: a free choice would open other tenants' keys",
			class:  keys,
			spec:   `objectStore: {encryption: {key: "arn:aws:kms:eu-central-1:123456789012:key/1"}}`,
			want:   []string{"FieldValueNotSupported spec.objectStore.encryption.key"},
		},
		"NoKeys": {
			reason: "the class offers none",
			spec:   `objectStore: {encryption: {key: team}}`,
			want:   []string{"FieldValueNotSupported spec.objectStore.encryption.key"},
		},
	}
	for name, tc := range cases {
		t.Run(name, tc.run)
	}
}
