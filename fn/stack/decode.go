package stack

import (
	"embed"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"

	"google.golang.org/protobuf/types/known/structpb"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"
	openapierrors "k8s.io/kube-openapi/pkg/validation/errors"
	"k8s.io/kube-openapi/pkg/validation/spec"
	"k8s.io/kube-openapi/pkg/validation/strfmt"
	"k8s.io/kube-openapi/pkg/validation/validate"

	"github.com/pipelinestack/function-pipelinestack/apis/platform/v1beta1"
	"github.com/pipelinestack/function-pipelinestack/apis/v1alpha1"
)

// The schemas are those of the XRD and of the input's definition, generated from the same Go types, without prose. The API server has
// checked a claim already, but nobody checks the platform's input, nor anything under a local render.
//
//go:embed schema/*.json
var schemaFiles embed.FS

var (
	specSchema     = mustSchema("schema/pipelinestackspec.json")
	platformSchema = mustSchema("schema/platform.json")
)

// compiledSchema is what content is held against.
type compiledSchema struct {
	*validate.SchemaValidator

	quantities *quantities
}

// mustSchema compiles a schema once per process. It panics on a file that is none, which any test finds.
func mustSchema(name string) compiledSchema {
	raw, err := schemaFiles.ReadFile(name)
	if err != nil {
		panic(err)
	}
	s := &spec.Schema{}
	if err := json.Unmarshal(raw, s); err != nil {
		panic(err)
	}
	return compiledSchema{validate.NewSchemaValidator(s, nil, "", strfmt.Default), quantitiesOf(s)}
}

// machinery are the fields of a composite's spec that are Crossplane's, in either flavour.
var machinery = []string{
	"claimRef", "compositionRef", "compositionRevisionRef", "compositionRevisionSelector", "compositionSelector", "compositionUpdatePolicy",
	"crossplane", "publishConnectionDetailsTo", "resourceRefs", "writeConnectionSecretToRef", "compositeDeletePolicy", "resourceRef",
}

// DecodeSpec reads what a tenant wrote into a composite's spec. Unknown fields, wrong types and values that the schema rules out are errors
// with their paths.
func DecodeSpec(in *structpb.Struct) (v1alpha1.PipelineStackSpec, field.ErrorList) {
	content := make(map[string]any, len(in.GetFields()))
	for name, value := range in.GetFields() {
		if !slices.Contains(machinery, name) { // among it is a reference to every object of the stack
			content[name] = value.AsInterface()
		}
	}
	var out v1alpha1.PipelineStackSpec
	return out, decode(specSchema, content, &out, "spec")
}

// DecodePlatform reads the platform's word: the function's input, and over it the data of the EnvironmentConfig that the input names, if
// it names one. Both have the same fields; objects are merged, lists and everything else are replaced.
func DecodePlatform(input, environment map[string]any, catalogue Catalogue) (*Platform, field.ErrorList) {
	var in v1beta1.Platform
	if errs := decode(platformSchema, merged(input, environment), &in, "input"); len(errs) > 0 {
		return nil, errs
	}
	return NewPlatform(in, catalogue)
}

func merged(under, over map[string]any) map[string]any {
	out := maps.Clone(under)
	if out == nil {
		out = map[string]any{}
	}
	for k, v := range over {
		inner, isMap := v.(map[string]any)
		if below, ok := out[k].(map[string]any); ok && isMap {
			v = merged(below, inner)
		}
		out[k] = v
	}
	return out
}

// decode holds content against the schema, quantities first, and reads it.
func decode(s compiledSchema, content map[string]any, into any, root string) field.ErrorList {
	_, errs := s.quantities.bound(content, field.NewPath(root))
	if errs = append(errs, schemaErrors(s.Validate(content).Errors, root)...); len(errs) > 0 {
		return errs
	}
	err := runtime.DefaultUnstructuredConverter.FromUnstructuredWithValidation(content, into, true)
	if err == nil {
		return nil
	}
	strict, ok := runtime.AsStrictDecodingError(err)
	if !ok {
		return field.ErrorList{field.Invalid(field.NewPath(root), field.OmitValueType{}, err.Error())}
	}
	for _, e := range strict.Errors() {
		name := strings.Trim(strings.TrimPrefix(e.Error(), "unknown field "), `"`)
		errs = append(errs, field.Forbidden(field.NewPath(root+"."+name), "there is no such field"))
	}
	return errs
}

// schemaErrors gives errors of the schema's the form of all others. Values are left out: they may be long, or a secret put in the wrong
// place.
func schemaErrors(found []error, root string) field.ErrorList {
	var errs field.ErrorList
	for _, err := range found {
		var v *openapierrors.Validation
		if !errors.As(err, &v) {
			errs = append(errs, field.Invalid(field.NewPath(root), field.OmitValueType{}, err.Error()))
			continue
		}
		path := field.NewPath(root)
		if name := strings.TrimPrefix(v.Name, "."); name != "" {
			path = field.NewPath(root + "." + name)
		}
		text := strings.TrimSpace(strings.TrimPrefix(v.Error(), v.Name+" in body "))
		if v.Code() == openapierrors.RequiredFailCode {
			errs = append(errs, field.Required(path, ""))
			continue
		}
		errs = append(errs, field.Invalid(path, field.OmitValueType{}, text))
	}
	return errs
}
