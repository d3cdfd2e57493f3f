package main

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pipelinestack/function-pipelinestack/apis/v1alpha1"
	"github.com/pipelinestack/function-pipelinestack/fn/stack"
)

// Releases that the catalogue of tests has beside the function's own.
const (
	releaseBare = "bare-1.0.0" // has neither ML Metadata nor a web interface nor any feature
	releaseNext = "99.0.0"     // lies beyond a one-way migration and has left ML Metadata behind
)

// fixtures are the function's releases and those that could come.
func fixtures() stack.Catalogue {
	c := maps.Clone(stack.Releases())
	bare := without(c[stack.DefaultRelease], stack.MLMD, stack.MLMDEnvoy, stack.UI)
	bare.Name, bare.Features = releaseBare, v1alpha1.ReleaseFeatures{}
	next := without(c[stack.DefaultRelease], stack.MLMD, stack.MLMDEnvoy)
	next.Name, next.Schema, next.Features.MLMDNativePasswords = releaseNext, next.Schema+1, false
	c[bare.Name], c[next.Name] = bare, next
	return c
}

// without is a release that lacks components.
func without(r *stack.Release, components ...stack.Component) *stack.Release {
	lesser := *r
	lesser.Images = maps.Clone(r.Images)
	for _, c := range components {
		delete(lesser.Images, c)
	}
	return &lesser
}

// upstream are the names of the function's releases that no distribution made, the oldest first.
func upstream() []string {
	return slices.DeleteFunc(stack.Releases().Names(), func(n string) bool { return strings.Contains(n, "-") })
}

// supported are the releases of a catalogue as an error lists them.
func supported(c stack.Catalogue) string {
	names := c.Names()
	for i, n := range names {
		names[i] = strconv.Quote(n)
	}
	return "supported values: " + strings.Join(names, ", ")
}

// TestReleasesAreDocumented holds the README's table against the catalogue. Prose may follow what
// it says of a version.
func TestReleasesAreDocumented(t *testing.T) {
	catalogue := stack.Releases()
	want := map[string][]string{}
	for name, r := range catalogue {
		want["`"+name+"`"] = []string{r.KFPVersion, r.Argo, builtFor(r), loginOf(r), yesOrNo[r.Features.RestrictedPods]}
	}
	got := map[string][]string{}
	for _, row := range tableIn(t, "README.md", "## Releases")[2:] {
		for i := range row {
			row[i] = strings.TrimSpace(row[i])
		}
		row[1], _, _ = strings.Cut(strings.ReplaceAll(row[1], ",", " "), " ")
		got[row[0]] = row[1:]
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("releases: -catalogue, +README.md:\n%s", diff)
	}
}

var yesOrNo = map[bool]string{true: "yes", false: "no"}

func builtFor(r *stack.Release) string {
	parts := []string{joined(r.Architectures)}
	for _, c := range slices.Sorted(maps.Keys(r.ArchitectureExceptions)) {
		parts = append(parts, "`"+string(c)+"`: "+joined(r.ArchitecturesOf(c)))
	}
	return strings.Join(parts, "; ")
}

func joined(architectures []v1alpha1.Architecture) string {
	var words []string
	for _, a := range architectures {
		words = append(words, string(a))
	}
	return strings.Join(words, ", ")
}

func loginOf(r *stack.Release) string {
	switch {
	case !r.Has(stack.MLMD):
		return "there is none"
	case r.Features.MLMDNativePasswords:
		return "native passwords"
	default:
		return "any password"
	}
}
