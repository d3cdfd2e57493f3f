package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// A pkg is a Crossplane package: where its objects come from, and what must be in it, no less and
// no more.
type pkg struct {
	name    string
	sources []string // YAML files, or directories of them, relative to the repository's root.
	kinds   []string // Of the objects inside, sorted.
}

var function = pkg{
	name:    "function-pipelinestack",
	sources: []string{"package/function", "package/input"},
	kinds:   []string{"CustomResourceDefinition", "Function"},
}

var configurations = []pkg{
	{
		name:    "configuration-pipelinestack",
		sources: []string{"package/configuration/claim", "xrd.yaml", "composition.yaml"},
		kinds:   []string{"CompositeResourceDefinition", "Composition", "Configuration", "ManagedResourceActivationPolicy"},
	},
	{
		name:    "configuration-pipelinestack-namespaced",
		sources: []string{"package/configuration/namespaced", "apis/namespaced/xrd.yaml", "apis/namespaced/composition.yaml"},
		kinds:   []string{"CompositeResourceDefinition", "Composition", "Configuration", "ManagedResourceActivationPolicy"},
	},
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
		b, err := os.ReadFile(file)
		if err != nil {
			return err
		}

		if err := os.WriteFile(filepath.Join(root, filepath.Base(file)), b, 0o600); err != nil {
			return err
		}
	}

	return nil
}
