package kube

import (
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"
	"k8s.io/apimachinery/pkg/runtime"
)

// BenchmarkStruct converts a workload of 40 objects per operation: by Struct,
// the generic way, and, as a measure that is independent of both, by cloning
// what was converted before.
func BenchmarkStruct(b *testing.B) {
	objs := workload()
	built := make([]*structpb.Struct, len(objs))
	for i, obj := range objs {
		built[i] = mustStruct(b, obj)
	}
	b.Run("Struct", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			for _, obj := range objs {
				if _, err := Struct(obj); err != nil {
					b.Fatal(err)
				}
			}
		}
	})
	b.Run("Generic", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			for _, obj := range objs {
				m, err := runtime.DefaultUnstructuredConverter.ToUnstructured(obj)
				if err != nil {
					b.Fatal(err)
				}
				if _, err := structpb.NewStruct(m); err != nil {
					b.Fatal(err)
				}
			}
		}
	})
	b.Run("Clone", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			for _, s := range built {
				proto.Clone(s)
			}
		}
	})
	b.Run("FirstOfProcess", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			plans.Clear()
			for _, obj := range objs {
				if _, err := Struct(obj); err != nil {
					b.Fatal(err)
				}
			}
		}
	})
}

func mustStruct(tb testing.TB, obj runtime.Object) *structpb.Struct {
	tb.Helper()
	s, err := Struct(obj)
	if err != nil {
		tb.Fatal(err)
	}
	return s
}
