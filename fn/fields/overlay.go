package fields

import "reflect"

// Overlay returns over with every field that it leaves out taken from under. Structs are merged
// field by field, through pointers too; maps and lists are taken whole. A field is left out when it
// holds its zero value, so a field that may be set to zero is a pointer.
func Overlay[T any](over, under T) T {
	merge(reflect.ValueOf(&over).Elem(), reflect.ValueOf(under))
	return over
}

func merge(over, under reflect.Value) {
	switch {
	case over.IsZero():
		over.Set(under)
	case isBlock(over.Type()):
		for i := range over.NumField() {
			merge(over.Field(i), under.Field(i))
		}
	case over.Kind() == reflect.Pointer && isBlock(over.Type().Elem()) && !under.IsNil():
		merged := reflect.New(over.Type().Elem())
		merged.Elem().Set(over.Elem())
		merge(merged.Elem(), under.Elem())
		over.Set(merged)
	}
}
