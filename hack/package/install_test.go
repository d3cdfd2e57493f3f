package main

import (
	"bytes"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pipelinestack/function-pipelinestack/internal/check"
)

func TestInstallInspect(t *testing.T) {
	t.Chdir(root)

	const version, mirror = "v0.1.0", "registry.example.org/stacks"

	cases := map[string]struct {
		reason   string
		registry string
		old, new string // What is replaced in the file, all of it.
		want     string
	}{
		"Good": {
			reason: "Nothing is wrong with what we write.",
		},
		"Mirrored": {
			reason:   "Another registry changes nothing but where packages are pulled from.",
			registry: mirror,
		},
		"OldVersion": {
			reason: "The Configuration must be the one that was built just now.",
			old:    ":" + version, new: ":v0.0.9",
			want: "which is " + canonical,
		},
		"OldFunction": {
			reason: "A Configuration that came alone leaves the function as it is.",
			old:    "/function-pipelinestack:" + version, new: "/function-pipelinestack:v0.0.9",
			want: "the Function pipelinestack-function-pipelinestack is",
		},
		"NoFunction": {
			reason: "Crossplane would choose the newest, and never another.",
			old:    "kind: Function\n", new: "kind: Func\n",
			want: "want objects of kinds",
		},
		"OtherFunction": {
			reason: "Compositions call it by its name.",
			old:    "name: pipelinestack-function-pipelinestack", new: "name: function-pipelinestack",
			want: "instead of pipelinestack-function-pipelinestack",
		},
		"NoConfiguration": {
			reason: "Without it nothing is installed.",
			old:    "kind: Configuration\n", new: "kind: Config\n",
			want: "want objects of kinds",
		},
		"LostRight": {
			reason: "A stack hangs without a word if Crossplane may not compose one of its kinds.",
			old:    "networkpolicies", new: "networks",
			want: "it lost ClusterRole .rules",
		},
		"LostRead": {
			reason: "A stack hangs without a word if Crossplane may not read its class.",
			old:    "resources: [pipelinestackclasses]\n    verbs: [get, list, watch]", new: "resources: [pipelinestackclasses]\n    verbs: [get]",
			want: "it lost ClusterRole .rules",
		},
		"LostPromise": {
			reason: "The function asks only for what the ConfigMap says.",
			old:    "PipelineStackClass.pipelines", new: "PipelineStack.pipelines",
			want: "it lost ConfigMap .data.reads",
		},
		"NoDefinition": {
			reason: "Without it the cluster knows no class.",
			old:    "kind: CustomResourceDefinition\n", new: "kind: Definition\n",
			want: "want objects of kinds",
		},
		"LostRole": {
			reason: "Stacks bind it.",
			old:    "name: pipelinestack-ui\n", new: "name: pipelinestack-web\n",
			want: "it lacks ClusterRole pipelinestack-ui",
		},
		"OtherRegistry": {
			reason:   "The ImageConfig must lead to the registry that was asked for.",
			registry: mirror,
			old:      "prefix: " + mirror, new: "prefix: registry.example.org/others",
			want: "the packages come from",
		},
		"OtherImages": {
			reason:   "An ImageConfig for other images leaves ours where they are not, or takes the providers' away from where they are.",
			registry: mirror,
			old:      "prefix: " + canonical + "/", new: "prefix: xpkg.crossplane.io/",
			want: "the ImageConfig is about images of",
		},
		"NoImageConfig": {
			reason:   "Crossplane would look for the packages where they are not.",
			registry: mirror,
			old:      "kind: ImageConfig", new: "kind: Image",
			want: "want objects of kinds",
		},
		"NoPolicy": {
			reason: "Namespaces could be deleted under their stacks, and all stacks with the package.",
			old:    "kind: ValidatingAdmissionPolicy\n", new: "kind: Policy\n",
			want: "want objects of kinds",
		},
		"UnguardedXRD": {
			reason: "The XRD takes every stack along.",
			old:    "resources: [compositeresourcedefinitions]", new: "resources: [compositions]",
			want: "it lost ValidatingAdmissionPolicy .spec.matchConstraints",
		},
		"OtherCrossplane": {
			reason: "Whom the policy lets through is what it is about.",
			old:    "crossplane-system:crossplane'", new: "crossplane-system:default'",
			want: "it lost ValidatingAdmissionPolicy .spec.",
		},
	}

	for name, tc := range cases {
		for _, i := range installs {
			t.Run(name+"/"+i.name, func(t *testing.T) {
				registry := tc.registry
				if registry == "" {
					registry = canonical
				}

				b, err := i.render(version, registry)
				if err != nil {
					t.Fatal(err)
				}

				spoilt := b
				if tc.old != "" {
					spoilt = []byte(strings.ReplaceAll(string(b), tc.old, tc.new))
				}

				err = i.inspect(spoilt, version, registry)
				if tc.want == "" && err != nil {
					t.Errorf("%s\ninspect(...): %v", tc.reason, err)
				}

				if tc.want != "" && (err == nil || !strings.Contains(err.Error(), tc.want)) {
					t.Errorf("%s\ninspect(...): want an error with %q, got: %v", tc.reason, tc.want, err)
				}
			})
		}
	}
}

// A cluster has the definitions that the tests hold samples against, the newest of them.
func TestInstallsBringTheNewestDefinitions(t *testing.T) {
	generations := check.Generations()
	newest := generations[len(generations)-1].Name
	want := []string{}

	for _, folder := range []string{newest, "kubeflow"} {
		files, err := filepath.Glob(filepath.Join(root, "internal/check/schemas/generations", folder, "*.json"))
		if err != nil || len(files) == 0 {
			t.Fatalf("no definitions of %s: %v", folder, err)
		}

		for _, file := range files {
			want = append(want, strings.TrimPrefix(filepath.ToSlash(file), root+"/"))
		}
	}

	if diff := cmp.Diff(want, definitions); diff != "" {
		t.Errorf("-internal/check, +definitions:\n%s", diff)
	}

	for n, bare := range installs[2*len(flavours):] {
		if bare.name != flavours[n].name+"-no-crds" {
			t.Fatalf("%s has %s at its side", flavours[n].name, bare.name)
		}

		if left := slices.Concat(definitions, bare.sources); !slices.Equal(left, flavours[n].sources) {
			t.Errorf("%s leaves out more than the definitions: %v", bare.name, bare.sources)
		}
	}
}

// What is installed for nothing but a cluster is what examples render, and differs from what
// platforms install in one field of the Composition and the name of a package: a platform goes from
// one to the other by applying the other file.
func TestStandaloneDiffersInTheClassAlone(t *testing.T) {
	rendered := load(t, "examples/embedded/composition.yaml")[0].Object["spec"]

	t.Chdir(root)

	for n, platforms := range flavours {
		i := installs[n+len(flavours)]
		if i.name != platforms.name+"-standalone" {
			t.Fatalf("%s has %s at its side", platforms.name, i.name)
		}

		one, err := platforms.render("v0.1.0", canonical)
		if err != nil {
			t.Fatal(err)
		}

		other, err := i.render("v0.1.0", canonical)
		if err != nil {
			t.Fatal(err)
		}

		_, one, _ = bytes.Cut(one, []byte("---\n"))
		_, other, _ = bytes.Cut(other, []byte("---\n"))
		name := platforms.configuration.name

		if diff := cmp.Diff(strings.ReplaceAll(string(one), name+":v", name+"-standalone:v"), string(other)); diff != "" {
			t.Errorf("%s: -platforms, +standalone:\n%s", i.name, diff)
		}

		for _, source := range i.configuration.sources {
			if filepath.Base(source) != "composition.yaml" {
				continue
			}

			b, err := i.configuration.read(source)
			if err != nil {
				t.Fatal(err)
			}

			got, err := decode(b)
			if err != nil {
				t.Fatal(err)
			}

			spec, _ := got[0].Object["spec"].(map[string]any)
			spec["compositeTypeRef"] = rendered.(map[string]any)["compositeTypeRef"]

			if diff := cmp.Diff(rendered, any(spec)); diff != "" {
				t.Errorf("%s: -examples/embedded, +package:\n%s", i.name, diff)
			}
		}
	}
}

// What lies in package/ and is in no package is to be applied, so it belongs into an install file.
func TestInstallsLeaveNothingOut(t *testing.T) {
	t.Chdir(root)

	parts := []string{}

	for _, p := range append([]pkg{function, providersSQL, providersAWS}, configurations...) {
		files, err := p.files()
		if err != nil {
			t.Fatal(err)
		}

		parts = append(parts, files...)
	}

	for _, i := range slices.Concat(installs, providers) {
		parts = append(append(parts, i.sources...), i.guards...)
	}

	parts = append(parts, classExample) // Applied by itself.

	err := filepath.WalkDir("package", func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && filepath.Ext(path) == ".yaml" && !slices.Contains(parts, filepath.ToSlash(path)) {
			t.Errorf("%s is in no package and in no install file", path)
		}

		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Who deletes what is in the file, as "kubectl delete -f" does from top to bottom, must meet the
// packages before what guards them is gone.
func TestGuardsComeLast(t *testing.T) {
	t.Chdir(root)

	for _, i := range installs {
		b, err := i.render("v0.1.0", canonical)
		if err != nil {
			t.Fatal(err)
		}

		_, after, _ := strings.Cut(string(b), "\nkind: Configuration\n")
		if !strings.Contains(after, "\nkind: ValidatingAdmissionPolicy\nmetadata:\n  name: pipelinestack-deletion\n") {
			t.Errorf("%s: the policy pipelinestack-deletion comes before the Configuration", i.name)
		}
	}
}

// A tag that no registry takes must fail before somebody applies the file.
func TestInstallRefusesBadNames(t *testing.T) {
	t.Chdir(root)

	for _, bad := range []struct{ version, registry string }{
		{"v0.1.0+dirty", canonical},
		{"", canonical},
		{"v0.1.0", "https://registry.example.org/stacks"},
		{"v0.1.0", "registry.example.org/Stacks"},
	} {
		if file, err := installs[0].write(bad.version, bad.registry); err == nil {
			t.Errorf("write(%q, %q): want an error, got %s", bad.version, bad.registry, file)
		}
	}
}
