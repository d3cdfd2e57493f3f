package hack

import (
	"os"
	"regexp"
	"testing"
)

// A mix of Kubernetes minors compiles silently and behaves like neither.
func TestKubernetesModulesAgree(t *testing.T) {
	b, err := os.ReadFile("../go.mod")
	if err != nil {
		t.Fatal(err)
	}

	// Kubernetes' own modules are v0.<minor>.<patch>; klog, utils and others go their own ways.
	modules := regexp.MustCompile(`(?m)^\s*(k8s\.io/\S+) (v0\.[1-9]\d*\.\d+)\b`).FindAllStringSubmatch(string(b), -1)
	if len(modules) < 5 {
		t.Fatalf("found only %d Kubernetes modules in go.mod", len(modules))
	}

	for _, m := range modules {
		if want := modules[0]; m[2] != want[2] {
			t.Errorf("%s is at %s, %s at %s", want[1], want[2], m[1], m[2])
		}
	}
}
