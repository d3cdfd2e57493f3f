package apis

import (
	"regexp"
	"strings"
	"testing"

	extv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"

	"github.com/pipelinestack/function-pipelinestack/hack/xrds/generate"
)

// walk visits every schema below s, in no order. Paths read like
// spec.apiServer.env[].name; {} stands for any key of a map.
func walk(path string, s *extv1.JSONSchemaProps, visit func(path string, s *extv1.JSONSchemaProps)) {
	visit(path, s)
	for name, property := range s.Properties {
		walk(strings.TrimPrefix(path+"."+name, "."), &property, visit)
	}
	if s.Items != nil && s.Items.Schema != nil {
		walk(path+"[]", s.Items.Schema, visit)
	}
	if s.AdditionalProperties != nil && s.AdditionalProperties.Schema != nil {
		walk(path+"{}", s.AdditionalProperties.Schema, visit)
	}
}

// schemas are the generated schemas by file. Those of the two XRDs are equal.
func schemas(t *testing.T) map[string]*extv1.JSONSchemaProps {
	t.Helper()
	return map[string]*extv1.JSONSchemaProps{
		generate.ClaimXRD: xrdSchema(t, readXRD(t, generate.ClaimXRD)),
		generate.ClassCRD: readCRD(t, generate.ClassCRD).Spec.Versions[0].Schema.OpenAPIV3Schema,
		generate.InputCRD: readCRD(t, generate.InputCRD).Spec.Versions[0].Schema.OpenAPIV3Schema,
	}
}

// kubectl explain is the manual, so every field is described in sentences.
func TestFieldsAreDescribed(t *testing.T) {
	var (
		sentence = regexp.MustCompile(`^[A-Z](?s:.*)\.$`)
		// Prose below these is Kubernetes' own.
		foreign = regexp.MustCompile(`(scheduling\.(affinity|tolerations\[\])|allowedNamespaces\.selector)\.|^(apiVersion|kind)$`)
		// Kubernetes says what metadata is; elements are said by their list or map.
		silent = regexp.MustCompile(`^metadata$|(\[\]|\{\})$`)
	)
	for file, schema := range schemas(t) {
		walk("", schema, func(path string, s *extv1.JSONSchemaProps) {
			switch {
			case silent.MatchString(path):
			case s.Description == "":
				t.Errorf("%s: %s has no description", file, path)
			case foreign.MatchString(path):
			case !sentence.MatchString(s.Description):
				t.Errorf("%s: %s is not described by a sentence: %q", file, path, s.Description)
			}
		})
	}
}

// Built in < class < claim: a default that an API server writes into the claim would win over the
// class's.
func TestNoFieldHasADefault(t *testing.T) {
	for file, schema := range schemas(t) {
		walk("", schema, func(path string, s *extv1.JSONSchemaProps) {
			if s.Default != nil {
				t.Errorf("%s: %s has the default %s", file, path, s.Default.Raw)
			}
		})
	}
}
