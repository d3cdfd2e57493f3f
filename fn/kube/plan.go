package kube

import (
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"

	"google.golang.org/protobuf/types/known/structpb"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// A plan says how values of one Go type become structpb Values. It is all that
// reflection can find out from the type, found out once per process.
type plan struct {
	encode encodeFunc

	// object says that the type is a struct whose fields make a JSON object.
	object bool
	fields []member
}

// An encodeFunc turns a value of the type it was planned for into a structpb
// Value. It returns null for what JSON writes as null.
type encodeFunc func(*nodes, reflect.Value) (*structpb.Value, error)

// A member is a field of an object.
type member struct {
	index     int
	name      string // Empty if embedded: its fields are its parent's.
	omitEmpty bool
	omitZero  func(reflect.Value) bool // Nil without omitzero.
	quoted    bool                     // Not supported.
	plan      *plan
}

// plans holds the *plan of every reflect.Type that planOf was asked for.
var plans sync.Map

func planOf(t reflect.Type) (*plan, error) {
	cached, _ := plans.Load(t)
	if p, ok := cached.(*plan); ok {
		return p, nil
	}
	p, err := planner{}.plan(t)
	if err != nil {
		return nil, err
	}
	plans.Store(t, p) // If somebody else did too, the plans are equal.
	return p, nil
}

// A planner holds the plans of a type and of all that it is made of. A plan is
// entered before it is complete, so that a type may contain itself.
type planner map[reflect.Type]*plan

func (b planner) plan(t reflect.Type) (*plan, error) {
	if p, ok := b[t]; ok {
		return p, nil
	}
	p := &plan{}
	b[t] = p
	var err error
	p.encode, err = b.encoder(t, p)
	return p, err
}

var (
	jsonMarshaler = reflect.TypeFor[json.Marshaler]()
	textMarshaler = reflect.TypeFor[encoding.TextMarshaler]()
)

func (b planner) encoder(t reflect.Type, p *plan) (encodeFunc, error) {
	switch t { // Too frequent to go through JSON text, or losing content there.
	case reflect.TypeFor[resource.Quantity]():
		return encodeQuantity, nil
	case reflect.TypeFor[intstr.IntOrString]():
		return encodeIntOrString, nil
	case reflect.TypeFor[runtime.RawExtension]():
		return encodeRawExtension, nil
	case reflect.TypeFor[map[string]string]():
		return encodeStringMap, nil
	}
	// Through a pointer every method shows, but a pointer to a pointer or to an
	// interface has none, so that these are followed to what they hold.
	if ptr := reflect.PointerTo(t); ptr.Implements(jsonMarshaler) || ptr.Implements(textMarshaler) {
		return encodeMarshaler, nil
	}
	switch t.Kind() {
	case reflect.Interface:
		return encodeInterface, nil
	case reflect.Pointer:
		elem, err := b.plan(t.Elem())
		return encodePointer(elem), err
	case reflect.String:
		return encodeString, nil
	case reflect.Bool:
		return encodeBool, nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return encodeInt, nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return encodeUint, nil
	case reflect.Float64:
		return encodeFloat, nil
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			return encodeBytes, nil
		}
		elem, err := b.plan(t.Elem())
		return encodeList(elem), err
	case reflect.Map:
		if t.Key().Kind() != reflect.String {
			return nil, fmt.Errorf("the keys of %s are not strings", t)
		}
		elem, err := b.plan(t.Elem())
		return encodeMap(elem), err
	case reflect.Struct:
		p.object = true
		return encodeObject(p), b.fields(t, p)
	default:
		return nil, fmt.Errorf("values of Go type %s are not supported", t)
	}
}

// fields plans the fields of the struct type t.
func (b planner) fields(t reflect.Type, p *plan) error {
	for i := range t.NumField() {
		sf := t.Field(i)
		f, ok := parseTag(sf)
		if !ok {
			continue
		}
		ft := sf.Type
		if f.name == "" && ft.Kind() == reflect.Pointer {
			ft = ft.Elem()
		}
		var err error
		if f.plan, err = b.plan(ft); err != nil {
			return at(sf.Name, err)
		}
		if f.quoted {
			return at(sf.Name, errors.New("the JSON option string is not supported"))
		}
		if f.name == "" && !f.plan.object {
			return at(sf.Name, fmt.Errorf("embedded %s has a JSON form of its own", ft))
		}
		f.index = i
		p.fields = append(p.fields, f)
	}
	seen := map[string]bool{}
	for _, name := range p.names() {
		if seen[name] {
			return fmt.Errorf("%s has two fields that are called %q", t, name)
		}
		seen[name] = true
	}
	return nil
}

// names of all fields of an object, those of embedded ones included.
func (p *plan) names() []string {
	var names []string
	for _, f := range p.fields {
		if f.name == "" {
			names = append(names, f.plan.names()...)
			continue
		}
		names = append(names, f.name)
	}
	return names
}

// parseTag reads what encoding/json would read; ok is false for a field that
// JSON does not have.
func parseTag(sf reflect.StructField) (f member, ok bool) {
	tag := sf.Tag.Get("json")
	name, options, _ := strings.Cut(tag, ",")
	for option := range strings.SplitSeq(options, ",") {
		switch option {
		case "omitempty":
			f.omitEmpty = true
		case "omitzero":
			f.omitZero = zeroFunc(sf.Type)
		case "string":
			f.quoted = true
		}
	}
	embedded := sf.Type
	if embedded.Kind() == reflect.Pointer {
		embedded = embedded.Elem()
	}
	if name == "" && sf.Anonymous && embedded.Kind() == reflect.Struct {
		return f, tag != "-"
	}
	f.name = name
	if name == "" {
		f.name = sf.Name
	}
	return f, tag != "-" && sf.IsExported()
}

type zeroer interface{ IsZero() bool }

// zeroFunc returns what tells the values of type t that omitzero omits: those
// that the type itself calls zero, or else Go.
func zeroFunc(t reflect.Type) func(reflect.Value) bool {
	z := reflect.TypeFor[zeroer]()
	switch {
	case t.Kind() == reflect.Pointer && t.Implements(z), t.Kind() == reflect.Interface && t.Implements(z):
		return func(v reflect.Value) bool { return v.IsNil() || isZero(v) }
	case t.Kind() != reflect.Pointer && reflect.PointerTo(t).Implements(z):
		return func(v reflect.Value) bool { return isZero(addressable(v).Addr()) }
	default:
		return reflect.Value.IsZero
	}
}

func isZero(v reflect.Value) bool {
	z, ok := reflect.TypeAssert[zeroer](v)
	return ok && z.IsZero()
}

// A pathError is an error at a field of an object.
type pathError struct {
	path string
	err  error
}

func (e *pathError) Error() string { return e.path + ": " + e.err.Error() }
func (e *pathError) Unwrap() error { return e.err }

// at says where err was met: in a field, key or index of what is around it.
func at(step string, err error) error {
	var inner *pathError
	if errors.As(err, &inner) {
		return &pathError{path: step + "." + inner.path, err: inner.err}
	}
	return &pathError{path: step, err: err}
}
