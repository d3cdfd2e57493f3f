package fields

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
)

func hours(n int) *metav1.Duration { return &metav1.Duration{Duration: time.Duration(n) * time.Hour} }

func TestOverlay(t *testing.T) {
	cases := map[string]struct {
		reason            string
		over, under, want func() house // a new one each time: nothing is shared but by Overlay
	}{
		"Nothing": {
			reason: "nothing over nothing is nothing",
			over:   func() house { return house{} },
			under:  func() house { return house{} },
			want:   func() house { return house{} },
		},
		"LeftOut": {
			reason: "what is left out comes from below",
			over:   func() house { return house{} },
			under:  func() house { return house{Name: "a", Heated: ptr.To(true)} },
			want:   func() house { return house{Name: "a", Heated: ptr.To(true)} },
		},
		"Set": {
			reason: "what is set stays",
			over:   func() house { return house{Name: "b"} },
			under:  func() house { return house{Name: "a", Sold: true} },
			want:   func() house { return house{Name: "b", Sold: true} },
		},
		"False": {
			reason: "false is a wish, so its field is a pointer",
			over:   func() house { return house{Heated: ptr.To(false)} },
			under:  func() house { return house{Heated: ptr.To(true)} },
			want:   func() house { return house{Heated: ptr.To(false)} },
		},
		"Struct": {
			reason: "structs are merged field by field, embedded ones too",
			over:   func() house { return house{Address: Address{Street: "mine"}, Garden: garden{Trees: 1}} },
			under:  func() house { return house{Address: Address{Number: 7}, Garden: garden{Lease: hours(1)}} },
			want: func() house {
				return house{Address: Address{Street: "mine", Number: 7}, Garden: garden{Trees: 1, Lease: hours(1)}}
			},
		},
		"Pointer": {
			reason: "structs behind pointers are merged too",
			over:   func() house { return house{Cellar: &cellar{Bottles: 7}} },
			under:  func() house { return house{Cellar: &cellar{Bottles: 30, Depth: ptr.To(resource.MustParse("3"))}} },
			want:   func() house { return house{Cellar: &cellar{Bottles: 7, Depth: ptr.To(resource.MustParse("3"))}} },
		},
		"Value": {
			reason: "a duration or a quantity is a value, not a struct to be merged",
			over: func() house {
				return house{Garden: garden{Lease: hours(1)}, Cellar: &cellar{Depth: ptr.To(resource.MustParse("5Gi"))}}
			},
			under: func() house {
				return house{Garden: garden{Lease: hours(2)}, Cellar: &cellar{Depth: ptr.To(resource.MustParse("10Gi"))}}
			},
			want: func() house {
				return house{Garden: garden{Lease: hours(1)}, Cellar: &cellar{Depth: ptr.To(resource.MustParse("5Gi"))}}
			},
		},
		"Map": {
			reason: "maps are taken whole",
			over:   func() house { return house{Labels: map[string]string{"a": "1"}} },
			under:  func() house { return house{Labels: map[string]string{"b": "2"}, Name: "low"} },
			want:   func() house { return house{Labels: map[string]string{"a": "1"}, Name: "low"} },
		},
		"List": {
			reason: "lists are taken whole",
			over:   func() house { return house{Rooms: []string{"mine"}} },
			under:  func() house { return house{Rooms: []string{"a", "b"}} },
			want:   func() house { return house{Rooms: []string{"mine"}} },
		},
		"EmptyList": {
			reason: "a list that is there and empty is a wish for none",
			over:   func() house { return house{Rooms: []string{}} },
			under:  func() house { return house{Rooms: []string{"a"}} },
			want:   func() house { return house{Rooms: []string{}} },
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			over, under := tc.over(), tc.under()
			if diff := cmp.Diff(tc.want(), Overlay(over, under)); diff != "" {
				t.Errorf("%s: -want, +got\n%s", tc.reason, diff)
			}
			if diff := cmp.Diff(tc.under(), under) + cmp.Diff(tc.over(), over); diff != "" {
				t.Errorf("one set of defaults serves many, and was changed: -before, +after\n%s", diff)
			}
		})
	}
}
