package check

import (
	"context"
	"io/fs"
	"slices"
	"testing"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	extv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	extvalidation "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/validation"
	"sigs.k8s.io/yaml"
)

// The definitions can be installed in a cluster as they are, which the README
// beside them promises; this is what an API server checks then.
func TestDefinitionsAreInstallable(t *testing.T) {
	files, err := fs.Glob(definitions, "schemas/*.json")
	if err != nil {
		t.Fatal(err)
	}
	own, err := fs.Glob(definitions, "schemas/own/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	used, err := fs.Glob(atWork, generations+"/*/*.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range slices.Concat(files, own, used) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			from := definitions
			if slices.Contains(used, name) {
				from = atWork
			}
			raw, err := from.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			var crd extv1.CustomResourceDefinition
			if err := yaml.UnmarshalStrict(raw, &crd); err != nil {
				t.Fatal(err)
			}
			extv1.SetDefaults_CustomResourceDefinition(&crd)
			extv1.SetDefaults_CustomResourceDefinitionSpec(&crd.Spec)
			var internal apiextensions.CustomResourceDefinition
			if err := extv1.Convert_v1_CustomResourceDefinition_To_apiextensions_CustomResourceDefinition(&crd, &internal, nil); err != nil {
				t.Fatal(err)
			}
			internal.Status.StoredVersions = []string{crd.Spec.Versions[0].Name}
			for _, err := range extvalidation.ValidateCustomResourceDefinition(context.Background(), &internal) {
				t.Errorf("%v", err)
			}
		})
	}
}
