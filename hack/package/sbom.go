package main

import (
	"debug/buildinfo"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/google/go-cmp/cmp"
)

// A bom lists what a program consists of, in the form of CycloneDX 1.5. It is the same for the same
// program: it has neither a time nor a number of its own.
type bom struct {
	Format      string      `json:"bomFormat"`
	SpecVersion string      `json:"specVersion"`
	Version     int         `json:"version"`
	Metadata    bomMetadata `json:"metadata"`
	Components  []component `json:"components"`
}

type bomMetadata struct {
	Component component `json:"component"`
}

type component struct {
	Type    string `json:"type"`
	Ref     string `json:"bom-ref"`
	Name    string `json:"name"`
	Version string `json:"version"`
	PURL    string `json:"purl"`
}

// BomOf reads from a program which modules the compiler put into it.
func bomOf(binary, version string) (bom, error) {
	info, err := buildinfo.ReadFile(binary)
	if err != nil {
		return bom{}, err
	}

	of := func(kind, name, version string) component {
		purl := "pkg:golang/" + name + "@" + version

		return component{Type: kind, Ref: purl, Name: name, Version: version, PURL: purl}
	}
	b := bom{
		Format: "CycloneDX", SpecVersion: "1.5", Version: 1,
		Metadata:   bomMetadata{of("application", info.Main.Path, version)},
		Components: []component{of("library", "std", strings.TrimPrefix(info.GoVersion, "go"))},
	}

	for _, m := range info.Deps {
		if m.Replace != nil {
			m = m.Replace
		}

		b.Components = append(b.Components, of("library", m.Path, m.Version))
	}

	return b, nil
}

// WriteBom writes what a program consists of, reads it again and returns an error that says what is
// wrong with it.
func writeBom(file, binary, version string) error {
	want, err := bomOf(binary, version)
	if err != nil {
		return err
	}

	b, err := json.MarshalIndent(want, "", "  ")
	if err != nil {
		return err
	}

	if err := os.WriteFile(file, append(b, '\n'), 0o644); err != nil {
		return err
	}

	return inspectBom(file, binary, version)
}

// InspectBom fails when the file lists other modules than the program has.
func inspectBom(file, binary, version string) error {
	want, err := bomOf(binary, version)
	if err != nil {
		return err
	}

	b, err := os.ReadFile(file)
	if err != nil {
		return err
	}

	got := bom{}
	if err := json.Unmarshal(b, &got); err != nil {
		return err
	}

	if diff := cmp.Diff(want, got); diff != "" {
		return fmt.Errorf("%s lists other modules than %s has (-program, +list):\n%s", file, binary, diff)
	}

	if len(got.Components) < 2 || slices.ContainsFunc(got.Components, func(c component) bool { return c.Version == "" }) {
		return fmt.Errorf("%s lists modules without a version, or none", file)
	}

	return nil
}
