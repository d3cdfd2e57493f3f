package samples

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Workflows is the folder of what is submitted, Written that of the pods, in a project: in each, a
// folder for each release.
func Workflows(root string) string { return filepath.Join(root, "test", "e2e", "samples") }

// Written is the folder of the pods.
func Written(root string) string {
	return filepath.Join(root, "internal", "check", "testdata", "pods")
}

// Write replaces the pods in dir.
func Write(dir string, pods map[string][]byte) error {
	if err := errors.Join(os.RemoveAll(dir), os.MkdirAll(dir, 0o755)); err != nil {
		return err
	}
	for node, b := range pods {
		if err := os.WriteFile(filepath.Join(dir, node+".yaml"), b, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// Compare tells where the pods in dir are others.
func Compare(dir string, pods map[string][]byte) error {
	files, err := filepath.Glob(filepath.Join(dir, "*.yaml"))
	if err != nil {
		return err
	}
	var errs []error
	if len(files) != len(pods) {
		errs = append(errs, fmt.Errorf("%d pods are written down, and there are %d", len(files), len(pods)))
	}
	for node, b := range pods {
		written, err := os.ReadFile(filepath.Join(dir, node+".yaml"))
		if err == nil && !bytes.Equal(written, b) {
			err = fmt.Errorf("the pod of %s is not as it was written down, but:\n%s", node, b)
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}
