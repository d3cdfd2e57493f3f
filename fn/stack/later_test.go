package stack

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/pipelinestack/function-pipelinestack/apis/v1alpha1"
	"github.com/pipelinestack/function-pipelinestack/fn/fields"
)

// Samples of all fields that are still to come. Whoever makes one of them available takes its
// sample out.
var (
	laterSettingsSamples = map[string]string{
		"exposure.type": `Route`, "exposure.host": `x.example.org`, "tls.type": `CertManager`,
		"proxy": `{httpProxy: "http://proxy:3128"}`, "caBundle": `{configMapKeyRef: {name: x, key: x}}`,
	}
	laterClassSamples = map[string]string{
		"objectStore.objectBucketClaim": `{storageClassName: x}`,
		"objectStore.aws.irsa":          `{oidcProviderARN: x}`,
		"objectStore.aws.podIdentity":   `{clusterName: x}`,
		"exposure":                      `{hostTemplate: x}`,
		"network.policiesEnforced":      `true`,
		"certificates":                  `{issuerRef: {name: x}}`,
		"monitoring.dashboards":         `true`,
	}
)

// nested is a YAML document that sets the field at a path.
func nested(path, value string) string {
	steps := strings.Split(path, ".")
	return "{" + strings.Join(steps, ": {") + ": " + value + strings.Repeat("}", len(steps))
}

func TestSamplesAreThoseOfTheTables(t *testing.T) {
	for _, tc := range []struct {
		table   []refusal
		samples map[string]string
	}{{laterSettings, laterSettingsSamples}, {laterClass, laterClassSamples}} {
		var paths []string
		for _, r := range tc.table {
			paths = append(paths, r.path)
		}
		slices.Sort(paths)
		if diff := cmp.Diff(slices.Sorted(maps.Keys(tc.samples)), paths); diff != "" {
			t.Errorf("a field that is neither refused nor acted upon is ignored: -samples, +table\n%s", diff)
		}
	}
}

func TestLaterSettingsAreRefused(t *testing.T) {
	for _, r := range laterSettings {
		t.Run(r.path, func(t *testing.T) {
			sample := laterSettingsSamples[r.path]
			if !fields.Exists[v1alpha1.StackSettings](r.path) {
				t.Fatal("there is no such field")
			}
			_, errs := tryStack(claims(t, nested(r.path, sample)))
			wantForbidden(t, errs, "spec."+r.path)
			_, errs = tryStack(classes(t, "{defaults: "+nested(r.path, sample)+"}"))
			wantForbidden(t, errs, "class/default: spec.defaults."+r.path)
		})
	}
}

func TestLaterClassIsRefused(t *testing.T) {
	for _, r := range laterClass {
		t.Run(r.path, func(t *testing.T) {
			sample := laterClassSamples[r.path]
			if !fields.Exists[v1alpha1.PipelineStackClassSpec](r.path) {
				t.Fatal("there is no such field")
			}
			_, errs := tryStack(classes(t, nested(r.path, sample)))
			wantForbidden(t, errs, "class/default: spec."+r.path)
		})
	}
}

func wantForbidden(t *testing.T, errs field.ErrorList, path string) {
	t.Helper()
	if !slices.ContainsFunc(errs, func(e *field.Error) bool { return e.Type == field.ErrorTypeForbidden && e.Field == path }) {
		t.Errorf("%s is not refused but ignored: %v", path, errs)
	}
}

func TestAvailableValuesAreNotRefused(t *testing.T) {
	cases := map[string]claimCase{
		"Values": {
			reason: "the values that are there",
			spec:   `{database: {type: Shared}, objectStore: {type: Shared}, exposure: {type: None}, tls: {type: ServiceCA}}`,
		},
		"Explicit": {
			reason: "in the class likewise",
			class:  `{identityFrom: NamespaceName, monitoring: {dashboards: false}, database: {allowedTypes: [Shared]}, objectStore: {allowedTypes: [Shared]}}`,
		},
	}
	for name, tc := range cases {
		t.Run(name, tc.run)
	}
}
