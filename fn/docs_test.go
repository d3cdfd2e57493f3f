package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
	"github.com/google/go-cmp/cmp"

	"github.com/pipelinestack/function-pipelinestack/apis/v1alpha1"
)

// docs/conditions.md is what people read when something is wrong. It is held against the code and
// against the examples of states.

const conditionsFile = "docs/conditions.md"

// refusedStates are examples of states whose claim is refused.
var refusedStates = map[string]bool{
	"states/downgrade":       true,
	"states/foreign-object":  true,
	"states/second-stack":    true,
	"states/unknown-release": true,
}

// unseenReasons are those that no example shows.
var unseenReasons = map[string]string{
	"NotSynced":    "providers give a reason of their own",
	"NotReady":     "likewise",
	"Rejected":     "of kinds that are still to come",
	"Failed":       "likewise",
	"Malformed":    "the API server lets no such object in",
	"ScaledToZero": "conditions call it Hibernated",
	"V1Allowed":    "it shows where the namespace enforces restricted, which no example of a state does",
}

func TestConditionsAreDocumented(t *testing.T) {
	documented := func(heading string) []string {
		var list []string
		for _, row := range tableUnder(t, heading) {
			list = append(list, quoted(row[0])...)
		}
		slices.Sort(list)
		return list
	}
	code := constants(t, "stack", "Condition")
	if diff := cmp.Diff(slices.Sorted(slices.Values(append(code, "Ready"))), documented("# Conditions of a stack")); diff != "" {
		t.Errorf("conditions: -code, +%s:\n%s", conditionsFile, diff)
	}
	if diff := cmp.Diff(code, allConditions); diff != "" {
		t.Errorf("conditions: -code, +what tests expect of every answer:\n%s", diff)
	}
	reasons := append(constants(t, "stack", "Reason"), constants(t, "kube", "Reason")...)
	if diff := cmp.Diff(slices.Sorted(slices.Values(reasons)), documented("## Reasons")); diff != "" {
		t.Errorf("reasons: -code, +%s:\n%s", conditionsFile, diff)
	}
}

// TestReasonsAreShown follows the link behind each reason to an example that shows it.
func TestReasonsAreShown(t *testing.T) {
	for _, row := range tableUnder(t, "## Reasons") {
		examples := linked(row[3])
		for _, reason := range quoted(row[0]) {
			if why := unseenReasons[reason]; (why != "") != (len(examples) == 0) {
				t.Errorf("%s has the examples %v, and the reason for having none is %q", reason, examples, why)
			}
			for _, e := range examples {
				if !slices.ContainsFunc(conditionsOf(t, e), func(c *fnv1.Condition) bool { return c.GetReason() == reason }) {
					t.Errorf("%s is not to be seen in %s", reason, e)
				}
			}
		}
	}
}

var shown = regexp.MustCompile("`([A-Za-z]+)` (True|False|Unknown) `([A-Za-z]+)`")

// TestStatesAreDocumented wants a row for every example of a state, and every row to tell the
// truth.
func TestStatesAreDocumented(t *testing.T) {
	var rows []string
	for _, row := range tableUnder(t, "## States") {
		examples, claims := linked(row[2]), shown.FindAllStringSubmatch(row[1], -1)
		if len(examples) != 1 || len(claims) == 0 {
			t.Errorf("a row says in its second column what shows in the one example of its third: %v", row)
			continue
		}
		rows = append(rows, examples...)
		for _, claim := range claims {
			if !slices.ContainsFunc(conditionsOf(t, examples[0]), func(c *fnv1.Condition) bool {
				return c.GetType() == claim[1] && conditionWords[c.GetStatus()] == claim[2] && c.GetReason() == claim[3]
			}) {
				t.Errorf("%s is not to be seen in %s", claim[0], examples[0])
			}
		}
	}
	var folders []string
	for _, name := range scenarioNames(t) {
		if strings.HasPrefix(name, "states/") {
			folders = append(folders, name)
		}
	}
	if diff := cmp.Diff(folders, slices.Sorted(slices.Values(rows))); diff != "" {
		t.Errorf("examples of states: -folders, +%s:\n%s", conditionsFile, diff)
	}
}

// TestEveryVerbOfTheAPIIsExplained wants a word on each verb that somebody can be given on a
// stack's API: what its name says is not all of it.
func TestEveryVerbOfTheAPIIsExplained(t *testing.T) {
	var given, explained []string
	for _, rule := range clusterRoles(t)[roleOfCrossplane].Rules {
		if slices.Contains(rule.Resources, v1alpha1.ResourceStacks+"/"+v1alpha1.SubresourceAPI) {
			given = append(given, rule.Verbs...)
		}
	}
	for _, row := range tableIn(t, "README.md", "### Access")[2:] {
		explained = append(explained, quoted(row[0])...)
	}
	slices.Sort(given)
	slices.Sort(explained)
	if diff := cmp.Diff(given, explained); diff != "" {
		t.Errorf("verbs on pipelinestacks/api: -package/rbac.yaml, +README.md:\n%s", diff)
	}
}

// conditionsOf an example, as the function answers it.
func conditionsOf(t *testing.T, example string) []*fnv1.Condition {
	t.Helper()
	s := scenarioOf(t, example)
	return s.run(t, quiet()).GetConditions()
}

// tableUnder is tableIn of what people read when something is wrong.
func tableUnder(t *testing.T, heading string) [][]string {
	t.Helper()
	return tableIn(t, conditionsFile, heading)[2:]
}

// tableIn returns the cells of the first table of a file below a heading, which may also be a line
// of text: first its head, then the line below that.
func tableIn(t *testing.T, file, heading string) [][]string {
	t.Helper()
	_, below, found := strings.Cut("\n"+string(must(os.ReadFile(filepath.Join(root, file)))), "\n"+heading+"\n")
	if !found {
		t.Fatalf("%s has no heading %q", file, heading)
	}
	var rows [][]string
	for line := range strings.Lines(below) {
		if !strings.HasPrefix(line, "|") {
			if rows != nil {
				break
			}
			continue
		}
		rows = append(rows, strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|"))
	}
	if len(rows) < 2 {
		t.Fatalf("%s has no table below %q", file, heading)
	}
	return rows
}

// quoted are the words of a cell in backticks.
func quoted(cell string) []string {
	var words []string
	for i, part := range strings.Split(cell, "`") {
		if i%2 == 1 {
			words = append(words, part)
		}
	}
	return words
}

var link = regexp.MustCompile(`\]\(\.\./examples/([a-z/-]+)\)`)

// linked are the examples that a cell links to.
func linked(cell string) []string {
	var names []string
	for _, m := range link.FindAllStringSubmatch(cell, -1) {
		names = append(names, m[1])
	}
	return names
}

// constants of a package whose names begin with a prefix: their values, sorted.
func constants(t *testing.T, pkg, prefix string) []string {
	t.Helper()
	var values []string
	for _, file := range must(filepath.Glob(filepath.Join(pkg, "*.go"))) {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		parsed := must(parser.ParseFile(token.NewFileSet(), file, nil, 0))
		ast.Inspect(parsed, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok || len(spec.Values) != 1 || !strings.HasPrefix(spec.Names[0].Name, prefix) {
				return true
			}
			if value, ok := spec.Values[0].(*ast.BasicLit); ok && value.Kind == token.STRING {
				values = append(values, must(strconv.Unquote(value.Value)))
			}
			return true
		})
	}
	slices.Sort(values)
	return values
}
