package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// What the names of packages and files end in.
const (
	standaloneSuffix = "-standalone" // those for nothing but a cluster
	bareSuffix       = "-no-crds"    // those for a cluster with the kinds of Argo and Kubeflow Pipelines
)

// A pkg is a Crossplane package: where its objects come from, and what must be in it, no less and
// no more.
type pkg struct {
	name    string
	sources []string // YAML files, or directories of them, relative to the repository's root.
	kinds   []string // Of the objects inside, sorted.
	// standalone says that the Composition does without a class where there is none.
	standalone bool
	version    string // of the function that it needs at least; empty where it needs none
}

var function = pkg{
	name:    "function-pipelinestack",
	sources: []string{"package/function", "package/input"},
	kinds:   []string{"CustomResourceDefinition", "Function"},
}

// Both flavours, and what each is for nothing but a cluster.
var (
	claims = pkg{
		name:    "configuration-pipelinestack",
		sources: []string{"package/configuration/claim", "xrd.yaml", "composition.yaml"},
		kinds:   []string{"CompositeResourceDefinition", "Composition", "Configuration", "ManagedResourceActivationPolicy"},
	}
	namespaced = pkg{
		name:    "configuration-pipelinestack-namespaced",
		sources: []string{"package/configuration/namespaced", "apis/namespaced/xrd.yaml", "apis/namespaced/composition.yaml"},
		kinds:   []string{"CompositeResourceDefinition", "Composition", "Configuration", "ManagedResourceActivationPolicy"},
	}
	configurations = []pkg{claims, namespaced, claims.alone(), namespaced.alone()}
)

// Packages that bring providers, for platforms that want them.
var (
	providersSQL = pkg{name: "configuration-pipelinestack-sql", sources: []string{"package/providers/sql"}, kinds: []string{"Configuration"}}
	providersAWS = pkg{name: "configuration-pipelinestack-aws", sources: []string{"package/providers/aws"}, kinds: []string{"Configuration"}}
)

// Alone is the same for nothing but a cluster. It is installed under the same name, so that a
// platform goes from one to the other as from one version to the next.
func (p pkg) alone() pkg {
	p.standalone = true

	return p
}

// Repository is where the package is in a registry.
func (p pkg) repository() string {
	if p.standalone {
		return p.name + standaloneSuffix
	}

	return p.name
}

// Read returns one of the package's files as it goes into the package.
func (p pkg) read(file string) ([]byte, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}

	var old, changed string

	switch base := filepath.Base(file); {
	case base == "composition.yaml" && p.standalone:
		old, changed = lastOfInput, lastOfInput+"        classResolution: Optional\n"
	case base == "crossplane.yaml" && p.version != "":
		old, changed = anyFunction, `version: ">=`+p.version+`"`
	default:
		return b, nil
	}

	if bytes.Count(b, []byte(old)) != 1 {
		return nil, fmt.Errorf("%s has not one line %q", file, old)
	}

	return bytes.Replace(b, []byte(old), []byte(changed), 1), nil
}

// What is replaced on the way into a package.
const (
	lastOfInput = "        defaultClassName: default\n"
	anyFunction = `version: ">=v0.0.0-0"`
)

// At is the package of a version, which needs the function of that version.
func (p pkg) at(version string) pkg {
	p.version = version

	return p
}

// Files returns the package's YAML files.
func (p pkg) files() ([]string, error) {
	files := []string{}

	for _, source := range p.sources {
		err := filepath.WalkDir(filepath.FromSlash(source), func(path string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() && filepath.Ext(path) == ".yaml" {
				files = append(files, path)
			}

			return err
		})
		if err != nil {
			return nil, fmt.Errorf("%s lacks a part: %w", p.name, err)
		}
	}

	return files, nil
}

// Stage copies the package's files into the directory root, because the CLI takes every YAML file
// it finds in one.
func (p pkg) stage(root string) error {
	files, err := p.files()
	if err != nil {
		return err
	}

	if err := os.MkdirAll(root, 0o750); err != nil {
		return err
	}

	for _, file := range files {
		b, err := p.read(file)
		if err != nil {
			return err
		}

		if err := os.WriteFile(filepath.Join(root, filepath.Base(file)), b, 0o600); err != nil {
			return err
		}
	}

	return nil
}
