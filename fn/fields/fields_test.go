package fields

import (
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/utils/ptr"
)

func TestFind(t *testing.T) {
	cases := map[string]struct {
		reason string
		in     house
		path   string
		want   []string
	}{
		"Scalar": {reason: "a field that is set", in: house{Name: "a"}, path: "name", want: []string{"root.name"}},
		"Unset":  {reason: "a field that is not", in: house{Sold: true}, path: "name"},
		"Nested": {
			reason: "a field of a struct",
			in:     house{Garden: garden{Trees: 1}},
			path:   "garden.trees",
			want:   []string{"root.garden.trees"},
		},
		"Behind": {
			reason: "a field behind a pointer",
			in:     house{Cellar: &cellar{Bottles: 1}},
			path:   "cellar.bottles",
			want:   []string{"root.cellar.bottles"},
		},
		"NilPointer": {reason: "nothing is behind nil", in: house{}, path: "cellar.bottles"},
		"Embedded": {
			reason: "an embedded struct's fields count as the struct's own",
			in:     house{Address: Address{Number: 1}},
			path:   "number",
			want:   []string{"root.number"},
		},
		"PointerFalse": {reason: "somebody said false", in: house{Heated: ptr.To(false)}, path: "heated", want: []string{"root.heated"}},
		"False":        {reason: "nobody said anything", in: house{}, path: "sold"},
		"EmptyStruct":  {reason: "a struct in which nothing is set", in: house{Cellar: &cellar{}}, path: "cellar"},
		"Star": {
			reason: "every field that is set",
			in:     house{Name: "a", Garden: garden{Trees: 1}},
			path:   "*",
			want:   []string{"root.name", "root.garden"},
		},
		"StarInBetween": {
			reason: "in every struct",
			in:     house{Name: "a", Garden: garden{Trees: 1}},
			path:   "*.trees",
			want:   []string{"root.garden.trees"},
		},
		"Value": {reason: "a duration is a value without fields", in: house{Garden: garden{Lease: hours(1)}}, path: "garden.lease.*"},
		"List": {
			reason: "in each element of a list",
			in:     house{Sheds: []shed{{}, {&Address{Number: 1}}}},
			path:   "sheds.owner.number",
			want:   []string{"root.sheds[1].owner.number"},
		},
		"ListItself": {reason: "the list as a whole", in: house{Sheds: []shed{{}}}, path: "sheds", want: []string{"root.sheds"}},
		"ListValues": {reason: "values have no fields", in: house{Rooms: []string{"a"}}, path: "rooms.*"},
		"Unknown":    {reason: "no such field", in: house{Name: "a"}, path: "nome"},
		"NoName":     {reason: "a field that JSON does not know", in: house{Hidden: "a"}, path: "*"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, f := range Find(tc.in, tc.path, field.NewPath("root")) {
				got = append(got, f.Path.String())
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s: -want, +got\n%s", tc.reason, diff)
			}
		})
	}
}

func TestFindReturnsValues(t *testing.T) {
	found := Find(house{Heated: ptr.To(false)}, "heated", field.NewPath("root"))
	if len(found) != 1 || found[0].Value.Kind() != reflect.Bool || found[0].Value.Bool() {
		t.Errorf("a value comes without its pointer: %v", found)
	}
}

func TestExists(t *testing.T) {
	for path, want := range map[string]bool{
		"name": true, "garden.trees": true, "cellar.bottles": true, "number": true, "*.bottles": true, "*": true, "*.*": true,
		"": false, "nome": false, "name.a": false, "garden.bottles": false, "garden.lease.*": false, "rooms.a": false, "labels.a": false, "-": false,
	} {
		if got := Exists[house](path); got != want {
			t.Errorf("Exists(%q) = %t", path, got)
		}
	}
}

func TestWalk(t *testing.T) {
	var got []string
	Walk[house](func(path string, t reflect.Type) { got = append(got, path+" "+t.Kind().String()) })
	want := []string{
		"street string", "number int", "name string", "heated bool", "sold bool", "garden struct", "garden.trees int", "garden.lease struct",
		"cellar struct", "cellar.depth struct", "cellar.bottles int", "labels map", "rooms slice", "sheds slice",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want, +got\n%s", diff)
	}
}

func TestCovers(t *testing.T) {
	cases := map[string]struct {
		reason        string
		pattern, path string
		want          bool
	}{
		"Same":       {"a field's own path", "garden.trees", "garden.trees", true},
		"Block":      {"the block around a field", "garden", "garden.trees", true},
		"Below":      {"a field does not cover its block", "garden.trees", "garden", false},
		"Other":      {"another field", "garden.trees", "garden.lease", false},
		"Beginning":  {"a name is whole, or none", "gard", "garden", false},
		"Star":       {"a star stands for one step", "*.trees", "garden.trees", true},
		"Steps":      {"or for several", "*.trees", "estate.garden.trees", true},
		"NoStep":     {"at the beginning for none as well", "*.trees", "trees", true},
		"Longer":     {"every name that ends in it", "*.trees", "estate.appleTrees", true},
		"LongerTop":  {"at the top too", "*.trees", "appleTrees", true},
		"LongerPart": {"a part of a word is no name", "*.trees", "estate.streetrees", false},
		"LongerOnly": {"without a star a name is itself", "estate.trees", "estate.appleTrees", false},
		"LongerNext": {"nor is what comes later longer", "*.garden.trees", "estate.garden.appleTrees", false},
		"LongerOf":   {"a block may be called so", "*.garden", "estate.kitchenGarden.trees", true},
		"StarBlock":  {"whatever follows a block is in it", "*.garden", "estate.garden.trees", true},
		"StarWithin": {"between two names", "estate.*.trees", "estate.a.b.trees", true},
		"StarNone":   {"where there has to be something", "estate.*.trees", "estate.trees", false},
		"Twice":      {"a name that comes twice is looked for further on", "*.a.b", "x.a.a.b", true},
		"StarEnd":    {"all below a block, without the block", "garden.*", "garden", false},
		"All":        {"everything", "*", "garden.trees", true},
		"Nothing":    {"no field is called that", "", "garden", false},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if got := Covers(tc.pattern, tc.path); got != tc.want {
				t.Errorf("%s: Covers(%q, %q) is %t", tc.reason, tc.pattern, tc.path, got)
			}
		})
	}
}
