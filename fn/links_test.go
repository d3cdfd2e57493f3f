package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var (
	anyLink  = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading  = regexp.MustCompile(`(?m)^#+ (.+)$`)
	fenced   = regexp.MustCompile("(?s)```.*?```")
	notInIDs = regexp.MustCompile(`[^a-z0-9 _-]`)
)

// TestLinksResolve follows every link of every page to a file, and to a heading of it.
func TestLinksResolve(t *testing.T) {
	for _, page := range pages(t) {
		for _, m := range anyLink.FindAllStringSubmatch(prose(page), -1) {
			if strings.Contains(m[1], "://") {
				continue
			}
			path, anchor, _ := strings.Cut(m[1], "#")
			target := page
			if path != "" {
				target = filepath.Join(filepath.Dir(page), path)
			}
			if _, err := os.Stat(filepath.Join(root, target)); err != nil {
				t.Errorf("%s links to %s, which does not exist", page, m[1])
				continue
			}
			if anchor != "" && !slices.Contains(anchors(target), anchor) {
				t.Errorf("%s links to %s, and the headings of that page are %v", page, m[1], anchors(target))
			}
		}
	}
}

// TestTroubleshootingKnowsEveryState wants each state that has an example among the symptoms, and
// only conditions and reasons that there are.
func TestTroubleshootingKnowsEveryState(t *testing.T) {
	const page = "docs/troubleshooting.md"
	var states []string
	for _, name := range scenarioNames(t) {
		if strings.HasPrefix(name, "states/") {
			states = append(states, name)
		}
	}
	named := slices.Sorted(slices.Values(linked(prose(page))))
	if diff := cmp.Diff(
		states,
		slices.Compact(slices.DeleteFunc(named, func(e string) bool { return !strings.HasPrefix(e, "states/") })),
	); diff != "" {
		t.Errorf("states: -examples, +%s:\n%s", page, diff)
	}
	words := slices.Concat(allConditions, constants(t, "stack", "Reason"), constants(t, "kube", "Reason"), []string{"Responsive"})
	row := regexp.MustCompile(`(?m)^\| (.*?) \|`)
	for _, symptom := range row.FindAllStringSubmatch(prose(page), -1) {
		for _, word := range quoted(symptom[1]) {
			if camel := regexp.MustCompile(`^[A-Z][a-z]+[A-Z]\w+$`); camel.MatchString(word) && !slices.Contains(words, word) {
				t.Errorf("%s: %s is neither a condition nor a reason", page, word)
			}
		}
	}
}

// pages are all that is written for people, from the project's root.
func pages(t *testing.T) []string {
	t.Helper()
	var list []string
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "_output" || d.Name() == ".git") {
			return fs.SkipDir
		}
		if filepath.Ext(path) == ".md" {
			list = append(list, must(filepath.Rel(root, path)))
		}
		return nil
	})
	if err != nil || len(list) == 0 {
		t.Fatal("no pages", err)
	}
	return list
}

// prose of a page, without what is typed.
func prose(page string) string {
	return fenced.ReplaceAllString(string(must(os.ReadFile(filepath.Join(root, page)))), "")
}

// anchors of a page's headings, as forges make them.
func anchors(page string) []string {
	var list []string
	for _, h := range heading.FindAllStringSubmatch(prose(page), -1) {
		list = append(list, strings.ReplaceAll(notInIDs.ReplaceAllString(strings.ToLower(h[1]), ""), " ", "-"))
	}
	return list
}
