package kube

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/types/known/structpb"
	"sigs.k8s.io/yaml"
)

// observe reads an object from YAML.
func observe(tb testing.TB, text string) Observed {
	tb.Helper()
	m := map[string]any{}
	if err := yaml.Unmarshal([]byte(text), &m); err != nil {
		tb.Fatal(err)
	}
	s, err := structpb.NewStruct(m)
	if err != nil {
		tb.Fatal(err)
	}
	return Observed{Object: s}
}

const observedText = `
kind: Thing
metadata:
  name: a
  generation: 3
  labels: {example.org/label: l}
  annotations: {example.org/annotation: note}
spec:
  half: 0.5
  huge: 1e300
  "on": true
  "off": false
  nothing: null
  words: [a, 1, b]
status:
  conditions:
  - junk
  - {type: Ready, status: "False", reason: NotYet, message: wait, observedGeneration: 2}
  - {type: Ready, status: "True"}
  - {type: Odd, status: 7, observedGeneration: x}
`

func TestObserved(t *testing.T) {
	type want struct {
		Exists, OnOK, On, OffOK, Off, HalfOK, HugeOK, NameIntOK, NothingOK, NothingBoolOK bool
		Name, Label, Annotation, NoLabel, Deep, Root, NotString                           string
		Generation                                                                        int64
		GenerationOK                                                                      bool
		Words, NoWords                                                                    []string
		Ready, Odd, None                                                                  Condition
		ReadyOK, OddOK, NoneOK                                                            bool
	}
	cases := map[string]struct {
		reason string
		o      Observed
		want   want
	}{
		"Zero": {
			reason: "an object that is not there has nothing",
			want:   want{Ready: Condition{Type: "Ready"}, Odd: Condition{Type: "Odd"}, None: Condition{Type: "None"}},
		},
		"Empty": {
			reason: "an empty object is there",
			o:      Observed{Object: &structpb.Struct{}},
			want:   want{Exists: true, Ready: Condition{Type: "Ready"}, Odd: Condition{Type: "Odd"}, None: Condition{Type: "None"}},
		},
		"Malformed": {
			reason: "fields of another type are as good as absent",
			o:      observe(t, `{metadata: [], spec: a, status: {conditions: {type: Ready}}}`),
			want:   want{Exists: true, Ready: Condition{Type: "Ready"}, Odd: Condition{Type: "Odd"}, None: Condition{Type: "None"}},
		},
		"Full": {
			reason: "what is there is read",
			o:      observe(t, observedText),
			want: want{
				Exists: true, OnOK: true, On: true, OffOK: true,
				Name: "a", Label: "l", Annotation: "note", Generation: 3, GenerationOK: true, Words: []string{"a", "b"},
				Ready: Condition{Type: "Ready", Status: "False", Reason: "NotYet", Message: "wait", ObservedGeneration: 2}, ReadyOK: true,
				Odd: Condition{Type: "Odd"}, OddOK: true,
				None: Condition{Type: "None"},
			},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			o := tc.o
			got := want{
				Exists: o.Exists(), Name: o.Name(),
				Label: o.Label("example.org/label"), NoLabel: o.Label("none"), Annotation: o.Annotation("example.org/annotation"),
				Deep: o.String("metadata", "name", "deeper"), Root: o.String(), NotString: o.String("metadata", "generation"),
			}
			got.On, got.OnOK = o.Bool("spec", "on")
			got.Off, got.OffOK = o.Bool("spec", "off")
			got.Generation, got.GenerationOK = o.Int("metadata", "generation")
			_, got.HalfOK = o.Int("spec", "half")
			_, got.HugeOK = o.Int("spec", "huge")
			_, got.NameIntOK = o.Int("metadata", "name")
			_, got.NothingOK = o.Int("spec", "nothing")
			_, got.NothingBoolOK = o.Bool("spec", "nothing")
			got.Words, got.NoWords = o.Strings("spec", "words"), o.Strings("spec", "half")
			got.Ready, got.ReadyOK = o.Condition("Ready")
			got.Odd, got.OddOK = o.Condition("Odd")
			got.None, got.NoneOK = o.Condition("None")
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s\n-want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

func TestObservedAllocatesNothing(t *testing.T) {
	o := observe(t, observedText)
	if got := testing.AllocsPerRun(100, func() {
		o.Exists()
		o.Name()
		o.Label("example.org/label")
		o.Annotation("example.org/annotation")
		o.String("metadata", "labels", "none")
		o.Int("metadata", "generation")
		o.Bool("spec", "on")
		o.Condition("Ready")
		o.Condition("None")
	}); got != 0 {
		t.Errorf("reading an object: %v allocations, want none", got)
	}
}

func TestObservedKeepsDetailsSecret(t *testing.T) {
	o := observe(t, observedText)
	o.Details = map[string][]byte{"password": []byte("secret")}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d"} {
		if got, want := fmt.Sprintf(verb, o), `Thing "a"`; got != want {
			t.Errorf("Sprintf(%q, ...): want %s, got %s", verb, want, got)
		}
	}
}

func TestObservedCollections(t *testing.T) {
	thing := observe(t, observedText)
	var types []string
	for _, c := range thing.Items("status", "conditions") {
		types = append(types, c.String("type"))
	}
	if diff := cmp.Diff([]string{"Ready", "Ready", "Odd"}, types); diff != "" {
		t.Errorf("the objects of a list, without what is none: -want, +got\n%s", diff)
	}
	labels := observe(t, `metadata: {labels: {a: b, c: 1, d: ""}}`).Labels()
	if diff := cmp.Diff(map[string]string{"a": "b", "d": ""}, labels); diff != "" {
		t.Errorf("the strings of a map, without what is none: -want, +got\n%s", diff)
	}
	for name, o := range map[string]Observed{"Absent": {}, "Thing": thing} {
		if o.Items("metadata", "name") != nil || o.StringMap("spec", "words") != nil || o.Items() != nil || o.StringMap() != nil {
			t.Errorf("%s: fields of another type, or none, hold nothing", name)
		}
	}
}
