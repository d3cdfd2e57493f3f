package fields

import (
	"encoding/json"
	"reflect"
	"strings"
	"sync"

	"k8s.io/apimachinery/pkg/util/validation/field"
)

// Field of a struct that is set.
type Field struct {
	Path *field.Path
	// Value of the field, behind its pointer if it is one.
	Value reflect.Value
}

// Find lists the fields below v, a struct, that are set and that a path covers. A field is set
// unless it holds its zero value; a pointer to false is set. A path leads through each element of a
// list.
func Find(v any, path string, root *field.Path) []Field {
	var found []Field
	follow(reflect.ValueOf(v), strings.Split(path, "."), root, false, func(at *field.Path, v reflect.Value) {
		if v = behind(v); v.Kind() == reflect.Bool || !v.IsZero() {
			found = append(found, Field{at, v})
		}
	})
	return found
}

// Exists says whether a path covers any field of T, a struct.
func Exists[T any](path string) bool {
	found := false
	var zero T
	follow(reflect.ValueOf(zero), strings.Split(path, "."), nil, true, func(*field.Path, reflect.Value) { found = true })
	return found
}

// Walk visits every field of T, a struct, and of the structs in its fields, with its path. It looks
// into no list and no map.
func Walk[T any](visit func(path string, t reflect.Type)) {
	walk(reflect.TypeFor[T](), "", visit)
}

func walk(t reflect.Type, prefix string, visit func(path string, t reflect.Type)) {
	for _, f := range namesOf(t) {
		at := t.FieldByIndex(f.index).Type
		for at.Kind() == reflect.Pointer {
			at = at.Elem()
		}
		visit(prefix+f.name, at)
		if isBlock(at) {
			walk(at, prefix+f.name+".", visit)
		}
	}
}

// follow visits the fields below v that a path covers. Unless all are asked for, it leaves out
// those that hold their zero value.
func follow(v reflect.Value, path []string, at *field.Path, all bool, visit func(*field.Path, reflect.Value)) {
	if len(path) == 0 {
		visit(at, v)
		return
	}
	v = behind(v)
	if v.Kind() == reflect.Slice {
		for i := range v.Len() {
			follow(v.Index(i), path, at.Index(i), all, visit)
		}
	}
	if !isBlock(v.Type()) {
		return
	}
	for _, f := range namesOf(v.Type()) {
		if path[0] != f.name && path[0] != "*" {
			continue
		}
		if below := v.FieldByIndex(f.index); all || !below.IsZero() {
			follow(below, path[1:], at.Child(f.name), all, visit)
		}
	}
}

// behind a pointer, or the zero value of its type if it is nil.
func behind(v reflect.Value) reflect.Value {
	for v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return reflect.Zero(v.Type().Elem())
		}
		v = v.Elem()
	}
	return v
}

var marshaler = reflect.TypeFor[json.Marshaler]()

// isBlock says whether a type is a struct of fields, rather than a value such as a quantity.
func isBlock(t reflect.Type) bool {
	return t.Kind() == reflect.Struct && !reflect.PointerTo(t).Implements(marshaler)
}

// named is a field by its JSON name.
type named struct {
	name  string
	index []int
}

var namesByType sync.Map

// namesOf lists the fields of a struct, and in their place those of the structs that it embeds.
func namesOf(t reflect.Type) []named {
	if known, ok := namesByType.Load(t); ok {
		return known.([]named) //nolint:forcetypeassert // Nothing else is stored.
	}
	var list []named
	for _, f := range reflect.VisibleFields(t) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.Anonymous || name == "" || name == "-" {
			continue
		}
		list = append(list, named{name, f.Index})
	}
	namesByType.Store(t, list)
	return list
}

// Covers says whether a pattern covers a path: it leads to the field, or to a block around it. A *
// stands for one step or more, before the first name for none as well. The name after it stands for
// every name that ends in it: *.image covers driverImage.
func Covers(pattern, path string) bool {
	steps, of := strings.Split(pattern, "."), strings.Split(path, ".")
	if len(steps) > 1 && steps[0] == "*" && steps[1] != "*" && covers(steps[1:], of, true) {
		return true
	}
	return covers(steps, of, false)
}

func covers(pattern, path []string, afterStar bool) bool {
	if len(pattern) == 0 {
		return true // path lies in the block
	}
	if len(path) == 0 {
		return false
	}
	if pattern[0] != "*" {
		named := pattern[0] == path[0] || afterStar && strings.HasSuffix(path[0], capitalized(pattern[0]))
		return named && covers(pattern[1:], path[1:], false)
	}
	for n := 1; n <= len(path); n++ {
		if covers(pattern[1:], path[n:], true) {
			return true
		}
	}
	return false
}

// capitalized is a name as it stands at the end of a longer one. No name ends in an empty one.
func capitalized(name string) string {
	if name == "" {
		return "."
	}
	return strings.ToUpper(name[:1]) + name[1:]
}
