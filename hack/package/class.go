package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	kruntime "k8s.io/apimachinery/pkg/runtime"

	"github.com/pipelinestack/function-pipelinestack/apis/v1alpha1"
)

// The class that a platform fills in and applies after the install file. It is no part of that: the
// API server does not know a kind in the moment that its definition is applied, and nobody could
// apply the file as it is.
const classExample = "package/class-example.yaml"

// WriteClass copies the class, reads it again and returns an error that lists everything that is
// wrong with it.
func writeClass() (string, error) {
	b, err := os.ReadFile(filepath.FromSlash(classExample))
	if err != nil {
		return "", err
	}

	file := filepath.Join(output, filepath.Base(classExample))
	if err := os.WriteFile(file, b, 0o644); err != nil {
		return "", err
	}

	if b, err = os.ReadFile(file); err != nil {
		return "", err
	}

	if err := inspectClass(b); err != nil {
		return "", fmt.Errorf("%s is not what it should be: %w", file, err)
	}

	return file, nil
}

// InspectClass fails unless the stream is one class, has no field that nobody knows, and waits for
// a salt: one that is published protects nothing.
func inspectClass(stream []byte) error {
	objects, err := decode(stream)
	if err != nil {
		return err
	}

	if len(objects) != 1 {
		return fmt.Errorf("want one object, got %d", len(objects))
	}

	class := v1alpha1.PipelineStackClass{}
	if err := kruntime.DefaultUnstructuredConverter.FromUnstructuredWithValidation(objects[0].Object, &class, true); err != nil {
		return err
	}

	errs := []error{}

	if want := v1alpha1.GroupVersion.String(); class.APIVersion != want || class.Kind != "PipelineStackClass" {
		errs = append(errs, fmt.Errorf("it is a %s %s instead of a %s PipelineStackClass", class.APIVersion, class.Kind, want))
	}

	if salt := class.Spec.IdentitySalt; !strings.HasPrefix(salt, "<") {
		errs = append(errs, fmt.Errorf("spec.identitySalt: %q is no place to fill in", salt))
	}

	return errors.Join(errs...)
}
