package stack

import (
	"cmp"
	"embed"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"
	openapierrors "k8s.io/kube-openapi/pkg/validation/errors"
	"k8s.io/kube-openapi/pkg/validation/spec"
	"k8s.io/kube-openapi/pkg/validation/strfmt"
	"k8s.io/kube-openapi/pkg/validation/validate"

	"github.com/pipelinestack/function-pipelinestack/apis/input/v1beta1"
	"github.com/pipelinestack/function-pipelinestack/apis/v1alpha1"
)

// The schemas are those of the XRD and of the definitions of classes and of the input, generated
// from the same Go types, without prose. The API server has checked a claim and a class already,
// but nobody checks the function's input, nor anything under a local render.
//
//go:embed schema/*.json
var schemaFiles embed.FS

var (
	specSchema  = mustSchema("schema/pipelinestackspec.json")
	classSchema = mustSchema("schema/classspec.json")
	inputSchema = mustSchema("schema/input.json")
)

// compiledSchema validates content.
type compiledSchema struct {
	*validate.SchemaValidator

	quantities *quantities
}

// mustSchema compiles a schema once per process. It panics on a file that is not a schema, which
// any test finds.
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

// machinery are Crossplane's own fields in a composite's spec, in either flavour.
var machinery = []string{
	"claimRef", "compositionRef", "compositionRevisionRef", "compositionRevisionSelector", "compositionSelector", "compositionUpdatePolicy",
	"crossplane", "publishConnectionDetailsTo", "resourceRefs", "writeConnectionSecretToRef", "compositeDeletePolicy", "resourceRef",
}

// maxSpec is how large a spec may be, in bytes: what kubectl apply takes of an object. Schema and
// rules look at each value, and admission alone has bounds for each of them.
const maxSpec = 256 << 10

// DecodeSpec reads what a tenant wrote into a composite's spec. Unknown fields, wrong types and
// values that the schema rules out are errors with their paths.
func DecodeSpec(in *structpb.Struct) (v1alpha1.PipelineStackSpec, field.ErrorList) {
	var out v1alpha1.PipelineStackSpec
	content, size := make(map[string]any, len(in.GetFields())), 0
	for name, value := range in.GetFields() {
		if slices.Contains(machinery, name) {
			continue // left unread: one of them lists every object of the stack
		}
		if size += len(name) + proto.Size(value); size > maxSpec {
			return out, field.ErrorList{field.TooLong(specPath, "", maxSpec)}
		}
		content[name] = value.AsInterface()
	}
	return out, decode(specSchema, content, &out, specPath)
}

// DecodeClass reads a PipelineStackClass from the API server or from a local render.
func DecodeClass(in *structpb.Struct, catalogue Catalogue) (*Class, field.ErrorList) {
	name := in.GetFields()["metadata"].GetStructValue().GetFields()["name"].GetStringValue()
	var spec v1alpha1.PipelineStackClassSpec
	if errs := decode(classSchema, in.GetFields()["spec"].GetStructValue().AsMap(), &spec, classPath(name)); len(errs) > 0 {
		return nil, errs
	}
	return NewClass(name, spec, catalogue)
}

// DecodeInput reads the function's input, with its defaults filled in.
func DecodeInput(in *structpb.Struct) (v1beta1.Input, field.ErrorList) {
	var input v1beta1.Input
	errs := decode(inputSchema, in.AsMap(), &input, inputPath)
	input.DefaultClassName = cmp.Or(input.DefaultClassName, DefaultClassName)
	return input, errs
}

// decode validates content against the schema, quantities first, and reads it.
func decode(s compiledSchema, content map[string]any, into any, root *field.Path) field.ErrorList {
	_, errs := s.quantities.bound(content, root)
	if errs = append(errs, schemaErrors(s.Validate(content).Errors, root)...); len(errs) > 0 {
		return errs
	}
	err := runtime.DefaultUnstructuredConverter.FromUnstructuredWithValidation(content, into, true)
	if err == nil {
		return nil
	}
	strict, ok := runtime.AsStrictDecodingError(err)
	if !ok {
		return field.ErrorList{field.Invalid(root, field.OmitValueType{}, err.Error())}
	}
	for _, e := range strict.Errors() {
		name := strings.Trim(strings.TrimPrefix(e.Error(), "unknown field "), `"`)
		errs = append(errs, field.Forbidden(root.Child(name), "there is no such field"))
	}
	return errs
}

// schemaErrors turns the schema's errors into field errors. Values are left out: they may be long,
// or a secret put in the wrong place.
func schemaErrors(found []error, root *field.Path) field.ErrorList {
	var errs field.ErrorList
	for _, err := range found {
		var v *openapierrors.Validation
		if !errors.As(err, &v) {
			errs = append(errs, field.Invalid(root, field.OmitValueType{}, err.Error()))
			continue
		}
		path := root
		if name := strings.TrimPrefix(v.Name, "."); name != "" {
			path = root.Child(name)
		}
		text := strings.TrimSpace(strings.TrimPrefix(v.Error(), v.Name+" in body "))
		if v.Code() == openapierrors.RequiredFailCode {
			errs = append(errs, field.Required(path, ""))
			continue
		}
		errs = append(errs, field.Invalid(path, field.OmitValueType{}, inWords(text)))
	}
	return errs
}
