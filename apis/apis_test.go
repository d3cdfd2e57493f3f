package apis

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/crossplane/crossplane-runtime/v2/pkg/xcrd"
	xrdv1 "github.com/crossplane/crossplane/apis/v2/apiextensions/v1"
	"github.com/google/go-cmp/cmp"
	extv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"sigs.k8s.io/yaml"

	"github.com/pipelinestack/function-pipelinestack/hack/xrds/generate"
)

// root is the folder of the repository as tests of this package see it.
const root = ".."

func TestGeneratedFilesAreFresh(t *testing.T) {
	files, err := generate.Files(root)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range files {
		if diff := cmp.Diff(string(want), read(t, name)); diff != "" {
			t.Errorf("%s does not follow from the types; run make generate (-generated +committed):\n%s", name, diff)
		}
	}
	for _, name := range []string{
		generate.ClaimXRD, generate.NamespacedXRD, generate.ClassCRD, generate.InputCRD,
		"apis/v1alpha1/zz_generated.deepcopy.go", "apis/input/v1beta1/zz_generated.deepcopy.go",
	} {
		if _, ok := files[name]; !ok {
			t.Errorf("%s is not generated", name)
		}
	}
}

// Both flavours are one API: what a tenant learns of one holds for the other.
func TestFlavoursShareOneSchema(t *testing.T) {
	claim, namespaced := readXRD(t, generate.ClaimXRD), readXRD(t, generate.NamespacedXRD)
	if diff := cmp.Diff(xrdSchema(t, claim), xrdSchema(t, namespaced)); diff != "" {
		t.Errorf("schemas differ (-claim +namespaced):\n%s", diff)
	}
	if diff := cmp.Diff(claim.Spec.Versions[0].AdditionalPrinterColumns, namespaced.Spec.Versions[0].AdditionalPrinterColumns); diff != "" {
		t.Errorf("columns differ (-claim +namespaced):\n%s", diff)
	}
}

// Crossplane lays its own fields over those of an XRD without a word.
func TestNoFieldIsCrossplanes(t *testing.T) {
	legacy, modern := xrdv1.CompositeResourceScopeLegacyCluster, xrdv1.CompositeResourceScopeNamespaced
	schema := xrdSchema(t, readXRD(t, generate.ClaimXRD))
	for block, reserved := range map[string][]map[string]extv1.JSONSchemaProps{
		"spec": {
			xcrd.CompositeResourceSpecProps(legacy, nil),
			xcrd.CompositeResourceSpecProps(modern, nil),
			xcrd.CompositeResourceClaimSpecProps(nil),
		},
		"status": {xcrd.CompositeResourceStatusProps(legacy), xcrd.CompositeResourceStatusProps(modern)},
	} {
		for _, props := range reserved {
			for name := range props {
				if _, ok := schema.Properties[block].Properties[name]; ok {
					t.Errorf("%s.%s is a field of Crossplane's own", block, name)
				}
			}
		}
	}
}

// Client-side kubectl apply keeps the whole object as JSON in an annotation, and annotations end at
// 256 KiB. Argo CD and others apply so unless told otherwise.
func TestDefinitionsCanBeApplied(t *testing.T) {
	const limit = 200_000
	for _, name := range []string{generate.ClaimXRD, generate.NamespacedXRD, generate.ClassCRD} {
		kept, err := yaml.YAMLToJSON([]byte(read(t, name)))
		if err != nil {
			t.Fatal(err)
		}
		if len(kept) >= limit {
			t.Errorf("%s has %d bytes, want less than %d", name, len(kept), limit)
		}
	}
}

// One look at a list says which stack needs somebody, and why.
func TestPrinterColumns(t *testing.T) {
	for _, d := range stackDefinitions(t) {
		var names, narrow []string
		for _, column := range d.Spec.Versions[0].AdditionalPrinterColumns {
			if column.Priority == 0 {
				narrow = append(narrow, column.Name)
			}
			names = append(names, column.Name)
		}
		for _, want := range []string{"READY", "RELEASE", "DATABASE", "STORE", "STATUS", "AGE"} {
			if !slices.Contains(narrow, want) {
				t.Errorf("%s has no column %s: %v", d.Spec.Names.Kind, want, narrow)
			}
		}
		if !slices.Contains(names, "URL") || slices.Contains(narrow, "URL") {
			t.Errorf("%s: column URL is not the wide output's: %v", d.Spec.Names.Kind, names)
		}
		if once := slices.Compact(slices.Sorted(slices.Values(names))); len(once) != len(names) {
			t.Errorf("%s has a column twice: %v", d.Spec.Names.Kind, names)
		}
	}
}

// Kubernetes' modules are released together; a mixed set compiles and then
// fails in strange ways.
func TestKubernetesModulesAreOfOneMinor(t *testing.T) {
	const minor = "v0.35."
	ownPace := []string{"k8s.io/gengo/v2", "k8s.io/klog/v2", "k8s.io/kube-openapi", "k8s.io/utils"}

	modules := regexp.MustCompile(`(?m)^(?:require)?\s*(k8s\.io/\S+) (v\S+)`).FindAllStringSubmatch(read(t, "go.mod"), -1)
	if len(modules) < 5 {
		t.Fatalf("go.mod names %d modules of Kubernetes; it is misread", len(modules))
	}
	for _, module := range modules {
		name, version := module[1], module[2]
		if !slices.Contains(ownPace, name) && !strings.HasPrefix(version, minor) {
			t.Errorf("%s is at %s, want %sx", name, version, minor)
		}
	}
}
