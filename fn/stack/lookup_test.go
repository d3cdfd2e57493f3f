package stack

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/types/known/structpb"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/pipelinestack/function-pipelinestack/apis/input/v1beta1"
	"github.com/pipelinestack/function-pipelinestack/apis/v1alpha1"
	"github.com/pipelinestack/function-pipelinestack/fn/kube"
)

// What is asked before a class, in that order.
const (
	asksCanary     = "CustomResourceDefinition xpipelinestacks.pipelines.opendatahub.io"
	asksDefinition = "CustomResourceDefinition pipelinestackclasses.pipelines.opendatahub.io"
	asksInstall    = "ConfigMap crossplane-system/pipelinestack-install"
)

const keyDefinition = "kind pipelinestackclasses.pipelines.opendatahub.io"

// lookup is a world in which a class is looked for, and what is found.
type lookup struct {
	claim    Claim
	input    v1beta1.Input
	world    World
	requires []string
	class    string
	errs     []string // type and field of each
	says     string   // among the details
}

// answers are those to all that is asked before a class: a definition, and a ConfigMap that says
// what may be read. Each change says otherwise.
func answers(t *testing.T, changes ...func(map[string][]kube.Observed)) World {
	t.Helper()
	required := map[string][]kube.Observed{
		askCanary:     {found(t, `{metadata: {name: xpipelinestacks.pipelines.opendatahub.io}}`)},
		keyDefinition: {found(t, `{metadata: {name: pipelinestackclasses.pipelines.opendatahub.io}}`)},
		askInstall:    {found(t, `{data: {reads: "PipelineStackClass.pipelines.opendatahub.io\nNamespace\n"}}`)},
	}
	for _, change := range changes {
		change(required)
	}
	return World{Required: required}
}

// answered sets an answer; without objects it says that there are none.
func answered(t *testing.T, key string, documents ...string) func(map[string][]kube.Observed) {
	t.Helper()
	objects := []kube.Observed{}
	for _, d := range documents {
		objects = append(objects, found(t, d))
	}
	return func(required map[string][]kube.Observed) { required[key] = objects }
}

// local is a render without a cluster: every question has been answered, and there is nothing but
// what is given.
func local(t *testing.T, objects ...func(map[string][]kube.Observed)) World {
	t.Helper()
	return answers(t, slices.Concat([]func(map[string][]kube.Observed){
		answered(t, askCanary), answered(t, keyDefinition), answered(t, askInstall), answered(t, askClass),
	}, objects)...)
}

// remembering has a stack that has data: what its status says, and its API server's Deployment.
func remembering(t *testing.T, w World, status, annotations string) World {
	t.Helper()
	w.Release = DefaultRelease
	w.Composite = found(t, `{status: {`+status+`}}`)
	w.Observed = Observed{resAPIServerDeployment: found(t, `{metadata: {annotations: {`+annotations+`}}}`)}
	return w
}

func claiming(class string) Claim {
	return Claim{Name: "demo", Namespace: "team-a", Spec: v1alpha1.PipelineStackSpec{ClassName: class}}
}

// asked are requirements in words.
func asked(rs []Requirement) []string {
	var words []string
	for _, r := range rs {
		name := strings.TrimPrefix(r.Namespace+"/"+r.Name, "/")
		words = append(words, strings.TrimSpace(r.Kind+" "+name))
	}
	return words
}

func (tc lookup) run(t *testing.T, reason string) {
	t.Helper()
	if tc.input.DefaultClassName == "" {
		tc.input.DefaultClassName = DefaultClassName
	}
	got, errs := FindClass(tc.claim, tc.input, tc.world)
	want := append([]string{asksCanary, asksDefinition, asksInstall}, tc.requires...)
	if diff := cmp.Diff(want, asked(got.Requires)); diff != "" {
		t.Errorf("%s: asked in order: -want, +got\n%s", reason, diff)
	}
	if diff := cmp.Diff(tc.errs, refusals(errs)); diff != "" || tc.says != "" && !strings.Contains(errs.ToAggregate().Error(), tc.says) {
		t.Errorf("%s: wants %q: -want, +got\n%s%v", reason, tc.says, diff, errs)
	}
	if got.Found.Name() != tc.class {
		t.Errorf("%s: found class %q, want %q", reason, got.Found.Name(), tc.class)
	}
}

const classDefault, classGold = `{metadata: {name: default}}`, `{metadata: {name: gold}}`

func TestFindClass(t *testing.T) {
	withoutAnswer := func(key string) func(map[string][]kube.Observed) {
		return func(required map[string][]kube.Observed) { delete(required, key) }
	}
	cases := map[string]struct {
		reason string
		lookup
	}{
		"First":        {"nothing is asked of a kind before it is known that it may be asked for", lookup{}},
		"NoCanary":     {"nor while one of those answers is missing", lookup{world: answers(t, withoutAnswer(askCanary))}},
		"NoDefinition": {"whichever it is", lookup{world: answers(t, withoutAnswer(keyDefinition))}},
		"NoInstall":    {"whichever it is", lookup{world: answers(t, withoutAnswer(askInstall))}},
		"Second": {
			"the Composition's class, where the claim names none",
			lookup{world: answers(t), requires: []string{"PipelineStackClass default"}},
		},
		"OfInput": {
			"which may have another name",
			lookup{input: v1beta1.Input{DefaultClassName: "gold"}, world: answers(t), requires: []string{"PipelineStackClass gold"}},
		},
		"Named": {
			"the claim's before that",
			lookup{claim: claiming("gold"), world: answers(t), requires: []string{"PipelineStackClass gold"}},
		},
		"Found": {
			"and it stays required: a change of it is a reason to be called",
			lookup{
				claim:    claiming("gold"),
				world:    answers(t, answered(t, askClass, classGold)),
				requires: []string{"PipelineStackClass gold"},
				class:    "gold",
			},
		},
		"KindMissing": {
			"a question about an absent kind would fail the whole composite",
			lookup{
				world: answers(t, answered(t, keyDefinition)),
				errs:  []string{"FieldValueForbidden input"},
				says:  "apply the install file of this version",
			},
		},
		"InstallMissing": {
			"one about a kind that Crossplane may not read would never be answered",
			lookup{
				world: answers(t, answered(t, askInstall)),
				errs:  []string{"FieldValueForbidden input"},
				says:  "there is no ConfigMap pipelinestack-install in crossplane-system",
			},
		},
		"InstallOlder": {
			"nor is it where the ConfigMap does not speak of it",
			lookup{
				world: answers(
					t,
					answered(t, askInstall, `{data: {reads: "Namespace\nPipelineStackClass.example.org\nXPipelineStackClass.pipelines.opendatahub.io"}}`),
				),
				errs: []string{"FieldValueForbidden input"},
				says: "may not read PipelineStackClass.pipelines.opendatahub.io",
			},
		},
		"Missing": {
			"which there are is asked before anything is said",
			lookup{
				claim:    claiming("gold"),
				world:    answers(t, answered(t, askClass)),
				requires: []string{"PipelineStackClass gold", "PipelineStackClass"},
			},
		},
		"MissingOfSome": {
			"the error names those that there are, sorted",
			lookup{
				claim: claiming("gold"),
				world: answers(t, answered(t, askClass), answered(t, askClasses, `{metadata: {name: silver}}`, classDefault)),
				requires: []string{
					"PipelineStackClass gold",
					"PipelineStackClass",
				},
				errs: []string{"FieldValueNotSupported spec.className"},
				says: `"default", "silver"`,
			},
		},
		"MissingOfNone": {
			"or says that there is none",
			lookup{
				world: answers(
					t,
					answered(t, askClass),
					answered(t, askClasses),
				),
				requires: []string{"PipelineStackClass default", "PipelineStackClass"},
				errs:     []string{"FieldValueInvalid spec.className"},
				says:     "the cluster has no PipelineStackClass",
			},
		},
		"Name": {
			"a name that is none is asked of nobody",
			lookup{
				claim: claiming("A/b"),
				world: answers(t, answered(t, askClass, classDefault)),
				errs:  []string{"FieldValueInvalid spec.className"},
			},
		},
		"Local": {
			"a render is given the class, and needs no definition",
			lookup{world: local(t, answered(t, askClass, classDefault)), requires: []string{"PipelineStackClass default"}, class: "default"},
		},
		"LocalMissing": {
			"a render that is given none hears so: all others would be none as well",
			lookup{world: local(t), requires: []string{"PipelineStackClass default"}, errs: []string{"FieldValueNotFound spec.className"}},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if tc.claim.Name == "" {
				tc.claim = claiming("")
			}
			tc.run(t, tc.reason)
		})
	}
}

func TestCanaryOfTheNamespacedFlavour(t *testing.T) {
	c := claiming("")
	c.Namespaced = true
	got, _ := FindClass(c, v1beta1.Input{}, World{})
	if want := "CustomResourceDefinition pipelinestacks.pipelines.opendatahub.io"; asked(got.Requires)[0] != want {
		t.Errorf("asks for %s first, want %s: the other flavour may not be installed", asked(got.Requires)[0], want)
	}
}

// A stack never goes to another class: its data would stay behind in what the first one named.
func TestClassIsFixedOnceThereIsData(t *testing.T) {
	const gold = `pipelines.opendatahub.io/class: gold`
	const silver = `pipelines.opendatahub.io/class: silver`
	refused := []string{"FieldValueForbidden spec.className"}
	cases := map[string]struct {
		reason              string
		claim               string
		status, annotations string
		requires            []string
		errs                []string
	}{
		"Status":     {"a new default is for new stacks", "", `className: gold`, ``, []string{"PipelineStackClass gold"}, nil},
		"Annotation": {"what the status has lost, the Deployment knows", "", ``, gold, []string{"PipelineStackClass gold"}, nil},
		"StatusWins": {
			"whoever may edit the namespace may edit the Deployment",
			"",
			`className: gold`,
			silver,
			[]string{"PipelineStackClass gold"},
			nil,
		},
		"Same":  {"a claim may say where it is", "gold", `className: gold`, ``, []string{"PipelineStackClass gold"}, nil},
		"Other": {"and may not leave", "silver", `className: gold`, ``, []string{"PipelineStackClass gold"}, nil},
		"Tampered": {
			"nor by way of the Deployment",
			"silver",
			`className: gold`,
			silver,
			[]string{"PipelineStackClass gold"},
			nil,
		},
		"Annotated": {"without a status it is refused: whoever may edit the namespace may edit the Deployment", "silver", ``, gold, nil, refused},
		"NoLabel": {
			"what the Deployment says may be anything",
			"",
			``,
			`pipelines.opendatahub.io/class: ../x`,
			nil,
			[]string{"FieldValueInvalid spec.className"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			w := remembering(t, answers(t), tc.status, tc.annotations)
			lookup{claim: claiming(tc.claim), world: w, requires: tc.requires, errs: tc.errs}.run(t, tc.reason)
		})
	}
	t.Run("New", func(t *testing.T) {
		w := answers(t)
		w.Composite = found(t, `{status: {className: gold}}`)
		lookup{
			claim:    claiming("silver"),
			world:    w,
			requires: []string{"PipelineStackClass silver"},
		}.run(
			t,
			"nothing is there yet that could stay behind",
		)
	})
}

// FuzzClassName takes anything for the name of a class: Crossplane hands over whatever it is asked
// for, so nothing but a class may be asked for by that name, and by a name that is a DNS label.
//
//	go test ./fn/stack -run '^$' -fuzz FuzzClassName -fuzztime 60s
func FuzzClassName(f *testing.F) {
	for _, name := range []string{
		"", "default", "gold", "A", "a.b", "a/b", "../x", "-a", "a-", "a b", "a\n", "*", "\x00", "ä", strings.Repeat("a", 63), strings.Repeat("a", 64),
	} {
		f.Add(name, "", "")
		f.Add("", name, "")
		f.Add("", "", name)
	}
	known := []string{asksCanary, asksDefinition, asksInstall, "PipelineStackClass", "Namespace team-a"}
	f.Fuzz(func(t *testing.T, claimed, byDefault, annotated string) {
		deployment := found(t, `{metadata: {annotations: {a: b}}}`)
		deployment.Object.Fields["metadata"].GetStructValue().Fields["annotations"].GetStructValue().Fields[annotationClass] = structpb.NewStringValue(
			annotated,
		)
		for _, class := range [][]string{nil, {}, {`{spec: {allowedNamespaces: {from: Selector}}}`}} {
			w := answers(t)
			if class != nil {
				answered(t, askClass, class...)(w.Required)
			}
			if annotated != "" {
				w.Observed = Observed{resAPIServerDeployment: deployment}
			}
			got, _ := FindClass(claiming(claimed), v1beta1.Input{DefaultClassName: byDefault}, w)
			for _, words := range asked(got.Requires) {
				name, isClass := strings.CutPrefix(words, "PipelineStackClass ")
				if slices.Contains(known, words) ||
					isClass && validation.IsDNS1123Label(name) == nil && slices.Contains([]string{claimed, byDefault, annotated}, name) {
					continue
				}
				t.Errorf("claim %q, default %q, annotation %q: asks for %q", claimed, byDefault, annotated, words)
			}
		}
	})
}
