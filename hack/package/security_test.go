package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	admissionv1 "k8s.io/api/admissionregistration/v1"
)

// The page on security names tests that are there, and every policy that keeps somebody from
// something.
func TestThePageOnSecurityIsTrue(t *testing.T) {
	b, err := os.ReadFile(filepath.Join(root, "docs/security.md"))
	if err != nil {
		t.Fatal(err)
	}

	page := string(b)
	tests := strings.Builder{}

	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}

		content, err := os.ReadFile(path)
		tests.Write(content)

		return err
	})
	if err != nil {
		t.Fatal(err)
	}

	named := regexp.MustCompile("`(Test[A-Za-z0-9]+)`").FindAllStringSubmatch(page, -1)
	if len(named) < 10 {
		t.Errorf("the page names only the tests %v", named)
	}

	for _, m := range named {
		if !strings.Contains(tests.String(), "\nfunc "+m[1]+"(t *testing.T)") {
			t.Errorf("there is no test %s", m[1])
		}
	}

	for _, i := range flavours {
		for _, o := range policies(t, i) {
			p, ok := o.(*admissionv1.ValidatingAdmissionPolicy)
			if ok && !strings.HasSuffix(p.Name, "-deletion") && !strings.Contains(page, "`"+p.Name+"`") {
				t.Errorf("the page does not say what %s stops", p.Name)
			}
		}
	}
}
