package apis

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/crossplane/crossplane-runtime/v2/pkg/xcrd"
	xrdv1 "github.com/crossplane/crossplane/apis/v2/apiextensions/v1"
	xrdv2 "github.com/crossplane/crossplane/apis/v2/apiextensions/v2"
	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	extv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	crdvalidation "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/validation"
	structural "k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/listtype"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/pruning"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	"k8s.io/apimachinery/pkg/util/json"
	"k8s.io/apimachinery/pkg/util/validation/field"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	"sigs.k8s.io/yaml"

	"github.com/pipelinestack/function-pipelinestack/hack/xrds/generate"
)

// read reads a file of the repository.
func read(t *testing.T, name string) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// readYAML decodes a file of the repository and refuses fields it does not know.
func readYAML(t *testing.T, name string, into any) {
	t.Helper()
	if err := yaml.UnmarshalStrict([]byte(read(t, name)), into); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

// readXRD reads an XRD of either version the way Crossplane's core does: as the
// first, which has every field of the second.
func readXRD(t *testing.T, name string) *xrdv1.CompositeResourceDefinition {
	t.Helper()
	xrd := &xrdv1.CompositeResourceDefinition{}
	readYAML(t, name, xrd)
	if xrd.APIVersion == xrdv2.SchemeGroupVersion.String() {
		readYAML(t, name, &xrdv2.CompositeResourceDefinition{})
	}
	if len(xrd.Spec.Versions) != 1 {
		t.Fatalf("%s has %d versions, want 1", name, len(xrd.Spec.Versions))
	}
	// An API server would have given it one; what is owned by the XRD needs it.
	xrd.UID = "00000000-0000-0000-0000-000000000000"
	return xrd
}

// readCRD reads a definition that is installed as it is.
func readCRD(t *testing.T, name string) *extv1.CustomResourceDefinition {
	t.Helper()
	d := &extv1.CustomResourceDefinition{}
	readYAML(t, name, d)
	if len(d.Spec.Versions) != 1 {
		t.Fatalf("%s has %d versions, want 1", name, len(d.Spec.Versions))
	}
	return d
}

func xrdSchema(t *testing.T, xrd *xrdv1.CompositeResourceDefinition) *extv1.JSONSchemaProps {
	t.Helper()
	schema := &extv1.JSONSchemaProps{}
	if err := json.Unmarshal(xrd.Spec.Versions[0].Schema.OpenAPIV3Schema.Raw, schema); err != nil {
		t.Fatal(err)
	}
	return schema
}

// stackDefinitions are the definitions that Crossplane makes of the XRDs: the
// composite and the claim of the claim flavour, the composite of the other.
func stackDefinitions(t *testing.T) map[string]*extv1.CustomResourceDefinition {
	t.Helper()
	claim, namespaced := readXRD(t, generate.ClaimXRD), readXRD(t, generate.NamespacedXRD)
	composite, err1 := xcrd.ForCompositeResource(claim)
	claimed, err2 := xcrd.ForCompositeResourceClaim(claim)
	modern, err3 := xcrd.ForCompositeResource(namespaced)
	if err := errors.Join(err1, err2, err3); err != nil {
		t.Fatal(err)
	}
	return map[string]*extv1.CustomResourceDefinition{"composite": composite, "claim": claimed, "namespaced": modern}
}

// An API server refuses a definition whose rules do not compile or could cost
// too much.
func TestDefinitionsAreAccepted(t *testing.T) {
	definitions := stackDefinitions(t)
	definitions["class"], definitions["input"] = readCRD(t, generate.ClassCRD), readCRD(t, generate.InputCRD)

	for name, d := range definitions {
		extv1.SetObjectDefaults_CustomResourceDefinition(d)
		d.Status.StoredVersions = []string{d.Spec.Versions[0].Name}
		internal := &apiextensions.CustomResourceDefinition{}
		if err := extv1.Convert_v1_CustomResourceDefinition_To_apiextensions_CustomResourceDefinition(d, internal, nil); err != nil {
			t.Fatal(err)
		}
		for _, err := range crdvalidation.ValidateCustomResourceDefinition(context.Background(), internal) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A server stores objects of one definition, as far as its schema goes.
type server struct {
	apiVersion, kind string
	shape            *structural.Structural
	values           validation.SchemaValidator
	cel              *cel.Validator
}

// stackServers are servers for every shape in which a stack is stored.
func stackServers(t *testing.T) map[string]*server {
	t.Helper()
	servers := map[string]*server{}
	for name, d := range stackDefinitions(t) {
		servers[name] = serverOf(t, d)
	}
	return servers
}

// allServers are servers for every shape of a stack, and for classes.
func allServers(t *testing.T) map[string]*server {
	t.Helper()
	servers := stackServers(t)
	servers["class"] = classServer(t)
	return servers
}

// classServer is a server for classes.
func classServer(t *testing.T) *server {
	t.Helper()
	return serverOf(t, readCRD(t, generate.ClassCRD))
}

// serverOf is a server that knows one definition.
func serverOf(t *testing.T, d *extv1.CustomResourceDefinition) *server {
	t.Helper()
	version := d.Spec.Versions[0]
	s := &server{apiVersion: d.Spec.Group + "/" + version.Name, kind: d.Spec.Names.Kind}
	internal := &apiextensions.JSONSchemaProps{}
	err := extv1.Convert_v1_JSONSchemaProps_To_apiextensions_JSONSchemaProps(version.Schema.OpenAPIV3Schema, internal, nil)
	if err != nil {
		t.Fatal(err)
	}
	if s.shape, err = structural.NewStructural(internal); err != nil {
		t.Fatal(err)
	}
	if s.values, _, err = validation.NewSchemaValidator(internal); err != nil {
		t.Fatal(err)
	}
	s.cel = cel.NewValidator(s.shape, true, celconfig.PerCallLimit)
	return s
}

// object of the server's kind.
func (s *server) object(name string, spec map[string]any) map[string]any {
	return map[string]any{
		"apiVersion": s.apiVersion,
		"kind":       s.kind,
		"metadata":   map[string]any{"name": name},
		"spec":       spec,
	}
}

// create says what a server with strict field validation finds wrong with a new
// object, in its order. It changes obj.
func (s *server) create(obj map[string]any) field.ErrorList {
	var errs field.ErrorList
	for _, path := range pruning.PruneWithOptions(obj, s.shape, true, structural.UnknownFieldPathOptions{TrackUnknownFieldPaths: true}) {
		errs = append(errs, field.Forbidden(field.NewPath(path), "unknown field"))
	}
	defaulting.PruneNonNullableNullsWithoutDefaults(obj, s.shape)
	defaulting.Default(obj, s.shape)
	errs = append(errs, validation.ValidateCustomResource(nil, obj, s.values)...)
	errs = append(errs, listtype.ValidateListSetsAndMaps(nil, s.shape, obj)...)
	if slices.ContainsFunc(errs, blocksRules) {
		return errs
	}
	return append(errs, s.rules(obj)...)
}

// blocksRules tells of an error after which a server does not ask the rules,
// which presume an object of the right shape.
func blocksRules(err *field.Error) bool {
	return slices.Contains([]field.ErrorType{
		field.ErrorTypeNotSupported, field.ErrorTypeRequired, field.ErrorTypeTooLong,
		field.ErrorTypeTooMany, field.ErrorTypeTypeInvalid,
	}, err.Type)
}

// rules says what the CEL rules alone find wrong.
func (s *server) rules(obj map[string]any) field.ErrorList {
	errs, _ := s.cel.Validate(context.Background(), nil, s.shape, obj, nil, celconfig.RuntimeCELCostBudget)
	return errs
}

// parse decodes YAML with the types of number that an API server uses.
func parse(t *testing.T, text string) map[string]any {
	t.Helper()
	raw, err := yaml.YAMLToJSON([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	content := map[string]any{}
	if err := json.Unmarshal(raw, &content); err != nil {
		t.Fatal(err)
	}
	return content
}

// paths are the fields that errors are about, each once.
func paths(errs field.ErrorList) []string {
	var found []string
	for _, err := range errs {
		found = append(found, err.Field)
	}
	slices.Sort(found)
	return slices.Compact(found)
}
