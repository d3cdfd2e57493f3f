package main

import (
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestInstallInspect(t *testing.T) {
	t.Chdir(root)

	const version, mirror = "v0.1.0", "registry.example.org/stacks"

	cases := map[string]struct {
		reason   string
		registry string
		old, new string // What is replaced in the file, all of it.
		want     string
		claim    bool // Whether the claim flavour's file has an opinion on it as well.
	}{
		"Good": {
			reason: "Nothing is wrong with what we write.",
			claim:  true,
		},
		"Mirrored": {
			reason:   "Another registry changes nothing but where packages are pulled from.",
			registry: mirror,
			claim:    true,
		},
		"OldVersion": {
			reason: "The Configuration must be the one that was built just now.",
			old:    ":" + version, new: ":v0.0.9",
			want:  "instead of " + canonical,
			claim: true,
		},
		"NoConfiguration": {
			reason: "Without it nothing is installed.",
			old:    "kind: Configuration\n", new: "kind: Config\n",
			want:  "want objects of kinds",
			claim: true,
		},
		"LostRight": {
			reason: "A stack hangs without a word if Crossplane may not compose one of its kinds.",
			old:    "networkpolicies", new: "networks",
			want:  "it lost ClusterRole .rules",
			claim: true,
		},
		"LostRole": {
			reason: "Stacks bind it.",
			old:    "name: pipelinestack-ui\n", new: "name: pipelinestack-web\n",
			want:  "it lacks ClusterRole pipelinestack-ui",
			claim: true,
		},
		"OtherRegistry": {
			reason:   "The ImageConfig must lead to the registry that was asked for.",
			registry: mirror,
			old:      "prefix: " + mirror, new: "prefix: registry.example.org/others",
			want:  "the packages come from",
			claim: true,
		},
		"OtherImages": {
			reason:   "An ImageConfig for other images leaves ours where they are not, or takes the providers' away from where they are.",
			registry: mirror,
			old:      "prefix: " + canonical + "/", new: "prefix: xpkg.crossplane.io/",
			want:  "the ImageConfig is about images of",
			claim: true,
		},
		"NoImageConfig": {
			reason:   "Crossplane would look for the packages where they are not.",
			registry: mirror,
			old:      "kind: ImageConfig", new: "kind: Image",
			want:  "want objects of kinds",
			claim: true,
		},
		"OtherProvider": {
			reason: "A version that the Configuration refuses would never become healthy.",
			old:    "provider-kubernetes:v", new: "provider-kubernetes:v0",
			want: "the Provider is",
		},
		"UnknownRuntime": {
			reason: "The provider would not start.",
			old:    "runtimeConfigRef:\n    name: pipelinestack-", new: "runtimeConfigRef:\n    name: ",
			want: "which is not here",
		},
		"OtherAccount": {
			reason: "The provider would lack its rights.",
			old:    "kind: ServiceAccount\n    name: pipelinestack-", new: "kind: ServiceAccount\n    name: ",
			want: "as whom nothing runs",
		},
		"NoPolicy": {
			reason: "Namespaces could be deleted under their stacks, and all stacks with the package.",
			old:    "kind: ValidatingAdmissionPolicy\n", new: "kind: Policy\n",
			want:  "want objects of kinds",
			claim: true,
		},
		"UnguardedXRD": {
			reason: "The XRD takes every stack along.",
			old:    "resources: [compositeresourcedefinitions]", new: "resources: [compositions]",
			want:  "it lost ValidatingAdmissionPolicy .spec.matchConstraints",
			claim: true,
		},
		"OtherCrossplane": {
			reason: "Whom the policy lets through is what it is about.",
			old:    "crossplane-system:crossplane'", new: "crossplane-system:default'",
			want: "it lost ValidatingAdmissionPolicy .spec.validations",
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

				if i.provider == "" && !tc.claim {
					if string(spoilt) != string(b) {
						t.Errorf("the claim flavour's file holds %q, of which it has no need", tc.old)
					}

					return
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

// What lies in package/ and is in no package is to be applied, so it belongs into an install file.
func TestInstallsLeaveNothingOut(t *testing.T) {
	t.Chdir(root)

	parts := []string{}

	for _, p := range append([]pkg{function}, configurations...) {
		files, err := p.files()
		if err != nil {
			t.Fatal(err)
		}

		parts = append(parts, files...)
	}

	for _, i := range installs {
		parts = append(append(parts, i.sources...), i.guards...)
	}

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

// Who deletes what is in the file, as "kubectl delete -f" does from top to bottom, must meet the packages before what guards them is gone.
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
