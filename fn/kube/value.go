package kube

import (
	"reflect"

	"google.golang.org/protobuf/types/known/structpb"
)

// Value converts a part of an object, such as a status, by the rules of Struct;
// nil becomes a null.
func Value(part any) (*structpb.Value, error) {
	value, err := encodeInterface(&nodes{}, reflect.ValueOf(&part).Elem())
	if err != nil {
		return nil, err
	}
	return element(value), nil
}
