package kube

import (
	"fmt"
	"math"

	"google.golang.org/protobuf/types/known/structpb"
)

// Observed is an object as it was found in the cluster. Its methods read the
// object in place, allocate nothing unless they say so, and are safe on the
// zero value, on absent fields and on fields of an unexpected type, all of
// which they report as absent. A path is the keys that lead to a field.
type Observed struct {
	// Object is nil if the object was not found.
	Object *structpb.Struct

	// Details are the connection details of a managed resource: secrets, which
	// must never reach a log, an event, a condition or an error.
	Details map[string][]byte `json:"-"`
}

// A Condition is an entry of status.conditions, with the zero value for what
// the entry does not say.
type Condition struct {
	Type, Status, Reason, Message string

	// ObservedGeneration is the metadata.generation that the condition is
	// about; 0 if it does not tell.
	ObservedGeneration int64
}

// Exists says whether the object was found.
func (o Observed) Exists() bool { return o.Object != nil }

// Name is metadata.name.
func (o Observed) Name() string { return o.String("metadata", "name") }

// Label returns the value of a label, "" without it.
func (o Observed) Label(key string) string { return o.String("metadata", "labels", key) }

// Labels returns all labels, nil without any. This one allocates.
func (o Observed) Labels() map[string]string { return o.StringMap("metadata", "labels") }

// Annotation returns the value of an annotation, "" without it.
func (o Observed) Annotation(key string) string { return o.String("metadata", "annotations", key) }

// String returns the string at path; "" if there is none.
func (o Observed) String(path ...string) string { return o.value(path).GetStringValue() }

// Int returns the number at path; false if there is none, or none that is whole.
func (o Observed) Int(path ...string) (int64, bool) { return whole(o.value(path)) }

// Bool returns the boolean at path; false, false if there is none.
func (o Observed) Bool(path ...string) (value, ok bool) {
	b, ok := o.value(path).GetKind().(*structpb.Value_BoolValue)
	return ok && b.BoolValue, ok
}

// Strings returns the strings of the list at path, nil if there are none. This
// one allocates.
func (o Observed) Strings(path ...string) []string {
	var out []string
	for _, v := range o.list(path...) {
		if s, ok := v.GetKind().(*structpb.Value_StringValue); ok {
			out = append(out, s.StringValue)
		}
	}
	return out
}

// StringMap returns the strings of the map at path, nil if there are none. This one allocates.
func (o Observed) StringMap(path ...string) map[string]string {
	var out map[string]string
	for k, v := range o.value(path).GetStructValue().GetFields() {
		if s, ok := v.GetKind().(*structpb.Value_StringValue); ok {
			if out == nil {
				out = map[string]string{}
			}
			out[k] = s.StringValue
		}
	}
	return out
}

// Items returns the objects of the list at path, nil if there are none. This one allocates.
func (o Observed) Items(path ...string) []Observed {
	var out []Observed
	for _, v := range o.list(path...) {
		if s := v.GetStructValue(); s != nil {
			out = append(out, Observed{Object: s})
		}
	}
	return out
}

// Condition returns the first entry of status.conditions of the type; if there
// is none, false and a Condition that has but its Type.
func (o Observed) Condition(typ string) (Condition, bool) {
	return findCondition(o.list("status", "conditions"), typ)
}

// Conditions returns all of the object's conditions.
func (o Observed) Conditions() []Condition {
	list := o.list("status", "conditions")
	conditions := make([]Condition, len(list))
	for i, v := range list {
		conditions[i] = conditionOf(v)
	}
	return conditions
}

// Format keeps Details out of whatever prints an Observed.
func (o Observed) Format(s fmt.State, _ rune) {
	fmt.Fprintf(s, "%s %q", o.String("kind"), o.Name())
}

// value returns the value at path, nil if there is none.
func (o Observed) value(path []string) *structpb.Value {
	if len(path) == 0 {
		return nil
	}
	v := o.Object.GetFields()[path[0]]
	for _, key := range path[1:] {
		v = v.GetStructValue().GetFields()[key]
	}
	return v
}

// list returns the elements of the list at path.
func (o Observed) list(path ...string) []*structpb.Value {
	return o.value(path).GetListValue().GetValues()
}

func findCondition(conditions []*structpb.Value, typ string) (Condition, bool) {
	for _, v := range conditions {
		if v.GetStructValue().GetFields()["type"].GetStringValue() == typ {
			return conditionOf(v), true
		}
	}
	return Condition{Type: typ}, false
}

func conditionOf(v *structpb.Value) Condition {
	c := v.GetStructValue().GetFields()
	generation, _ := whole(c["observedGeneration"])
	return Condition{
		Type:               c["type"].GetStringValue(),
		Status:             c["status"].GetStringValue(),
		Reason:             c["reason"].GetStringValue(),
		Message:            c["message"].GetStringValue(),
		ObservedGeneration: generation,
	}
}

// whole returns the value as an integer; false if it is none that float64 holds
// exactly.
func whole(v *structpb.Value) (int64, bool) {
	n, ok := v.GetKind().(*structpb.Value_NumberValue)
	if !ok || n.NumberValue != math.Trunc(n.NumberValue) || math.Abs(n.NumberValue) > maxInteger {
		return 0, false
	}
	return int64(n.NumberValue), true
}
