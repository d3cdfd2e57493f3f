package stack

import (
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/pipelinestack/function-pipelinestack/apis/v1alpha1"
)

var sizedResources = []corev1.ResourceName{corev1.ResourceCPU, corev1.ResourceMemory}

func TestBuiltInSizesAreComplete(t *testing.T) {
	for name, size := range sizes {
		t.Run(name, func(t *testing.T) {
			if len(size) != len(sizedParts) {
				t.Errorf("sizes %d components of %d", len(size), len(sizedParts))
			}
			for _, c := range sizedParts {
				cs, ok := size[c]
				if !ok || cs.Replicas < 1 {
					t.Errorf("%s is missing, or has no replicas: %v", c, cs)
				}
				for _, r := range sizedResources {
					request, limit := cs.Requests[r], cs.Limits[r]
					if c == Step {
						if request.Sign() <= 0 || !limit.IsZero() {
							t.Errorf("%s requests %s of %s, limit %s: a limit would refuse steps that ask for more", c, request.String(), r, limit.String())
						}
						continue
					}
					if request.Sign() <= 0 || request.Cmp(limit) > 0 {
						t.Errorf("%s: requests %s of %s at a limit of %s", c, request.String(), r, limit.String())
					}
				}
			}
		})
	}
}

func TestSizesGrow(t *testing.T) {
	order := []string{"Small", "Medium", "Large"}
	for i, name := range order[1:] {
		for _, c := range sizedParts {
			less, more := sizes[order[i]][c], sizes[name][c]
			for _, r := range sizedResources {
				request, limit := more.Requests[r], more.Limits[r]
				if request.Cmp(less.Requests[r]) < 0 || limit.Cmp(less.Limits[r]) < 0 || more.Replicas < less.Replicas {
					t.Errorf("%s of size %s has less %s than in size %s", c, name, r, order[i])
				}
			}
		}
	}
}

// An idle tenant of the default size must cost little: a cluster has many.
func TestSmallIsSmall(t *testing.T) {
	most := resourceList("500m", "1331Mi") // 1.3 GiB
	total := corev1.ResourceList{}
	for c, cs := range sizes[DefaultSize] {
		if slices.Contains(serverComponents, c) {
			continue // not every stack has them
		}
		for range cs.Replicas {
			for _, r := range sizedResources {
				sum := total[r]
				sum.Add(cs.Requests[r])
				total[r] = sum
			}
		}
	}
	for _, r := range sizedResources {
		if sum := total[r]; sum.Cmp(most[r]) > 0 {
			limit := most[r]
			t.Errorf("%s requests %s of %s in all, more than %s", DefaultSize, sum.String(), r, limit.String())
		}
	}
}

func TestSizeNamed(t *testing.T) {
	own := sized(3, "2", "3Gi", "4", "5Gi")
	class := map[string]v1alpha1.Size{
		"Huge":  {Components: map[string]v1alpha1.ComponentSize{"apiServer": own}},
		"Small": {Components: map[string]v1alpha1.ComponentSize{"ui": own}},
	}
	cases := map[string]struct {
		reason   string
		name     string
		known    bool
		replaced Component
	}{
		"BuiltIn":  {"built-in sizes are there without a word of the class's", "Large", true, ""},
		"Added":    {"a size that the class adds", "Huge", true, APIServer},
		"Replaced": {"a built-in size that the class replaces", "Small", true, UI},
		"Unknown":  {"nobody knows it", "Tiny", false, ""},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got, ok := sizeNamed(class, tc.name)
			if ok != tc.known {
				t.Fatalf("%s: known is %t", tc.reason, ok)
			}
			if !tc.known {
				return
			}
			want := sizes[tc.name]
			if tc.replaced != "" {
				want = maps.Clone(sizes[DefaultSize])
				want[tc.replaced] = own
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s, the rest from %s: -want, +got\n%s", tc.reason, DefaultSize, diff)
			}
		})
	}
	if diff := cmp.Diff(
		[]string{"Huge", "Large", "Medium", "Small"},
		sizeNames(&Class{PipelineStackClassSpec: v1alpha1.PipelineStackClassSpec{Sizes: class}}),
	); diff != "" {
		t.Errorf("names, sorted, each once: -want, +got\n%s", diff)
	}
}

func TestResources(t *testing.T) {
	size := sized(1, "1", "1Gi", "2", "2Gi")
	asked := resourceList("3", "3Gi")
	cases := map[string]struct {
		reason string
		claim  *v1alpha1.Resources
		want   corev1.ResourceRequirements
	}{
		"Size": {"a claim that says nothing gets the size", nil, corev1.ResourceRequirements{Requests: size.Requests, Limits: size.Limits}},
		"Empty": {
			"nor does an empty block say anything",
			&v1alpha1.Resources{},
			corev1.ResourceRequirements{Requests: size.Requests, Limits: size.Limits},
		},
		"Requests": {
			"requests are replaced as a whole",
			&v1alpha1.Resources{Requests: asked},
			corev1.ResourceRequirements{Requests: asked, Limits: size.Limits},
		},
		"Limits": {"limits likewise", &v1alpha1.Resources{Limits: asked}, corev1.ResourceRequirements{Requests: size.Requests, Limits: asked}},
		"None": {
			"an empty list of limits is a wish for none",
			&v1alpha1.Resources{Limits: corev1.ResourceList{}},
			corev1.ResourceRequirements{Requests: size.Requests, Limits: corev1.ResourceList{}},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, resources(size, tc.claim)); diff != "" {
				t.Errorf("%s: -want, +got\n%s", tc.reason, diff)
			}
		})
	}
}

func TestSizeReachesPods(t *testing.T) {
	own := map[string]v1alpha1.ComponentSize{
		"apiServer": {Resources: v1alpha1.Resources{Requests: corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("7")}}},
	}
	s := newStack(t, withClass(func(p *v1alpha1.PipelineStackClassSpec) {
		p.Sizes = map[string]v1alpha1.Size{"Mine": {Components: own}}
	}),
		withSpec(func(spec *v1alpha1.PipelineStackSpec) { spec.Size = "Mine" }))
	d := apiServerDeployment(s, nil)
	if got := *d.Spec.Replicas; got != 1 {
		t.Errorf("%d replicas: a size that names none means one", got)
	}
	i := slices.IndexFunc(d.Spec.Template.Spec.Containers, func(c corev1.Container) bool { return c.Name == "api-server" })
	cpu := d.Spec.Template.Spec.Containers[i].Resources.Requests[corev1.ResourceCPU]
	if cpu.String() != "7" {
		t.Errorf("the API server requests %s CPUs, its size says 7", cpu.String())
	}
}
