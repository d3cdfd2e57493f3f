package main

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

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

// What a file of a provider may lose, which would then not run, or run without its rights.
func TestProvidersInspect(t *testing.T) {
	t.Chdir(root)

	cases := map[string]struct {
		reason   string
		file     string
		old, new string
		want     string
	}{
		"SQL":        {"nothing is wrong with what we write", "providers-sql", "", "", ""},
		"AWS":        {"nothing is wrong with what we write", "providers-aws", "", "", ""},
		"Kubernetes": {"nothing is wrong with what we write", "providers-kubernetes", "", "", ""},
		"Old":        {"the package is the one that was built", "providers-aws", ":v0.1.0", ":v0.0.9", "which is " + canonical},
		"NoProvider": {"nobody would make the bindings", "providers-kubernetes", "kind: Provider\n", "kind: Pro\n", "want objects of kinds"},
		"Unpinned": {
			"the version that was read",
			"providers-kubernetes",
			"provider-kubernetes:v",
			"provider-kubernetes:v0",
			"it lost Provider .spec.package",
		},
		"Runtime": {
			"the provider would not start", "providers-kubernetes",
			"runtimeConfigRef:\n    name: pipelinestack-", "runtimeConfigRef:\n    name: ", "which is not here",
		},
		"Account": {
			"the provider would lack its rights", "providers-kubernetes",
			"kind: ServiceAccount\n    name: pipelinestack-", "kind: ServiceAccount\n    name: ", "as whom nothing runs",
		},
	}

	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			i := providers[slices.IndexFunc(providers, func(i install) bool { return i.name == tc.file })]

			b, err := i.render("v0.1.0", canonical)
			if err != nil {
				t.Fatal(err)
			}

			err = i.inspect([]byte(strings.ReplaceAll(string(b), tc.old, tc.new)), "v0.1.0", canonical)
			if tc.want == "" && err != nil || tc.want != "" && (err == nil || !strings.Contains(err.Error(), tc.want)) {
				t.Errorf("%s\ninspect(...): want an error with %q, got: %v", tc.reason, tc.want, err)
			}
		})
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

// Clusters pin providers of their own. So what installs stacks brings none, and what brings them
// takes whatever version is there, as far as it is known to work.
func TestConfigurationsBringNoProviders(t *testing.T) {
	ranged := regexp.MustCompile(`^>=v\d+\.\d+\.\d+ <v\d+\.\d+\.\d+-0$`)

	for _, p := range append(slices.Clone(configurations), providersSQL, providersAWS) {
		kinds := []string{}

		for _, d := range list(t, load(t, p.sources[0]+"/crossplane.yaml")[0], "spec", "dependsOn") {
			kind := text(d, "kind")
			if kinds = append(kinds, kind); kind == "Provider" && !ranged.MatchString(text(d, "version")) {
				t.Errorf("%s: %s of %s is no range of versions with an end", p.name, text(d, "version"), text(d, "package"))
			}
		}

		want := map[string][]string{providersSQL.name: {"Provider"}, providersAWS.name: {"Provider", "Provider"}}[p.name]
		if want == nil {
			want = []string{"Function"}
		}

		if !slices.Equal(kinds, want) {
			t.Errorf("%s depends on packages of kinds %v, want %v", p.name, kinds, want)
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

// Who may read classes knows the salt, and computes the name of a tenant's next bucket.
func TestTenantsReadNoClasses(t *testing.T) {
	granted := map[string]string{
		"pipelinestack:aggregate-to-crossplane-admin": "rbac.crossplane.io/aggregate-to-admin",
		"pipelinestack:reads":                         "rbac.crossplane.io/aggregate-to-crossplane",
	}

	for _, i := range installs {
		for _, source := range slices.Concat(i.sources, i.guards) {
			for _, o := range load(t, source) {
				for _, rule := range list(t, o, "rules") {
					for _, resources := range []any{rule["resources"], rule["apiGroups"]} {
						for _, r := range resources.([]any) {
							label := granted[o.GetName()]
							if (r == "pipelinestackclasses" || r == "*") && (label == "" || len(o.GetLabels()) != 1 || o.GetLabels()[label] != "true") {
								t.Errorf("%s: %s %s with labels %v gives %v", source, o.GetKind(), o.GetName(), o.GetLabels(), rule)
							}
						}
					}
				}
			}
		}
	}
}

// The ConfigMap says what the roles beside it grant, no less and no more: a kind that it names and
// nobody granted hangs every stack, a kind that it leaves out is never asked for.
func TestReadsAreGranted(t *testing.T) {
	sameReads(t, load(t, "package/reads.yaml"))
}

// Whoever lets Crossplane read pods changes the file as it says in its comments.
func TestReadsOfPodsAreGranted(t *testing.T) {
	b, err := os.ReadFile(filepath.Join(root, "package", "reads.yaml"))
	if err != nil {
		t.Fatal(err)
	}

	with := strings.NewReplacer("  # - apiGroups", "  - apiGroups", "  #   resources", "    resources", "  #   verbs", "    verbs",
		"    Namespace\n", "    Namespace\n    Pod\n").Replace(string(b))

	objects, err := decode([]byte(with))
	if err != nil || strings.Count(with, "Pod\n") != 1 {
		t.Fatalf("the comments do not say how: %v\n%s", err, with)
	}

	if said := sameReads(t, objects); !slices.Contains(said, "pods") {
		t.Errorf("Crossplane may not read pods: %v", said)
	}
}

// sameReads wants the role to grant what the ConfigMap says, and returns that.
func sameReads(t *testing.T, objects []unstructured.Unstructured) []string {
	t.Helper()

	granted, said := []string{}, []string{}

	for _, o := range objects {
		for _, rule := range list(t, o, "rules") {
			if verbs := rule["verbs"]; !cmp.Equal(verbs, []any{"get", "list", "watch"}) {
				t.Errorf("%v: Crossplane needs get, list and watch to read a kind, and nothing else", rule)
			}

			for _, group := range rule["apiGroups"].([]any) {
				for _, resource := range rule["resources"].([]any) {
					granted = append(granted, schema.GroupResource{Group: group.(string), Resource: resource.(string)}.String())
				}
			}
		}

		for line := range strings.FieldsSeq(text(o.Object, "data", "reads")) {
			kind := schema.ParseGroupKind(line)
			resource, _ := meta.UnsafeGuessKindToResource(kind.WithVersion("v1"))
			said = append(said, resource.GroupResource().String())
		}
	}

	slices.Sort(granted)
	slices.Sort(said)

	if len(said) == 0 || !slices.Equal(granted, said) {
		t.Errorf("the ClusterRole grants %v, the ConfigMap says %v", granted, said)
	}

	return said
}
