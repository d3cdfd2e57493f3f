package stack

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/types/known/structpb"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/pipelinestack/function-pipelinestack/apis/v1alpha1"
)

// badQuantities take for ever to compare, lie outside what Kubernetes can hold, or are none.
var badQuantities = map[string]any{
	"AboveAll":          "1e19",
	"Hundreds":          "1e400",
	"Billions":          "1e2000000000",
	"BillionsBig":       "1E2000000000",
	"BillionsSigned":    "1e+2000000000",
	"BillionsOfNothing": "0e2000000000",
	"Tiny":              "1e-400",
	"Billionth":         "1e-2000000000",
	"ManyDigits":        strings.Repeat("9", 40),
	"ManyDecimals": "0." + strings.Repeat(
		"0",
		1000,
	) + "1",
	"Zeros":          strings.Repeat("0", maxSpec/2),
	"Exa":            "8E",
	"Exbi":           "8Ei",
	"Peta":           "9000P",
	"Pebi":           "8000Pi",
	"Negative":       "-1",
	"Plus":           "+1",
	"Empty":          "",
	"Words":          "much",
	"Space":          "1 Gi",
	"Unit":           "1GB",
	"Line":           "1\n",
	"Number":         1e300,
	"LargeNumber":    1e19,
	"SmallNumber":    1e-300,
	"NegativeNumber": -1.0,
	"Half":           0.5,
	"NaN":            math.NaN(),
	"Infinity":       math.Inf(1),
	"Bool":           true,
	"List":           []any{"1"},
	"Object":         map[string]any{"a": "1"},
}

var goodQuantities = map[string]any{
	"Nothing":          "0",
	"One":              "1",
	"Milli":            "100m",
	"Nano":             "1n",
	"Micro":            "5u",
	"Half":             "0.5",
	"Computed":         "0.30000000000000004Gi",
	"Kilo":             "64k",
	"Mebi":             "512Mi",
	"Gibi":             "1.5Gi",
	"Tebi":             "1000Ti",
	"Pebi":             "7999Pi",
	"Peta":             "7999P",
	"Exa":              "7.5E",
	"Exbi":             "7Ei",
	"Exponent":         "1e3",
	"BigExponent":      "1E6",
	"SignedExponent":   "1e+06",
	"NegativeExponent": "15e-1",
	"LongExponent":     "1500e12",
	"Largest":          "7999999999999999999",
	"Number":           1.0,
	"NoNumber":         0.0,
	"LargestNumber":    float64(1<<53 - 1),
}

// Every Quantity of both APIs is refused at its path when it is out of bounds, and nothing else is
// said.
func TestQuantitiesAreBounded(t *testing.T) {
	for root, api := range map[string]struct {
		fields []string
		read   func(map[string]any) field.ErrorList
	}{
		"spec": {quantityFields(reflect.TypeFor[v1alpha1.PipelineStackSpec](), ""), func(content map[string]any) field.ErrorList {
			s, err := structpb.NewStruct(content)
			if err != nil {
				t.Fatal(err)
			}
			_, errs := DecodeSpec(s)
			return errs
		}},
		"class/: spec": {quantityFields(reflect.TypeFor[v1alpha1.PipelineStackClassSpec](), ""), func(content map[string]any) field.ErrorList {
			return decode(classSchema, content, &v1alpha1.PipelineStackClassSpec{}, classPath(""))
		}},
	} {
		if len(api.fields) < 20 {
			t.Errorf("%s: %d fields hold quantities; the types are misread: %v", root, len(api.fields), api.fields)
		}
		for _, f := range api.fields {
			for name, bad := range badQuantities {
				want := []string{"FieldValueInvalid " + root + "." + strings.NewReplacer("{}", ".a", "[]", "[0]").Replace(f)}
				errs := inTime(t, func() field.ErrorList { return api.read(contentWith(f, bad)) })
				if diff := cmp.Diff(want, refusals(errs)); diff != "" {
					t.Errorf("%s.%s: %s: -want, +got\n%s%v", root, f, name, diff, errs)
				} else if errs[0].Detail != quantityForm {
					t.Errorf("%s.%s: %s: does not say what a quantity looks like: %v", root, f, name, errs)
				}
			}
			for name, good := range goodQuantities {
				if errs := inTime(t, func() field.ErrorList { return api.read(contentWith(f, good)) }); len(errs) > 0 {
					t.Errorf("%s.%s: %s: %v", root, f, name, errs)
				}
			}
		}
	}
}

func TestBadQuantitiesAreSaidWithTheRest(t *testing.T) {
	_, errs := DecodeSpec(
		content(t, `{release: latest, mlmd: {resources: {limits: {pods: -1, cpu: 2, memory: 1e99}}}, ui: {resources: {limits: {cpu: much}}}}`),
	)
	want := []string{
		"FieldValueInvalid spec.mlmd.resources.limits.memory",
		"FieldValueInvalid spec.mlmd.resources.limits.pods",
		"FieldValueInvalid spec.release",
		"FieldValueInvalid spec.ui.resources.limits.cpu",
	}
	if diff := cmp.Diff(want, refusals(errs)); diff != "" {
		t.Errorf("-want, +got\n%s\n%v", diff, errs)
	}
}

// FuzzQuantity takes anything for a quantity. What is accepted must be one, and cheap to work with.
//
//	go test ./fn/stack -run '^$' -fuzz FuzzQuantity -fuzztime 60s
func FuzzQuantity(f *testing.F) {
	for _, values := range []map[string]any{goodQuantities, badQuantities} {
		for _, v := range values {
			if text, ok := v.(string); ok {
				f.Add(text)
			}
		}
	}
	storage := specSchema.quantities.fields["database"].fields["embedded"].fields["storage"]
	most := resource.NewQuantity(math.MaxInt64, resource.DecimalSI)
	f.Fuzz(func(t *testing.T, text string) {
		if _, errs := storage.bound(text, nil); len(errs) > 0 {
			return
		}
		if wrong := inTime(t, func() string {
			q, err := resource.ParseQuantity(text)
			if err != nil {
				return err.Error()
			}
			d := q.AsDec()
			if scale, bits := d.Scale(), d.UnscaledBig().BitLen(); scale < -18 || scale > 32 || bits > 128 {
				return fmt.Sprintf("has scale %d and %d bits", scale, bits)
			}
			if q.Sign() < 0 || q.Cmp(*most) > 0 {
				return "is " + q.String()
			}
			return ""
		}); wrong != "" {
			t.Errorf("%q is accepted: %s", text, wrong)
		}
	})
}

// inTime fails the test instead of waiting for ever.
func inTime[T any](t *testing.T, f func() T) T {
	t.Helper()
	done := make(chan T, 1)
	go func() { done <- f() }()
	select {
	case got := <-done:
		return got
	case <-time.After(time.Minute):
		t.Fatal("takes more than a minute")
		panic("unreachable")
	}
}

// quantityFields are the paths at which a type holds quantities; {} stands for any key of a map, []
// for any element of a list.
func quantityFields(t reflect.Type, path string) []string {
	switch {
	case t == reflect.TypeFor[resource.Quantity]():
		return []string{path}
	case t.Kind() == reflect.Pointer:
		return quantityFields(t.Elem(), path)
	case t.Kind() == reflect.Slice:
		return quantityFields(t.Elem(), path+"[]")
	case t.Kind() == reflect.Map:
		return quantityFields(t.Elem(), path+"{}")
	case t.Kind() != reflect.Struct:
		return nil
	}
	var paths []string
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case !f.IsExported():
		case name == "":
			paths = append(paths, quantityFields(f.Type, path)...)
		default:
			paths = append(paths, quantityFields(f.Type, strings.TrimPrefix(path+"."+name, "."))...)
		}
	}
	return paths
}

// contentWith is a document in which one field is set, with the key a in every map on its path.
func contentWith(path string, value any) map[string]any {
	for _, step := range slices.Backward(strings.Split(path, ".")) {
		name := strings.TrimRight(step, "[]{}")
		for rest := step[len(name):]; rest != ""; rest = rest[:len(rest)-2] {
			if strings.HasSuffix(rest, "[]") {
				value = []any{value}
			} else {
				value = map[string]any{"a": value}
			}
		}
		value = map[string]any{name: value}
	}
	return value.(map[string]any)
}
