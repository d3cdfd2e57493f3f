package generate

import (
	extv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/utils/ptr"
)

// Bounds of what Kubernetes' own types leave open, in a claim's affinity or a class's selector: the
// longest is the key of a label, with a domain and a slash before its name.
const (
	maxForeignText = 253 + 1 + 63
	maxForeignSize = 64
)

// boundForeign bounds each text, list and map below s that has no bound. Our own types bound theirs
// by markers, which a test of package apis wants.
func boundForeign(s *extv1.JSONSchemaProps) {
	switch {
	case s.Type == "string" && s.MaxLength == nil && len(s.Enum) == 0:
		s.MaxLength = ptr.To[int64](maxForeignText)
	case s.Type == "array" && s.MaxItems == nil:
		s.MaxItems = ptr.To[int64](maxForeignSize)
	case s.Type == "object" && s.AdditionalProperties != nil && s.MaxProperties == nil:
		s.MaxProperties = ptr.To[int64](maxForeignSize)
	}
	for name, p := range s.Properties {
		boundForeign(&p)
		s.Properties[name] = p
	}
	if s.Items != nil && s.Items.Schema != nil {
		boundForeign(s.Items.Schema)
	}
	if s.AdditionalProperties != nil && s.AdditionalProperties.Schema != nil {
		boundForeign(s.AdditionalProperties.Schema)
	}
}

// foreignTypes are the fields whose types are Kubernetes' own.
var foreignTypes = map[string]bool{"affinity": true, "tolerations": true, "selector": true}

// boundForeignTypes finds them below s.
func boundForeignTypes(s *extv1.JSONSchemaProps) {
	for name, p := range s.Properties {
		if foreignTypes[name] {
			boundForeign(&p)
		} else {
			boundForeignTypes(&p)
		}
		s.Properties[name] = p
	}
}
