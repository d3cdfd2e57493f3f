package kube

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"
)

func TestStructEqualsJSON(t *testing.T) {
	for i, obj := range workload() {
		t.Run(fmt.Sprintf("%d %T", i, obj), func(t *testing.T) { checkStruct(t, obj) })
	}
}

func TestStructOfRandomObjects(t *testing.T) {
	for _, kind := range kinds() {
		t.Run(reflect.TypeOf(kind).Elem().String(), func(t *testing.T) {
			for seed := range uint64(60) {
				obj := kind.DeepCopyObject()
				newFiller(seed).object(obj)
				if checkStruct(t, obj); t.Failed() {
					t.Fatalf("seed %d", seed)
				}
			}
		})
	}
}

func checkStruct(t *testing.T, obj runtime.Object) {
	t.Helper()
	before := obj.DeepCopyObject()
	s, err := Struct(obj)
	if err != nil {
		t.Fatalf("Struct(...): %v", err)
	}
	if diff := cmp.Diff(wantJSON(t, obj), content(t, s)); diff != "" {
		t.Errorf("Struct(...): -encoding/json, +got:\n%s", diff)
	}
	if diff := cmp.Diff(wantGeneric(t, obj), content(t, s)); diff != "" {
		t.Errorf("Struct(...): -generic converter, +got:\n%s", diff)
	}
	if !reflect.DeepEqual(before, obj) {
		t.Error("Struct(...) changed the object")
	}
	if again := mustStruct(t, obj); !proto.Equal(s, again) {
		t.Error("Struct(...): two conversions of one object differ")
	}
}

// TestStructMeaningfulEmpties holds the empty objects whose loss would change
// what real objects do.
func TestStructMeaningfulEmpties(t *testing.T) {
	empty := map[string]any{}
	cases := map[string]struct {
		reason string
		obj    runtime.Object
		path   []any
		want   any
	}{
		"EmptyDir": {
			"without it the volume has no source",
			deployment("a", 1),
			[]any{"spec", "template", "spec", "volumes", 0, "emptyDir"},
			empty,
		},
		"PodSelector":     {"it selects all pods and the API requires it", denyAll("a"), []any{"spec", "podSelector"}, empty},
		"IngressRule":     {"it allows all ingress", networkPolicy("a"), []any{"spec", "ingress", 0}, empty},
		"PeerPodSelector": {"without it the peer is invalid", networkPolicy("a"), []any{"spec", "ingress", 1, "from", 0, "podSelector"}, empty},
		"NamespaceSelector": {
			"without it the peer is in the policy's own namespace",
			networkPolicy("a"),
			[]any{"spec", "ingress", 1, "from", 1, "namespaceSelector"},
			empty,
		},
		"Rules": {
			"a Role without rules has an empty list",
			&rbacv1.Role{TypeMeta: role("a", 0).TypeMeta, Rules: []rbacv1.PolicyRule{}},
			[]any{"rules"},
			[]any{},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			var got any = mustStruct(t, tc.obj).AsMap()
			for _, step := range tc.path {
				switch step := step.(type) {
				case string:
					got = got.(map[string]any)[step]
				case int:
					got = got.([]any)[step]
				}
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s\nStruct(...) at %v: -want, +got:\n%s", tc.reason, tc.path, diff)
			}
		})
	}
}

func TestStructMeaninglessEmpties(t *testing.T) {
	d := deployment("a", 0)
	d.Spec.Template.Spec.Containers[0].Resources = corev1.ResourceRequirements{}
	d.Status = appsv1.DeploymentStatus{Replicas: 3}
	got := mustStruct(t, d).AsMap()
	spec := got["spec"].(map[string]any)
	template := spec["template"].(map[string]any)
	container := template["spec"].(map[string]any)["containers"].([]any)[0].(map[string]any)
	for field, in := range map[string]map[string]any{
		"status": got, "strategy": spec, "creationTimestamp": template["metadata"].(map[string]any), "resources": container,
	} {
		if v, ok := in[field]; ok {
			t.Errorf("Struct(...): %s: %v is there, though nobody may or did set it", field, v)
		}
	}
	ports := mustStruct(t, service("a")).AsMap()["spec"].(map[string]any)["ports"].([]any)
	if v, ok := ports[2].(map[string]any)["targetPort"]; ok {
		t.Errorf("Struct(...): targetPort: %v is there, though nobody set it", v)
	}
}

func TestStructErrors(t *testing.T) {
	type twice struct {
		Embedded

		InEmbedded string `json:"inEmbedded"`
	}
	type timespan struct { // Two forms, so that Go promotes neither.
		metav1.Duration
		intstr.IntOrString
	}
	cases := map[string]struct {
		reason string
		obj    runtime.Object
		want   string
	}{
		"Nil":        {"nothing to convert", nil, "cannot convert <nil>: not a pointer to an object"},
		"NilPointer": {"nothing to convert", (*corev1.Service)(nil), "cannot convert *v1.Service: not a pointer to an object"},
		"NoKind": {
			"the API server needs it",
			&corev1.Service{TypeMeta: metav1.TypeMeta{APIVersion: "v1"}},
			"cannot convert *v1.Service: kind is empty",
		},
		"NoVersion": {
			"the API server needs it",
			&corev1.Service{TypeMeta: metav1.TypeMeta{Kind: "Service"}},
			"cannot convert *v1.Service: apiVersion is empty",
		},
		"Chan": {"not in JSON", thingOf(struct{ C chan int }{}), "Spec.C: values of Go type chan int are not supported"},
		"Func": {"not in JSON", thingOf(struct{ F []func() }{}), "Spec.F: values of Go type func() are not supported"},
		"DynamicChan": {
			"not in JSON, and known only from the value", thingOf([]any{1, make(chan int)}), "spec.1: values of Go type chan int are not supported",
		},
		"Keys": {"JSON has only strings for keys", thingOf(map[int]string{}), "Spec: the keys of map[int]string are not strings"},
		"Quoted": {"the option is not supported", thingOf(struct {
			I int `json:",string"`
		}{}), "Spec.I: the JSON option string is not supported"},
		"Twice": {"two fields of one name", thingOf(twice{}), `kube.twice has two fields that are called "inEmbedded"`},
		"EmbeddedOwn": {
			"an embedded type with a form of its own has no fields",
			thingOf(timespan{}),
			"Spec.Duration: embedded v1.Duration has a JSON form of its own",
		},
		"UTF8": {
			"protobuf has no such strings",
			thingOf(struct {
				L []inner `json:"l"`
			}{[]inner{{}, {A: "\xff"}}}), "spec.l.1.a: not valid UTF-8",
		},
		"UTF8Value":   {"protobuf has no such strings", thingOf(map[string]string{"k": "\xff"}), `spec."k": not valid UTF-8`},
		"UTF8Key":     {"protobuf has no such strings", thingOf(map[string]int{"\xff": 1}), `spec."\xff": not valid UTF-8`},
		"UTF8Int":     {"protobuf has no such strings", thingOf(intstr.FromString("\xff")), `spec: not valid UTF-8`},
		"Large":       {"a different number would be sent", thingOf(int64(1<<53 + 1)), "spec: integer beyond ±2^53"},
		"Small":       {"a different number would be sent", thingOf(int64(math.MinInt64)), "spec: integer beyond ±2^53"},
		"LargeUint":   {"a different number would be sent", thingOf(uint64(math.MaxUint64)), "spec: integer beyond ±2^53"},
		"NaN":         {"not in JSON", thingOf(math.NaN()), "spec: JSON has no number NaN"},
		"IntOrString": {"no such type", thingOf(intstr.IntOrString{Type: 7}), "spec: IntOrString of unknown type 7"},
		"NestedNoKind": {
			"an object inside is an object too",
			thingOf(runtime.RawExtension{Object: &corev1.Service{}}),
			"spec: cannot convert *v1.Service: apiVersion is empty",
		},
		"Embedded": {
			"the path leaves out embedded structs",
			thingOf(struct{ Embedded }{Embedded{"\xff"}}),
			"spec.inEmbedded: not valid UTF-8",
		},
		"MapElement": {"the path has the key", thingOf(map[string][]float64{"k": {math.Inf(1)}}), `spec."k".0: JSON has no number +Inf`},
		"RawNumber":  {"no float64", thingOf(json.RawMessage("1e999")), "invalid google.protobuf.Value: 1e999"},
		"BadRaw": {
			"raw content must be JSON",
			thingOf(runtime.RawExtension{Raw: []byte(`{`)}),
			"spec: json: error calling MarshalJSON for type *runtime.RawExtension: unexpected end of JSON input",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := Struct(tc.obj)
			// In front of it stands the name of the type, at times a long one.
			if err == nil || !strings.HasSuffix(err.Error(), tc.want) {
				t.Errorf("%s\nStruct(...): want an error that ends in %q, got %v", tc.reason, tc.want, err)
			}
		})
	}
}

func TestStructOwnsItsNulls(t *testing.T) {
	obj := thingOf(map[string]any{"list": []*inner{nil}, "map": map[string]*inner{"k": nil}, "any": nil})
	spec := mustStruct(t, obj).GetFields()["spec"].GetStructValue().GetFields()
	for name, v := range map[string]*structpb.Value{
		"list": spec["list"].GetListValue().GetValues()[0],
		"map":  spec["map"].GetStructValue().GetFields()["k"],
		"any":  spec["any"],
	} {
		if _, ok := v.GetKind().(*structpb.Value_NullValue); !ok || v == null {
			t.Errorf("Struct(...): %s: want a null that nothing else shares, got %v", name, v)
		}
	}
}

func TestValue(t *testing.T) {
	cases := map[string]struct {
		reason string
		part   any
		want   *structpb.Value
	}{
		"Object": {
			"a part follows the rules of the whole",
			inner{A: "a"},
			structpb.NewStructValue(&structpb.Struct{Fields: map[string]*structpb.Value{"a": structpb.NewStringValue("a")}}),
		},
		"Pointer":    {"what a pointer to nothing set points to was meant", &inner{}, structpb.NewStructValue(&structpb.Struct{})},
		"Nil":        {"nothing is null", nil, structpb.NewNullValue()},
		"NilPointer": {"nothing is null", (*inner)(nil), structpb.NewNullValue()},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := Value(tc.part)
			if err != nil || !proto.Equal(tc.want, got) {
				t.Errorf("%s\nValue(...): want %v, got %v, %v", tc.reason, tc.want, got, err)
			}
			if got == null {
				t.Error("Value(...): the caller has got the package's own null")
			}
		})
	}
	if got, err := Value(make(chan int)); err == nil {
		t.Errorf("Value(chan): want an error, got %v", got)
	}
}

// broken fails to marshal.
type broken struct{}

var errBroken = errors.New("broken")

func (broken) MarshalJSON() ([]byte, error) { return nil, errBroken }

func TestStructErrorsKeepTheirCause(t *testing.T) {
	if _, err := Struct(thingOf([]broken{{}})); !errors.Is(err, errBroken) {
		t.Errorf("Struct(...): want an error that is %v, got %v", errBroken, err)
	}
}

func TestStructConcurrently(t *testing.T) {
	obj := deployment("a", 10)
	want := mustStruct(t, obj)
	plans.Clear()
	results := make(chan *structpb.Struct)
	for range 8 {
		go func() {
			s, _ := Struct(obj)
			results <- s
		}()
	}
	for range 8 {
		if !proto.Equal(want, <-results) {
			t.Error("Struct(...): conversions at the same time differ")
		}
	}
}

// TestStructAllocations keeps the conversion from getting slow: allocations are
// what it costs, and the one figure that does not depend on the machine. The
// limit leaves a tenth for other releases of Go.
func TestStructAllocations(t *testing.T) {
	const limit = 225
	obj := deployment("a", 40)
	if got := testing.AllocsPerRun(100, func() { mustStruct(t, obj) }); got > limit {
		t.Errorf("Struct(deployment of 40 variables): %v allocations, want at most %d", got, limit)
	}
}
