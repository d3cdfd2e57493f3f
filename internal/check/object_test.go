package check

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestNormalize(t *testing.T) {
	in := map[string]any{
		"whole": 3.0, "part": 0.5, "large": 1e18, "int": 1, "int32": int32(2), "int64": int64(3),
		"list": []any{1.0, map[string]any{"x": 2.0}}, "text": "1", "null": nil, "yes": true,
	}
	want := map[string]any{
		"whole": int64(3), "part": 0.5, "large": 1e18, "int": int64(1), "int32": int64(2), "int64": int64(3),
		"list": []any{int64(1), map[string]any{"x": int64(2)}}, "text": "1", "null": nil, "yes": true,
	}
	got := Normalize(in)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("whole numbers become int64, beyond 2^53 nobody knows (-want +got):\n%s", diff)
	}
	got["list"].([]any)[1].(map[string]any)["x"] = int64(9)
	if in["list"].([]any)[1].(map[string]any)["x"] != 2.0 {
		t.Error("the copy is not deep")
	}
}

// Numbers of a protobuf Struct are floats: every check takes them.
func TestChecksTakeFloats(t *testing.T) {
	obj := parse(t, sampleDeployment)[0]
	ports := listAt(listAt(obj, "spec", "template", "spec", "containers")[0].(map[string]any), "ports")
	if _, ok := ports[0].(map[string]any)["containerPort"].(float64); !ok {
		t.Fatalf("the sample's numbers are no floats: %T", ports[0].(map[string]any)["containerPort"])
	}
	expect(t, "a float in a place for whole numbers", Validate(obj), nil)
	expect(t, "the same in Pod Security", PodSecurity(obj), nil)
}

func TestExpand(t *testing.T) {
	objs := parse(t, `
apiVersion: kubernetes.m.crossplane.io/v1alpha1
kind: Object
metadata: {name: carrier}
spec: {forProvider: {manifest: {kind: ConfigMap, metadata: {name: carried}}}}
---
kind: Object
apiVersion: example.com/v1
metadata: {name: other}
spec: {forProvider: {manifest: {kind: ConfigMap}}}`)
	var got []string
	for _, o := range Expand(objs) {
		got = append(got, id(o))
	}
	if diff := cmp.Diff([]string{"Object/carrier", "ConfigMap/carried", "Object/other"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
