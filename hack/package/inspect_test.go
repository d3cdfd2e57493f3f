package main

import (
	"archive/tar"
	"bytes"
	"debug/elf"
	"encoding/binary"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

const (
	metaYAML = `apiVersion: meta.pkg.crossplane.io/v1
kind: Function
metadata: {name: function-x}
spec:
  crossplane: {version: ">=v2.4.0-0"}
  capabilities: [composition]
`
	crdYAML = `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: inputs.x}
`
)

func TestInspect(t *testing.T) {
	executable := executableFor(t, elf.EM_X86_64)

	// A package that is right; each case spoils one thing.
	type contents struct {
		stream string // The package's objects.
		label  string
		binary []byte // In the image.
		arch   string
		config v1.Config
	}

	good := func() contents {
		return contents{stream: metaYAML + "---\n" + crdYAML, label: packageLayer, binary: executable, arch: "amd64", config: runtimeConfig}
	}

	cases := map[string]struct {
		reason string
		spoil  func(c *contents)
		data   bool // Whether the package should have no runtime.
		want   string
	}{
		"Good": {
			reason: "Nothing is wrong with what we mean to build.",
			spoil:  func(*contents) {},
		},
		"Default": {
			reason: "A field that only the package has is a default.",
			spoil:  func(c *contents) { c.stream = strings.Replace(c.stream, "spec:", "spec:\n  dependsOn: []", 1) },
		},
		"LostVersion": {
			reason: "Without the constraint the package would install on any Crossplane.",
			spoil:  func(c *contents) { c.stream = strings.Replace(c.stream, `version: ">=v2.4.0-0"`, "", 1) },
			want:   ".spec.crossplane.version",
		},
		"LostCapabilities": {
			reason: "Lists count as well.",
			spoil:  func(c *contents) { c.stream = strings.Replace(c.stream, "  capabilities: [composition]\n", "", 1) },
			want:   ".spec.capabilities",
		},
		"WrongKind": {
			reason: "The meta object decides what Crossplane installs.",
			spoil:  func(c *contents) { c.stream = strings.Replace(c.stream, "kind: Function", "kind: Provider", 1) },
			want:   "want objects of kinds",
		},
		"UnexpectedObject": {
			reason: "A stray file must not become part of a package.",
			spoil:  func(c *contents) { c.stream += "---\n" + crdYAML },
			want:   "want objects of kinds",
		},
		"NotLabelled": {
			reason: "Crossplane finds the objects by their layer's label.",
			spoil:  func(c *contents) { c.label = "upbound" },
			want:   "no layer is labelled",
		},
		"NoRuntime": {
			reason: "The CLI builds a Function without a runtime and says nothing.",
			spoil:  func(c *contents) { c.binary, c.config, c.arch = nil, v1.Config{}, "" },
			want:   "configuration",
		},
		"OtherBinary": {
			reason: "The image must run what was built just now.",
			spoil:  func(c *contents) { c.binary = []byte("old") },
			want:   "/function is not",
		},
		"OtherArchitecture": {
			reason: "Nodes choose the image by its architecture.",
			spoil:  func(c *contents) { c.arch = "arm64" },
			want:   "linux/arm64 instead of linux/amd64",
		},
		"Root": {
			reason: "A root user would not start under Pod Security restricted.",
			spoil:  func(c *contents) { c.config.User = "" },
			want:   "configuration",
		},
		"RuntimeInData": {
			reason: "A Configuration runs nothing.",
			spoil:  func(*contents) {},
			data:   true,
			want:   "without a runtime",
		},
	}

	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			r := runtime{arch: "amd64", binary: filepath.Join(dir, "function")}
			save(t, filepath.Join(dir, "crossplane.yaml"), []byte(metaYAML))
			save(t, filepath.Join(dir, "input.yaml"), []byte(crdYAML))
			save(t, r.binary, executable)

			if tc.data {
				r = runtime{}
			}

			c := good()
			tc.spoil(&c)

			img := add(t, empty.Image, map[string][]byte{packageFile: []byte(c.stream)})
			label := labels(t, img, c.label)

			if c.binary != nil {
				img = add(t, img, map[string][]byte{"function": c.binary})
			}

			c.config.Labels = label
			file := filepath.Join(dir, "x.xpkg")

			if err := tarball.WriteToFile(file, nil, configure(t, img, c.arch, c.config)); err != nil {
				t.Fatal(err)
			}

			p := pkg{name: "x", sources: []string{dir}, kinds: []string{"CustomResourceDefinition", "Function"}}

			err := inspect(file, p, r)
			if tc.want == "" && err != nil {
				t.Errorf("%s\ninspect(...): %v", tc.reason, err)
			}

			if tc.want != "" && (err == nil || !strings.Contains(err.Error(), tc.want)) {
				t.Errorf("%s\ninspect(...): want an error with %q, got: %v", tc.reason, tc.want, err)
			}
		})
	}
}

func TestCheckBinary(t *testing.T) {
	if err := checkBinary(executableFor(t, elf.EM_AARCH64), "arm64"); err != nil {
		t.Errorf("checkBinary(arm64, arm64): %v", err)
	}

	if err := checkBinary(executableFor(t, elf.EM_AARCH64), "amd64"); err == nil {
		t.Error("checkBinary(arm64, amd64): want an error, got none")
	}

	if err := checkBinary([]byte("#!/bin/sh"), "amd64"); err == nil {
		t.Error("checkBinary(script, amd64): want an error, got none")
	}
}

func TestRuntimeImage(t *testing.T) {
	a, err := runtimeImage("amd64", []byte("binary"))
	if err != nil {
		t.Fatal(err)
	}

	b, err := runtimeImage("amd64", []byte("binary"))
	if err != nil {
		t.Fatal(err)
	}

	first, err := a.Digest()
	if err != nil {
		t.Fatal(err)
	}

	second, err := b.Digest()
	if err != nil {
		t.Fatal(err)
	}

	if first != second {
		t.Errorf("the same binary should give the same image, got %s and %s", first, second)
	}
}

// ExecutableFor returns the smallest file that passes for a static executable.
func executableFor(t *testing.T, m elf.Machine) []byte {
	t.Helper()

	h := elf.Header64{
		Type:    uint16(elf.ET_EXEC),
		Machine: uint16(m),
		Version: uint32(elf.EV_CURRENT),
		Ehsize:  64,
	}
	copy(h.Ident[:], elf.ELFMAG)
	h.Ident[elf.EI_CLASS], h.Ident[elf.EI_DATA], h.Ident[elf.EI_VERSION] = byte(elf.ELFCLASS64), byte(elf.ELFDATA2LSB), byte(elf.EV_CURRENT)

	buf := bytes.Buffer{}
	if err := binary.Write(&buf, binary.LittleEndian, h); err != nil {
		t.Fatal(err)
	}

	return buf.Bytes()
}

func save(t *testing.T, file string, b []byte) {
	t.Helper()

	if err := os.WriteFile(file, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

func add(t *testing.T, img v1.Image, files map[string][]byte) v1.Image {
	t.Helper()

	buf := bytes.Buffer{}
	w := tar.NewWriter(&buf)

	for name, b := range files {
		if err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(b))}); err != nil {
			t.Fatal(err)
		}

		if _, err := w.Write(b); err != nil {
			t.Fatal(err)
		}
	}

	if err := w.Close(); err != nil {
		t.Fatal(err)
	}

	layer, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(buf.Bytes())), nil })
	if err != nil {
		t.Fatal(err)
	}

	img, err = mutate.AppendLayers(img, layer)
	if err != nil {
		t.Fatal(err)
	}

	return img
}

// Labels marks the image's only layer.
func labels(t *testing.T, img v1.Image, mark string) map[string]string {
	t.Helper()

	layers, err := img.Layers()
	if err != nil {
		t.Fatal(err)
	}

	d, err := layers[0].Digest()
	if err != nil {
		t.Fatal(err)
	}

	return map[string]string{packageLabel + ":" + d.String(): mark}
}

func configure(t *testing.T, img v1.Image, arch string, c v1.Config) v1.Image {
	t.Helper()

	f, err := img.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}

	f = f.DeepCopy()
	f.OS, f.Architecture, f.Config = "linux", arch, c

	img, err = mutate.ConfigFile(img, f)
	if err != nil {
		t.Fatal(err)
	}

	return img
}
