package apis

import (
	"slices"
	"strings"
	"testing"

	extv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/util/json"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/pipelinestack/function-pipelinestack/hack/xrds/generate"
)

func TestWrongWordsAreRefused(t *testing.T) {
	const wrong = "Wrong"
	servers := stackServers(t)
	seen := 0
	eachField(t, func(path string, s *extv1.JSONSchemaProps) {
		if len(s.Enum) == 0 {
			return
		}
		seen++
		want := "spec." + strings.ReplaceAll(path, "[]", "[0]")
		for shape, server := range servers {
			errs := server.create(server.object("pipelines", specWith(path, wrong)))
			if !slices.ContainsFunc(errs, func(err *field.Error) bool {
				return err.Field == want && err.Type == field.ErrorTypeNotSupported
			}) {
				t.Errorf("%s: %s: %s is accepted: %v", shape, want, wrong, errs.ToAggregate())
			}
		}
	})
	if seen < 10 {
		t.Errorf("met %d fields with an enumeration; the schema is misread", seen)
	}
}

// A rule that reads a field without asking whether it is there fails with "no
// such key", and the tenant reads nonsense. So every field is set alone, to
// every word it knows.
func TestRulesGuardWhatTheyRead(t *testing.T) {
	servers := stackServers(t)
	eachField(t, func(path string, s *extv1.JSONSchemaProps) {
		for _, value := range someValues(t, s) {
			for shape, server := range servers {
				for _, err := range server.rules(server.object("pipelines", specWith(path, value))) {
					if strings.Contains(err.Detail, "no such key") {
						t.Errorf("%s: only spec.%s is set, to %v: %v", shape, path, value, err)
					}
				}
			}
		}
	})
}

// eachField visits every field of a stack's spec; paths start below spec.
func eachField(t *testing.T, visit func(path string, s *extv1.JSONSchemaProps)) {
	t.Helper()
	spec := xrdSchema(t, readXRD(t, generate.ClaimXRD)).Properties["spec"]
	walk("", &spec, func(path string, s *extv1.JSONSchemaProps) {
		if path != "" {
			visit(path, s)
		}
	})
}

// specWith is a spec in which one field is set.
func specWith(path string, value any) map[string]any {
	steps := strings.Split(path, ".")
	for _, step := range slices.Backward(steps) {
		name := strings.TrimRight(step, "[]{}")
		for rest := step[len(name):]; rest != ""; rest = rest[:len(rest)-2] {
			if strings.HasSuffix(rest, "[]") {
				value = []any{value}
			} else {
				value = map[string]any{"key": value}
			}
		}
		value = map[string]any{name: value}
	}
	return value.(map[string]any)
}

// someValues are all words of an enumeration, or the least that has the type of
// a field.
func someValues(t *testing.T, s *extv1.JSONSchemaProps) []any {
	t.Helper()
	if len(s.Enum) > 0 {
		words := make([]any, len(s.Enum))
		for i, word := range s.Enum {
			if err := json.Unmarshal(word.Raw, &words[i]); err != nil {
				t.Fatal(err)
			}
		}
		return words
	}
	switch s.Type {
	case "object":
		return []any{map[string]any{}}
	case "array":
		return []any{[]any{}}
	case "boolean":
		return []any{false, true}
	case "integer":
		return []any{int64(1)}
	default:
		return []any{"x"}
	}
}
