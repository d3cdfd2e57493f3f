package check

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"sync"

	extv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"sigs.k8s.io/yaml"
)

// definitions are the CustomResourceDefinitions of foreign kinds; their README
// says where they come from.
//
//go:embed schemas/*.json schemas/own/*.yaml
var definitions embed.FS

// foreign is the embedded definitions by kind, read once. They are part of
// this package, so a mistake in them is a mistake in the program.
var foreign = sync.OnceValue(func() map[schema.GroupVersionKind]*definition {
	kinds := map[schema.GroupVersionKind]*definition{}
	err := fs.WalkDir(definitions, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		def, err := readDefinition(definitions, name)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if _, ok := kinds[def.gvk]; ok {
			return fmt.Errorf("%s: %s is defined twice", name, def.gvk)
		}
		kinds[def.gvk] = def
		return nil
	})
	if err != nil {
		panic(err)
	}
	return kinds
})

func readDefinition(files embed.FS, name string) (*definition, error) {
	raw, err := files.ReadFile(name)
	if err != nil {
		return nil, err
	}
	var crd extv1.CustomResourceDefinition
	if path.Ext(name) == ".json" {
		err = json.Unmarshal(raw, &crd)
	} else {
		err = yaml.UnmarshalStrict(raw, &crd)
	}
	if err != nil {
		return nil, err
	}
	if len(crd.Spec.Versions) != 1 {
		return nil, fmt.Errorf("has %d versions, want the one that is emitted", len(crd.Spec.Versions))
	}
	v := crd.Spec.Versions[0]
	return &definition{
		gvk:        schema.GroupVersionKind{Group: crd.Spec.Group, Version: v.Name, Kind: crd.Spec.Names.Kind},
		plural:     crd.Spec.Names.Plural,
		status:     v.Subresources != nil && v.Subresources.Status != nil,
		namespaced: crd.Spec.Scope == extv1.NamespaceScoped,
		schema:     v.Schema.OpenAPIV3Schema,
	}, nil
}

// Validate says whether an API server would accept an object as it is, and a
// little more: unknown fields, which a server prunes or warns about, are
// errors, as are references inside one object that go nowhere. Foreign kinds
// are validated against their own definitions with defaults and CEL rules,
// built-in kinds against Kubernetes' OpenAPI schema and the rules of this
// package. The manifest inside a provider-kubernetes Object is validated too.
// A kind that is neither is an error.
func Validate(obj map[string]any) []error {
	obj = Normalize(obj)
	var list field.ErrorList
	gvk := kindOf(obj)
	if def, ok := foreign()[gvk]; ok {
		list = def.validate(obj)
	} else if _, ok := builtinKinds[gvk]; ok {
		list = validateBuiltin(obj)
	} else {
		list = field.ErrorList{field.NotSupported(field.NewPath("kind"), gvk.String(), knownKinds())}
	}
	errs := about(id(obj), list)
	if m := manifest(obj); m != nil {
		for _, err := range Validate(m) {
			errs = append(errs, fmt.Errorf("%s: spec.forProvider.manifest: %w", id(obj), err))
		}
	}
	return errs
}

// Namespaced says whether objects of a kind live in a namespace, and whether
// the kind is known at all.
func Namespaced(gvk schema.GroupVersionKind) (namespaced, known bool) {
	if def, ok := foreign()[gvk]; ok {
		return def.namespaced, true
	}
	namespaced, known = builtinKinds[gvk]
	return namespaced, known
}

// Kinds lists the foreign kinds whose definitions are here, in order.
func Kinds() []schema.GroupVersionKind {
	return slices.SortedFunc(maps.Keys(foreign()), func(a, b schema.GroupVersionKind) int {
		return strings.Compare(a.String(), b.String())
	})
}

func knownKinds() []string {
	var names []string
	for _, gvk := range Kinds() {
		names = append(names, gvk.String())
	}
	for gvk := range builtinKinds {
		names = append(names, gvk.String())
	}
	slices.Sort(names)
	return names
}
