package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// A platform may install its providers with no kind activated. A kind that we compose and our
// policy leaves out then never becomes a CRD, and every stack waits for it.
func TestActivationPoliciesCoverTheExamples(t *testing.T) {
	activated := []string{}

	for _, p := range configurations {
		for _, o := range load(t, p.sources[0]+"/mrap.yaml") {
			names, _, err := unstructured.NestedStringSlice(o.Object, "spec", "activate")
			if err != nil {
				t.Fatal(err)
			}

			activated = append(activated, names...)
		}
	}

	files, err := filepath.Glob(filepath.Join(root, "examples/*/expected.yaml"))
	if err != nil {
		t.Fatal(err)
	}

	found := map[string]string{}

	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}

		objects, err := decode(b)
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}

		for _, o := range objects {
			managedKinds(o.Object, func(kind string) { found[kind] = file })
		}
	}

	// Three kinds in MySQL and at least a bucket and an identity.
	if len(found) < 5 {
		t.Fatalf("found only the managed kinds %v in %d examples", found, len(files))
	}

	for kind, file := range found {
		if !slices.Contains(activated, kind) {
			t.Errorf("%s composes %s, which no ManagedResourceActivationPolicy activates", file, kind)
		}
	}
}

// ManagedKinds calls found with plural.group of each managed resource within v, however deep.
func managedKinds(v any, found func(kind string)) {
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			managedKinds(e, found)
		}
	case map[string]any:
		for _, e := range v {
			managedKinds(e, found)
		}

		version, _ := v["apiVersion"].(string)
		kind, _ := v["kind"].(string)
		group, _, _ := strings.Cut(version, "/")

		for _, provider := range []string{".sql.crossplane.io", ".sql.m.crossplane.io", ".upbound.io", "kubernetes.m.crossplane.io"} {
			if strings.HasSuffix(group, provider) && !strings.HasSuffix(kind, "ProviderConfig") {
				found(plural(kind) + "." + group)
			}
		}
	}
}

// Plural of a kind, the way the providers' CRDs form it.
func plural(kind string) string {
	kind = strings.ToLower(kind)
	if stem, ok := strings.CutSuffix(kind, "y"); ok && !strings.HasSuffix(stem, "e") {
		return stem + "ies"
	}

	return kind + "s"
}
