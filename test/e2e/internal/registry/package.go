package registry

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	goruntime "runtime"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/apply"
)

// A Package is what a package file says of itself.
type Package struct {
	// File is the path it was read from.
	File string
	// Kind is Function, Configuration or Provider; Repository is the last part of where it goes.
	Kind, Repository string
	// DependsOn lists the packages it needs.
	DependsOn []Dependency
}

// A Dependency is a package somebody needs.
type Dependency struct {
	// Kind as in Package.
	Kind string
	// Source is the repository with its registry's host.
	Source string
	// Constraint is a version, or a range such as ">=v0.16.0 <v1.0.0-0".
	Constraint string
}

// Read reads the metadata of a package file.
func Read(file string) (Package, error) {
	img, err := tarball.ImageFromPath(file, nil)
	if err != nil {
		return Package{}, fmt.Errorf("%s is no package file: %w", file, err)
	}
	b, err := packageYAML(img)
	if err != nil {
		return Package{}, fmt.Errorf("%s: %w", file, err)
	}
	us, err := apply.Objects(b)
	if err != nil {
		return Package{}, fmt.Errorf("%s: package.yaml: %w", file, err)
	}
	for _, u := range us {
		if strings.HasPrefix(u.GetAPIVersion(), "meta.pkg.crossplane.io/") {
			p := Package{File: file, Kind: u.GetKind(), Repository: strings.TrimSuffix(filepath.Base(file), ".xpkg")}
			if p.Kind == "Function" { // a file for each architecture
				p.Repository = u.GetName()
			}
			p.DependsOn, err = dependencies(u)
			return p, err
		}
	}
	return Package{}, fmt.Errorf("%s: package.yaml has no object of meta.pkg.crossplane.io", file)
}

// ReadAll reads the metadata of all package files in a folder that "make package" wrote.
func ReadAll(dir string) ([]Package, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.xpkg"))
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("no package files in %s: run make package", dir)
	}
	var packages []Package
	for _, f := range files {
		p, err := Read(f)
		if err != nil {
			return nil, err
		}
		packages = append(packages, p)
	}
	return packages, nil
}

func packageYAML(img v1.Image) ([]byte, error) {
	var buf bytes.Buffer
	err := extract(img, "package.yaml", &buf)
	return buf.Bytes(), err
}

// Manifests are the objects of YAML files, given by patterns, as a package holds them: in one
// stream.
func Manifests(patterns ...string) ([]byte, error) {
	var doc []byte
	for _, p := range patterns {
		files, err := filepath.Glob(p)
		if err != nil {
			return nil, err
		}
		if len(files) == 0 {
			return nil, fmt.Errorf("there is no %s", p)
		}
		for _, file := range files {
			b, err := os.ReadFile(file)
			if err != nil {
				return nil, err
			}
			us, err := apply.Objects(b)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", file, err)
			}
			for _, u := range us {
				y, err := yaml.Marshal(u.Object)
				if err != nil {
					return nil, err
				}
				doc = append(append(doc, "---\n"...), y...)
			}
		}
	}
	return doc, nil
}

// Runtime writes the program that a package's image starts, if the package is one for this machine.
func (p Package) Runtime(to string) (ours bool, err error) {
	img, err := tarball.ImageFromPath(p.File, nil)
	if err != nil {
		return false, err
	}
	cfg, err := img.ConfigFile()
	if err != nil || cfg.Architecture != goruntime.GOARCH {
		return false, err
	}
	if len(cfg.Config.Entrypoint) != 1 {
		return false, fmt.Errorf("%s starts %v: want a program without arguments", p.File, cfg.Config.Entrypoint)
	}
	f, err := os.OpenFile(to+".new", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o755)
	if err != nil {
		return false, err
	}
	err = errors.Join(extract(img, strings.TrimPrefix(cfg.Config.Entrypoint[0], "/"), f), f.Close())
	if err != nil {
		return false, fmt.Errorf("%s: %w", p.File, err)
	}
	return true, os.Rename(to+".new", to) // a running copy of the old one stays as it is
}

func extract(img v1.Image, file string, to io.Writer) error {
	r := mutate.Extract(img)
	defer func() { _ = r.Close() }()
	t := tar.NewReader(r)
	for {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			return fmt.Errorf("no %s inside", file)
		}
		if err != nil {
			return err
		}
		if strings.TrimPrefix(h.Name, "/") == file {
			_, err := io.Copy(to, t)
			return err
		}
	}
}

// dependencies reads both notations: {apiVersion, kind, package, version}, and the older
// {provider|function|configuration, version}.
func dependencies(u *unstructured.Unstructured) ([]Dependency, error) {
	list, _, err := unstructured.NestedSlice(u.Object, "spec", "dependsOn")
	if err != nil {
		return nil, err
	}
	var out []Dependency
	for _, l := range list {
		m, ok := l.(map[string]any)
		if !ok {
			return nil, fmt.Errorf("spec.dependsOn of %s holds something that is no object", u.GetName())
		}
		text := func(key string) string { s, _ := m[key].(string); return s }
		d := Dependency{Kind: text("kind"), Source: text("package"), Constraint: text("version")}
		for key, kind := range map[string]string{"provider": "Provider", "function": "Function", "configuration": "Configuration"} {
			if s := text(key); s != "" {
				d.Kind, d.Source = kind, s
			}
		}
		out = append(out, d)
	}
	return out, nil
}

var version = regexp.MustCompile(`\d+\.\d+\.\d+`)

// Tag is a version that satisfies the constraint: the first one it names, since ranges begin with
// what they include.
func (d Dependency) Tag() string {
	if !strings.ContainsAny(d.Constraint, "<>=~^*") {
		return d.Constraint
	}
	return "v" + version.FindString(d.Constraint)
}

// Split returns the host and the repository of the source.
func (d Dependency) Split() (host, repository string) {
	host, repository, _ = strings.Cut(d.Source, "/")
	return host, repository
}
