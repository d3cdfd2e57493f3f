package check

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/types"
)

func TestSecrets(t *testing.T) {
	const needle = `p/ss+"wörd<&`
	quoted, err := json.Marshal("dsn " + needle)
	if err != nil {
		t.Fatal(err)
	}
	db := types.NamespacedName{Namespace: "team-a", Name: "db"}
	secret := func(name string) map[string]any {
		return map[string]any{
			"apiVersion": "v1", "kind": "Secret",
			"metadata": map[string]any{"name": name, "namespace": "team-a"},
			"data":     map[string]any{"password": base64.StdEncoding.EncodeToString([]byte(needle))},
		}
	}
	labelled := secret("db")
	labelled["metadata"].(map[string]any)["annotations"] = map[string]any{"x": needle}

	cases := map[string]struct {
		reason   string
		haystack any
		needles  []string
		want     []string
	}{
		"Nothing": {reason: "no secret there", haystack: "user=a password=(hidden)"},
		"Raw":     {reason: "in a log", haystack: []byte("login " + needle + " failed"), want: []string{"text: contains secret 0, raw"}},
		"Hex":     {reason: "in hexadecimal", haystack: hex.EncodeToString([]byte(needle)), want: []string{"hexadecimal"}},
		"UpperHex": {
			reason:   "in upper-case hexadecimal",
			haystack: strings.ToUpper(hex.EncodeToString([]byte(needle))),
			want:     []string{"hexadecimal"},
		},
		"URLQuery": {reason: "in a query", haystack: "https://h/?p=" + url.QueryEscape(needle), want: []string{"URL-escaped"}},
		"URLPath":  {reason: "in a path", haystack: "https://h/" + url.PathEscape(needle), want: []string{"URL-escaped"}},
		"JSON":     {reason: "in a JSON text", haystack: string(quoted), want: []string{"JSON-escaped"}},
		"Object": {
			reason:   "in an object, with its path",
			haystack: map[string]any{"kind": "ConfigMap", "data": map[string]any{"k": []any{needle}}},
			want:     []string{"ConfigMap/(no name): data.k[0]: contains"},
		},
		"Key": {
			reason:   "as a key, which no path repeats",
			haystack: map[string]any{"a": map[string]any{needle: 1}},
			want:     []string{"a[(key)]"},
		},
		"Excepted": {reason: "in the one Secret that may have it", haystack: []map[string]any{secret("db")}},
		"OtherOne": {
			reason:   "in another Secret",
			haystack: []map[string]any{secret("copy")},
			want:     []string{"[0] Secret/copy: data.password: contains secret 0, base64"},
		},
		"Annotation": {
			reason:   "the exception is for the data alone",
			haystack: []map[string]any{labelled},
			want:     []string{"metadata.annotations.x"},
		},
		"Short":   {reason: "a short needle is found by chance", haystack: "abc", needles: []string{"abc"}, want: []string{"too few"}},
		"Unknown": {reason: "what cannot be searched is not passed", haystack: struct{}{}, want: []string{"cannot search a struct {}"}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			needles := tc.needles
			if needles == nil {
				needles = []string{needle}
			}
			errs := Secrets(tc.haystack, needles, db)
			expect(t, tc.reason, errs, tc.want)
			if strings.Contains(fmt.Sprint(errs), needle) {
				t.Errorf("the report tells the secret: %v", errs)
			}
		})
	}
}

// A secret inside a longer text has other characters in base64 depending on
// where it stands.
func TestSecretsInsideBase64(t *testing.T) {
	const needle = "correct-horse-battery"
	for before := range 7 {
		for after := range 4 {
			text := strings.Repeat("x", before) + needle + strings.Repeat("y", after)
			for _, enc := range []*base64.Encoding{base64.StdEncoding, base64.RawStdEncoding, base64.URLEncoding, base64.RawURLEncoding} {
				if errs := Secrets(enc.EncodeToString([]byte(text)), []string{needle}); len(errs) != 1 {
					t.Errorf("%d before, %d after: %v", before, after, errs)
				}
			}
		}
	}
}
