package check

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"
	utilversion "k8s.io/apimachinery/pkg/util/version"
)

// atWork are the definitions of the kinds that a stack's parts work with; their README says where
// they come from.
//
//go:embed schemas/generations
var atWork embed.FS

const (
	generations = "schemas/generations"
	// ofEvery generation: what Kubeflow Pipelines defines is the same in every release.
	ofEvery = "kubeflow"
)

// A Generation is what a cluster holds at a time for stacks at work: the definitions of one minor
// version of Argo Workflows, and those of Kubeflow Pipelines.
type Generation struct {
	// Name is Argo's minor version, as in 3.7.
	Name  string
	kinds map[schema.GroupVersionKind]*definition
}

// Generations are those that are here, oldest first.
var Generations = sync.OnceValue(func() []Generation {
	folders, err := atWork.ReadDir(generations)
	if err != nil {
		panic(err)
	}
	var all []Generation
	for _, folder := range folders {
		if folder.Name() == ofEvery {
			continue
		}
		g := Generation{Name: folder.Name(), kinds: map[schema.GroupVersionKind]*definition{}}
		for _, of := range []string{folder.Name(), ofEvery} {
			if err := g.read(path.Join(generations, of)); err != nil {
				panic(err)
			}
		}
		all = append(all, g)
	}
	slices.SortFunc(all, func(a, b Generation) int { // 3.10 comes after 3.6
		order, err := utilversion.MustParseGeneric(a.Name).Compare(b.Name)
		if err != nil {
			panic(err)
		}
		return order
	})
	return all
})

func (g Generation) read(folder string) error {
	files, err := fs.Glob(atWork, folder+"/*.json")
	if err != nil {
		return err
	}
	for _, file := range files {
		def, err := readDefinition(atWork, file)
		if err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		g.kinds[def.gvk] = def
	}
	return nil
}

// Serves says whether a cluster with these definitions has a resource, by its plural, in a
// namespace. A subresource goes behind a slash.
func (g Generation) Serves(version schema.GroupVersion, resource string) bool {
	plural, subresource, _ := strings.Cut(resource, "/")
	for gvk, def := range g.kinds {
		if gvk.GroupVersion() == version && def.plural == plural && def.namespaced {
			return subresource == "" || subresource == "status" && def.status
		}
	}
	return false
}

// Resource is the plural of a kind.
func (g Generation) Resource(gvk schema.GroupVersionKind) string {
	if def, ok := g.kinds[gvk]; ok {
		return def.plural
	}
	return ""
}

// Validate says what a cluster with these definitions would refuse of an object, and what it would
// prune.
func (g Generation) Validate(obj map[string]any) []error {
	obj = Normalize(obj)
	def, ok := g.kinds[kindOf(obj)]
	if !ok {
		return about(id(obj), field.ErrorList{field.NotSupported(field.NewPath("kind"), kindOf(obj).String(), g.known())})
	}
	return about(id(obj), def.validate(obj))
}

func (g Generation) known() []string {
	var names []string
	for gvk := range g.kinds {
		names = append(names, gvk.String())
	}
	slices.Sort(names)
	return names
}
