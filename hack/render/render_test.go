package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestArguments(t *testing.T) {
	cases := map[string]struct {
		reason string
		kind   string   // Of the XR.
		files  []string // Further files of the example.
		core   string
		want   []string // DIR stands for the example's directory.
	}{
		"Claim": {
			reason: "The XR of a claim takes the Composition at the repository's root.",
			kind:   "XPipelineStack",
			want:   []string{"render", "DIR/xr.yaml", "composition.yaml", "fns.yaml", "-x", "-r"},
		},
		"Namespaced": {
			reason: "A namespaced XR takes the other one.",
			kind:   "PipelineStack",
			want:   []string{"render", "DIR/xr.yaml", "apis/namespaced/composition.yaml", "fns.yaml", "-x", "-r"},
		},
		"OwnComposition": {
			reason: "An example can bring a Composition, as it does for another platform.",
			kind:   "XPipelineStack",
			files:  []string{"composition.yaml"},
			want:   []string{"render", "DIR/xr.yaml", "DIR/composition.yaml", "fns.yaml", "-x", "-r"},
		},
		"Class": {
			reason: "The class is an object of the cluster that the function asks for.",
			kind:   "XPipelineStack",
			files:  []string{"class.yaml"},
			want:   []string{"render", "DIR/xr.yaml", "composition.yaml", "fns.yaml", "-x", "-r", "-e", "req.yaml"},
		},
		"ObservedAndRequired": {
			reason: "What else the cluster holds is handed over if the example has it.",
			kind:   "XPipelineStack",
			files:  []string{"observed.yaml", "required.yaml"},
			want:   []string{"render", "DIR/xr.yaml", "composition.yaml", "fns.yaml", "-x", "-r", "-o", "DIR/observed.yaml", "-e", "req.yaml"},
		},
		"Core": {
			reason: "A core binary is the engine, and needs the XRD to know the flavour.",
			kind:   "PipelineStack",
			core:   "/bin/core",
			want: []string{
				"render", "DIR/xr.yaml", "apis/namespaced/composition.yaml", "fns.yaml", "-x", "-r",
				"--crossplane-binary", "/bin/core", "--xrd", "apis/namespaced/xrd.yaml",
			},
		},
	}

	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			save(t, filepath.Join(dir, "xr.yaml"), "apiVersion: pipelines.opendatahub.io/v1alpha1\nkind: "+tc.kind+"\n")

			for _, f := range tc.files {
				save(t, filepath.Join(dir, f), "{}")
			}

			got, err := arguments(options{example: dir, core: tc.core}, "fns.yaml", "req.yaml")
			if err != nil {
				t.Fatalf("%s\narguments(...): %v", tc.reason, err)
			}

			for i, a := range got {
				if rel, err := filepath.Rel(dir, a); err == nil && filepath.IsLocal(rel) && filepath.IsAbs(a) {
					got[i] = "DIR/" + filepath.ToSlash(rel)
				}
			}

			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s\narguments(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

func TestArgumentsOfAnotherKind(t *testing.T) {
	dir := t.TempDir()
	save(t, filepath.Join(dir, "xr.yaml"), "apiVersion: v1\nkind: ConfigMap\n")

	if got, err := arguments(options{example: dir}, "fns.yaml", "req.yaml"); err == nil {
		t.Errorf("arguments(...): want an error for an example without a PipelineStack, got %v", got)
	}
}

// The CLI takes one file of required objects, an example has two.
func TestJoin(t *testing.T) {
	dir := t.TempDir()
	o := options{example: dir}
	to := filepath.Join(t.TempDir(), "to.yaml")

	save(t, filepath.Join(dir, "required.yaml"), "---\n# Others.\nkind: Secret\n---\nkind: Namespace\n")
	save(t, filepath.Join(dir, "class.yaml"), "# No line ends this file.\nkind: PipelineStackClass")

	if err := join(to, o.required()...); err != nil {
		t.Fatal(err)
	}

	objects, err := read(to)
	if err != nil {
		t.Fatal(err)
	}

	kinds := []string{}
	for _, o := range objects {
		kinds = append(kinds, o.GetKind())
	}

	if diff := cmp.Diff([]string{"PipelineStackClass", "Secret", "Namespace"}, kinds); diff != "" {
		t.Errorf("join(...): -want, +got:\n%s", diff)
	}
}

func TestPointAt(t *testing.T) {
	const other = `apiVersion: pkg.crossplane.io/v1
kind: Function
metadata:
  name: function-other
spec:
  package: example.org/other:v1
`

	cases := map[string]struct {
		reason string
		in     string
		want   string
		fails  bool
	}{
		"Ours": {
			reason: "Only our Function is redirected; others run as their authors say.",
			in:     other + "---\napiVersion: pkg.crossplane.io/v1\nkind: Function\nmetadata: {name: " + functionName + "}\n",
			want: "---\n" + other + `---
apiVersion: pkg.crossplane.io/v1
kind: Function
metadata:
  annotations:
    render.crossplane.io/runtime: Development
    render.crossplane.io/runtime-development-target: 127.0.0.1:1
  name: ` + functionName + "\n",
		},
		"NotOurs": {
			reason: "A file that names our Function otherwise would run some image with Docker.",
			in:     other,
			fails:  true,
		},
	}

	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			from, to := filepath.Join(t.TempDir(), "from.yaml"), filepath.Join(t.TempDir(), "to.yaml")
			save(t, from, tc.in)

			if err := pointAt("127.0.0.1:1", from, to); (err != nil) != tc.fails {
				t.Fatalf("%s\npointAt(...): %v", tc.reason, err)
			}

			if tc.fails {
				return
			}

			got, err := os.ReadFile(to)
			if err != nil {
				t.Fatal(err)
			}

			if diff := cmp.Diff(tc.want, string(got)); diff != "" {
				t.Errorf("%s\npointAt(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

func save(t *testing.T, file, content string) {
	t.Helper()

	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}
