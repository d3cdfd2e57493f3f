package generate

import (
	"encoding/json"

	extv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
)

// Files of the schemas that the function checks its input against.
const (
	SpecSchema  = "fn/stack/schema/pipelinestackspec.json"
	ClassSchema = "fn/stack/schema/classspec.json"
	InputSchema = "fn/stack/schema/input.json"
)

// functionSchema is a schema as a program needs it: without prose, without
// rules in CEL, which the function has in Go, and without what the API
// machinery adds to the root of an object.
func functionSchema(root extv1.JSONSchemaProps) ([]byte, error) {
	bare := *root.DeepCopy()
	strip(&bare)
	body, err := json.Marshal(bare)
	if err != nil {
		return nil, err
	}
	return append(body, '\n'), nil
}

func strip(s *extv1.JSONSchemaProps) {
	s.Description = ""
	s.XValidations = nil
	for name, p := range s.Properties {
		strip(&p)
		s.Properties[name] = p
	}
	if s.Items != nil && s.Items.Schema != nil {
		strip(s.Items.Schema)
	}
	if s.AdditionalProperties != nil && s.AdditionalProperties.Schema != nil {
		strip(s.AdditionalProperties.Schema)
	}
	for _, list := range [][]extv1.JSONSchemaProps{s.AllOf, s.AnyOf, s.OneOf} {
		for i := range list {
			strip(&list[i])
		}
	}
}
