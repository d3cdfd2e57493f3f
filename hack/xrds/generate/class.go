package generate

import (
	extv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/utils/ptr"
)

// boundName wants a class's name to be a DNS label, which is all that a claim can name. No marker
// says so: the names of objects are schema of an API server's own, and a rule in CEL could not
// point at them.
func boundName(class *extv1.CustomResourceDefinition) {
	metadata := class.Spec.Versions[0].Schema.OpenAPIV3Schema.Properties["metadata"]
	metadata.Properties = map[string]extv1.JSONSchemaProps{"name": {
		Description: "Name of the class, by which claims name it: small letters, digits and hyphens.",
		Type:        "string",
		Pattern:     `^[a-z0-9]([a-z0-9-]*[a-z0-9])?$`,
		MaxLength:   ptr.To[int64](63),
	}}
	class.Spec.Versions[0].Schema.OpenAPIV3Schema.Properties["metadata"] = metadata
}
