package stack

import (
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A file may use what other files define as long as none of them uses what it defines. So each can
// be read, and moved, with what it builds upon.
func TestFilesFormNoCycle(t *testing.T) {
	set, files := token.NewFileSet(), []*ast.File{}
	for _, name := range sources(t) {
		f, err := parser.ParseFile(set, name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	info := &types.Info{Uses: map[*ast.Ident]types.Object{}}
	ownOnly := types.Config{Importer: emptyPackages{}, Error: func(error) { /* What others define is missing, and does not matter. */ }}
	pkg, _ := ownOnly.Check("stack", set, files, info)

	uses := map[string]map[string]string{} // by file, the files that it uses, and something that it uses of each
	for _, name := range sources(t) {
		uses[name] = map[string]string{}
	}
	for at, used := range info.Uses {
		if from, to := set.Position(at.Pos()).Filename, set.Position(used.Pos()).Filename; used.Pkg() == pkg && from != to {
			uses[from][to] = used.Name()
		}
	}
	if uses["plan.go"]["components.go"] == "" || uses["ui.go"]["stack.go"] == "" {
		t.Fatal("this test does not see who uses what")
	}
	for len(uses) > 0 { // take away files that use none of the rest
		before := len(uses)
		maps.DeleteFunc(uses, func(_ string, used map[string]string) bool {
			return !slices.ContainsFunc(slices.Collect(maps.Keys(used)), func(to string) bool { return uses[to] != nil })
		})
		if len(uses) == before {
			t.Fatalf("files use each other in a circle, so a definition stands in the wrong one: %s", circle(uses))
		}
	}
}

// circle among files of which each uses another, with what it uses.
func circle(uses map[string]map[string]string) string {
	file, way := slices.Min(slices.Collect(maps.Keys(uses))), []string{}
	steps := map[string]string{}
	for !slices.Contains(way, file) {
		way = append(way, file)
		for _, to := range slices.Sorted(maps.Keys(uses[file])) {
			if uses[to] != nil {
				steps[file] = file + " uses " + uses[file][to] + " of " + to
				file = to
				break
			}
		}
	}
	var words []string
	for _, f := range way[slices.Index(way, file):] {
		words = append(words, steps[f])
	}
	return strings.Join(words, ", ")
}

// emptyPackages stand for all that is imported.
type emptyPackages struct{}

func (emptyPackages) Import(name string) (*types.Package, error) {
	p := types.NewPackage(name, path.Base(name))
	p.MarkComplete()
	return p, nil
}

// sources are the package's files without tests.
func sources(t *testing.T) []string {
	t.Helper()
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(names, func(n string) bool { return strings.HasSuffix(n, "_test.go") })
}

// doc.go lists the files, for people who look for something.
func TestListingIsComplete(t *testing.T) {
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	listed := append(regexp.MustCompile(`[a-z_]+\.go\b`).FindAllString(string(doc), -1), "doc.go")
	slices.Sort(listed)
	if diff := cmp.Diff(sources(t), listed); diff != "" {
		t.Errorf("-there, +listed\n%s", diff)
	}
}
