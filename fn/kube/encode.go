package kube

import (
	"encoding/base64"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"unicode/utf8"

	"google.golang.org/protobuf/types/known/structpb"
)

var (
	errNotUTF8 = errors.New("not valid UTF-8")
	errInexact = errors.New("integer beyond ±2^53")
)

// null is what encoders return for what JSON writes as null. Those who asked for
// the value decide what comes of it; null itself is never part of a result.
var null = structpb.NewNullValue()

// maxInteger is the largest integer up to which float64 has them all.
const maxInteger = 1 << 53

func encodeObject(p *plan) encodeFunc {
	return func(n *nodes, v reflect.Value) (*structpb.Value, error) {
		m, err := p.collect(n, v, nil)
		if err != nil {
			return nil, err
		}
		return n.object(m), nil
	}
}

// collect adds the fields of v to m. It makes the map only when there is a field
// to put in: most structs of an object are empty.
func (p *plan) collect(n *nodes, v reflect.Value, m map[string]*structpb.Value) (map[string]*structpb.Value, error) {
	for i := range p.fields {
		f := &p.fields[i]
		fv := v.Field(f.index)
		if f.omits(fv) {
			continue
		}
		if f.name == "" {
			var err error
			if m, err = f.embed(n, fv, m); err != nil {
				return nil, err
			}
			continue
		}
		value, err := f.encode(n, fv)
		if err != nil {
			return nil, at(f.name, err)
		}
		if value == null {
			continue
		}
		if m == nil {
			m = make(map[string]*structpb.Value)
		}
		m[f.name] = value
	}
	return m, nil
}

func (f *member) embed(n *nodes, v reflect.Value, m map[string]*structpb.Value) (map[string]*structpb.Value, error) {
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return m, nil
		}
		v = v.Elem()
	}
	return f.plan.collect(n, v, m)
}

func (f *member) encode(n *nodes, v reflect.Value) (*structpb.Value, error) {
	if !f.plan.object {
		return f.plan.encode(n, v)
	}
	m, err := f.plan.collect(n, v, nil)
	if err != nil {
		return nil, err
	}
	if len(m) == 0 && f.omitEmpty {
		return null, nil
	}
	return n.object(m), nil
}

// omits says whether the options of the field leave v out. Whether an object is
// empty shows only when it was encoded.
func (f *member) omits(v reflect.Value) bool {
	if f.omitEmpty && !f.plan.object && isEmpty(v) {
		return true
	}
	return f.omitZero != nil && f.omitZero(v)
}

func isEmpty(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.String, reflect.Slice, reflect.Map:
		return v.Len() == 0
	default:
		return v.IsZero()
	}
}

func encodePointer(elem *plan) encodeFunc {
	return func(n *nodes, v reflect.Value) (*structpb.Value, error) {
		if v.IsNil() {
			return null, nil
		}
		return elem.encode(n, v.Elem())
	}
}

func encodeInterface(n *nodes, v reflect.Value) (*structpb.Value, error) {
	if v.IsNil() {
		return null, nil
	}
	p, err := planOf(v.Elem().Type())
	if err != nil {
		return nil, err
	}
	return p.encode(n, v.Elem())
}

func encodeList(elem *plan) encodeFunc {
	return func(n *nodes, v reflect.Value) (*structpb.Value, error) {
		if v.IsNil() {
			return null, nil
		}
		values := make([]*structpb.Value, v.Len())
		for i := range values {
			value, err := elem.encode(n, v.Index(i))
			if err != nil {
				return nil, at(strconv.Itoa(i), err)
			}
			values[i] = element(value)
		}
		return n.list(values), nil
	}
}

func encodeMap(elem *plan) encodeFunc {
	return func(n *nodes, v reflect.Value) (*structpb.Value, error) {
		if v.IsNil() {
			return null, nil
		}
		m := make(map[string]*structpb.Value, v.Len())
		key := reflect.New(v.Type().Key()).Elem()
		val := reflect.New(v.Type().Elem()).Elem()
		for entries := v.MapRange(); entries.Next(); {
			key.SetIterKey(entries)
			val.SetIterValue(entries)
			name := key.String()
			value, err := elem.encode(n, val)
			if err == nil && !utf8.ValidString(name) {
				err = errNotUTF8
			}
			if err != nil {
				return nil, at(strconv.Quote(name), err)
			}
			m[name] = element(value)
		}
		return n.object(m), nil
	}
}

// encodeStringMap is encodeMap for labels, annotations and the like, without
// reflection.
func encodeStringMap(n *nodes, v reflect.Value) (*structpb.Value, error) {
	entries, _ := reflect.TypeAssert[map[string]string](v)
	if entries == nil {
		return null, nil
	}
	m := make(map[string]*structpb.Value, len(entries))
	for name, s := range entries {
		if !utf8.ValidString(name) || !utf8.ValidString(s) {
			return nil, at(strconv.Quote(name), errNotUTF8)
		}
		m[name] = n.string(s)
	}
	return n.object(m), nil
}

// element returns the value as one that can be an element.
func element(v *structpb.Value) *structpb.Value {
	if v == null {
		return structpb.NewNullValue()
	}
	return v
}

func encodeString(n *nodes, v reflect.Value) (*structpb.Value, error) {
	return encodeText(n, v.String())
}

func encodeText(n *nodes, s string) (*structpb.Value, error) {
	if !utf8.ValidString(s) {
		return nil, errNotUTF8
	}
	return n.string(s), nil
}

func encodeBool(n *nodes, v reflect.Value) (*structpb.Value, error) {
	return n.bool(v.Bool()), nil
}

func encodeInt(n *nodes, v reflect.Value) (*structpb.Value, error) {
	i := v.Int()
	if i < -maxInteger || i > maxInteger {
		return nil, errInexact
	}
	return n.number(float64(i)), nil
}

func encodeUint(n *nodes, v reflect.Value) (*structpb.Value, error) {
	i := v.Uint()
	if i > maxInteger {
		return nil, errInexact
	}
	return n.number(float64(i)), nil
}

func encodeFloat(n *nodes, v reflect.Value) (*structpb.Value, error) {
	f := v.Float()
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return nil, fmt.Errorf("JSON has no number %v", f)
	}
	return n.number(f), nil
}

func encodeBytes(n *nodes, v reflect.Value) (*structpb.Value, error) {
	if v.IsNil() {
		return null, nil
	}
	return n.string(base64.StdEncoding.EncodeToString(v.Bytes())), nil
}
