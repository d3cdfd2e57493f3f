package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

const root = "../.."

// The oldest Crossplane that will do is named by packages, to whoever installs, and by the function.
func TestOldestCrossplaneIsTheSameEverywhere(t *testing.T) {
	const oldest = "2.4.0"

	for _, file := range []string{
		"package/function/crossplane.yaml", "package/configuration/claim/crossplane.yaml", "package/configuration/namespaced/crossplane.yaml",
	} {
		for _, o := range load(t, file) {
			// With -0 builds of that version with a suffix will do as well.
			if got, _, _ := unstructured.NestedString(o.Object, "spec", "crossplane", "version"); got != ">=v"+oldest+"-0" {
				t.Errorf("%s: want Crossplane >=v%s-0, got %s", file, oldest, got)
			}
		}
	}

	named := regexp.MustCompile(`Crossplane ([0-9.]+) or newer`)

	for _, file := range []string{"README.md", "docs/install.md", "hack/package/install.go", "fn/fn.go"} {
		b, err := os.ReadFile(filepath.Join(root, file))
		if err != nil {
			t.Fatal(err)
		}

		found := named.FindAllStringSubmatch(string(b), -1)
		if len(found) == 0 {
			t.Errorf("%s does not say which Crossplane is the oldest", file)
		}

		for _, match := range found {
			if match[1] != oldest {
				t.Errorf("%s: want %q, got %q", file, oldest, match[1])
			}
		}
	}
}

// Who uninstalls types what the page says.
func TestUninstallNamesWhatIsInstalled(t *testing.T) {
	b, err := os.ReadFile(filepath.Join(root, "docs/install.md"))
	if err != nil {
		t.Fatal(err)
	}

	_, page, _ := strings.Cut(string(b), "\n## Uninstall\n")
	page, _, _ = strings.Cut(page, "\n## ")
	lines := strings.Split(page, "\n")

	for _, i := range installs {
		want := []string{"$ kubectl delete configuration.pkg.crossplane.io " + i.configuration.name}

		for _, source := range i.configuration.sources {
			if filepath.Ext(source) != ".yaml" {
				continue
			}

			for _, o := range load(t, source) {
				if o.GetKind() == "CompositeResourceDefinition" {
					want = append(want, "$ kubectl wait --for=delete xrd/"+o.GetName()+" --timeout=5m")
				}

				for _, step := range list(t, o, "spec", "pipeline") {
					if ref, _ := step["functionRef"].(map[string]any); text(ref, "name") != "" {
						want = append(want, "$ kubectl delete function.pkg.crossplane.io "+text(ref, "name"))
					}
				}
			}
		}

		for _, guard := range i.guards {
			for _, o := range load(t, guard) {
				_, bound, _ := unstructured.NestedMap(o.Object, "spec", "paramRef")
				if o.GetKind() == "ValidatingAdmissionPolicyBinding" && !bound {
					want = append(want, "$ kubectl delete validatingadmissionpolicybinding "+o.GetName())
				}
			}
		}

		for _, line := range want {
			if !slices.Contains(lines, line) {
				t.Errorf("docs/install.md, Uninstall, lacks %q", line)
			}
		}
	}
}

// Crossplane names a Function that it installs as a dependency after its path in the registry. A
// Composition that calls it otherwise waits for a Function that never comes.
func TestCompositionsCallTheirDependency(t *testing.T) {
	for _, p := range configurations {
		t.Run(p.name, func(t *testing.T) {
			installed, called := []string{}, []string{}

			for _, source := range p.sources {
				if filepath.Ext(source) != ".yaml" {
					source = filepath.Join(source, "crossplane.yaml")
				}

				for _, o := range load(t, source) {
					for _, d := range list(t, o, "spec", "dependsOn") {
						if path, _ := d["package"].(string); d["kind"] == "Function" {
							_, repository, _ := strings.Cut(path, "/")
							installed = append(installed, strings.ReplaceAll(repository, "/", "-"))
						}
					}

					for _, step := range list(t, o, "spec", "pipeline") {
						name, _, _ := unstructured.NestedString(step, "functionRef", "name")
						called = append(called, name)
					}
				}
			}

			if len(called) == 0 {
				t.Error("the Composition calls no Function")
			}

			for _, name := range append(called, functionName) {
				if !slices.Contains(installed, name) {
					t.Errorf("the Composition calls %q, the Configuration depends on %v", name, installed)
				}
			}
		})
	}
}

// A function that is too old for the XRD refuses what the API server lets in, so the Configuration says
// which one it needs: the one of its own version.
func TestConfigurationsNeedTheirFunction(t *testing.T) {
	t.Chdir(root)

	for _, p := range at("v0.7.0", configurations) {
		b, err := p.read(p.sources[0] + "/crossplane.yaml")
		if err != nil {
			t.Fatal(err)
		}

		objects, err := decode(b)
		if err != nil {
			t.Fatal(err)
		}

		if d := list(t, objects[0], "spec", "dependsOn"); len(d) != 1 || d[0]["version"] != ">=v0.7.0" {
			t.Errorf("%s depends on %v, want the function of v0.7.0 or newer", p.repository(), d)
		}
	}
}

// Crossplane cannot compare what is no semantic version.
func TestVersionsAreSemantic(t *testing.T) {
	t.Chdir(root)

	for _, version := range []string{"", "0.2.0", "v0.2", "0a1b2c3-dirty"} {
		if err := buildAll(t.Context(), "none", version, canonical); err == nil || !strings.Contains(err.Error(), "semantic") {
			t.Errorf("%q: want a refusal, got: %v", version, err)
		}
	}
}

func load(t *testing.T, file string) []unstructured.Unstructured {
	t.Helper()

	b, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(file)))
	if err != nil {
		t.Fatal(err)
	}

	objects, err := decode(b)
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}

	return objects
}

// List returns the maps in the list at the path, none if the object has no such list.
func list(t *testing.T, o unstructured.Unstructured, path ...string) []map[string]any {
	t.Helper()

	values, _, err := unstructured.NestedSlice(o.Object, path...)
	if err != nil {
		t.Fatalf("%s: %v", o.GetName(), err)
	}

	maps := []map[string]any{}

	for _, v := range values {
		if m, ok := v.(map[string]any); ok {
			maps = append(maps, m)
		}
	}

	return maps
}
