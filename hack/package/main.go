// Command package builds the Crossplane packages without Docker: the Function with its runtime, one
// file per architecture, the Configurations of each flavour, and those that bring providers. It
// writes the files that a platform applies to install them, and the class that it fills in and
// applies next, what the function consists of, and checksums. Then it opens what it made and fails
// when something is missing, lost or unexpected.
//
//	go run ./hack/package [-crossplane PATH] [-version VERSION] [-registry HOST/PATH] [-output FOLDER]
//
// Run it from the repository's root. Everything is staged and written in the folder.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"

	utilversion "k8s.io/apimachinery/pkg/util/version"
)

// Output is the folder, whose contents are replaced.
var output = "_output/package"

var architectures = []string{"amd64", "arm64"}

func main() {
	crossplane := flag.String("crossplane", "crossplane", "Crossplane CLI, 2.0 or newer")
	version := flag.String("version", "v0.0.0-dev", "the function's version, and the tag of the packages")
	registry := flag.String("registry", "", "where the packages will be, if not at "+canonical)
	flag.StringVar(&output, "output", output, "the folder to write, which is emptied first")
	flag.Parse()

	if *registry == "" { // As make passes an unset variable.
		*registry = canonical
	}

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := buildAll(ctx, *crossplane, *version, *registry)

	stop()

	if err != nil {
		fmt.Fprintln(os.Stderr, "package:", err)
		os.Exit(1)
	}
}

// BuildAll builds and inspects every package, and writes and inspects every install file and the
// class.
func buildAll(ctx context.Context, crossplane, version, registry string) error {
	// Crossplane compares versions that packages depend on.
	if _, err := utilversion.ParseSemantic(version); err != nil || !strings.HasPrefix(version, "v") {
		return fmt.Errorf("the version %q is no semantic version behind a v, such as v0.2.0", version)
	}

	if err := os.RemoveAll(output); err != nil {
		return err
	}

	for _, arch := range architectures {
		r, err := buildRuntime(ctx, arch, version)
		if err != nil {
			return fmt.Errorf("cannot build the function's runtime for %s: %w", arch, err)
		}

		if err := build(ctx, crossplane, function, r); err != nil {
			return err
		}

		file := filepath.Join(output, function.name+"-"+arch+".cdx.json")
		if err := writeBom(file, r.binary, version); err != nil {
			return err
		}

		fmt.Println(file)
	}

	for _, p := range slices.Concat(at(version, configurations), []pkg{providersSQL, providersAWS}) {
		if err := build(ctx, crossplane, p, runtime{}); err != nil {
			return err
		}
	}

	for _, i := range append(slices.Clone(installs), providers...) {
		file, err := i.write(version, registry)
		if err != nil {
			return err
		}

		fmt.Println(file)
	}

	for _, write := range []func() (string, error){writeClass, func() (string, error) { return writeChecksums(output) }} {
		file, err := write()
		if err != nil {
			return err
		}

		fmt.Println(file)
	}

	return nil
}

// At is a version of packages.
func at(version string, packages []pkg) []pkg {
	of := make([]pkg, 0, len(packages))
	for _, p := range packages {
		of = append(of, p.at(version))
	}

	return of
}

// Build stages a package, lets the CLI build it and inspects the result.
func build(ctx context.Context, crossplane string, p pkg, r runtime) error {
	name := p.repository()
	if r.arch != "" {
		name += "-" + r.arch
	}

	root := filepath.Join(output, "stage", name)
	if err := p.stage(root); err != nil {
		return err
	}

	file := filepath.Join(output, name+".xpkg")
	// The CLI would take ./examples along: XRs and test fixtures, which are no package content.
	args := []string{"xpkg", "build", "--package-root", root, "--examples-root", filepath.Join(root, "none"), "--package-file", file}

	if r.tarball != "" {
		args = append(args, "--embed-runtime-image-tarball", r.tarball)
	}

	if out, err := exec.CommandContext(ctx, crossplane, args...).CombinedOutput(); err != nil {
		return fmt.Errorf("cannot build %s: %w\n%s", name, err, out)
	}

	if err := inspect(file, p, r); err != nil {
		return fmt.Errorf("%s is not what it should be: %w", file, err)
	}

	info, err := os.Stat(file)
	if err != nil {
		return err
	}

	fmt.Printf("%s  %d kB\n", file, info.Size()/1000)

	return nil
}
