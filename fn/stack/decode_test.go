package stack

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pipelinestack/function-pipelinestack/apis/v1alpha1"
)

func TestDecodeSpecRefuses(t *testing.T) {
	cases := map[string]struct {
		reason string
		spec   string
		want   []string
	}{
		"Nothing":         {"an empty spec is the platform's word", `{}`, nil},
		"Unknown":         {"a misspelt field must not be ignored", `relase: 2.17.0`, []string{"FieldValueForbidden spec.relase"}},
		"UnknownBelow":    {"at any depth", `apiServer: {env: [{name: A, vlaue: b}]}`, []string{"FieldValueForbidden spec.apiServer.env[0].vlaue"}},
		"StringForBool":   {"types are not converted", `hibernate: "true"`, []string{"FieldValueInvalid spec.hibernate"}},
		"NumberForString": {"a version that YAML reads as a number", `release: 2.17`, []string{"FieldValueInvalid spec.release"}},
		"Fraction":        {"numbers come as floats, and half a replica does not", `apiServer: {replicas: 1.5}`, []string{"FieldValueInvalid spec", "FieldValueInvalid spec.apiServer.replicas"}},
		"Overflow":        {"more than the field can hold; only the text names it", `workflowController: {parallelism: 3000000000}`, []string{"FieldValueInvalid spec"}},
		"ListForObject":   {"types are not converted", `apiServer: []`, []string{"FieldValueInvalid spec.apiServer"}},
		"Enum":            {"only what the API lists", `database: {mode: shared}`, []string{"FieldValueInvalid spec.database.mode"}},
		"Pattern":         {"a time zone cannot climb out of the database of time zones", `scheduledWorkflow: {timeZone: ../etc/passwd}`, []string{"FieldValueInvalid spec.scheduledWorkflow.timeZone"}},
		"TooFew":          {"below the minimum", `apiServer: {replicas: 0}`, []string{"FieldValueInvalid spec.apiServer.replicas"}},
		"TooMany":         {"above the maximum", `ui: {replicas: 11}`, []string{"FieldValueInvalid spec.ui.replicas"}},
		"Empty":           {"an empty block that needs a field", `objectStore: {lifecycle: {}}`, []string{"FieldValueInvalid spec.objectStore.lifecycle"}},
		"Required":        {"a field that its block needs", `objectStore: {encryption: {}}`, []string{"FieldValueRequired spec.objectStore.encryption.key"}},
		"Duration":        {"Go's durations know no days", `apiServer: {runTTL: 1d}`, []string{"FieldValueInvalid spec.apiServer.runTTL"}},
		"BareDuration":    {"nor numbers without a unit", `apiServer: {startupTimeout: 600}`, []string{"FieldValueInvalid spec.apiServer.startupTimeout"}},
		"Negative":        {"nor is there a time below zero", `persistenceAgent: {workflowTTL: -1h}`, []string{"FieldValueInvalid spec.persistenceAgent.workflowTTL"}},
		"Quantity":        {"a quantity in words", `apiServer: {resources: {limits: {memory: much}}}`, []string{"FieldValueInvalid spec.apiServer.resources.limits.memory"}},
		"VariableName":    {"a name that no shell could read", `ui: {env: [{name: A-B}]}`, []string{"FieldValueInvalid spec.ui.env[0].name"}},
		"All": {"everything is said at once", `{release: latest, size: "9", hibernate: 1}`,
			[]string{"FieldValueInvalid spec.hibernate", "FieldValueInvalid spec.release", "FieldValueInvalid spec.size"}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			_, errs := DecodeSpec(content(t, tc.spec))
			if diff := cmp.Diff(tc.want, refusals(errs)); diff != "" {
				t.Errorf("%s: -want, +got\n%s\n%v", tc.reason, diff, errs)
			}
		})
	}
}

func TestDecodeSpecReads(t *testing.T) {
	got, errs := DecodeSpec(content(t, `
release: odh/2.18.0
hibernate: false
apiServer: {replicas: 2, runTTL: 24h0m, resources: {requests: {cpu: 1, memory: 1Gi}}}
claimRef: {name: demo, namespace: team-a}
compositionRef: {name: pipelinestack}
compositionRevisionRef: {name: pipelinestack-1}
compositionRevisionSelector: {matchLabels: {a: b}}
compositionSelector: {matchLabels: {a: b}}
compositionUpdatePolicy: Automatic
compositeDeletePolicy: Foreground
resourceRef: {name: demo-x7k2p}
resourceRefs: [{name: database}]
writeConnectionSecretToRef: {name: a}
publishConnectionDetailsTo: {name: a}
crossplane: {resourceRefs: [{name: database}]}
`))
	if len(errs) > 0 {
		t.Fatalf("Crossplane's own fields are no fields of the tenant's, and no mistake: %v", errs)
	}
	hibernate, replicas := false, int32(2)
	want := v1alpha1.PipelineStackSpec{Release: "odh/2.18.0", Hibernate: &hibernate, APIServer: v1alpha1.APIServerSpec{
		ContainerSpec: v1alpha1.ContainerSpec{Resources: &v1alpha1.Resources{Requests: resourceList("1", "1Gi")}},
		Replicas:      &replicas, RunTTL: duration("24h"),
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want, +got\n%s", diff)
	}
}

func TestDecodeSpecKeepsValuesToItself(t *testing.T) {
	const secret = "hunter2-hunter2"
	_, errs := DecodeSpec(content(t, `{release: `+secret+`, size: [`+secret+`], apiServer: {env: [{name: "`+secret+`"}], runTTL: `+secret+`}}`))
	if len(errs) < 4 {
		t.Fatalf("want an error for each field, got %v", errs)
	}
	if text := errs.ToAggregate().Error(); strings.Contains(text, secret) {
		t.Errorf("a secret in the wrong place must not become an event: %s", text)
	}
}

const smallInput = `
apiVersion: pipelinestack.fn.crossplane.io/v1beta1
kind: Platform
clusterID: demo
database: {shared: {host: mysql.example.org, engine: MariaDB, tls: SkipVerify}}
objectStore: {aws: {region: eu-central-1}}
`

func TestDecodePlatform(t *testing.T) {
	cases := map[string]struct {
		reason             string
		input, environment string
		want               []string
	}{
		"InputAlone":       {"everything may stand in the Composition", smallInput, `{}`, nil},
		"EnvironmentAlone": {"or in the EnvironmentConfig, which is what the shipped Composition does", `environmentConfigRef: {name: pipelinestack}`, smallInput, nil},
		"Together":         {"or in both", `database: {shared: {host: elsewhere.example.org}}`, smallInput, nil},
		"Nowhere":          {"compulsory fields are found missing", `{}`, `{}`, []string{"FieldValueRequired input.clusterID"}},
		"Unknown":          {"a misspelt field must not be ignored", smallInput, `clusterId: demo`, []string{"FieldValueForbidden input.clusterId"}},
		"UnknownDefault":   {"nor one in the defaults for claims", smallInput, `defaults: {relase: 2.17.0}`, []string{"FieldValueForbidden input.defaults.relase"}},
		"Type":             {"types are not converted", smallInput, `database: {shared: {port: "3306"}}`, []string{"FieldValueInvalid input.database.shared.port"}},
		"Enum":             {"only what the API lists", smallInput, `database: {shared: {engine: Postgres}}`, []string{"FieldValueInvalid input.database.shared.engine"}},
		"Pattern":          {"a cluster's id goes into names", smallInput, `clusterID: My Cluster`, []string{"FieldValueInvalid input.clusterID"}},
		"Duration":         {"Go's durations know no days", smallInput, `ttl: {ready: 1d}`, []string{"FieldValueInvalid input.ttl.ready"}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			p, errs := DecodePlatform(content(t, tc.input).AsMap(), content(t, tc.environment).AsMap(), Releases())
			if diff := cmp.Diff(tc.want, refusals(errs)); diff != "" {
				t.Fatalf("%s: -want, +got\n%s\n%v", tc.reason, diff, errs)
			}
			if tc.want == nil && (p.Database.Shared.Host != "mysql.example.org" || p.TTL.Ready.Duration != 10*time.Minute) {
				t.Errorf("%s: host is %s, ttl.ready is %s", tc.reason, p.Database.Shared.Host, p.TTL.Ready.Duration)
			}
		})
	}
}

func TestMerged(t *testing.T) {
	type m = map[string]any
	cases := map[string]struct {
		reason            string
		under, over, want m
	}{
		"Nothing":     {"nothing and nothing is an empty object", nil, nil, m{}},
		"Disjoint":    {"fields of both are there", m{"a": 1}, m{"b": 2}, m{"a": 1, "b": 2}},
		"Scalar":      {"scalars are replaced", m{"a": 1}, m{"a": 2}, m{"a": 2}},
		"Object":      {"objects are merged, at any depth", m{"a": m{"b": m{"c": 1, "d": 2}}}, m{"a": m{"b": m{"d": 3}}}, m{"a": m{"b": m{"c": 1, "d": 3}}}},
		"List":        {"lists are replaced", m{"a": []any{1, 2}}, m{"a": []any{3}}, m{"a": []any{3}}},
		"OtherType":   {"an object replaces what is none", m{"a": 1}, m{"a": m{"b": 2}}, m{"a": m{"b": 2}}},
		"OtherType2":  {"and is replaced by it", m{"a": m{"b": 2}}, m{"a": 1}, m{"a": 1}},
		"EmptyObject": {"an empty object takes nothing away", m{"a": m{"b": 2}}, m{"a": m{}}, m{"a": m{"b": 2}}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, merged(tc.under, tc.over)); diff != "" {
				t.Errorf("%s: -want, +got\n%s", tc.reason, diff)
			}
		})
	}
}

func TestMergedChangesNeither(t *testing.T) {
	under, over := map[string]any{"a": map[string]any{"b": 1}}, map[string]any{"a": map[string]any{"c": 2}, "d": 3}
	merged(under, over)
	want := map[string]any{"under": map[string]any{"a": map[string]any{"b": 1}}, "over": map[string]any{"a": map[string]any{"c": 2}, "d": 3}}
	if diff := cmp.Diff(want, map[string]any{"under": under, "over": over}); diff != "" {
		t.Errorf("-want, +got\n%s", diff)
	}
}
