package stack

import (
	"fmt"
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
		"Nothing": {"an empty spec is all defaults", `{}`, nil},
		"Unknown": {"a misspelt field must not be ignored", `relase: 2.17.0`, []string{"FieldValueForbidden spec.relase"}},
		"UnknownBelow": {
			"at any depth",
			`apiServer: {env: [{name: A, vlaue: b}]}`,
			[]string{"FieldValueForbidden spec.apiServer.env[0].vlaue"},
		},
		"StringForBool":   {"types are not converted", `hibernate: "true"`, []string{"FieldValueInvalid spec.hibernate"}},
		"NumberForString": {"a version that YAML reads as a number", `release: 2.17`, []string{"FieldValueInvalid spec.release"}},
		"Fraction": {
			"numbers come as floats, and half a replica does not",
			`apiServer: {replicas: 1.5}`,
			[]string{"FieldValueInvalid spec", "FieldValueInvalid spec.apiServer.replicas"},
		},
		"Overflow": {
			"more than the field can hold; only the text names it",
			`workflowController: {parallelism: 3000000000}`,
			[]string{"FieldValueInvalid spec"},
		},
		"ListForObject": {"types are not converted", `apiServer: []`, []string{"FieldValueInvalid spec.apiServer"}},
		"Enum":          {"only what the API lists", `database: {type: shared}`, []string{"FieldValueInvalid spec.database.type"}},
		"Pattern": {
			"a time zone cannot climb out of the database of time zones",
			`scheduledWorkflow: {timeZone: ../etc/passwd}`,
			[]string{"FieldValueInvalid spec.scheduledWorkflow.timeZone"},
		},
		"TooFew":  {"below the minimum", `apiServer: {replicas: 0}`, []string{"FieldValueInvalid spec.apiServer.replicas"}},
		"TooMany": {"above the maximum", `ui: {replicas: 11}`, []string{"FieldValueInvalid spec.ui.replicas"}},
		"Empty": {
			"an empty block that needs a field",
			`objectStore: {lifecycle: {}}`,
			[]string{"FieldValueInvalid spec.objectStore.lifecycle"},
		},
		"Required": {
			"a field that its block needs",
			`objectStore: {encryption: {}}`,
			[]string{"FieldValueRequired spec.objectStore.encryption.key"},
		},
		"Duration": {"Go's durations know no days", `apiServer: {runTTL: 1d}`, []string{"FieldValueInvalid spec.apiServer.runTTL"}},
		"BareDuration": {
			"nor numbers without a unit",
			`apiServer: {startupTimeout: 600}`,
			[]string{"FieldValueInvalid spec.apiServer.startupTimeout"},
		},
		"Negative": {"nor is there a time below zero", `apiServer: {runTTL: -1h}`, []string{"FieldValueInvalid spec.apiServer.runTTL"}},
		"Quantity": {
			"a quantity in words",
			`apiServer: {resources: {limits: {memory: much}}}`,
			[]string{"FieldValueInvalid spec.apiServer.resources.limits.memory"},
		},
		"VariableName": {"a name that no shell could read", `ui: {env: [{name: A-B}]}`, []string{"FieldValueInvalid spec.ui.env[0].name"}},
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
className: gold
release: odh-2.18.0
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
	want := v1alpha1.PipelineStackSpec{
		ClassName: "gold",
		StackSettings: v1alpha1.StackSettings{Release: "odh-2.18.0", Hibernate: &hibernate, APIServer: v1alpha1.APIServerSpec{
			ContainerSpec: v1alpha1.ContainerSpec{Resources: &v1alpha1.Resources{Requests: resourceList("1", "1Gi")}},
			Replicas:      &replicas, RunTTL: duration("24h"),
		}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want, +got\n%s", diff)
	}
}

func TestDecodeSpecKeepsValuesToItself(t *testing.T) {
	const secret = "hunter2-hunter2"
	_, errs := DecodeSpec(
		content(t, `{release: `+secret+`, size: [`+secret+`], apiServer: {env: [{name: "`+secret+`"}], runTTL: `+secret+`}}`),
	)
	if len(errs) < 4 {
		t.Fatalf("want an error for each field, got %v", errs)
	}
	if text := errs.ToAggregate().Error(); strings.Contains(text, secret) {
		t.Errorf("a secret in the wrong place must not become an event: %s", text)
	}
}

// smallClass is what a class cannot leave out, as the API server hands it over.
const smallClass = `
apiVersion: pipelines.opendatahub.io/v1alpha1
kind: PipelineStackClass
metadata: {name: gold}
spec:
  clusterID: demo
  identitySalt: 0123456789abcdef
  database: {shared: {host: mysql.example.org, engine: MariaDB, tls: SkipVerify}}
  objectStore: {aws: {region: eu-central-1}}
`

func TestDecodeClass(t *testing.T) {
	cases := map[string]struct {
		reason string
		class  string
		want   []string
	}{
		"Small": {"what a class cannot leave out", smallClass, nil},
		"Unknown": {
			"a misspelt field must not be ignored",
			smallClass + `  clusterId: demo`,
			[]string{"FieldValueForbidden class/gold: spec.clusterId"},
		},
		"UnknownDefault": {
			"nor one in the defaults for claims",
			smallClass + `  defaults: {relase: 2.17.0}`,
			[]string{"FieldValueForbidden class/gold: spec.defaults.relase"},
		},
		"Type": {
			"types are not converted",
			smallClass + `  ttl: {ready: 3600}`,
			[]string{"FieldValueInvalid class/gold: spec.ttl.ready"},
		},
		"Enum": {
			"only what the API lists",
			smallClass + `  identityFrom: Name`,
			[]string{"FieldValueInvalid class/gold: spec.identityFrom"},
		},
		"Pattern": {
			"a salt is told nobody, so its value is not repeated",
			`{metadata: {name: gold}, spec: {identitySalt: "short"}}`,
			[]string{"FieldValueInvalid class/gold: spec.identitySalt"},
		},
		"Duration": {
			"Go's durations know no days",
			smallClass + `  ttl: {ready: 1d}`,
			[]string{"FieldValueInvalid class/gold: spec.ttl.ready"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			class, errs := DecodeClass(content(t, tc.class), Releases())
			if diff := cmp.Diff(tc.want, refusals(errs)); diff != "" {
				t.Fatalf("%s: -want, +got\n%s\n%v", tc.reason, diff, errs)
			}
			if tc.want == nil &&
				(class.Name != "gold" || class.Database.Shared.Host != "mysql.example.org" || class.TTL.Ready.Duration != 10*time.Minute) {
				t.Errorf("%s: %s has host %s, ttl.ready %s", tc.reason, class.Name, class.Database.Shared.Host, class.TTL.Ready.Duration)
			}
			if strings.Contains(fmt.Sprint(errs), "short") {
				t.Errorf("%s: %v", tc.reason, errs)
			}
		})
	}
}

func TestDecodeInput(t *testing.T) {
	cases := map[string]struct {
		reason string
		input  string
		class  string
		want   []string
	}{
		"Nothing": {"a Composition need not say anything", `{}`, DefaultClassName, nil},
		"Class": {
			"the class of stacks that name none",
			`{apiVersion: pipelinestack.fn.crossplane.io/v1beta1, kind: Input, defaultClassName: gold}`,
			"gold",
			nil,
		},
		"Required": {"a class has to be there", `classResolution: Required`, DefaultClassName, nil},
		"Optional": {"or not", `classResolution: Optional`, DefaultClassName, nil},
		"Pattern": {
			"a class's name is a DNS label",
			`defaultClassName: a.b`,
			DefaultClassName,
			[]string{"FieldValueInvalid input.defaultClassName"},
		},
		"Unknown": {
			"such as the input of earlier versions",
			`{clusterID: demo}`,
			DefaultClassName,
			[]string{"FieldValueForbidden input.clusterID"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got, errs := DecodeInput(content(t, tc.input))
			if diff := cmp.Diff(tc.want, refusals(errs)); diff != "" {
				t.Fatalf("%s: -want, +got\n%s\n%v", tc.reason, diff, errs)
			}
			if tc.want == nil && got.DefaultClassName != tc.class {
				t.Errorf("%s: class is %q, want %q", tc.reason, got.DefaultClassName, tc.class)
			}
		})
	}
}
