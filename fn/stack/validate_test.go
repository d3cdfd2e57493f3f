package stack

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// claimCase is a claim on a platform, and what is wrong with it: type and field of each error.
type claimCase struct {
	reason   string
	spec     string
	platform string
	mods     []mod
	want     []string
}

func (tc claimCase) run(t *testing.T) {
	t.Helper()
	_, errs := tryStack(append([]mod{inputs(t, tc.platform), claims(t, tc.spec)}, tc.mods...)...)
	if diff := cmp.Diff(tc.want, refusals(errs)); diff != "" {
		t.Errorf("%s: -want, +got\n%s\n%v", tc.reason, diff, errs)
	}
}

func called(name string) mod { return func(g *given) { g.claim.Name = name } }

func TestValidateName(t *testing.T) {
	cases := map[string]claimCase{
		"Short":     {reason: "one letter is a name", mods: []mod{called("a")}},
		"Longest":   {reason: "ds-pipeline- and 51 characters are a DNS label", mods: []mod{called(strings.Repeat("a", 51))}},
		"TooLong":   {reason: "the Service's name would be no DNS label", mods: []mod{called(strings.Repeat("a", 52))}, want: []string{"FieldValueTooLong metadata.name"}},
		"Dot":       {reason: "a Service's name holds no dots", mods: []mod{called("a.b")}, want: []string{"FieldValueInvalid metadata.name"}},
		"Uppercase": {reason: "nor capitals, which a composite's name could not hold either", mods: []mod{called("A")}, want: []string{"FieldValueInvalid metadata.name"}},
	}
	for name, tc := range cases {
		t.Run(name, tc.run)
	}
}

func TestValidateLimits(t *testing.T) {
	const resources = `limits: {resources: {requests: {cpu: 1}, limits: {memory: 4Gi}}}`
	cases := map[string]claimCase{
		"Release":          {reason: "within the limits", platform: `limits: {releases: [2.16.1, 2.17.0]}`, spec: `release: 2.16.1`},
		"OtherRelease":     {reason: "outside of them", platform: `limits: {releases: [2.17.0]}`, spec: `release: 2.16.1`, want: []string{"FieldValueNotSupported spec.release"}},
		"NoRelease":        {reason: "an empty list allows no choice", platform: `limits: {releases: []}`, spec: `release: 2.17.0`, want: []string{"FieldValueNotSupported spec.release"}},
		"DefaultRelease":   {reason: "the platform's own defaults are not bound", platform: `{limits: {releases: [2.17.0]}, defaults: {release: 2.16.1}}`},
		"Size":             {reason: "within the limits", platform: `limits: {sizes: [Small, Medium]}`, spec: `size: Medium`},
		"OtherSize":        {reason: "outside of them", platform: `limits: {sizes: [Small]}`, spec: `size: Large`, want: []string{"FieldValueNotSupported spec.size"}},
		"DefaultSize":      {reason: "the platform's own defaults are not bound", platform: `{limits: {sizes: [Small]}, defaults: {size: Large}}`},
		"Replicas":         {reason: "as many as are allowed", platform: `limits: {replicas: 2}`, spec: `apiServer: {replicas: 2}`},
		"TooManyReplicas":  {reason: "of every component that scales", platform: `limits: {replicas: 1}`, spec: `{apiServer: {replicas: 2}, workflowController: {replicas: 2}, metadata: {replicas: 2}, ui: {replicas: 2}}`, want: []string{"FieldValueInvalid spec.apiServer.replicas", "FieldValueInvalid spec.metadata.replicas", "FieldValueInvalid spec.ui.replicas", "FieldValueInvalid spec.workflowController.replicas"}},
		"DefaultReplicas":  {reason: "the platform's own defaults are not bound", platform: `{limits: {replicas: 1}, defaults: {apiServer: {replicas: 2}}}`},
		"Resources":        {reason: "as much as is allowed", platform: resources, spec: `apiServer: {resources: {requests: {cpu: 1000m, memory: 4Gi}, limits: {cpu: 64, memory: 4Gi}}}`},
		"TooManyRequested": {reason: "of a bounded resource", platform: resources, spec: `apiServer: {resources: {requests: {cpu: 1001m}, limits: {cpu: 2, memory: 1Gi}}}`, want: []string{"FieldValueInvalid spec.apiServer.resources.requests[cpu]"}},
		"LimitLeftOpen": {
			reason: "a limit that the claim replaces away is no limit", platform: resources, spec: `apiServer: {resources: {limits: {cpu: 1}}}`,
			want: []string{"FieldValueRequired spec.apiServer.resources.limits[memory]"},
		},
		"LimitTooHigh": {
			reason: "in every container", platform: resources,
			spec: `{apiServer: {resources: {limits: {memory: 5Gi}}}, persistenceAgent: {resources: {limits: {memory: 5Gi}}}, scheduledWorkflow: {resources: {limits: {memory: 5Gi}}},
  workflowController: {resources: {limits: {memory: 5Gi}}}, metadata: {resources: {limits: {memory: 5Gi}}, envoy: {resources: {limits: {memory: 5Gi}}}}, ui: {resources: {limits: {memory: 5Gi}}}}`,
			want: []string{
				"FieldValueInvalid spec.apiServer.resources.limits[memory]", "FieldValueInvalid spec.metadata.envoy.resources.limits[memory]",
				"FieldValueInvalid spec.metadata.resources.limits[memory]", "FieldValueInvalid spec.persistenceAgent.resources.limits[memory]",
				"FieldValueInvalid spec.scheduledWorkflow.resources.limits[memory]", "FieldValueInvalid spec.ui.resources.limits[memory]",
				"FieldValueInvalid spec.workflowController.resources.limits[memory]",
			},
		},
	}
	for name, tc := range cases {
		t.Run(name, tc.run)
	}
}

func TestValidateForbiddenFields(t *testing.T) {
	cases := map[string]claimCase{
		"Elsewhere":  {reason: "other fields are free", platform: `limits: {forbiddenFields: [apiServer.image]}`, spec: `{apiServer: {driverImage: x}, ui: {image: x}}`},
		"Field":      {reason: "a field by its path", platform: `limits: {forbiddenFields: [apiServer.image]}`, spec: `apiServer: {image: x}`, want: []string{"FieldValueForbidden spec.apiServer.image"}},
		"False":      {reason: "false is set too", platform: `limits: {forbiddenFields: [hibernate]}`, spec: `hibernate: false`, want: []string{"FieldValueForbidden spec.hibernate"}},
		"Block":      {reason: "a path covers all below it", platform: `limits: {forbiddenFields: [objectStore.lifecycle]}`, spec: `objectStore: {lifecycle: {expireAfterDays: 1}}`, want: []string{"FieldValueForbidden spec.objectStore.lifecycle"}},
		"Star":       {reason: "a star stands for one step", platform: `limits: {forbiddenFields: ["*.image"]}`, spec: `{apiServer: {image: x}, metadata: {image: x, envoy: {image: x}}}`, want: []string{"FieldValueForbidden spec.apiServer.image", "FieldValueForbidden spec.metadata.image"}},
		"TwoStars":   {reason: "two for two", platform: `limits: {forbiddenFields: ["*.*.image"]}`, spec: `metadata: {image: x, envoy: {image: x}}`, want: []string{"FieldValueForbidden spec.metadata.envoy.image"}},
		"ByPlatform": {reason: "the platform may set by default what a claim may not", platform: `{limits: {forbiddenFields: [apiServer]}, defaults: {apiServer: {logLevel: Debug}}}`},
	}
	for name, tc := range cases {
		t.Run(name, tc.run)
	}
}

func TestValidateRelease(t *testing.T) {
	const mysql = `database: {shared: {engine: MySQL`
	cases := map[string]claimCase{
		"Upstream":            {reason: "in the catalogue", spec: `release: 2.16.1`},
		"Distribution":        {reason: "in the catalogue", spec: `release: odh/2.18.0`},
		"Unknown":             {reason: "not in the catalogue", spec: `release: 2.15.0`, want: []string{"FieldValueNotSupported spec.release"}},
		"UnknownSize":         {reason: "neither built in nor the platform's", spec: `size: Tiny`, want: []string{"FieldValueNotSupported spec.size"}},
		"BothUnknown":         {reason: "everything is said at once", spec: `{release: 2.15.0, size: Tiny}`, want: []string{"FieldValueNotSupported spec.release", "FieldValueNotSupported spec.size"}},
		"UI":                  {reason: "upstream has a web interface", spec: `ui: {enabled: true}`},
		"NoUI":                {reason: "Open Data Hub's distribution has none", spec: `{release: odh/2.18.0, ui: {enabled: true}}`, want: []string{"FieldValueForbidden spec.ui.enabled"}},
		"BlockV1":             {reason: "releases that can", spec: `apiServer: {blockV1Pipelines: true}`},
		"CannotBlockV1":       {reason: "a wish that would be ignored is refused", spec: `{release: odh/2.18.0, apiServer: {blockV1Pipelines: true}}`, want: []string{"FieldValueForbidden spec.apiServer.blockV1Pipelines"}},
		"NoMetadata":          {reason: "a release without ML Metadata runs without its settings", mods: []mod{withoutMetadata}},
		"SettingsOfNothing":   {reason: "and refuses them", spec: `metadata: {replicas: 2}`, mods: []mod{withoutMetadata}, want: []string{"FieldValueForbidden spec.metadata"}},
		"MySQL":               {reason: "ML Metadata cannot log in to MySQL as shipped", platform: mysql + `}}`, want: []string{"FieldValueInvalid spec.release"}},
		"NativePasswords":     {reason: "unless the platform says that it can", platform: mysql + `, nativePasswords: true}}`},
		"NoNativeOnMariaDB":   {reason: "or that it cannot", platform: `database: {shared: {nativePasswords: false}}`, want: []string{"FieldValueInvalid spec.release"}},
		"MySQLNoMetadata":     {reason: "a release without ML Metadata does not care", platform: mysql + `}}`, mods: []mod{withoutMetadata}},
		"PublicAuthority":     {reason: "ML Metadata checks certificates against a file only", platform: `database: {shared: {tls: Verify}}`, want: []string{"FieldValueRequired input.database.shared.caBundle"}},
		"PublicNoMetadata":    {reason: "the API server knows the public authorities", platform: `database: {shared: {tls: Verify}}`, mods: []mod{withoutMetadata}},
		"OwnAuthority":        {reason: "with a file there is something to check against", mods: []mod{verified(testCA)}},
		"NothingToCheckAgain": {reason: "nobody checks a plain connection", platform: `database: {shared: {tls: Disabled}}`},
	}
	for name, tc := range cases {
		t.Run(name, tc.run)
	}
}

// Who is told to choose another release is told which, and nobody is told where there is none.
func TestReleasesForServersWithoutNativePasswords(t *testing.T) {
	mariadb := inputs(t, `database: {shared: {nativePasswords: false}}`)
	byDefault := func(g *given) { g.claim.Spec.Release = DefaultRelease }
	alone := func(g *given) { g.catalogue = Catalogue{DefaultRelease: g.catalogue[DefaultRelease]} }
	cases := map[string]struct {
		reason string
		mods   []mod
		want   string
	}{
		"None": {"every release has the limit", []mod{mariadb, alone}, "declare database.shared.nativePasswords"},
		"One":  {"one has not", []mod{mariadb, withoutMetadata, byDefault}, "or choose another release: 3.0.0"},
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
		"New":         {reason: "nothing runs yet", spec: `release: 2.10.0`},
		"Forward":     {reason: "tables are migrated forward", spec: `release: 2.17.0`, mods: []mod{running("2.10.0")}},
		"Same":        {reason: "and back between releases of one generation", spec: `release: 2.17.0`, mods: []mod{running("2.18.0")}},
		"Back":        {reason: "there is no way back across a migration", spec: `release: 2.10.0`, mods: []mod{running("2.17.0")}, want: []string{"FieldValueForbidden spec.release"}},
		"FromUnknown": {reason: "nothing is known of a release that has left the catalogue", spec: `release: 2.10.0`, mods: []mod{running("1.8.0")}},
		"Kept":        {reason: "a stack keeps its release when the platform's default moves", platform: `defaults: {release: 2.17.0}`, mods: []mod{running("2.10.0")}},
	}
	for name, tc := range cases {
		tc.mods = append([]mod{generations}, tc.mods...)
		t.Run(name, tc.run)
	}
}

func TestValidateStores(t *testing.T) {
	const keys = `objectStore: {aws: {kmsKeys: {team: "arn:aws:kms:eu-central-1:123456789012:key/1"}}}`
	cases := map[string]claimCase{
		"Modes":           {reason: "what is allowed and available", spec: `{database: {mode: Shared}, objectStore: {mode: Managed}}`},
		"ModesNotAllowed": {reason: "the platform decides", platform: `{database: {allowedModes: []}, objectStore: {allowedModes: []}}`, want: []string{"FieldValueNotSupported spec.database.mode", "FieldValueNotSupported spec.objectStore.mode"}},
		"ExtraParams":     {reason: "timeouts are the tenant's to choose", spec: `database: {extraParams: {readTimeout: 30s}}`},
		"ReservedParams": {
			reason: "what the stack or KFP sets cannot be set again",
			spec:   `database: {extraParams: {tls: "false", charset: latin1, parseTime: "false", loc: UTC, group_concat_max_len: "1"}}`,
			want: []string{
				"FieldValueForbidden spec.database.extraParams[charset]", "FieldValueForbidden spec.database.extraParams[group_concat_max_len]",
				"FieldValueForbidden spec.database.extraParams[loc]", "FieldValueForbidden spec.database.extraParams[parseTime]",
				"FieldValueForbidden spec.database.extraParams[tls]",
			},
		},
		"Key":      {reason: "a key that the platform offers", platform: keys, spec: `objectStore: {encryption: {key: team}}`},
		"OtherKey": {reason: "and no other: a free choice would open other tenants' keys", platform: keys, spec: `objectStore: {encryption: {key: "arn:aws:kms:eu-central-1:123456789012:key/1"}}`, want: []string{"FieldValueNotSupported spec.objectStore.encryption.key"}},
		"NoKeys":   {reason: "the platform offers none", spec: `objectStore: {encryption: {key: team}}`, want: []string{"FieldValueNotSupported spec.objectStore.encryption.key"}},
	}
	for name, tc := range cases {
		t.Run(name, tc.run)
	}
}
