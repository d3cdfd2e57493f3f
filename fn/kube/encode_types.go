package kube

import (
	"encoding/json"
	"fmt"
	"reflect"

	"google.golang.org/protobuf/types/known/structpb"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// Encoders of types whose JSON is not that of their Go kind.

func encodeQuantity(n *nodes, v reflect.Value) (*structpb.Value, error) {
	q, _ := reflect.TypeAssert[resource.Quantity](v) // A copy, for String writes to it.
	return n.string(q.String()), nil
}

func encodeIntOrString(n *nodes, v reflect.Value) (*structpb.Value, error) {
	i, _ := reflect.TypeAssert[intstr.IntOrString](v)
	switch i.Type {
	case intstr.Int:
		return n.number(float64(i.IntVal)), nil
	case intstr.String:
		return encodeText(n, i.StrVal)
	default:
		return nil, fmt.Errorf("IntOrString of unknown type %d", i.Type)
	}
}

func encodeRawExtension(n *nodes, v reflect.Value) (*structpb.Value, error) {
	raw, _ := reflect.TypeAssert[runtime.RawExtension](v)
	if raw.Raw != nil || raw.Object == nil {
		return encodeMarshaler(n, v)
	}
	s, err := Struct(raw.Object)
	if err != nil {
		return nil, err
	}
	return structpb.NewStructValue(s), nil
}

// encodeMarshaler is for types with a JSON or text form of their own.
func encodeMarshaler(_ *nodes, v reflect.Value) (*structpb.Value, error) {
	raw, err := json.Marshal(addressable(v).Addr().Interface())
	if err != nil {
		return nil, err
	}
	value := &structpb.Value{}
	if err := value.UnmarshalJSON(raw); err != nil {
		return nil, err
	}
	if _, ok := value.GetKind().(*structpb.Value_NullValue); ok {
		return null, nil
	}
	return value, nil
}

// addressable returns v, or a copy of it that has an address.
func addressable(v reflect.Value) reflect.Value {
	if v.CanAddr() {
		return v
	}
	c := reflect.New(v.Type()).Elem()
	c.Set(v)
	return c
}
