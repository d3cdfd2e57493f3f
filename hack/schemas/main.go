// Command schemas writes the test data of internal/check/schemas: the
// CustomResourceDefinitions of the foreign kinds that a stack consists of or
// works with, each with the one served version that is used and without any
// prose.
//
//	go run ./hack/schemas -crds DIR -out internal/check/schemas
//
// DIR holds checkouts of the definitions as their projects publish them, one
// folder per project (the folder names stand in sources.go, the projects'
// addresses and versions in the README that this program writes). Projects
// that publish a Go module are downloaded through the module proxy instead,
// outside this module, so that nothing of them becomes a dependency.
package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	extv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"sigs.k8s.io/yaml"
)

func main() {
	crds := flag.String("crds", "", "folder with the definitions, one folder per project")
	out := flag.String("out", "internal/check/schemas", "folder to write to; hand-written schemas in its folder own stay")
	flag.Parse()
	if err := run(*crds, *out); err != nil {
		fmt.Fprintln(os.Stderr, "schemas:", err)
		os.Exit(1)
	}
}

// run replaces all generated files of a folder.
func run(crds, out string) error {
	if crds == "" {
		return fmt.Errorf("-crds is required")
	}
	old, err := filepath.Glob(filepath.Join(out, "*.json"))
	if err != nil {
		return err
	}
	for _, f := range append(old, filepath.Join(out, generations)) {
		if err := os.RemoveAll(f); err != nil {
			return err
		}
	}
	for _, s := range sources {
		dir, err := s.locate(crds)
		if err != nil {
			return fmt.Errorf("%s: %w", s.Project, err)
		}
		for _, k := range s.Kinds {
			if err := s.write(k, dir, out); err != nil {
				return fmt.Errorf("%s: %w", k.File, err)
			}
		}
	}
	return os.WriteFile(filepath.Join(out, "README.md"), readme(sources), 0o644)
}

// write writes one kind's definition, from a folder of its project's to a folder of ours.
func (s source) write(k kind, from, to string) error {
	raw, err := os.ReadFile(filepath.Join(from, k.File))
	if err != nil {
		return err
	}
	slim, err := reduce(raw, k.Version)
	if err != nil {
		return err
	}
	if s.Generation != "" {
		if slim, err = oneLine(slim); err != nil {
			return err
		}
	}
	file := filepath.Join(to, filepath.FromSlash(s.output(k)))
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	return os.WriteFile(file, slim, 0o644)
}

// reduce keeps of a definition what validation and installation need: names,
// scope, one served version, its schema without prose.
func reduce(raw []byte, version string) ([]byte, error) {
	var crd extv1.CustomResourceDefinition
	if err := yaml.Unmarshal(raw, &crd); err != nil {
		return nil, err
	}
	var kept *extv1.CustomResourceDefinitionVersion
	for i := range crd.Spec.Versions {
		if v := &crd.Spec.Versions[i]; v.Name == version && v.Served {
			kept = v
		}
	}
	if kept == nil {
		return nil, fmt.Errorf("version %q is not served", version)
	}
	kept.Storage = true
	kept.Deprecated = false
	kept.DeprecationWarning = nil
	kept.AdditionalPrinterColumns = nil
	kept.SelectableFields = nil
	stripProse(kept.Schema.OpenAPIV3Schema)

	meta := map[string]any{"name": crd.Name}
	if approved, ok := crd.Annotations[extv1.KubeAPIApprovedAnnotation]; ok {
		meta["annotations"] = map[string]string{extv1.KubeAPIApprovedAnnotation: approved}
	}
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	err := enc.Encode(map[string]any{
		"apiVersion": extv1.SchemeGroupVersion.String(),
		"kind":       "CustomResourceDefinition",
		"metadata":   meta,
		"spec": extv1.CustomResourceDefinitionSpec{
			Group:    crd.Spec.Group,
			Names:    crd.Spec.Names,
			Scope:    crd.Spec.Scope,
			Versions: []extv1.CustomResourceDefinitionVersion{*kept},
		},
	})
	return buf.Bytes(), err
}

// oneLine is for definitions that nobody reads: one of them has 30,000 lines otherwise.
func oneLine(pretty []byte) ([]byte, error) {
	var buf bytes.Buffer
	err := json.Compact(&buf, pretty)
	buf.WriteByte('\n')
	return buf.Bytes(), err
}

// stripProse removes texts for people from a schema, all the way down. It goes
// along the schema's structure, so that a property that happens to be named
// description stays.
func stripProse(s *extv1.JSONSchemaProps) {
	if s == nil {
		return
	}
	s.Description = ""
	s.Title = ""
	s.Example = nil
	s.ExternalDocs = nil
	for _, m := range []map[string]extv1.JSONSchemaProps{s.Properties, s.PatternProperties, s.Definitions} {
		for name, p := range m {
			stripProse(&p)
			m[name] = p
		}
	}
	for _, list := range [][]extv1.JSONSchemaProps{s.AllOf, s.AnyOf, s.OneOf} {
		for i := range list {
			stripProse(&list[i])
		}
	}
	stripProse(s.Not)
	if s.Items != nil {
		stripProse(s.Items.Schema)
	}
	for _, b := range []*extv1.JSONSchemaPropsOrBool{s.AdditionalProperties, s.AdditionalItems} {
		if b != nil {
			stripProse(b.Schema)
		}
	}
}

// readme is the index beside the data: what each file is derived from.
func readme(sources []source) []byte {
	var b strings.Builder
	b.WriteString(preamble)
	b.WriteString("\n| file | kind | source | version | path there | licence |\n|---|---|---|---|---|---|\n")
	for _, s := range sources {
		for _, k := range s.Kinds {
			fmt.Fprintf(&b, "| `%s` | %s `%s` | %s | %s | `%s/%s` | %s |\n",
				s.output(k), k.Kind, k.Version, s.Project, s.Version, s.Path, k.File, s.Licence)
		}
	}
	return []byte(b.String())
}

const preamble = `# Schemas of the foreign kinds that a stack consists of or works with

Data for tests, not for the binary. The JSON files in this folder are written by
` + "`go run ./hack/schemas`" + `: CustomResourceDefinitions reduced to the served version
that is emitted, without descriptions and printer columns. Structural schema,
defaults, enumerations, patterns and CEL rules are those of the source. They can
be installed in a cluster as they are. Do not edit them.

The folder ` + "`generations`" + ` holds what the parts of a stack work with: Argo's definitions
by generation, of which a cluster has one, and those of Kubeflow Pipelines, which are the
same in every release. Of Argo all kinds are there that its manifests install, of Kubeflow
Pipelines the one that stacks use. They are reduced likewise, to one version without prose
and printer columns, and are one line each. Argo v4.0.5's differ from v4.0.8's in prose alone.

The folder ` + "`own`" + ` holds a small schema written for this project from the public
documentation of OpenShift's Route: only the fields that matter here, in the same form.
`
