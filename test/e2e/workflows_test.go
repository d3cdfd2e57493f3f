//go:build e2e

package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	pipelines "github.com/pipelinestack/function-pipelinestack/test/e2e/internal/samples"
	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/tenants"
)

// TestWorkflows runs pipelines with Argo's own controller, as a stack starts it: by the arguments,
// the configuration and the account that it emits. Every pod is as it was written down for other
// tests, and the controller missed no right.
func TestWorkflows(t *testing.T) {
	t.Parallel()
	s := &stack{t: t, namespace: newNamespace(t), name: tenants.Name}
	runPrograms(t, s.namespace)
	s.apply("{}")
	s.ready()
	const release = "2.17.0"
	pods, err := pipelines.Pods(t.Context(), client, plane.Dead, s.namespace, filepath.Join(pipelines.Workflows(plane.Root), release))
	if err != nil {
		t.Fatalf("%v\n%s", err, s.story())
	}
	if err := pipelines.Compare(filepath.Join(pipelines.Written(plane.Root), release), pods); err != nil {
		t.Errorf("make samples writes them down: %v", err)
	}
	logs, err := filepath.Glob(plane.Path("log", "pods", s.namespace+"_workflow-controller-*.log"))
	if err != nil || len(logs) == 0 {
		t.Fatalf("no program ran in place of Argo's controller: %v", err)
	}
	for _, log := range logs {
		b, err := os.ReadFile(log)
		if err != nil {
			t.Fatal(err)
		}
		// Before it leads, its account may have no rights yet.
		_, led, ok := strings.Cut(string(b), "successfully acquired lease")
		if !ok {
			t.Errorf("it never led; the log is %s", log)
		}
		for line := range strings.Lines(led) {
			if strings.Contains(line, "forbidden") {
				t.Errorf("it may not do what it wants to do: %s", line)
			}
		}
	}
}
