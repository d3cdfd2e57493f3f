package main

import (
	"debug/buildinfo"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The list of what a program consists of is the compiler's own. This test is a program, too.
func TestBom(t *testing.T) {
	binary, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}

	info, err := buildinfo.ReadFile(binary)
	if err != nil {
		t.Fatal(err)
	}

	file := filepath.Join(t.TempDir(), "bom.json")
	if err := writeBom(file, binary, "v0.1.0"); err != nil {
		t.Fatal(err)
	}

	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}

	got := map[string]any{}
	if err := json.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}

	if got["bomFormat"] != "CycloneDX" || got["specVersion"] != "1.5" {
		t.Errorf("the list is in the form of %v %v", got["bomFormat"], got["specVersion"])
	}

	for _, m := range info.Deps {
		if !strings.Contains(string(b), `"purl": "pkg:golang/`+m.Path+"@"+m.Version+`"`) {
			t.Errorf("the list lacks %s %s", m.Path, m.Version)
		}
	}

	const module = "github.com/google/go-cmp"
	for name, spoilt := range map[string]string{
		"Version": strings.Replace(string(b), `"version": "v0.1.0"`, `"version": "v0.2.0"`, 1),
		"Module":  strings.ReplaceAll(string(b), module, module+"2"),
		"Empty":   `{"bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1}`,
		"NoJSON":  "modules",
	} {
		save(t, file, []byte(spoilt))

		if err := inspectBom(file, binary, "v0.1.0"); spoilt == string(b) || err == nil {
			t.Errorf("%s: a list that is not the program's passes", name)
		}
	}
}

func TestChecksums(t *testing.T) {
	cases := map[string]struct {
		reason string
		spoil  func(t *testing.T, dir string)
		want   string
	}{
		"Good": {"nothing is wrong with what we write", func(*testing.T, string) {}, ""},
		"Changed": {
			"somebody changed a file",
			func(t *testing.T, dir string) { t.Helper(); save(t, dir+"/install.yaml", []byte("b")) },
			"install.yaml",
		},
		"Forgotten": {"a file came later", func(t *testing.T, dir string) { t.Helper(); save(t, dir+"/more.yaml", []byte("a")) }, "more.yaml"},
		"Vanished": {"a file is gone", func(t *testing.T, dir string) {
			t.Helper()

			if err := os.Remove(dir + "/function.xpkg"); err != nil {
				t.Fatal(err)
			}
		}, "2 lines for 1 files"},
		"Binary": {
			"what is in a package needs no sum",
			func(t *testing.T, dir string) { t.Helper(); save(t, dir+"/function-amd64", []byte("a")) },
			"",
		},
	}

	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			save(t, dir+"/install.yaml", []byte("a"))
			save(t, dir+"/function.xpkg", []byte("a"))

			if _, err := writeChecksums(dir); err != nil {
				t.Fatal(err)
			}

			tc.spoil(t, dir)

			err := inspectChecksums(dir)
			if tc.want == "" && err != nil || tc.want != "" && (err == nil || !strings.Contains(err.Error(), tc.want)) {
				t.Errorf("%s\ninspectChecksums(...): want an error with %q, got: %v", tc.reason, tc.want, err)
			}
		})
	}
}
