package check

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// leastSecret is the length below which a text is found by chance.
const leastSecret = 8

// Secrets searches a haystack for secrets and reports each place, but never
// the secret itself: it is called by its position in needles. A haystack is a
// string, bytes, an object's or any other unstructured content, or a list of
// them. A secret is found raw and in base64 (also as a part of a longer
// encoded text), hexadecimal, URL and JSON encoding. The data of the Secrets
// in except is left out, their metadata is not. A needle shorter than 8 bytes
// is an error, since it would be found by chance.
func Secrets(haystack any, needles []string, except ...types.NamespacedName) []error {
	s := search{except: except}
	for i, needle := range needles {
		if len(needle) < leastSecret {
			s.errs = append(s.errs, fmt.Errorf("secret %d has %d bytes, too few to search for", i, len(needle)))
			continue
		}
		s.forms = append(s.forms, encodings(i, needle)...)
	}
	switch h := haystack.(type) {
	case []map[string]any:
		for i, o := range h {
			s.subject = fmt.Sprintf("[%d] %s: ", i, id(o))
			s.visit(o, nil)
		}
	case map[string]any:
		s.subject = id(h) + ": "
		s.visit(h, nil)
	default:
		s.visit(h, nil)
	}
	return s.errs
}

// An encoding is one way in which a secret may be written.
type encoding struct {
	needle int
	name   string
	text   string
}

// encodings lists the ways, the raw one first and without repetition.
func encodings(i int, needle string) []encoding {
	quoted, err := json.Marshal(needle)
	if err != nil {
		panic(err) // a string always marshals
	}
	all := []encoding{
		{i, "raw", needle},
		{i, "hexadecimal", hex.EncodeToString([]byte(needle))},
		{i, "hexadecimal", strings.ToUpper(hex.EncodeToString([]byte(needle)))},
		{i, "URL-escaped", url.QueryEscape(needle)},
		{i, "URL-escaped", url.PathEscape(needle)},
		{i, "JSON-escaped", strings.Trim(string(quoted), `"`)},
	}
	for _, text := range base64Forms(needle) {
		all = append(all, encoding{i, "base64", text})
	}
	seen := map[string]bool{}
	return slices.DeleteFunc(all, func(e encoding) bool {
		dup := seen[e.text]
		seen[e.text] = true
		return dup
	})
}

// base64Forms returns the characters that a text has in base64 wherever it
// stands in an encoded whole: it may begin at any of three bit offsets, and
// the characters at its ends depend on what is beside it.
func base64Forms(text string) []string {
	var forms []string
	for offset := range 3 {
		padded := strings.Repeat("\x00", offset) + text
		first := (offset*8 + 5) / 6 // first character without a bit of the padding
		last := len(padded) * 8 / 6 // last character with bits of the text alone
		for _, enc := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
			forms = append(forms, enc.EncodeToString([]byte(padded))[first:last])
		}
	}
	return forms
}

type search struct {
	subject string
	forms   []encoding
	except  []types.NamespacedName
	errs    []error
}

func (s *search) visit(v any, p *field.Path) {
	switch v := v.(type) {
	case []byte:
		s.text(string(v), p)
	case string:
		s.text(v, p)
	case map[string]any:
		secret := stringAt(v, "kind") == "Secret" && stringAt(v, "apiVersion") == "v1" &&
			slices.Contains(s.except, types.NamespacedName{Namespace: namespaceOf(v), Name: nameOf(v)})
		for _, key := range slices.Sorted(maps.Keys(v)) {
			if secret && (key == "data" || key == "stringData") {
				continue
			}
			value := v[key]
			if s.text(key, child(p, "(key)")) {
				key = "(key)" // the path would tell the secret
			}
			s.visit(value, child(p, key))
		}
	case []any:
		for i, e := range v {
			s.visit(e, element(p, i))
		}
	case nil, bool, int, int32, int64, float64:
	default:
		s.errs = append(s.errs, fmt.Errorf("%s%s: cannot search a %T", s.subject, where(p), v))
	}
}

// text searches one string and says whether it contains a secret.
func (s *search) text(text string, p *field.Path) bool {
	found := false
	for _, form := range s.forms {
		if strings.Contains(text, form.text) {
			s.errs = append(s.errs, fmt.Errorf("%s%s: contains secret %d, %s", s.subject, where(p), form.needle, form.name))
			found = true
		}
	}
	return found
}

// where renders a path; the root has none.
func where(p *field.Path) string {
	if p == nil {
		return "text"
	}
	return p.String()
}
