package stack

import (
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Whoever can push to a registry can change what a tag means. The page on security lists the images
// that are named by one.
func TestImagesByTagAreListed(t *testing.T) {
	b, err := os.ReadFile("../../docs/security.md")
	if err != nil {
		t.Fatal(err)
	}
	_, page, _ := strings.Cut(string(b), "\n## Supply chain\n")
	var listed []string
	for _, m := range regexp.MustCompile("(?m)^\\| `([^`]+)` \\|").FindAllStringSubmatch(page, -1) {
		listed = append(listed, m[1])
	}
	images := slices.Collect(maps.Values(serverImages))
	for _, r := range Releases() {
		images = slices.AppendSeq(images, maps.Values(r.Images))
	}
	images = slices.DeleteFunc(images, func(image string) bool { return strings.Contains(image, "@sha256:") })
	slices.Sort(images)
	slices.Sort(listed)
	if diff := cmp.Diff(slices.Compact(images), listed); diff != "" {
		t.Errorf("-releases, +docs/security.md:\n%s", diff)
	}
}
