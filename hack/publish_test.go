package hack

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

// TestPublishWorkflow holds the workflow that nobody runs here against what it uses: targets of the
// Makefile, files that make package writes, and actions in one version each.
func TestPublishWorkflow(t *testing.T) {
	read := func(file string) string {
		b, err := os.ReadFile("../" + file)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	text := read(".github/workflows/publish.yml")
	if err := yaml.UnmarshalStrict([]byte(text), &map[string]any{}); err != nil {
		t.Fatal(err)
	}
	makefile, builder := read("Makefile"), read("hack/package/main.go")+read("hack/package/checksums.go")
	for _, tc := range []struct {
		reason string
		find   string
		good   func(match string) bool
	}{
		{
			reason: "a target of the Makefile",
			find:   `\bmake ([a-z0-9-]+)`,
			good: func(target string) bool {
				return strings.Contains(makefile, "\n"+target+":")
			},
		},
		{
			reason: "an action in one version",
			find:   `uses: (\S+)`,
			good:   regexp.MustCompile(`^[\w-]+/[\w-]+@v\d+\.\d+\.\d+$`).MatchString,
		},
		{
			reason: "a kind of file that make package writes",
			find:   `_output/package/[a-z-]*\*?([A-Za-z0-9.]+)`,
			good:   func(ending string) bool { return strings.Contains(builder, ending) },
		},
		{
			reason: "a variable of the owner's, not somebody's registry",
			find:   `(?m)^ +REGISTRY: (.+)$`,
			good:   func(value string) bool { return value == "${{ vars.REGISTRY }}" },
		},
	} {
		found := regexp.MustCompile(tc.find).FindAllStringSubmatch(text, -1)
		if len(found) == 0 {
			t.Errorf("the workflow names nothing that is %s", tc.reason)
		}
		for _, m := range found {
			if !tc.good(m[1]) {
				t.Errorf("%s is not %s", m[1], tc.reason)
			}
		}
	}
}
