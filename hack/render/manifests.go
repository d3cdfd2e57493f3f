package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	kyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"
)

// The name Crossplane gives our Function when a Configuration depends on it; every Composition of
// this repository refers to it.
const functionName = "pipelinestack-function-pipelinestack"

// A flavour of the API: the files that define it.
type flavour struct {
	xrd, composition string
}

// The kind of an XR tells its flavour.
var flavours = map[string]flavour{
	"XPipelineStack": {xrd: "xrd.yaml", composition: "composition.yaml"},
	"PipelineStack":  {xrd: "apis/namespaced/xrd.yaml", composition: "apis/namespaced/composition.yaml"},
}

// FlavourOf returns the flavour of the XR in the file.
func flavourOf(file string) (flavour, error) {
	objects, err := read(file)
	if err != nil {
		return flavour{}, err
	}

	for _, o := range objects {
		if f, ok := flavours[o.GetKind()]; ok {
			return f, nil
		}
	}

	return flavour{}, fmt.Errorf("%s holds neither an XPipelineStack nor a PipelineStack", file)
}

// PointAt copies the Functions from one file to another; on the way ours gets the annotations that
// make the CLI call it at the address instead of running its package with Docker.
func pointAt(address, from, to string) error {
	objects, err := read(from)
	if err != nil {
		return err
	}

	found := false
	out := bytes.Buffer{}

	for _, o := range objects {
		if o.GetName() == functionName {
			found = true
			a := o.GetAnnotations()

			if a == nil {
				a = map[string]string{}
			}

			a["render.crossplane.io/runtime"] = "Development"
			a["render.crossplane.io/runtime-development-target"] = address
			o.SetAnnotations(a)
		}

		b, err := yaml.Marshal(o.Object)
		if err != nil {
			return err
		}

		out.WriteString("---\n")
		out.Write(b)
	}

	if !found {
		return fmt.Errorf("%s does not name the Function %q", from, functionName)
	}

	return os.WriteFile(to, out.Bytes(), 0o600)
}

// Read returns the objects of a YAML stream.
func read(file string) ([]unstructured.Unstructured, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // It is only read.

	objects := []unstructured.Unstructured{}

	for d := kyaml.NewYAMLOrJSONDecoder(f, 4096); ; {
		o := unstructured.Unstructured{}

		switch err := d.Decode(&o.Object); {
		case errors.Is(err, io.EOF):
			return objects, nil
		case err != nil:
			return nil, fmt.Errorf("cannot read %s: %w", file, err)
		case o.Object != nil:
			objects = append(objects, o)
		}
	}
}
