package apis

import (
	"maps"
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
	for shape, server := range allServers(t) {
		seen := 0
		eachField(t, shape, func(path string, s *extv1.JSONSchemaProps) {
			if len(s.Enum) == 0 {
				return
			}
			seen++
			want := "spec." + strings.NewReplacer("[]", "[0]", "{}", ".key").Replace(path)
			errs := server.create(server.object("pipelines", specWith(path, wrong)))
			if !slices.ContainsFunc(errs, func(err *field.Error) bool {
				return err.Field == want && err.Type == field.ErrorTypeNotSupported
			}) {
				t.Errorf("%s: %s: %s is accepted: %v", shape, want, wrong, errs.ToAggregate())
			}
		})
		if seen < 10 {
			t.Errorf("%s: met %d fields with an enumeration; the schema is misread", shape, seen)
		}
	}
}

// A rule that reads a field without asking whether it is there fails with "no
// such key", and whoever wrote the object reads nonsense. So every field is set
// alone, to every word it knows.
func TestRulesGuardWhatTheyRead(t *testing.T) {
	for shape, server := range allServers(t) {
		eachField(t, shape, func(path string, s *extv1.JSONSchemaProps) {
			for _, value := range someValues(t, s) {
				for _, err := range server.rules(server.object("pipelines", specWith(path, value))) {
					if strings.Contains(err.Detail, "no such key") {
						t.Errorf("%s: only spec.%s is set, to %v: %v", shape, path, value, err)
					}
				}
			}
		})
	}
}

// What shows every field in tests and to people does.
func TestFullSpecsSetEveryField(t *testing.T) {
	// excluded fields cannot stand beside one that is set.
	excluded := map[string][]string{
		"claim": {"database.embedded", "database.external.username", "objectStore.embedded"},
		"class": {"objectStore.objectBucketClaim", "objectStore.aws.podIdentity"},
	}
	for shape, file := range map[string]string{"claim": "apis/testdata/full.yaml", "class": "apis/testdata/class.yaml"} {
		spec := parse(t, read(t, file))
		eachField(t, shape, func(path string, _ *extv1.JSONSchemaProps) {
			below := func(parent string) bool { return path == parent || strings.HasPrefix(path, parent+".") }
			if shape == "class" && below("defaults") || strings.Contains(path, "scheduling.affinity.") || strings.Contains(path, "tolerations[]") {
				return // shown by the claim, or Kubernetes' own
			}
			if is, want := isSet(spec, strings.Split(path, ".")), !slices.ContainsFunc(excluded[shape], below); is != want {
				t.Errorf("%s sets %s: %t, want %t", file, path, is, want)
			}
		})
	}
}

// isSet says whether a field is there, in any element of what holds it.
func isSet(in any, steps []string) bool {
	if len(steps) == 0 {
		return true
	}
	name := strings.TrimRight(steps[0], "[]{}")
	value, ok := in.(map[string]any)[name]
	if !ok {
		return false
	}
	values := []any{value}
	for rest := steps[0][len(name):]; rest != ""; rest = rest[2:] {
		var elements []any
		for _, v := range values {
			switch v := v.(type) {
			case []any:
				elements = append(elements, v...)
			case map[string]any:
				elements = slices.AppendSeq(elements, maps.Values(v))
			}
		}
		values = elements
	}
	return slices.ContainsFunc(values, func(v any) bool { return isSet(v, steps[1:]) })
}

// eachField visits every field of a shape's spec; paths start below spec.
func eachField(t *testing.T, shape string, visit func(path string, s *extv1.JSONSchemaProps)) {
	t.Helper()
	file := generate.ClaimXRD // every shape of a stack has the same
	if shape == "class" {
		file = generate.ClassCRD
	}
	spec := schemas(t)[file].Properties["spec"]
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
