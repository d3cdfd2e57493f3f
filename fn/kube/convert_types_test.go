package kube

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// thing is an object with whatever in its spec.
type thing[T any] struct {
	metav1.TypeMeta `json:",inline"`

	Spec T `json:"spec"`
}

func (o *thing[T]) DeepCopyObject() runtime.Object { c := *o; return &c }

func thingOf[T any](spec T) *thing[T] {
	return &thing[T]{TypeMeta: metav1.TypeMeta{APIVersion: "example.org/v1", Kind: "Thing"}, Spec: spec}
}

type inner struct {
	A string `json:"a,omitempty"`
}

type Embedded struct {
	InEmbedded string `json:"inEmbedded"`
}

type EmbeddedPointer struct {
	InPointer *int `json:"inPointer"`
}

type tree struct {
	Children []tree `json:"children,omitempty"`
}

type level int

func (l level) MarshalText() ([]byte, error) { return fmt.Appendf(nil, "level-%d", int(l)), nil }

// shout has its JSON form on the pointer.
type shout struct{ s string }

func (s *shout) MarshalJSON() ([]byte, error) { return json.Marshal(s.s + "!") }

func TestStructTypes(t *testing.T) {
	object := func(m map[string]any) any { return m }
	cases := map[string]struct {
		reason string
		obj    runtime.Object
		want   any
	}{
		"PointerToEmpty": {
			reason: "an empty object behind a pointer was set on purpose",
			obj: thingOf(struct {
				P *inner `json:"p,omitempty"`
			}{&inner{}}),
			want: object(map[string]any{"p": map[string]any{}}),
		},
		"EmptyOptional": {
			reason: "an empty optional struct says nothing, even if Go does not call it zero",
			obj: thingOf(struct {
				S corev1.ResourceRequirements `json:"s,omitempty"`
				Z inner                       `json:"z,omitzero"`
			}{S: corev1.ResourceRequirements{Limits: corev1.ResourceList{}}}),
			want: object(map[string]any{}),
		},
		"EmptyRequired": {
			reason: "an empty struct that the API requires stays",
			obj: thingOf(struct {
				S inner `json:"s"`
			}{}),
			want: object(map[string]any{"s": map[string]any{}}),
		},
		"EmptyElements": {
			reason: "elements are never left out, for that would change the list",
			obj: thingOf(struct {
				L []inner             `json:"l,omitempty"`
				P []*inner            `json:"p,omitempty"`
				M map[string]inner    `json:"m,omitempty"`
				B map[string][]byte   `json:"b,omitempty"`
				N map[string][]string `json:"n,omitempty"`
			}{
				L: []inner{{}}, P: []*inner{nil, {}}, M: map[string]inner{"k": {}},
				B: map[string][]byte{"nil": nil, "empty": {}}, N: map[string][]string{"k": nil},
			}),
			want: object(map[string]any{
				"l": []any{map[string]any{}}, "p": []any{nil, map[string]any{}}, "m": map[string]any{"k": map[string]any{}},
				"b": map[string]any{"nil": nil, "empty": ""}, "n": map[string]any{"k": nil},
			}),
		},
		"EmptyLists": {
			reason: "an empty list stays where the tag does not omit it, nil never does",
			obj: thingOf(struct {
				Empty    []string          `json:"empty"`
				Nil      []string          `json:"nil"`
				NilMap   map[string]string `json:"nilMap"`
				NilBytes []byte            `json:"nilBytes"`
				NilAny   any               `json:"nilAny"`
				NilData  map[string][]byte `json:"nilData"`
				Omitted  []string          `json:"omitted,omitempty"`
				Map      map[string]string `json:"map"`
			}{Empty: []string{}, Omitted: []string{}, Map: map[string]string{}}),
			want: object(map[string]any{"empty": []any{}, "map": map[string]any{}}),
		},
		"Zeros": {
			reason: "zeros go by their tag",
			obj: thingOf(struct {
				S  string `json:"s"`
				I  int32  `json:"i"`
				B  bool   `json:"b"`
				OS string `json:"os,omitempty"`
				OI int64  `json:"oi,omitempty"`
				OB bool   `json:"ob,omitzero"`
				P  *int   `json:"p,omitempty"`
			}{P: new(int)}),
			want: object(map[string]any{"s": "", "i": 0.0, "b": false, "p": 0.0}),
		},
		"Names": {
			reason: "names come from the tags, or else from the fields",
			obj: thingOf(struct {
				Untagged string
				Skipped  string `json:"-"`
				OnlyOpts string `json:",omitempty"`
				hidden   string
			}{"u", "s", "o", "x"}),
			want: object(map[string]any{"Untagged": "u", "OnlyOpts": "o"}),
		},
		"Embedded": {
			reason: "fields of an embedded struct are its parent's unless it has a name",
			obj: thingOf(struct {
				Embedded `json:",inline"`
				*EmbeddedPointer
				inner

				Named tree `json:"named"`
			}{EmbeddedPointer: &EmbeddedPointer{InPointer: new(int)}, inner: inner{A: "a"}}),
			want: object(map[string]any{"inEmbedded": "", "inPointer": 0.0, "a": "a", "named": map[string]any{}}),
		},
		"EmbeddedNil": {
			reason: "a nil embedded pointer has no fields",
			obj:    thingOf(struct{ *EmbeddedPointer }{}),
			want:   object(map[string]any{}),
		},
		"Recursive": {
			reason: "a type may contain itself",
			obj:    thingOf(tree{Children: []tree{{Children: []tree{{}}}}}),
			want:   object(map[string]any{"children": []any{map[string]any{"children": []any{map[string]any{}}}}}),
		},
		"Numbers": {
			reason: "all numbers that float64 holds exactly",
			obj:    thingOf([]any{int8(-8), uint16(16), int64(1 << 53), int64(-1 << 53), uint64(1 << 53), 0.1}),
			want:   []any{-8.0, 16.0, 9007199254740992.0, -9007199254740992.0, 9007199254740992.0, 0.1},
		},
		"OwnForms": {
			reason: "types with a JSON or text form of their own have that",
			obj: thingOf(struct {
				T  metav1.Time                  `json:"t"`
				Z  metav1.Time                  `json:"z"`
				MT metav1.MicroTime             `json:"mt"`
				D  metav1.Duration              `json:"d"`
				Q  resource.Quantity            `json:"q"`
				U  resource.Quantity            `json:"u,omitempty"`
				I  intstr.IntOrString           `json:"i"`
				S  *intstr.IntOrString          `json:"s"`
				B  []byte                       `json:"b"`
				L  level                        `json:"l"`
				N  shout                        `json:"n"`
				M  map[string]shout             `json:"m"`
				A  any                          `json:"a"`
				QM map[string]resource.Quantity `json:"qm"`
			}{
				T: metav1.Unix(0, 0), MT: metav1.NewMicroTime(time.Unix(0, 0)), D: metav1.Duration{Duration: time.Minute},
				Q: resource.MustParse("1024Mi"), I: intstr.FromInt32(80), S: ptr(intstr.FromString("http")),
				B: []byte("hi"), L: 3, N: shout{"no"}, M: map[string]shout{"k": {"yes"}}, A: level(4),
				QM: map[string]resource.Quantity{"k": {}},
			}),
			want: object(map[string]any{
				"t": "1970-01-01T00:00:00Z", "mt": "1970-01-01T00:00:00.000000Z", "d": "1m0s", "q": "1Gi", "i": 80.0, "s": "http",
				"b": "aGk=", "l": "level-3", "n": "no!", "m": map[string]any{"k": "yes!"}, "a": "level-4", "qm": map[string]any{"k": "0"},
			}),
		},
		"OmitZeroMethod": {
			reason: "omitzero goes by the method IsZero of the type if it has one",
			obj: thingOf(struct {
				Q resource.Quantity  `json:"q,omitzero"`
				P *resource.Quantity `json:"p,omitzero"`
				N *resource.Quantity `json:"n,omitzero"`
				T metav1.Time        `json:"t,omitzero"`
			}{Q: resource.MustParse("0"), P: ptr(resource.MustParse("0"))}),
			want: object(map[string]any{}),
		},
		"RawJSON": {
			reason: "raw JSON is taken as it is",
			obj:    thingOf([]runtime.RawExtension{{Raw: []byte(`{"a":[1,null,{}]}`)}, {}}),
			want:   []any{map[string]any{"a": []any{1.0, nil, map[string]any{}}}, nil},
		},
		"RawObject": {
			reason: "an object inside an object converts as it would by itself",
			obj:    thingOf(runtime.RawExtension{Object: service("inner")}),
			want:   mustStruct(t, service("inner")).AsMap(),
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			s, err := Struct(tc.obj)
			if err != nil {
				t.Fatalf("%s\nStruct(...): %v", tc.reason, err)
			}
			if diff := cmp.Diff(tc.want, content(t, s)["spec"]); diff != "" {
				t.Errorf("%s\nStruct(...): -want spec, +got spec:\n%s", tc.reason, diff)
			}
		})
	}
}
