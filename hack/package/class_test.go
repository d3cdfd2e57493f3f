package main

import (
	"os"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/types/known/structpb"
	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	extv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	structural "k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	kruntime "k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"
	celconfig "k8s.io/apiserver/pkg/apis/cel"

	"github.com/pipelinestack/function-pipelinestack/fn/stack"
)

func TestInspectClass(t *testing.T) {
	t.Chdir(root)

	cases := map[string]struct {
		reason   string
		old, new string // What is replaced in the file.
		want     string
	}{
		"Good": {
			reason: "Nothing is wrong with what we write.",
		},
		"Misspelt": {
			reason: "The API server would refuse the field, or drop it.",
			old:    "clusterID:", new: "clusterId:",
			want: "unknown field",
		},
		"Two": {
			reason: "What else is in the file is applied as well.",
			old:    "spec:\n", new: "---\nspec:\n",
			want: "want one object",
		},
		"OtherKind": {
			reason: "Nobody looks for a class under another kind.",
			old:    "kind: PipelineStackClass", new: "kind: PipelineStack",
			want: "instead of a",
		},
		"Salted": {
			reason: "A salt that everybody has hides no name.",
			old:    "identitySalt: <", new: "identitySalt: 0123456789abcdef # <",
			want: "no place to fill in",
		},
	}

	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			b, err := os.ReadFile(classExample)
			if err != nil {
				t.Fatal(err)
			}

			if tc.old != "" && !strings.Contains(string(b), tc.old) {
				t.Fatalf("the class has no %q", tc.old)
			}

			err = inspectClass([]byte(strings.Replace(string(b), tc.old, tc.new, 1)))
			if tc.want == "" && err != nil {
				t.Errorf("%s\ninspectClass(...): %v", tc.reason, err)
			}

			if tc.want != "" && (err == nil || !strings.Contains(err.Error(), tc.want)) {
				t.Errorf("%s\ninspectClass(...): want an error with %q, got: %v", tc.reason, tc.want, err)
			}
		})
	}
}

// Who applies the class as it is has a class with wrong names for good. Who fills it in has one.
func TestClassWaitsToBeFilledIn(t *testing.T) {
	class := load(t, classExample)[0]

	if errs := refusals(t, class); !slices.ContainsFunc(errs, func(e *field.Error) bool { return e.Field == "spec.identitySalt" }) {
		t.Errorf("the class is not refused for its salt as it is: %v", errs)
	}

	for path, value := range map[string]string{
		"spec.clusterID":                "eu1",
		"spec.identitySalt":             "0123456789abcdef0123456789abcdef",
		"spec.database.shared.host":     "mysql.example.org",
		"spec.database.shared.caBundle": text(load(t, "examples/full/class.yaml")[0].Object, "spec", "database", "shared", "caBundle"),
		"spec.objectStore.aws.region":   "eu-central-1",
	} {
		fields := strings.Split(path, ".")
		if was := text(class.Object, fields...); !strings.HasPrefix(was, "<") {
			t.Errorf("%s is %q: nobody would fill it in", path, was)
		}

		if err := unstructured.SetNestedField(class.Object, value, fields...); err != nil {
			t.Fatal(err)
		}
	}

	if errs := refusals(t, class); len(errs) > 0 {
		t.Errorf("the class is refused although it is filled in: %v", errs)
	}

	object, err := structpb.NewStruct(class.Object)
	if err != nil {
		t.Fatal(err)
	}

	decoded, errs := stack.DecodeClass(object, stack.Releases())
	if len(errs) > 0 {
		t.Fatalf("the function refuses the class although it is filled in: %v", errs)
	}

	if _, errs := stack.New(stack.Claim{Name: "a", Namespace: "a"}, decoded, stack.World{}); len(errs) > 0 {
		t.Errorf("a stack that says nothing is refused although the class is filled in: %v", errs)
	}
}

// A stack that names no class has the one of its Composition, which the install file leaves to the
// platform.
func TestClassIsTheDefault(t *testing.T) {
	class := load(t, classExample)[0]

	for _, p := range configurations {
		names := []string{}

		for _, source := range p.sources {
			if !strings.HasSuffix(source, ".yaml") {
				continue
			}

			for _, o := range load(t, source) {
				for _, step := range list(t, o, "spec", "pipeline") {
					names = append(names, text(step, "input", "defaultClassName"))
				}
			}
		}

		if !slices.Equal(names, []string{class.GetName()}) {
			t.Errorf("the Composition of %s names %q, the class is %q", p.name, names, class.GetName())
		}
	}
}

// Refusals are what an API server with the definition of classes has against an object.
func refusals(t *testing.T, o unstructured.Unstructured) field.ErrorList {
	t.Helper()

	crd, props := extv1.CustomResourceDefinition{}, apiextensions.JSONSchemaProps{}
	if err := kruntime.DefaultUnstructuredConverter.FromUnstructured(load(t, classDefinition)[0].Object, &crd); err != nil {
		t.Fatal(err)
	}

	schema := crd.Spec.Versions[0].Schema.OpenAPIV3Schema
	if err := extv1.Convert_v1_JSONSchemaProps_To_apiextensions_JSONSchemaProps(schema, &props, nil); err != nil {
		t.Fatal(err)
	}

	values, _, err := validation.NewSchemaValidator(&props)
	if err != nil {
		t.Fatal(err)
	}

	shape, err := structural.NewStructural(&props)
	if err != nil {
		t.Fatal(err)
	}

	broken, _ := cel.NewValidator(shape, true, celconfig.PerCallLimit).
		Validate(t.Context(), nil, shape, o.Object, nil, celconfig.RuntimeCELCostBudget)

	return append(validation.ValidateCustomResource(nil, o.Object, values), broken...)
}
