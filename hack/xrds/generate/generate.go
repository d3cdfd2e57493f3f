// Package generate turns the Go types of the APIs into files: deep copies, the
// two XRDs and the definitions of classes and of the function's input. The command hack/xrds
// writes them and a test of package apis compares them, so both see the same
// bytes.
//
// It reads source code only: it builds and runs while the types do not compile
// for want of their deep copies. Nothing of the function belongs here.
package generate

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"

	extv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"sigs.k8s.io/controller-tools/pkg/crd"
	"sigs.k8s.io/controller-tools/pkg/deepcopy"
	"sigs.k8s.io/controller-tools/pkg/genall"
	"sigs.k8s.io/controller-tools/pkg/loader"
	"sigs.k8s.io/yaml"
)

// Files that are generated beside the deep copies, below the repository's root.
const (
	ClaimXRD      = "xrd.yaml"
	NamespacedXRD = "apis/namespaced/xrd.yaml"
	ClassCRD      = "package/crds/pipelines.opendatahub.io_pipelinestackclasses.yaml"
	InputCRD      = "package/input/pipelinestack.fn.crossplane.io_inputs.yaml"
)

const (
	module = "github.com/pipelinestack/function-pipelinestack/"

	// Packages of the types.
	stackTypes = "apis/v1alpha1"
	inputTypes = "apis/input/v1beta1"

	// The names that controller-tools gives to the definitions.
	stackDefinition = "pipelines.opendatahub.io_pipelinestacks.yaml"
	classDefinition = "pipelines.opendatahub.io_pipelinestackclasses.yaml"
	inputDefinition = "pipelinestack.fn.crossplane.io_inputs.yaml"
)

// Files generates every file from the types below root, the folder of the
// repository. The result holds each file's content by its path below root, with
// slashes. It needs the go command, but no network once modules are downloaded.
func Files(root string) (map[string][]byte, error) {
	out, err := fromTypes(root)
	if err != nil {
		return nil, err
	}
	stack, err := out.takeDefinition(stackDefinition)
	if err != nil {
		return nil, err
	}
	class, err := out.takeDefinition(classDefinition)
	if err != nil {
		return nil, err
	}
	boundName(class)
	for _, def := range []*extv1.CustomResourceDefinition{stack, class} {
		spec := def.Spec.Versions[0].Schema.OpenAPIV3Schema.Properties["spec"]
		boundForeignTypes(&spec)
	}
	input, err := out.takeDefinition(inputDefinition)
	if err != nil {
		return nil, err
	}
	schema, err := stackSchema(stack)
	if err != nil {
		return nil, err
	}

	files := make(map[string][]byte, len(out))
	for name, content := range out {
		files[name] = content.Bytes()
	}
	for name, root := range map[string]extv1.JSONSchemaProps{
		SpecSchema:  stack.Spec.Versions[0].Schema.OpenAPIV3Schema.Properties["spec"],
		ClassSchema: class.Spec.Versions[0].Schema.OpenAPIV3Schema.Properties["spec"],
		InputSchema: *input.Spec.Versions[0].Schema.OpenAPIV3Schema,
	} {
		if files[name], err = functionSchema(root); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	for name, doc := range map[string]struct {
		source string
		object any
	}{
		ClaimXRD:      {stackTypes, claimXRD(schema)},
		NamespacedXRD: {stackTypes, namespacedXRD(schema)},
		ClassCRD:      {stackTypes, class},
		InputCRD:      {inputTypes, input},
	} {
		if files[name], err = document(doc.source, doc.object); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return files, nil
}

// artifacts collects what generators write, by path below the repository's root.
type artifacts map[string]*bytes.Buffer

// Open is where generators write: code into the folder of its package.
func (a artifacts) Open(pkg *loader.Package, name string) (io.WriteCloser, error) {
	if pkg != nil {
		name = path.Join(strings.TrimPrefix(pkg.PkgPath, module), name)
	}
	a[name] = &bytes.Buffer{}
	return discardClose{a[name]}, nil
}

type discardClose struct{ io.Writer }

func (discardClose) Close() error { return nil }

// takeDefinition removes a definition from the artifacts and decodes it.
func (a artifacts) takeDefinition(name string) (*extv1.CustomResourceDefinition, error) {
	raw, ok := a[name]
	if !ok {
		return nil, fmt.Errorf("the types give no %s", name)
	}
	delete(a, name)
	def := &extv1.CustomResourceDefinition{}
	if err := yaml.UnmarshalStrict(raw.Bytes(), def); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	// It names the build of the generator, which is no fact about the API.
	def.Annotations = nil
	return def, nil
}

// fromTypes runs controller-tools over the types.
func fromTypes(root string) (artifacts, error) {
	abs, err := filepath.Abs(root)
	if err != nil {
		return nil, err
	}
	boundQuantities()
	// The generator of deep copies knows no alias as the value of a map; so the type checker says
	// what each stands for.
	defer setenv("GODEBUG", "gotypesalias=0")()
	var copies, definitions genall.Generator = deepcopy.Generator{}, crd.Generator{}
	run, err := genall.Generators{&copies, &definitions}.ForRoots(
		filepath.Join(abs, filepath.FromSlash(stackTypes)),
		filepath.Join(abs, filepath.FromSlash(inputTypes)),
	)
	if err != nil {
		return nil, err
	}
	out := artifacts{}
	problems := &bytes.Buffer{}
	run.OutputRules.Default = out
	run.ErrorWriter = problems
	if failed := run.Run(); failed {
		return nil, errors.New("the types have mistakes; more above\n" + problems.String())
	}
	return out, nil
}

// setenv sets a variable of the process and returns what sets it back.
func setenv(name, value string) func() {
	was := os.Getenv(name)
	_ = os.Setenv(name, value) // both fail for impossible names only
	return func() { _ = os.Setenv(name, was) }
}

// document encodes a Kubernetes object the way a person would write it: without
// what only a cluster fills in.
func document(source string, object any) ([]byte, error) {
	raw, err := json.Marshal(object)
	if err != nil {
		return nil, err
	}
	var content map[string]any
	if err := json.Unmarshal(raw, &content); err != nil {
		return nil, err
	}
	delete(content, "status")
	if meta, ok := content["metadata"].(map[string]any); ok {
		delete(meta, "creationTimestamp")
	}
	body, err := yaml.Marshal(content)
	if err != nil {
		return nil, err
	}
	header := "# Code generated by hack/xrds from the types in " + source + ". DO NOT EDIT; run make generate.\n"
	return append([]byte(header), body...), nil
}
