package check

import (
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// Normalize returns a deep copy of an object in which every whole number is an
// int64, the form that API machinery expects. A protobuf Struct knows doubles
// only, and YAML decoders differ.
func Normalize(obj map[string]any) map[string]any {
	m := make(map[string]any, len(obj))
	for k, v := range obj {
		m[k] = normalize(v)
	}
	return m
}

func normalize(v any) any {
	switch v := v.(type) {
	case map[string]any:
		return Normalize(v)
	case []any:
		l := make([]any, len(v))
		for i, e := range v {
			l[i] = normalize(e)
		}
		return l
	case float64:
		// beyond 2^53 a double no longer tells one whole number from the next
		if v == math.Trunc(v) && math.Abs(v) <= 1<<53 {
			return int64(v)
		}
		return v
	case int:
		return int64(v)
	case int32:
		return int64(v)
	default:
		return v
	}
}

// Expand returns the objects and, behind each provider-kubernetes Object, the
// object that it carries as a manifest. Manifests get the ID of their carrier
// in error messages.
func Expand(objs []map[string]any) []map[string]any {
	out := make([]map[string]any, 0, len(objs))
	for _, o := range objs {
		out = append(out, o)
		if m := manifest(o); m != nil {
			out = append(out, m)
		}
	}
	return out
}

// manifest returns what a provider-kubernetes Object carries, else nil.
func manifest(obj map[string]any) map[string]any {
	gvk := kindOf(obj)
	if gvk.Kind != "Object" || family(gvk.Group) != "kubernetes.crossplane.io" {
		return nil
	}
	return mapAt(obj, "spec", "forProvider", "manifest")
}

// kindOf returns an object's group, version and kind; a malformed apiVersion
// gives an empty kind, which no check knows.
func kindOf(obj map[string]any) schema.GroupVersionKind {
	gv, err := schema.ParseGroupVersion(stringAt(obj, "apiVersion"))
	if err != nil {
		return schema.GroupVersionKind{}
	}
	return gv.WithKind(stringAt(obj, "kind"))
}

// id names an object in error messages, e.g. Deployment/ml-pipeline.
func id(obj map[string]any) string {
	kind := stringAt(obj, "kind")
	if kind == "" {
		kind = "(no kind)"
	}
	name := nameOf(obj)
	if name == "" {
		name = "(no name)"
	}
	return kind + "/" + name
}

func nameOf(obj map[string]any) string { return stringAt(obj, "metadata", "name") }

func namespaceOf(obj map[string]any) string { return stringAt(obj, "metadata", "namespace") }

// at returns the value below a path of map keys, nil when there is none.
func at(obj map[string]any, path ...string) any {
	var v any = obj
	for _, key := range path {
		m, ok := v.(map[string]any)
		if !ok {
			return nil
		}
		v = m[key]
	}
	return v
}

func mapAt(obj map[string]any, path ...string) map[string]any {
	m, _ := at(obj, path...).(map[string]any)
	return m
}

func listAt(obj map[string]any, path ...string) []any {
	l, _ := at(obj, path...).([]any)
	return l
}

func stringAt(obj map[string]any, path ...string) string {
	s, _ := at(obj, path...).(string)
	return s
}

// stringsAt returns the string values of a map, e.g. labels.
func stringsAt(obj map[string]any, path ...string) map[string]string {
	out := map[string]string{}
	for k, v := range mapAt(obj, path...) {
		if s, ok := v.(string); ok {
			out[k] = s
		}
	}
	return out
}

// walk calls visit for a value and everything below it, parents first, map
// keys in order. key is the map key nearest above the value.
func walk(v any, key string, p *field.Path, visit func(v any, key string, p *field.Path)) {
	visit(v, key, p)
	switch v := v.(type) {
	case map[string]any:
		for _, k := range slices.Sorted(maps.Keys(v)) {
			walk(v[k], k, child(p, k), visit)
		}
	case []any:
		for i, e := range v {
			walk(e, key, element(p, i), visit)
		}
	}
}

// family is the group of a managed resource's kind in its cluster-scoped form:
// the namespaced form has a label "m" more.
func family(group string) string { return strings.Replace(group, ".m.", ".", 1) }

var plainKey = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

// child extends a path; keys with dots or slashes go in brackets.
func child(p *field.Path, key string) *field.Path {
	if p != nil && !plainKey.MatchString(key) {
		return p.Key(key)
	}
	return p.Child(key)
}

// element extends a path; the root has none to hang an index on.
func element(p *field.Path, i int) *field.Path {
	if p == nil {
		p = field.NewPath("$")
	}
	return p.Index(i)
}

// decode turns unstructured content into its Go type.
func decode[T any](obj map[string]any) (*T, error) {
	var t T
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(obj, &t); err != nil {
		return nil, fmt.Errorf("%s: %w", id(obj), err)
	}
	return &t, nil
}

// about puts an object's name before errors of its fields.
func about(subject string, list field.ErrorList) []error {
	var errs []error
	for _, e := range list {
		errs = append(errs, fmt.Errorf("%s: %w", subject, e))
	}
	return errs
}

// inOrder sorts errors by their texts.
func inOrder(list field.ErrorList) {
	slices.SortFunc(list, func(a, b *field.Error) int { return strings.Compare(a.Error(), b.Error()) })
}
