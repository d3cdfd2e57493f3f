package stack

import (
	"maps"
	"slices"

	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/kube-openapi/pkg/validation/spec"
	"k8s.io/kube-openapi/pkg/validation/strfmt"
	"k8s.io/kube-openapi/pkg/validation/validate"
)

// quantityForm is said of a quantity that its schema refuses: the schema's own words are a pattern.
const quantityForm = `must be an amount from 0 to less than 8E, in quotes unless it is a whole number, such as "500m", "1.5Gi", "1e3" or 2: digits, ` +
	"perhaps a point and more digits, and perhaps a unit (n, u, m, k, M, G, T, P, E, Ki, Mi, Gi, Ti, Pi, Ei) or an exponent (e-9 to e18), " +
	"at most 32 characters in all"

// boundQuantities says which quantities in value the schema refuses, and puts 0 in their place, so
// that nothing that follows meets them. Their text is bounded with that: 1e2000000000 could be
// compared to nothing before all its digits are written out.
func boundQuantities(s *spec.Schema, value any, path *field.Path) (any, field.ErrorList) {
	if isQuantity(s) {
		if validate.NewSchemaValidator(s, nil, "", strfmt.Default).Validate(value).IsValid() {
			return value, nil
		}
		return "0", field.ErrorList{field.Invalid(path, field.OmitValueType{}, quantityForm)}
	}
	var errs, refused field.ErrorList
	switch value := value.(type) {
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(value)) {
			if below := property(s, name); below != nil {
				value[name], refused = boundQuantities(below, value[name], path.Child(name))
				errs = append(errs, refused...)
			}
		}
	case []any:
		if s.Items != nil && s.Items.Schema != nil {
			for i := range value {
				value[i], refused = boundQuantities(s.Items.Schema, value[i], path.Index(i))
				errs = append(errs, refused...)
			}
		}
	}
	return value, errs
}

// isQuantity tells a Quantity from an IntOrString, whose text has no pattern.
func isQuantity(s *spec.Schema) bool {
	intOrString, _ := s.Extensions.GetBool("x-kubernetes-int-or-string")
	return intOrString && s.Pattern != ""
}

// property is the schema of a field of an object, or of a key of a map.
func property(s *spec.Schema, name string) *spec.Schema {
	if p, ok := s.Properties[name]; ok {
		return &p
	}
	if s.AdditionalProperties != nil {
		return s.AdditionalProperties.Schema
	}
	return nil
}
