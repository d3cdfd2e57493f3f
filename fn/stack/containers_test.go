package stack

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"

	"github.com/pipelinestack/function-pipelinestack/apis/v1alpha1"
	"github.com/pipelinestack/function-pipelinestack/fn/fields"
)

// notOfContainers are fields that look like a container's, and are none that this version runs.
var notOfContainers = []string{}

// A field about a container that is in no row is checked by nobody: its image may hold spaces, its
// resources may pass the class's bounds.
func TestContainersAreAllInTheTable(t *testing.T) {
	known := map[string]bool{}
	for _, c := range containers {
		for _, name := range append([]string{"image", "resources"}, c.images...) {
			known[c.path+"."+name] = name != "image" || !c.server
		}
		maps.DeleteFunc(known, func(_ string, is bool) bool { return !is })
		if c.env != nil {
			known[c.path+".env"] = true
		}
		if c.replicas != nil {
			known[c.path+".replicas"] = true
		}
	}
	for _, c := range podContainers {
		known[c.path] = true
	}
	about := map[reflect.Type]bool{reflect.TypeFor[v1alpha1.Resources](): true, reflect.TypeFor[[]v1alpha1.EnvVar](): true}
	fields.Walk[v1alpha1.PipelineStackSpec](func(path string, typ reflect.Type) {
		name := strings.ToLower(path[strings.LastIndex(path, ".")+1:])
		isImage := strings.HasSuffix(name, "image") && typ.Kind() == reflect.String
		if (about[typ] || isImage || name == "replicas") && !known[path] && !slices.Contains(notOfContainers, path) {
			t.Errorf("spec.%s is about a container that is in no row of containers", path)
		}
		delete(known, path)
	})
	if len(known) > 0 {
		t.Errorf("rows of containers name fields that the API lacks: %v", slices.Sorted(maps.Keys(known)))
	}
}

// The functions of a row read the fields below its path.
func TestContainersReadTheirOwnFields(t *testing.T) {
	for _, c := range containers {
		t.Run(c.path, func(t *testing.T) {
			var spec v1alpha1.PipelineStackSpec
			image := "mine"
			if c.server {
				image = ""
			} else {
				read(t, nested(c.path, `{image: mine}`), &spec)
			}
			read(t, nested(c.path, `{resources: {requests: {cpu: 7}}}`), &spec)
			if c.env != nil {
				read(t, nested(c.path, `{env: [{name: MINE}]}`), &spec)
			}
			claim := c.claim(&spec)
			if claim.Image != image || claim.Resources == nil || (c.env != nil) != (len(claim.Env) == 1) {
				t.Errorf("reads %+v", claim)
			}
			if c.replicas == nil {
				return
			}
			read(t, nested(c.path, `{replicas: 3}`), &spec)
			if n := c.replicas(&spec); n == nil || *n != 3 {
				t.Errorf("reads %v replicas instead of 3", n)
			}
		})
	}
}

// What a row says of a stack is what the stack is made of: its Deployment, the size, the release's
// image.
func TestContainersAreWhatStacksAreMadeOf(t *testing.T) {
	cases := map[string]struct {
		reason string
		mods   []mod
	}{
		"Everything":   {reason: "all that there is", mods: []mod{withUI}},
		"Small":        {reason: "without a web interface"},
		"Embedded":     {reason: "with stores of its own", mods: []mod{embedded(t)}},
		"ForeignArgo":  {reason: "without a controller", mods: []mod{foreignArgo}},
		"WithoutMLMD":  {reason: "a release without ML Metadata", mods: []mod{withoutMLMD}},
		"WithoutEnvoy": {reason: "without what translates for browsers", mods: []mod{claims(t, `mlmd: {envoy: {enabled: false}}`)}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			s := newStack(t, tc.mods...)
			want, got := map[string]string{}, map[string]string{}
			for _, c := range containers {
				if c.partOf(s) {
					want[c.deployment] = s.image(c.component, "") + " " + cpuOf(s, c.component)
				}
			}
			for _, d := range all[*appsv1.Deployment](everything(t, s)) {
				ct := d.Spec.Template.Spec.Containers[0]
				got[d.Name] = ct.Image + " " + ct.Resources.Requests.Cpu().String()
			}
			for _, set := range all[*appsv1.StatefulSet](everything(t, s)) {
				ct := set.Spec.Template.Spec.Containers[0]
				got[set.Name] = ct.Image + " " + ct.Resources.Requests.Cpu().String()
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s: -table, +stack\n%s", tc.reason, diff)
			}
		})
	}
}

func cpuOf(s *Stack, c Component) string {
	size := s.Size[c]
	return size.Requests.Cpu().String()
}

// Sizes, releases and the table know the same components; the auth proxy's alone is no matter of a
// claim.
func TestContainersAreSized(t *testing.T) {
	want := []Component{AuthProxy, executorImage}
	for _, c := range containers {
		want = append(want, c.component)
	}
	slices.Sort(want)
	known := slices.DeleteFunc(slices.Sorted(maps.Keys(sizes[DefaultSize])), func(c Component) bool { return c == Step })
	if diff := cmp.Diff(want, known); diff != "" {
		t.Errorf("-table, +sizes\n%s", diff)
	}
	want = slices.DeleteFunc(want, func(c Component) bool { return serverImages[c] != "" })
	want = append(want, driverImage, launcherImage)
	slices.Sort(want)
	if diff := cmp.Diff(want, slices.Sorted(maps.Keys(inEveryRelease))); diff != "" {
		t.Errorf("-table, +images\n%s", diff)
	}
}
