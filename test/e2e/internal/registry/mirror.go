package registry

import (
	"context"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/apply"
)

// groups tells which API groups the package of a played provider brings, by the last part of its
// repository.
var groups = map[string][]string{
	"provider-family-aws": {"aws.upbound.io", "aws.m.upbound.io"},
	"provider-aws-s3":     {"s3.aws.upbound.io", "s3.aws.m.upbound.io"},
	"provider-aws-iam":    {"iam.aws.upbound.io", "iam.aws.m.upbound.io"},
	"provider-aws-eks":    {"eks.aws.upbound.io", "eks.aws.m.upbound.io"},
}

// family is what the AWS providers themselves depend on.
const family = "provider-family-aws"

// A Mirror fills a registry so that what install files name, and everything that depends on, can be
// installed from it.
type Mirror struct {
	// Addr is the registry.
	Addr string
	// Packages are the project's own package files.
	Packages []Package
	// CRDs are the definitions, as YAML or JSON files, that stand-in providers bring.
	CRDs []string
	// Real are the folders with the sources of the packages of providers that are not played, by
	// the last part of their repository: crossplane.yaml, and definitions in crds.
	Real map[string]string
	// Filled are the packages that were pushed.
	Filled []Dependency

	hosts []string // whose images are here
}

// Fill pushes the packages that an install file names, and those that they depend on: the project's
// own as they were built, and of each provider its package, which is a stand-in's where the provider
// is played.
func (m *Mirror) Fill(ctx context.Context, file []*unstructured.Unstructured) error {
	for _, u := range file {
		image, _, _ := unstructured.NestedString(u.Object, "spec", "package")
		if image == "" {
			continue
		}
		tag, err := name.NewTag(image, name.StrictValidation)
		if err != nil {
			return err
		}
		if err := m.add(ctx, Dependency{Kind: u.GetKind(), Source: tag.Context().Name(), Constraint: tag.TagStr()}); err != nil {
			return err
		}
	}
	return nil
}

// add pushes a package and those that it depends on.
func (m *Mirror) add(ctx context.Context, d Dependency) error {
	if slices.ContainsFunc(m.Filled, func(f Dependency) bool { return f.Kind == d.Kind && f.Source == d.Source }) {
		return nil // the file named it before
	}
	host, repository := d.Split()
	if !slices.Contains(m.hosts, host) {
		m.hosts = append(m.hosts, host)
	}
	m.Filled = append(m.Filled, d)
	if d.Kind == "Provider" {
		return m.provider(ctx, d)
	}
	var paths []string
	var needs []Dependency
	for _, p := range m.Packages {
		if p.Kind == d.Kind && p.Repository == path.Base(repository) {
			paths, needs = append(paths, p.File), p.DependsOn
		}
	}
	if len(paths) == 0 {
		return fmt.Errorf("there is no package file of the %s %s", d.Kind, d.Source)
	}
	if err := PushFiles(ctx, m.Addr, Reference{repository, d.Tag()}, paths...); err != nil {
		return err
	}
	for _, need := range needs {
		if err := m.add(ctx, need); err != nil {
			return err
		}
	}
	return nil
}

// ImageConfigs make the package manager pull from the registry what it believes to pull from the
// hosts that were filled in.
func (m *Mirror) ImageConfigs() []byte {
	var b strings.Builder
	for _, h := range m.hosts {
		_, _ = fmt.Fprintf(
			&b,
			"apiVersion: pkg.crossplane.io/v1beta1\nkind: ImageConfig\nmetadata: {name: %q}\nspec: {matchImages: [{prefix: %q}], rewriteImage: {prefix: %q}}\n---\n",
			"e2e-"+strings.ReplaceAll(h, ":", "-"),
			h+"/",
			m.Addr+"/",
		)
	}
	return []byte(b.String())
}

// provider pushes a provider's package. Its program is left out: it runs as a process, or is
// played.
func (m *Mirror) provider(ctx context.Context, d Dependency) error {
	_, repository := d.Split()
	dir, ok := m.Real[filepath.Base(repository)]
	if !ok {
		return m.standIn(ctx, d)
	}
	doc, err := Manifests(filepath.Join(dir, "crossplane.yaml"), filepath.Join(dir, "crds", "*.yaml"))
	if err != nil {
		return err
	}
	return m.push(ctx, d, doc)
}

func (m *Mirror) push(ctx context.Context, d Dependency, doc []byte) error {
	_, repository := d.Split()
	img, err := Image(doc)
	if err != nil {
		return err
	}
	return Push(ctx, m.Addr, Reference{repository, d.Tag()}, img)
}

// standIn pushes the package of a played provider: its CRDs and its dependency on its family.
func (m *Mirror) standIn(ctx context.Context, d Dependency) error {
	host, repository := d.Split()
	name := filepath.Base(repository)
	mine, ok := groups[name]
	if !ok {
		return fmt.Errorf("nobody here plays %s", d.Source)
	}
	meta := map[string]any{
		"apiVersion": "meta.pkg.crossplane.io/v1",
		"kind":       "Provider",
		"metadata": map[string]any{
			"name": name,
			"annotations": map[string]any{
				"meta.crossplane.io/description": "A STAND-IN for tests, not the provider: a program of PipelineStack plays it.",
			},
		},
	}
	if strings.HasPrefix(name, "provider-aws-") {
		f := Dependency{Kind: "Provider", Source: host + "/" + filepath.Dir(repository) + "/" + family, Constraint: d.Constraint}
		if err := m.provider(ctx, f); err != nil {
			return err
		}
		meta["spec"] = map[string]any{
			"dependsOn": []any{
				map[string]any{"apiVersion": "pkg.crossplane.io/v1", "kind": "Provider", "package": f.Source, "version": f.Constraint},
			},
		}
	}
	doc, err := yaml.Marshal(meta)
	if err != nil {
		return err
	}
	for _, file := range m.CRDs {
		b, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		us, err := apply.Objects(b)
		if err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		for _, u := range us {
			spec, _ := u.Object["spec"].(map[string]any)
			if group, _ := spec["group"].(string); !slices.Contains(mine, group) {
				continue
			}
			y, err := yaml.Marshal(u.Object)
			if err != nil {
				return err
			}
			doc = append(append(doc, "---\n"...), y...)
		}
	}
	return m.push(ctx, d, doc)
}
