package check

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	extv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	structural "k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/listtype"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/objectmeta"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/pruning"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
)

// A definition is one foreign kind at the version that is used.
type definition struct {
	gvk        schema.GroupVersionKind
	plural     string
	status     bool // has the subresource
	namespaced bool
	schema     *extv1.JSONSchemaProps

	once   sync.Once
	err    error
	shape  *structural.Structural
	values validation.SchemaValidator
	rules  *cel.Validator // nil: the kind has no CEL rules
}

// compile prepares the validators; CEL programs are dear, so only for kinds
// that are really met.
func (d *definition) compile() error {
	d.once.Do(func() {
		var internal apiextensions.JSONSchemaProps
		if d.err = extv1.Convert_v1_JSONSchemaProps_To_apiextensions_JSONSchemaProps(d.schema, &internal, nil); d.err != nil {
			return
		}
		if d.shape, d.err = structural.NewStructural(&internal); d.err != nil {
			return
		}
		if errs := structural.ValidateStructural(nil, d.shape); len(errs) > 0 {
			d.err = errs.ToAggregate()
			return
		}
		if d.values, _, d.err = validation.NewSchemaValidator(&internal); d.err != nil {
			return
		}
		d.rules = cel.NewValidator(d.shape, true, celconfig.PerCallLimit)
	})
	return d.err
}

// validate does what an API server does with a new object, in its order:
// prune (here: report), default, then metadata, values, lists and CEL rules.
// It changes obj.
func (d *definition) validate(obj map[string]any) field.ErrorList {
	if err := d.compile(); err != nil {
		return field.ErrorList{field.InternalError(nil, fmt.Errorf("schema of %s: %w", d.gvk, err))}
	}
	errs := validateMeta(obj, d.namespaced, nameFunc(d.gvk))

	unknown := pruning.PruneWithOptions(obj, d.shape, true, structural.UnknownFieldPathOptions{TrackUnknownFieldPaths: true})
	for _, path := range unknown {
		errs = append(errs, field.Invalid(field.NewPath(path), path, "unknown field"))
	}
	defaulting.PruneNonNullableNullsWithoutDefaults(obj, d.shape)
	defaulting.Default(obj, d.shape)

	errs = append(errs, validation.ValidateCustomResource(nil, obj, d.values)...)
	errs = append(errs, objectmeta.Validate(nil, obj, d.shape, false)...)
	errs = append(errs, listtype.ValidateListSetsAndMaps(nil, d.shape, obj)...)
	if d.rules != nil && !blocksRules(errs) {
		found, _ := d.rules.Validate(context.Background(), nil, d.shape, obj, nil, celconfig.RuntimeCELCostBudget)
		errs = append(errs, found...)
	}
	inOrder(errs) // maps were walked in any order
	return errs
}

// blocksRules tells of errors that make the evaluation of CEL rules pointless,
// since rules presume the shape that the schema promises. A server skips them
// for the same types of error.
func blocksRules(errs field.ErrorList) bool {
	return slices.ContainsFunc(errs, func(err *field.Error) bool {
		switch err.Type {
		case field.ErrorTypeNotSupported, field.ErrorTypeRequired, field.ErrorTypeTooLong,
			field.ErrorTypeTooMany, field.ErrorTypeTypeInvalid:
			return true
		default:
			return false
		}
	})
}
