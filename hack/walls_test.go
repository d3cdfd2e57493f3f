package hack

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const (
	module = "github.com/pipelinestack/function-pipelinestack"
	sdk    = "github.com/crossplane/function-sdk-go"
)

// A wall keeps packages out of folders.
type wall struct {
	in      string   // pattern of a folder, which stands for all below it as well
	but     string   // a folder that the wall is not about; those below it are
	product bool     // tests may import what they like
	denies  []string // packages, with all below them
	allows  []string // of those
	why     string
}

var walls = []wall{
	{
		in: "fn/*", product: true, why: "equal requests give equal answers; only package main in fn speaks to others",
		denies: []string{
			"google.golang.org/grpc", sdk, "k8s.io/client-go", "sigs.k8s.io/controller-runtime",
			"net", "os", "syscall", "crypto/rand", "math/rand",
		},
		allows: []string{"net/netip", "net/url"},
	},
	{
		in: "fn/kube", denies: []string{module + "/apis", module + "/fn/stack", module + "/fn/managed"},
		why: "it is a toolbox that knows no PipelineStack",
	},
	{in: "fn/fields", denies: []string{module}, why: "it reads any struct, and knows none"},
	{in: "fn/managed", denies: []string{module + "/apis", module + "/fn/stack"}, why: "it describes foreign kinds only"},
	{in: "apis", denies: []string{module + "/fn"}, why: "others import the API types without the function"},
	{
		in: "*", but: "fn", denies: []string{sdk + "/proto", sdk + "/request", sdk + "/response"},
		why: "only package main in fn reads requests and writes responses",
	},
	{in: "*", product: true, denies: []string{module + "/internal/check"}, why: "it is for tests, and would double the binary"},
	{
		in: "*", denies: []string{"github.com/stretchr/testify", "github.com/onsi/gomega", "github.com/onsi/ginkgo"},
		why: "use table tests and github.com/google/go-cmp",
	},
}

// about says whether the wall is about a file.
func (w wall) about(folder, file string) bool {
	folders := strings.Split(folder, "/")
	depth := strings.Count(w.in, "/") + 1
	if len(folders) < depth || folder == w.but || w.product && strings.HasSuffix(file, "_test.go") {
		return false
	}
	matches, err := path.Match(w.in, path.Join(folders[:depth]...))
	return err == nil && matches
}

// refuses says whether the wall keeps a package out.
func (w wall) refuses(imported string) bool {
	within := func(of string) bool { return imported == of || strings.HasPrefix(imported, of+"/") }
	return slices.ContainsFunc(w.denies, within) && !slices.ContainsFunc(w.allows, within)
}

// TestWalls holds every import of every Go file against the walls.
func TestWalls(t *testing.T) {
	root := os.DirFS("..")
	files := make([]int, len(walls))
	err := fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "_output" || d.Name() == "testdata" || d.Name() == ".git") {
			return fs.SkipDir
		}
		if d.IsDir() || path.Ext(name) != ".go" {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Join("..", name), nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for i, w := range walls {
			if !w.about(path.Dir(name), path.Base(name)) {
				continue
			}
			files[i]++
			for _, spec := range file.Imports {
				if imported, err := strconv.Unquote(spec.Path.Value); err != nil || w.refuses(imported) {
					t.Errorf("%s must not import %s: %s", name, spec.Path.Value, w.why)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for i, w := range walls {
		if files[i] == 0 {
			t.Errorf("the wall in %s is about no file", w.in)
		}
	}
}

// TestWallsStand proves that each wall stops what it is there to stop: a pattern that matches
// nothing is silent.
func TestWallsStand(t *testing.T) {
	for _, tc := range []struct {
		folder, file, imports string
		refused               bool
	}{
		{"fn/stack", "a.go", "google.golang.org/grpc/codes", true},
		{"fn/stack", "a.go", sdk + "/resource", true},
		{"fn/stack", "a.go", "k8s.io/client-go/kubernetes", true},
		{"fn/stack", "a.go", "sigs.k8s.io/controller-runtime/pkg/client", true},
		{"fn/stack", "a.go", "net", true},
		{"fn/stack", "a.go", "net/http", true},
		{"fn/stack", "a.go", "net/netip", false},
		{"fn/stack", "a.go", "os/exec", true},
		{"fn/stack", "a.go", "syscall", true},
		{"fn/stack", "a.go", "crypto/rand", true},
		{"fn/stack", "a.go", "crypto/sha256", false},
		{"fn/stack", "a.go", "math/rand/v2", true},
		{"fn/stack", "a_test.go", "os", false},
		{"fn/stack/below", "a.go", "os", true},
		{"fn/another", "a.go", "os", true},
		{"fn", "a.go", "os", false},
		{"fn/stack", "a.go", "google.golang.org/protobuf/types/known/structpb", false},
		{"fn/stack", "a.go", module + "/fn/kube", false},

		{"fn/kube", "a.go", module + "/fn/stack", true},
		{"fn/kube", "a.go", module + "/fn/managed", true},
		{"fn/kube", "a_test.go", module + "/apis/v1alpha1", true},
		{"fn/kube/below", "a.go", module + "/fn/stack", true},
		{"fn/managed", "a.go", module + "/fn/stack", true},
		{"fn/managed", "a.go", module + "/apis/v1alpha1", true},
		{"fn/managed", "a.go", "k8s.io/apimachinery/pkg/apis/meta/v1", false},
		{"apis/v1alpha1", "a.go", module + "/fn/stack", true},
		{"apis", "a_test.go", module + "/fn", true},
		{"apis/v1alpha1", "a.go", "k8s.io/apimachinery/pkg/apis/meta/v1", false},

		{"fn", "a.go", sdk + "/proto/v1", false},
		{"fn", "a.go", sdk + "/request", false},
		{"fn", "a_test.go", sdk + "/response", false},
		{"fn/kube", "a_test.go", sdk + "/proto/v1", true},
		{"fn/managed", "a_test.go", sdk + "/request", true},
		{"hack/render", "a.go", sdk + "/response", true},
		{"fn", "a.go", module + "/internal/check", true},
		{"fn", "a_test.go", module + "/internal/check", false},

		{"fn", "a_test.go", "github.com/stretchr/testify/assert", true},
		{"internal/check", "a_test.go", "github.com/onsi/gomega", true},
		{"test/e2e", "a_test.go", "github.com/onsi/ginkgo/v2", true},
	} {
		refused := slices.ContainsFunc(walls, func(w wall) bool { return w.about(tc.folder, tc.file) && w.refuses(tc.imports) })
		if refused != tc.refused {
			t.Errorf("%s/%s imports %s: refused %t, want %t", tc.folder, tc.file, tc.imports, refused, tc.refused)
		}
	}
}
