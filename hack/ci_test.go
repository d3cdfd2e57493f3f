package hack

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// A test on a real control plane that CI leaves out in one flavour runs in the other. A name that is
// no test would leave out nothing, or what a later test of that name is for.
func TestEachTestRunsInAFlavour(t *testing.T) {
	script, err := os.ReadFile("../.ci/run")
	if err != nil {
		t.Fatal(err)
	}
	lists := regexp.MustCompile(`(?m)^  \[(\w+)\]='([\w|]+)'$`).FindAllSubmatch(script, -1)
	if len(lists) != 2 {
		t.Fatalf("%d flavours leave tests out, want 2", len(lists))
	}

	files, err := filepath.Glob("../test/e2e/*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	var tests strings.Builder
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		tests.Write(b)
	}

	var names []string
	for _, list := range lists {
		names = append(names, strings.Split(string(list[2]), "|")...)
	}
	for _, name := range names {
		if !strings.Contains(tests.String(), "\nfunc "+name+"(t *testing.T)") {
			t.Errorf("%s is left out, and is no test", name)
		}
	}
	slices.Sort(names)
	if once := slices.Compact(slices.Clone(names)); len(once) < len(names) {
		t.Errorf("a test is left out in both flavours: %v", names)
	}
}
