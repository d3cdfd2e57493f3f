package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/pipelinestack/function-pipelinestack/fn/stack"
)

// foreign is an object of somebody else in the tenant's namespace, with a controller and labels or
// without.
func foreign(apiVersion, kind, name string, controller map[string]any, labels map[string]any) *structpb.Struct {
	meta := map[string]any{"name": name, "namespace": clusterTenant, "labels": labels}
	if controller != nil {
		meta["ownerReferences"] = []any{controller}
	}
	return object(map[string]any{"apiVersion": apiVersion, "kind": kind, "metadata": meta})
}

func controller(kind, name, uid string) map[string]any {
	return map[string]any{"apiVersion": "example.org/v1", "kind": kind, "name": name, "uid": uid, "controller": true}
}

// TestForeignObjects puts an object of somebody else in a new stack's way.
func TestForeignObjects(t *testing.T) {
	deployment := func(controller, labels map[string]any) *structpb.Struct {
		return foreign("apps/v1", "Deployment", "ml-pipeline", controller, labels)
	}
	adopt := map[string]any{"adoptionPolicy": "IfUncontrolled"}
	first := deployment(controller("XPipelineStack", "first-abcde", "another"), map[string]any{stack.LabelStack: "first"})
	secondStack := "metadata.namespace: Forbidden: a namespace holds one stack, and first was first: delete one of them, or use another namespace"
	cases := map[string]struct {
		reason string
		spec   map[string]any
		others []*structpb.Struct
		want   string // the refusal
	}{
		"Nobodys": {
			reason: "what a person made is not taken over by surprise",
			others: []*structpb.Struct{deployment(nil, nil)},
			want:   "spec.adoptionPolicy: Forbidden: Deployment ml-pipeline exists and belongs to nobody: remove it, or set spec.adoptionPolicy to IfUncontrolled to let the stack take it over",
		},
		"Two": {
			reason: "everything that is in the way is said at once",
			others: []*structpb.Struct{deployment(nil, nil), foreign("v1", "ConfigMap", "kfp-launcher", nil, nil)},
			want: "[spec.adoptionPolicy: Forbidden: Deployment ml-pipeline exists and belongs to nobody: remove it, or set spec.adoptionPolicy to IfUncontrolled to let the stack take it over, " +
				"spec.adoptionPolicy: Forbidden: ConfigMap kfp-launcher exists and belongs to nobody: remove it, or set spec.adoptionPolicy to IfUncontrolled to let the stack take it over]",
		},
		"Adopted": {reason: "a migration takes it over", spec: adopt, others: []*structpb.Struct{deployment(nil, nil)}},
		"Controlled": {
			reason: "what has a controller cannot be taken over: Kubernetes refuses a second one",
			spec:   adopt,
			others: []*structpb.Struct{deployment(controller("DataSciencePipelinesApplication", "dspa", "another"), nil)},
			want:   "spec.adoptionPolicy: Forbidden: Deployment ml-pipeline exists and belongs to DataSciencePipelinesApplication dspa: remove it, or remove its owner reference to that one",
		},
		"SecondStack": {reason: "the first stack is named", others: []*structpb.Struct{first}, want: secondStack},
		"SecondStackAdopts": {
			reason: "a stack takes nothing from another one",
			spec:   adopt,
			others: []*structpb.Struct{first},
			want:   secondStack,
		},
		"OtherKind": {
			reason: "a Secret of that name is no Deployment",
			others: []*structpb.Struct{foreign("v1", "Secret", "ml-pipeline", nil, nil)},
		},
		"MadeAndForgotten": {
			reason: "what the stack made itself is its own",
			others: []*structpb.Struct{deployment(controller("XPipelineStack", "demo-x7k2p", clusterUID), nil)},
		},
		"SomethingElsesName": {
			reason: "others may be in the namespace",
			others: []*structpb.Struct{foreign("apps/v1", "Deployment", "web", nil, nil)},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			c := newCluster(stack.Releases(), false, tc.spec, simpleClass())
			c.others = append(c.others, tc.others...)
			rsp := c.reconcile(t)
			if diff := cmp.Diff(tc.want, refusal(rsp)); diff != "" {
				t.Errorf("%s: refusal: -want, +got:\n%s", tc.reason, diff)
			}
			if refused := len(c.objects) == 0; refused != (tc.want != "") {
				t.Errorf("%s: %d objects are made", tc.reason, len(c.objects))
			}
			if tc.want != "" && !strings.HasPrefix(told(rsp, "SpecValid"), "False Invalid ") {
				t.Errorf("%s: SpecValid is %s", tc.reason, told(rsp, "SpecValid"))
			}
		})
	}
}

// TestForeignObjectOnLiveStack wants a stack that runs to go on, but for the one object that is in
// the way.
func TestForeignObjectOnLiveStack(t *testing.T) {
	c := newCluster(stack.Releases(), false, nil, simpleClass())
	c.settle(t)
	running := len(c.objects)
	c.claim(map[string]any{"ui": map[string]any{"enabled": true}})
	c.others = append(c.others, foreign("apps/v1", "Deployment", "ml-pipeline-ui", nil, nil))
	rsp := c.settle(t)

	if diff := cmp.Diff(map[string]string{"ui-deployment": stack.ReasonForeignObject}, heldBack(rsp)); diff != "" {
		t.Errorf("held back: -want, +got:\n%s", diff)
	}
	want := "False ForeignObject ui-deployment: Deployment ml-pipeline-ui exists and belongs to nobody: remove it, or set spec.adoptionPolicy to IfUncontrolled to let the stack take it over"
	if diff := cmp.Diff(want, told(rsp, "UIReady")); diff != "" {
		t.Errorf("UIReady: -want, +got:\n%s", diff)
	}
	if got := told(rsp, "APIServerReady"); got != "True Available " {
		t.Errorf("APIServerReady is %s", got)
	}
	if compositeReady(rsp) || len(c.objects) <= running {
		t.Errorf(
			"ready is %v with %d objects, %d before: want the others of the web interface made, and the stack not ready",
			compositeReady(rsp),
			len(c.objects),
			running,
		)
	}
}
