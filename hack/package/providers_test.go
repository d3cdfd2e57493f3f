package main

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

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
