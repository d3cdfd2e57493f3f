package stack

import (
	"maps"
	"slices"

	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/kube-openapi/pkg/validation/spec"
	"k8s.io/kube-openapi/pkg/validation/strfmt"
	"k8s.io/kube-openapi/pkg/validation/validate"
)

// quantityForm is the error for a quantity that its schema refuses: the schema's own error is a
// pattern.
const quantityForm = `must be an amount from 0 to less than 8E, in quotes unless it is a whole number, such as "500m", "1.5Gi", "1e3" or 2: digits, ` +
	"perhaps a point and more digits, and perhaps a unit (n, u, m, k, M, G, T, P, E, Ki, Mi, Gi, Ti, Pi, Ei) or an exponent (e-9 to e18), " +
	"at most 32 characters in all"

// quantities are the places in a schema that hold quantities; nil where there are none.
type quantities struct {
	self   *validate.SchemaValidator // of a quantity
	fields map[string]*quantities    // of an object
	each   *quantities               // value of a map, or element of a list
}

func quantitiesOf(s *spec.Schema) *quantities {
	if isQuantity(s) {
		return &quantities{self: validate.NewSchemaValidator(s, nil, "", strfmt.Default)}
	}
	q := &quantities{fields: map[string]*quantities{}}
	for name, property := range s.Properties {
		if below := quantitiesOf(&property); below != nil {
			q.fields[name] = below
		}
	}
	switch {
	case s.AdditionalProperties != nil && s.AdditionalProperties.Schema != nil:
		q.each = quantitiesOf(s.AdditionalProperties.Schema)
	case s.Items != nil && s.Items.Schema != nil:
		q.each = quantitiesOf(s.Items.Schema)
	}
	if len(q.fields) == 0 && q.each == nil {
		return nil
	}
	return q
}

// isQuantity tells a Quantity from an IntOrString, whose text has no pattern.
func isQuantity(s *spec.Schema) bool {
	intOrString, _ := s.Extensions.GetBool("x-kubernetes-int-or-string")
	return intOrString && s.Pattern != ""
}

// bound says which quantities in value their schema refuses, and puts 0 in their place, so that
// nothing that follows meets them. That bounds their text too: comparing 1e2000000000 with anything
// writes out all its digits.
func (q *quantities) bound(value any, path *field.Path) (any, field.ErrorList) {
	if q == nil {
		return value, nil
	}
	if q.self != nil {
		if q.self.Validate(value).IsValid() {
			return value, nil
		}
		return "0", field.ErrorList{field.Invalid(path, field.OmitValueType{}, quantityForm)}
	}
	var errs, refused field.ErrorList
	switch value := value.(type) {
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(value)) {
			value[name], refused = q.below(name).bound(value[name], path.Child(name))
			errs = append(errs, refused...)
		}
	case []any:
		for i := range value {
			value[i], refused = q.each.bound(value[i], path.Index(i))
			errs = append(errs, refused...)
		}
	}
	return value, errs
}

// below are the places of quantities in a field of an object, or in a value of a map.
func (q *quantities) below(name string) *quantities {
	if f, ok := q.fields[name]; ok {
		return f
	}
	return q.each
}
