package main

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Checksums is the file that "sha256sum -c" reads.
const checksums = "SHA256SUMS"

// Published says whether a file of the output is one that people get: what is staged is not.
func published(name string) bool {
	return name != checksums && slices.Contains([]string{".xpkg", ".yaml", ".json"}, filepath.Ext(name))
}

// Sums are the lines for the files of a folder, by name.
func sums(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}

	lines := []string{}

	for _, e := range entries {
		if e.IsDir() || !published(e.Name()) {
			continue
		}

		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			return nil, err
		}

		sum := sha256.Sum256(b)
		lines = append(lines, hex.EncodeToString(sum[:])+"  "+e.Name())
	}

	return lines, nil
}

// WriteChecksums writes the file, reads it again and returns an error that lists everything that is
// wrong with it.
func writeChecksums(dir string) (string, error) {
	lines, err := sums(dir)
	if err != nil {
		return "", err
	}

	file := filepath.Join(dir, checksums)
	if err := os.WriteFile(file, []byte(strings.Join(lines, "\n")+"\n"), 0o644); err != nil {
		return "", err
	}

	return file, inspectChecksums(dir)
}

// InspectChecksums fails when a file is not as it was summed up, or has no sum.
func inspectChecksums(dir string) error {
	want, err := sums(dir)
	if err != nil {
		return err
	}

	b, err := os.ReadFile(filepath.Join(dir, checksums))
	if err != nil {
		return err
	}

	got := strings.Split(strings.TrimSpace(string(b)), "\n")
	errs := []error{}

	for _, line := range want {
		if !slices.Contains(got, line) {
			errs = append(errs, fmt.Errorf("%s lacks %s", checksums, line))
		}
	}

	if len(got) != len(want) {
		errs = append(errs, fmt.Errorf("%s has %d lines for %d files", checksums, len(got), len(want)))
	}

	return errors.Join(errs...)
}
