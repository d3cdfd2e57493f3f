package kube

import (
	"errors"
	"fmt"
	"reflect"

	"google.golang.org/protobuf/types/known/structpb"
	"k8s.io/apimachinery/pkg/runtime"
)

// Struct converts a typed API object to the content that the author of the
// object meant, and nothing else: whatever stands in the result is owned by its
// applier under server-side apply, so a zero that nobody set must not be there,
// and an empty object that somebody did set must.
//
// The result equals what encoding/json makes of the object, except that
//
//   - a field that would be null is left out. Inside lists and maps a null stays, because somebody put it there;
//   - omitempty also omits a struct that holds nothing. encoding/json ignores
//     the option on structs, hence the strategy: {}, resources: {} and
//     metadata: {} known from other conversions. A Quantity, IntOrString or
//     time counts as empty when it was never set;
//   - status is left out at the root, for it is not the applier's to write;
//   - a runtime.RawExtension that carries an Object converts like an object of
//     its own.
//
// So the tags alone decide which empty object stays, and there is no list of
// exceptions to keep. In the Kubernetes API a struct field without omitempty is
// one that the API requires, such as the podSelector of a NetworkPolicy, whose
// {} selects every pod: it stays. A struct field with omitempty is an optional
// one of which {} says no more than its absence, because the server decodes
// both to the same Go value. Where {} and absence differ the API uses a pointer
// (emptyDir, the selectors of a NetworkPolicy's peer), and a non-nil pointer
// always stays, as do the elements of lists and maps (ingress: [{}]). Likewise
// an empty list or map that is not nil stays in a field without omitempty
// (rules: []), and goes in one with it.
//
// Numbers become float64, so an integer beyond ±2^53 is an error rather than a
// slightly different integer. Struct fails too if apiVersion or kind is empty,
// for strings that are not UTF-8, and for types that JSON cannot hold; the
// error names the field. It only reads obj, which several goroutines may
// convert at the same time.
func Struct(obj runtime.Object) (*structpb.Struct, error) {
	v := reflect.ValueOf(obj)
	if v.Kind() != reflect.Pointer || v.IsNil() {
		return nil, fmt.Errorf("cannot convert %T: not a pointer to an object", obj)
	}
	s, err := convert(v.Elem())
	if err != nil {
		return nil, fmt.Errorf("cannot convert %T: %w", obj, err)
	}
	return s, nil
}

func convert(v reflect.Value) (*structpb.Struct, error) {
	p, err := planOf(v.Type())
	if err != nil {
		return nil, err
	}
	value, err := p.encode(&nodes{}, v)
	if err != nil {
		return nil, err
	}
	s := value.GetStructValue()
	for _, key := range []string{"apiVersion", "kind"} {
		if s.GetFields()[key].GetStringValue() == "" {
			return nil, errors.New(key + " is empty")
		}
	}
	delete(s.GetFields(), "status")
	return s, nil
}
