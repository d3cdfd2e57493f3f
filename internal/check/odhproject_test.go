package check

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/crossplane/crossplane-runtime/v2/pkg/fieldpath"
	"github.com/crossplane/crossplane-runtime/v2/pkg/xcrd"
	xrdv1 "github.com/crossplane/crossplane/apis/v2/apiextensions/v1"
	xrdv2 "github.com/crossplane/crossplane/apis/v2/apiextensions/v2"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/yaml"
)

// A transformation is what function-patch-and-transform reads of a Composition, as far as the
// example uses it.
type transformation struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	PatchSets  []struct {
		Name    string  `json:"name"`
		Patches []patch `json:"patches"`
	} `json:"patchSets"`
	Resources []struct {
		Name            string           `json:"name"`
		Base            map[string]any   `json:"base"`
		Patches         []patch          `json:"patches"`
		ReadinessChecks []map[string]any `json:"readinessChecks"`
	} `json:"resources"`
}

type patch struct {
	Type          string            `json:"type"`
	PatchSetName  string            `json:"patchSetName"`
	FromFieldPath string            `json:"fromFieldPath"`
	ToFieldPath   string            `json:"toFieldPath"`
	Policy        map[string]string `json:"policy"`
	Transforms    []struct {
		Type   string `json:"type"`
		String struct {
			Type string `json:"type"`
			Fmt  string `json:"fmt"`
		} `json:"string"`
	} `json:"transforms"`
}

// projectStatus is what a project's status says once its stack is up.
const projectStatus = `
namespace: fraud-detection
quota: {cpu: "20", memory: 64Gi, storage: 200Gi}
pipelines: {release: 2.17.0, api: "https://ds-pipeline-pipelines.fraud-detection.svc.cluster.local:8443", database: kfp, bucket: kfp}
workbench: {available: 1}
`

// The example of a larger composite is written by hand, for a function that is not ours. Its
// objects are held against what ours are: the stack's own schema, Pod Security, and references that
// lead somewhere.
func TestODHProject(t *testing.T) {
	project := map[string]any{}
	strictly(t, "examples/odh-project/project.yaml", &project)
	status := map[string]any{}
	if err := yaml.UnmarshalStrict([]byte(projectStatus), &status); err != nil {
		t.Fatal(err)
	}
	project = Normalize(project)
	project["status"] = Normalize(status)
	if errs := composite(t, "examples/odh-project/xrd.yaml").validate(project); len(errs) > 0 {
		t.Fatalf("project.yaml: %v", errs.ToAggregate())
	}

	pipelineStack := composite(t, "apis/namespaced/xrd.yaml") // a claim has the same schema
	// The stack's, for the workbench.
	objs := []map[string]any{{
		"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role",
		"metadata": map[string]any{"name": "ds-pipeline-user-access-pipelines", "namespace": "fraud-detection"},
	}}
	for _, o := range transformed(t, project) {
		if o["kind"] == "PipelineStack" {
			if errs := pipelineStack.validate(o); len(errs) > 0 {
				t.Errorf("%s: %v", id(o), errs.ToAggregate())
			}
			continue
		}
		for _, err := range append(Validate(o), PodSecurity(o)...) {
			t.Error(err)
		}
		objs = append(objs, o)
		if o["kind"] == "ResourceQuota" {
			hard, _, err := unstructured.NestedStringMap(o, "spec", "hard")
			if stacks := "count/pipelinestacks.pipelines.opendatahub.io"; err != nil || hard[stacks] != "1" || len(hard) != 4 {
				t.Errorf("the quota is %v, want it to admit one stack beside cpu, memory and storage: %v", hard, err)
			}
		}
	}
	opts := ReferenceOptions{
		Namespace:    "fraud-detection",
		ClusterRoles: []string{"admin", "edit"},
		Services:     []string{"ds-pipeline-pipelines"},
	}
	for _, err := range References(objs, opts) {
		t.Error(err)
	}
}

// transformed are the objects that the example's Composition makes of a project.
func transformed(t *testing.T, project map[string]any) []map[string]any {
	t.Helper()
	var composition xrdv1.Composition
	strictly(t, "examples/odh-project/composition.yaml", &composition)
	var in transformation
	if err := yaml.UnmarshalStrict(composition.Spec.Pipeline[0].Input.Raw, &in); err != nil {
		t.Fatal(err)
	}
	sets := map[string][]patch{}
	for _, s := range in.PatchSets {
		sets[s.Name] = s.Patches
	}
	from := fieldpath.Pave(project)
	var out []map[string]any
	for _, r := range in.Resources {
		if len(r.ReadinessChecks) == 0 {
			t.Errorf("%s: says nothing of when it is ready", r.Name)
		}
		o := Normalize(r.Base)
		var patches []patch
		for _, p := range r.Patches {
			if p.Type == "PatchSet" && len(sets[p.PatchSetName]) == 0 {
				t.Errorf("%s: there is no patch set %q", r.Name, p.PatchSetName)
			}
			patches = append(append(patches, sets[p.PatchSetName]...), p)
		}
		for _, p := range patches {
			switch p.Type {
			case "FromCompositeFieldPath":
				v, err := from.GetValue(p.FromFieldPath)
				if fieldpath.IsNotFound(err) && p.Policy == nil {
					continue // what a project need not say
				}
				for _, f := range p.Transforms { // the example formats strings, and nothing else
					v = fmt.Sprintf(f.String.Fmt, v)
				}
				if p.ToFieldPath == "" {
					p.ToFieldPath = p.FromFieldPath
				}
				if err == nil {
					err = fieldpath.Pave(o).SetValue(p.ToFieldPath, v)
				}
				if err != nil {
					t.Errorf("%s: %v", r.Name, err)
				}
			case "ToCompositeFieldPath":
				if _, err := from.GetValue(p.ToFieldPath); err != nil {
					t.Errorf("%s: a status that this test knows nothing of: %v", r.Name, err)
				}
			case "PatchSet":
			default:
				t.Errorf("%s: a patch of type %q", r.Name, p.Type)
			}
		}
		out = append(out, o)
	}
	return out
}

// composite is the kind that Crossplane makes of an XRD.
func composite(t *testing.T, file string) *definition {
	t.Helper()
	strictly(t, file, &xrdv2.CompositeResourceDefinition{})
	xrd := &xrdv1.CompositeResourceDefinition{} // has every field of the second version, and Crossplane reads it so
	strictly(t, file, xrd)
	crd, err := xcrd.ForCompositeResource(xrd)
	if err != nil {
		t.Fatal(err)
	}
	v := crd.Spec.Versions[0]
	return &definition{
		gvk:        schema.GroupVersionKind{Group: crd.Spec.Group, Version: v.Name, Kind: crd.Spec.Names.Kind},
		namespaced: crd.Spec.Scope == "Namespaced", schema: v.Schema.OpenAPIV3Schema,
	}
}

// strictly reads a file of the repository and refuses fields that are not known.
func strictly(t *testing.T, file string, into any) {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("..", "..", filepath.FromSlash(file)))
	if err == nil {
		err = yaml.UnmarshalStrict(raw, into)
	}
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
}
