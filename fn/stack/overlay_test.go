package stack

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/utils/ptr"

	"github.com/pipelinestack/function-pipelinestack/apis/v1alpha1"
)

func TestOverlay(t *testing.T) {
	type spec = v1alpha1.PipelineStackSpec
	cases := map[string]struct {
		reason            string
		over, under, want spec
	}{
		"Nothing": {reason: "nothing over nothing is nothing"},
		"LeftOut": {
			reason: "what is left out comes from below",
			under:  spec{Release: "2.17.0", Hibernate: ptr.To(true)},
			want:   spec{Release: "2.17.0", Hibernate: ptr.To(true)},
		},
		"Set": {
			reason: "what is set stays",
			over:   spec{Release: "2.16.1"},
			under:  spec{Release: "2.17.0", Size: "Large"},
			want:   spec{Release: "2.16.1", Size: "Large"},
		},
		"False": {
			reason: "false is a wish, so its field is a pointer",
			over:   spec{Hibernate: ptr.To(false)},
			under:  spec{Hibernate: ptr.To(true)},
			want:   spec{Hibernate: ptr.To(false)},
		},
		"Struct": {
			reason: "structs are merged field by field, embedded ones too",
			over:   spec{APIServer: v1alpha1.APIServerSpec{ContainerSpec: v1alpha1.ContainerSpec{Image: "mine"}}},
			under:  spec{APIServer: v1alpha1.APIServerSpec{LogLevel: v1alpha1.LogDebug, StartupTimeout: duration("5m")}},
			want: spec{APIServer: v1alpha1.APIServerSpec{
				ContainerSpec: v1alpha1.ContainerSpec{Image: "mine"}, LogLevel: v1alpha1.LogDebug, StartupTimeout: duration("5m"),
			}},
		},
		"Pointer": {
			reason: "structs behind pointers are merged too",
			over:   spec{ObjectStore: v1alpha1.ObjectStoreSpec{Lifecycle: &v1alpha1.ObjectLifecycle{ExpireAfterDays: 7}}},
			under:  spec{ObjectStore: v1alpha1.ObjectStoreSpec{Lifecycle: &v1alpha1.ObjectLifecycle{ExpireAfterDays: 30, AbortUploadsAfterDays: 1}}},
			want:   spec{ObjectStore: v1alpha1.ObjectStoreSpec{Lifecycle: &v1alpha1.ObjectLifecycle{ExpireAfterDays: 7, AbortUploadsAfterDays: 1}}},
		},
		"Value": {
			reason: "a duration or a quantity is a value, not a struct to be merged",
			over: spec{
				APIServer: v1alpha1.APIServerSpec{RunTTL: duration("1h")},
				Database:  v1alpha1.DatabaseSpec{InCluster: &v1alpha1.InClusterStore{Storage: ptr.To(resource.MustParse("5Gi"))}},
			},
			under: spec{
				APIServer: v1alpha1.APIServerSpec{RunTTL: duration("2h")},
				Database:  v1alpha1.DatabaseSpec{InCluster: &v1alpha1.InClusterStore{Storage: ptr.To(resource.MustParse("10Gi")), StorageClassName: "fast"}},
			},
			want: spec{
				APIServer: v1alpha1.APIServerSpec{RunTTL: duration("1h")},
				Database:  v1alpha1.DatabaseSpec{InCluster: &v1alpha1.InClusterStore{Storage: ptr.To(resource.MustParse("5Gi")), StorageClassName: "fast"}},
			},
		},
		"Map": {
			reason: "maps are taken whole",
			over:   spec{Scheduling: v1alpha1.SchedulingSpec{NodeSelector: map[string]string{"disk": "fast"}}},
			under:  spec{Scheduling: v1alpha1.SchedulingSpec{NodeSelector: map[string]string{"zone": "a"}, PriorityClassName: "low"}},
			want:   spec{Scheduling: v1alpha1.SchedulingSpec{NodeSelector: map[string]string{"disk": "fast"}, PriorityClassName: "low"}},
		},
		"List": {
			reason: "lists are taken whole",
			over:   spec{Scheduling: v1alpha1.SchedulingSpec{Tolerations: []corev1.Toleration{{Key: "mine"}}}},
			under:  spec{Scheduling: v1alpha1.SchedulingSpec{Tolerations: []corev1.Toleration{{Key: "a"}, {Key: "b"}}}},
			want:   spec{Scheduling: v1alpha1.SchedulingSpec{Tolerations: []corev1.Toleration{{Key: "mine"}}}},
		},
		"EmptyList": {
			reason: "a list that is there and empty is a wish for none",
			over:   spec{Scheduling: v1alpha1.SchedulingSpec{Tolerations: []corev1.Toleration{}}},
			under:  spec{Scheduling: v1alpha1.SchedulingSpec{Tolerations: []corev1.Toleration{{Key: "a"}}}},
			want:   spec{Scheduling: v1alpha1.SchedulingSpec{Tolerations: []corev1.Toleration{}}},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			over, under := *tc.over.DeepCopy(), *tc.under.DeepCopy()
			if diff := cmp.Diff(tc.want, overlay(over, under)); diff != "" {
				t.Errorf("%s: -want, +got\n%s", tc.reason, diff)
			}
			if diff := cmp.Diff(tc.under, under) + cmp.Diff(tc.over, over); diff != "" {
				t.Errorf("the platform's defaults serve every claim, and were changed: -before, +after\n%s", diff)
			}
		})
	}
}
