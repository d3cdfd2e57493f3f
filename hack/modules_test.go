package hack

import (
	"os"
	"regexp"
	"strings"
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

// What the packages ask for is what the control plane runs, where it runs it for real.
func TestPackagesAskForWhatRuns(t *testing.T) {
	for provider, where := range map[string]struct{ file, version string }{
		"provider-sql":        {"../package/providers/sql/crossplane.yaml", `provider-sql\s+version: ">=(\S+) `},
		"provider-kubernetes": {"../package/provider-kubernetes.yaml", `provider-kubernetes:(\S+)`},
	} {
		file := "../test/e2e/" + provider + "/go.mod"

		runs := regexp.MustCompile(
			`(?m)^\s*(?:require )?github\.com/crossplane-contrib/` + provider + ` (v\S+)`,
		).FindStringSubmatch(
			read(t, file),
		)
		if runs == nil {
			t.Errorf("%s pins no %s", file, provider)
			continue
		}

		asks := regexp.MustCompile(where.version).FindStringSubmatch(read(t, where.file))
		if asks == nil {
			t.Errorf("%s asks for no %s", where.file, provider)
			continue
		}

		if asks[1] != runs[1] {
			t.Errorf("%s asks for %s %s, and the control plane runs %s", where.file, provider, asks[1], runs[1])
		}
	}
}

// The pods that the tests know are made by the controller that the default release brings.
func TestReleaseBringsWhatRuns(t *testing.T) {
	mod := read(t, "../test/e2e/argo/go.mod")
	runs := regexp.MustCompile(`(?m)^\s*(?:require )?github\.com/argoproj/argo-workflows/v4 (v\S+)`).FindStringSubmatch(mod)
	if runs == nil {
		t.Fatal("test/e2e/argo/go.mod pins no Argo Workflows")
	}

	if image := "quay.io/argoproj/workflow-controller:" + runs[1]; !strings.Contains(read(t, "../fn/stack/releases/2.17.0.yaml"), image) {
		t.Errorf("release 2.17.0 does not bring %s, which the control plane runs", image)
	}
}

func read(t *testing.T, file string) string {
	t.Helper()

	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}

	return string(b)
}
