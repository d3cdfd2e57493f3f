package kube

import (
	"reflect"

	"google.golang.org/protobuf/types/known/structpb"
)

// Value converts a part of an object, such as a status, by the rules of Struct.
func Value(part any) (*structpb.Value, error) {
	v := reflect.ValueOf(part)
	p, err := planOf(v.Type())
	if err != nil {
		return nil, err
	}
	return p.encode(&nodes{}, v)
}
