package main

import (
	"archive/tar"
	"bytes"
	"debug/elf"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	kyaml "k8s.io/apimachinery/pkg/util/yaml"
)

// What Crossplane looks for in a package (its specification of xpkg).
const (
	packageFile  = "package.yaml"
	packageLabel = "io.crossplane.xpkg"
	packageLayer = "base"
)

// Inspect opens a built package and returns an error that lists everything that is wrong with it.
func inspect(file string, p pkg, r runtime) error {
	img, err := tarball.ImageFromPath(file, nil)
	if err != nil {
		return err
	}

	files, err := extract(img)
	if err != nil {
		return err
	}

	return errors.Join(
		checkLayers(img),
		checkObjects(files[packageFile], p),
		checkRuntime(img, files, r),
	)
}

// Extract returns the files of an image by name.
func extract(img v1.Image) (map[string][]byte, error) {
	rc := mutate.Extract(img)
	defer rc.Close() //nolint:errcheck // It is only read.

	files := map[string][]byte{}

	for r := tar.NewReader(rc); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return files, nil
		}

		if err != nil {
			return nil, err
		}

		if files[strings.TrimPrefix(h.Name, "/")], err = io.ReadAll(r); err != nil {
			return nil, err
		}
	}
}

// CheckLayers fails when no layer is marked as the one that holds the package's objects: Crossplane
// would read the whole image instead.
func checkLayers(img v1.Image) error {
	f, err := img.ConfigFile()
	if err != nil {
		return err
	}

	layers, err := img.Layers()
	if err != nil {
		return err
	}

	for _, l := range layers {
		d, err := l.Digest()
		if err != nil {
			return err
		}

		if f.Config.Labels[packageLabel+":"+d.String()] == packageLayer {
			return nil
		}
	}

	return fmt.Errorf("no layer is labelled %s: %s", packageLabel, packageLayer)
}

// CheckObjects fails when the package holds other objects than it should or when one of them lost a
// field of its source on the way.
func checkObjects(stream []byte, p pkg) error {
	objects, err := decode(stream)
	if err != nil {
		return err
	}

	kinds := make([]string, 0, len(objects))
	for _, o := range objects {
		kinds = append(kinds, o.GetKind())
	}

	slices.Sort(kinds)

	if !slices.Equal(kinds, p.kinds) {
		return fmt.Errorf("want objects of kinds %v, got %v", p.kinds, kinds)
	}

	files, err := p.files()
	if err != nil {
		return err
	}

	errs := []error{}

	for _, file := range files {
		b, err := p.read(file)
		if err != nil {
			return err
		}

		want, err := decode(b)
		if err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}

		for _, w := range want {
			if err := checkObject(w, objects); err != nil {
				errs = append(errs, fmt.Errorf("%s: %w", file, err))
			}
		}
	}

	return errors.Join(errs...)
}

// CheckObject fails when the wanted object is not among those given or lost fields.
func checkObject(want unstructured.Unstructured, objects []unstructured.Unstructured) error {
	for _, o := range objects {
		if o.GroupVersionKind() != want.GroupVersionKind() || o.GetName() != want.GetName() {
			continue
		}

		if paths := lost(want.Object, o.Object, ""); len(paths) > 0 {
			return fmt.Errorf("it lost %s %s", want.GetKind(), strings.Join(paths, ", "))
		}

		return nil
	}

	return fmt.Errorf("it lacks %s %s", want.GetKind(), want.GetName())
}

// Lost returns the paths of the fields in want that got lacks or holds with another value. Fields
// that only got has are defaults that the CLI wrote out.
func lost(want, got any, path string) []string {
	m, ok := want.(map[string]any)
	if !ok {
		if reflect.DeepEqual(want, got) {
			return nil
		}

		return []string{path}
	}

	g, ok := got.(map[string]any)
	if !ok {
		return []string{path}
	}

	paths := []string{}
	for k, v := range m {
		paths = append(paths, lost(v, g[k], path+"."+k)...)
	}

	slices.Sort(paths)

	return paths
}

// CheckRuntime fails when the image does not run the function that was built, or runs anything in a
// package that is only data.
func checkRuntime(img v1.Image, files map[string][]byte, r runtime) error {
	f, err := img.ConfigFile()
	if err != nil {
		return err
	}

	if r.binary == "" {
		if len(f.Config.Entrypoint) != 0 || len(files) != 1 {
			return errors.New("a package without a runtime holds more than its objects")
		}

		return nil
	}

	want, err := os.ReadFile(r.binary)
	if err != nil {
		return err
	}

	got := f.Config
	got.Labels = nil

	if !reflect.DeepEqual(got, runtimeConfig) {
		return fmt.Errorf("the runtime's configuration is %+v instead of %+v", got, runtimeConfig)
	}

	if f.OS != "linux" || f.Architecture != r.arch {
		return fmt.Errorf("the runtime is for %s/%s instead of linux/%s", f.OS, f.Architecture, r.arch)
	}

	if !bytes.Equal(files["function"], want) {
		return fmt.Errorf("the runtime's /function is not %s", r.binary)
	}

	return checkBinary(want, r.arch)
}

var machines = map[string]elf.Machine{"amd64": elf.EM_X86_64, "arm64": elf.EM_AARCH64}

// CheckBinary fails when an executable is for another architecture or needs a dynamic linker, which
// the image lacks.
func checkBinary(b []byte, arch string) error {
	f, err := elf.NewFile(bytes.NewReader(b))
	if err != nil {
		return err
	}

	if f.Machine != machines[arch] {
		return fmt.Errorf("the function is built for %s instead of %s", f.Machine, arch)
	}

	if f.Section(".interp") != nil {
		return errors.New("the function is not linked statically")
	}

	return nil
}

// Decode returns the objects of a YAML stream.
func decode(stream []byte) ([]unstructured.Unstructured, error) {
	objects := []unstructured.Unstructured{}

	for d := kyaml.NewYAMLOrJSONDecoder(bytes.NewReader(stream), 4096); ; {
		o := unstructured.Unstructured{}

		switch err := d.Decode(&o.Object); {
		case errors.Is(err, io.EOF):
			return objects, nil
		case err != nil:
			return nil, err
		case o.Object != nil:
			objects = append(objects, o)
		}
	}
}
