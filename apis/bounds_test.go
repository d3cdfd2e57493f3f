package apis

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	extv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"

	"github.com/pipelinestack/function-pipelinestack/hack/xrds/generate"
)

// freeText are the fields whose text has no form, and why.
var freeText = map[string]string{
	"pipelineRunner.serviceAccountAnnotations{}": "an annotation holds anything; the function checks those of cloud identities that it knows",
}

// odd texts are what no form takes. Free text takes all but the longest.
var odd = map[string]string{
	"Empty word":    " ",
	"Lines":         "a\nb",
	"NUL":           "a\x00b",
	"Separators":    "a&b=c;d",
	"Other letters": "ä\u202e",
	"Shell":         "$(a) `b`",
	"Longest":       strings.Repeat("a", 300_000),
}

// oddTaken are the odd texts that a field takes all the same, and why.
var oddTaken = map[string]struct{ odd, why string }{
	"env[].value":            {"Empty word, Lines, Separators, Other letters, Shell", "a variable holds anything but NUL"},
	"auth.audiences[]":       {"Separators", "an audience is often a URL"},
	"aws.tags{}":             {"Empty word", "a tag may hold spaces"},
	"database.extraParams{}": {"Empty word", "the function checks the values of each parameter"},
}

func TestOddTextsAreRefused(t *testing.T) {
	for shape, server := range map[string]*server{"claim": stackServers(t)["claim"], "class": classServer(t)} {
		seen := 0
		eachField(t, shape, func(path string, s *extv1.JSONSchemaProps) {
			if s.Type != "string" || foreignText.MatchString(path) || strings.HasPrefix(path, "defaults.") {
				return
			}
			seen++
			want := "spec." + strings.NewReplacer("[]", "[0]", "{}", ".key").Replace(path)
			taken := ""
			for suffix, t := range oddTaken {
				if strings.HasSuffix(path, suffix) {
					taken = t.odd
				}
			}
			for name, text := range odd {
				_, free := freeText[path]
				takes := strings.Contains(taken, name) || free && name != "Longest"
				refused := slices.Contains(paths(server.create(server.object("pipelines", specWith(path, text)))), want)
				if refused == takes {
					t.Errorf("%s: %s: %s: refused is %t, want %t", shape, want, name, refused, !takes)
				}
			}
		})
		if seen < 50 {
			t.Errorf("%s: met %d texts; the schema is misread", shape, seen)
		}
	}
}

// foreignText is Kubernetes' own, and checked by the function as Kubernetes does.
var foreignText = regexp.MustCompile(`(scheduling\.(affinity|tolerations\[\])|allowedNamespaces\.selector)\.`)

// What has no form is accepted and fails later, and what has no bound fills objects that others
// read: each text has a form and a length, each list and each map a size.
func TestFieldsAreBounded(t *testing.T) {
	met := map[string]bool{}
	for file, schema := range schemas(t) {
		spec := schema.Properties["spec"]
		if file == generate.InputCRD {
			spec = *schema
			for _, name := range []string{"apiVersion", "kind", "metadata"} {
				delete(spec.Properties, name)
			}
		}
		walk("", &spec, func(path string, s *extv1.JSONSchemaProps) {
			at := strings.TrimPrefix(path, "defaults.")
			switch {
			case s.Type == "string" && len(s.Enum) == 0:
				if _, free := freeText[at]; free {
					met[at] = true
				} else if s.Pattern == "" && s.Format == "" && !foreignText.MatchString(path) {
					t.Errorf("%s: %s takes any text: give it a form of apis/v1alpha1/forms.go, or say in freeText why not", file, path)
				}
				if s.MaxLength == nil {
					t.Errorf("%s: %s has no length", file, path)
				}
			case s.Type == "array" && s.MaxItems == nil:
				t.Errorf("%s: the list %s has no size", file, path)
			case s.Type == "object" && s.AdditionalProperties != nil && s.MaxProperties == nil:
				t.Errorf("%s: the map %s has no size", file, path)
			}
		})
	}
	for path := range freeText {
		if !met[path] {
			t.Errorf("freeText speaks of %s, which is no field", path)
		}
	}
}
