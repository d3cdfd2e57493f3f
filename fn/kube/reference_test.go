package kube

import (
	"encoding/json"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// kinds are the kinds of Kubernetes that a function is likely to emit.
func kinds() []runtime.Object {
	return []runtime.Object{
		&appsv1.Deployment{}, &appsv1.StatefulSet{},
		&corev1.Service{}, &corev1.ConfigMap{}, &corev1.Secret{}, &corev1.ServiceAccount{},
		&corev1.PersistentVolumeClaim{}, &corev1.ResourceQuota{}, &corev1.LimitRange{},
		&rbacv1.Role{}, &rbacv1.RoleBinding{}, &rbacv1.ClusterRole{}, &rbacv1.ClusterRoleBinding{},
		&networkingv1.NetworkPolicy{}, &networkingv1.Ingress{},
	}
}

// wantJSON is what Struct has to make of obj, by way of encoding/json.
func wantJSON(t *testing.T, obj runtime.Object) map[string]any {
	t.Helper()
	return prunedJSON(t, obj, obj)
}

// wantGeneric is the same by way of the generic converter of apimachinery.
func wantGeneric(t *testing.T, obj runtime.Object) map[string]any {
	t.Helper()
	m, err := runtime.DefaultUnstructuredConverter.ToUnstructured(obj)
	if err != nil {
		t.Fatal(err)
	}
	return prunedJSON(t, m, obj)
}

func prunedJSON(t *testing.T, from any, obj runtime.Object) map[string]any {
	t.Helper()
	m := content(t, from)
	delete(m, "status")
	prune(m, reflect.ValueOf(obj))
	return m
}

// content is the JSON of v, as anybody would read it.
func content(t *testing.T, v any) map[string]any {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	m := map[string]any{}
	if err := json.Unmarshal(raw, &m); err != nil {
		t.Fatal(err)
	}
	return m
}

// prune takes out of j, the JSON of v, what Struct promises to leave out.
func prune(j any, v reflect.Value) {
	for v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface {
		if v.IsNil() {
			return
		}
		v = v.Elem()
	}
	if hasOwnJSON(v.Type()) {
		return
	}
	switch v.Kind() {
	case reflect.Slice:
		if list, ok := j.([]any); ok {
			for i := range list {
				prune(list[i], v.Index(i))
			}
		}
	case reflect.Map:
		if m, ok := j.(map[string]any); ok {
			for _, key := range v.MapKeys() {
				prune(m[key.String()], v.MapIndex(key))
			}
		}
	case reflect.Struct:
		m, ok := j.(map[string]any)
		if !ok {
			return
		}
		for i := range v.NumField() {
			name, options, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
			if name == "" {
				prune(m, v.Field(i))
				continue
			}
			if prune(m[name], v.Field(i)); isNothing(m[name], v.Field(i), strings.Contains(options, "omitempty")) {
				delete(m, name)
			}
		}
	default:
	}
}

func isNothing(j any, v reflect.Value, omitEmpty bool) bool {
	if j == nil {
		return true
	}
	if v.Kind() != reflect.Struct || !omitEmpty {
		return false
	}
	m, ok := j.(map[string]any)
	return ok && len(m) == 0 || hasOwnJSON(v.Type()) && v.IsZero()
}

func hasOwnJSON(t reflect.Type) bool {
	_, ok := reflect.New(t).Interface().(json.Marshaler)
	return ok
}

// A filler fills objects with values that are random but those of their types.
type filler struct{ *rand.Rand }

func newFiller(seed uint64) filler { return filler{rand.New(rand.NewPCG(seed, seed))} }

func pick[T any](f filler, of ...T) T { return of[f.IntN(len(of))] }

func (f filler) object(obj runtime.Object) {
	v := reflect.ValueOf(obj).Elem()
	f.fill(v)
	v.FieldByName("TypeMeta").Set(reflect.ValueOf(metav1.TypeMeta{APIVersion: "v1", Kind: "Any"}))
}

func (f filler) fill(v reflect.Value) {
	if special, ok := f.special(v.Type()); ok {
		v.Set(reflect.ValueOf(special))
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(pick(f, "", "a", "snow ☃", `"<&>"`, "two\nlines"))
	case reflect.Bool:
		v.SetBool(pick(f, true, false))
	case reflect.Int32, reflect.Int64, reflect.Int:
		v.SetInt(pick[int64](f, 0, 1, -1, 8080))
	case reflect.Uint8:
		v.SetUint(f.Uint64N(256))
	case reflect.Pointer:
		if f.IntN(2) == 0 {
			v.Set(reflect.New(v.Type().Elem()))
			f.fill(v.Elem())
		}
	case reflect.Slice:
		if n := f.IntN(4) - 1; n >= 0 {
			v.Set(reflect.MakeSlice(v.Type(), n, n))
			for i := range n {
				f.fill(v.Index(i))
			}
		}
	case reflect.Map:
		if n := f.IntN(4) - 1; n >= 0 {
			v.Set(reflect.MakeMap(v.Type()))
			for range n {
				key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
				f.fill(key)
				f.fill(value)
				v.SetMapIndex(key, value)
			}
		}
	case reflect.Struct:
		if f.IntN(4) == 0 {
			return // Empty structs are what the conversion is about.
		}
		for i := range v.NumField() {
			f.fill(v.Field(i))
		}
	default:
		panic("no random values of " + v.Type().String())
	}
}

func (f filler) special(t reflect.Type) (any, bool) {
	at := pick(f, time.Time{}, time.Unix(1700000000, 123456000))
	switch t {
	case reflect.TypeFor[metav1.Time]():
		return metav1.Time{Time: at}, true
	case reflect.TypeFor[metav1.MicroTime]():
		return metav1.MicroTime{Time: at}, true
	case reflect.TypeFor[metav1.FieldsV1]():
		return metav1.FieldsV1{Raw: pick(f, nil, []byte(`{"f:a":{}}`))}, true
	case reflect.TypeFor[resource.Quantity]():
		return pick(f, resource.Quantity{}, resource.MustParse("0"), resource.MustParse("1000m"), resource.MustParse("1.5Gi")), true
	case reflect.TypeFor[intstr.IntOrString]():
		return pick(f, intstr.IntOrString{}, intstr.FromInt32(80), intstr.FromString(""), intstr.FromString("http")), true
	default:
		return nil, false
	}
}
