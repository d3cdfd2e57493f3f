package apis

import (
	"maps"
	"slices"
	"strings"
	"testing"

	extv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"

	"github.com/pipelinestack/function-pipelinestack/hack/xrds/generate"
)

// Kubernetes' own pattern of a quantity lets amounts pass that take for ever to compare. Numbers
// have the types that an API server reads them as.
var (
	badQuantities = []any{
		"1e19", "1e400", "1e2000000000", "1E2000000000", "1e-400", "1e-2000000000", strings.Repeat("9", 40), "0." + strings.Repeat("0", 40) + "1",
		strings.Repeat("0", 1_000_000), "8E", "8Ei", "-1", "+1", "1GB", int64(1 << 53), int64(-1), 1e300, 0.5, true,
	}
	goodQuantities = []any{"0", "100m", "0.5", "1.5Gi", "512Mi", "1e3", "7Ei", "7.5E", int64(0), int64(1), int64(1<<53 - 1)}
)

func TestServersBoundQuantities(t *testing.T) {
	definitions := stackDefinitions(t)
	definitions["class"] = readCRD(t, generate.ClassCRD)
	for shape, d := range definitions {
		s, seen := serverOf(t, d), 0
		walk("", d.Spec.Versions[0].Schema.OpenAPIV3Schema, func(path string, field *extv1.JSONSchemaProps) {
			if !field.XIntOrString {
				return
			}
			seen++
			at := strings.ReplaceAll(path, "{}", ".key")
			refuses := func(value any) bool {
				obj := s.object("pipelines", nil)
				maps.Copy(obj, specWith(path, value))
				return slices.Contains(paths(s.create(obj)), at)
			}
			for _, bad := range badQuantities {
				if !refuses(bad) {
					t.Errorf("%s: %s: %.50v is accepted", shape, at, bad)
				}
			}
			for _, good := range goodQuantities {
				if refuses(good) {
					t.Errorf("%s: %s: %v is refused", shape, at, good)
				}
			}
		})
		if seen < 20 {
			t.Errorf("%s: met %d quantities; the schema is misread", shape, seen)
		}
	}
}
