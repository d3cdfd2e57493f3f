package main

import (
	"errors"
	"fmt"
	"os"
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// Inspect returns an error that lists everything that is wrong with an install file.
func (i install) inspect(stream []byte, version, registry string) error {
	objects, err := decode(stream)
	if err != nil {
		return err
	}

	want := slices.Clone(i.kinds)
	if i.mirrored(registry) {
		want = append(want, "ImageConfig")
	}

	kinds := make([]string, 0, len(objects))
	for _, o := range objects {
		kinds = append(kinds, o.GetKind())
	}

	slices.Sort(want)
	slices.Sort(kinds)

	if !slices.Equal(kinds, want) {
		return fmt.Errorf("want objects of kinds %v, got %v", want, kinds)
	}

	errs := []error{i.checkSources(objects), i.checkPackages(objects, version, registry), checkBindings(objects)}

	return errors.Join(errs...)
}

// CheckSources fails when the file lost something of what it is made from.
func (i install) checkSources(objects []unstructured.Unstructured) error {
	errs := []error{}

	for _, source := range slices.Concat(i.sources, i.guards) {
		b, err := os.ReadFile(source)
		if err != nil {
			return err
		}

		want, err := decode(b)
		if err != nil {
			return fmt.Errorf("%s: %w", source, err)
		}

		for _, w := range want {
			if err := checkObject(w, objects); err != nil {
				errs = append(errs, fmt.Errorf("%s: %w", source, err))
			}
		}
	}

	return errors.Join(errs...)
}

// CheckPackages fails when a package is not the one that was built, or is told to run in a way that
// nobody describes.
func (i install) checkPackages(objects []unstructured.Unstructured, version, registry string) error {
	errs := []error{}

	for _, o := range objects {
		switch o.GetKind() {
		case "Configuration":
			errs = append(errs, checkPackage(o, i.configuration.name, image(canonical, i.configuration, version)))
		case "Function":
			errs = append(errs, checkPackage(o, functionName, image(canonical, function, version)))
		case "Provider":
			if ref := text(o.Object, "spec", "runtimeConfigRef", "name"); !holds(objects, "DeploymentRuntimeConfig", ref) {
				errs = append(errs, fmt.Errorf("the Provider runs as the DeploymentRuntimeConfig %q, which is not here", ref))
			}
		case "ImageConfig":
			if to := text(o.Object, "spec", "rewriteImage", "prefix"); to != registry+"/" {
				errs = append(errs, fmt.Errorf("the packages come from %s instead of %s/", to, registry))
			}

			if from := prefixes(o); !slices.Equal(from, []string{canonical + "/"}) {
				errs = append(errs, fmt.Errorf("the ImageConfig is about images of %v instead of %s/", from, canonical))
			}
		}
	}

	return errors.Join(errs...)
}

// CheckPackage fails when a package has another name or image.
func checkPackage(o unstructured.Unstructured, name, want string) error {
	if got := text(o.Object, "spec", "package"); got != want || o.GetName() != name {
		return fmt.Errorf("the %s %s is %s instead of %s, which is %s", o.GetKind(), o.GetName(), got, name, want)
	}

	return nil
}

// CheckBindings fails when a right is given that nobody describes, or to an account that no
// provider runs under.
func checkBindings(objects []unstructured.Unstructured) error {
	errs, accounts := []error{}, []string{}

	for _, o := range objects {
		if o.GetKind() == "DeploymentRuntimeConfig" {
			accounts = append(accounts, text(o.Object, "spec", "serviceAccountTemplate", "metadata", "name"))
		}
	}

	for _, o := range objects {
		if o.GetKind() != "ClusterRoleBinding" {
			continue
		}

		if role := text(o.Object, "roleRef", "name"); !holds(objects, "ClusterRole", role) {
			errs = append(errs, fmt.Errorf("%s gives the ClusterRole %s, which is not here", o.GetName(), role))
		}

		subjects, _, _ := unstructured.NestedSlice(o.Object, "subjects")
		for _, s := range subjects {
			if m, ok := s.(map[string]any); !ok || !slices.Contains(accounts, text(m, "name")) {
				errs = append(errs, fmt.Errorf("%s gives it to %v, as whom nothing runs", o.GetName(), s))
			}
		}
	}

	return errors.Join(errs...)
}

// Holds says whether an object of that kind and name is there.
func holds(objects []unstructured.Unstructured, kind, name string) bool {
	return slices.ContainsFunc(objects, func(o unstructured.Unstructured) bool { return o.GetKind() == kind && o.GetName() == name })
}

// Prefixes returns those of the images that an ImageConfig is about.
func prefixes(o unstructured.Unstructured) []string {
	list, _, _ := unstructured.NestedSlice(o.Object, "spec", "matchImages")
	found := make([]string, 0, len(list))

	for _, e := range list {
		m, _ := e.(map[string]any)
		found = append(found, text(m, "prefix"))
	}

	return found
}

// Text returns the string at the path, empty if there is none.
func text(o map[string]any, path ...string) string {
	s, _, _ := unstructured.NestedString(o, path...)

	return s
}
