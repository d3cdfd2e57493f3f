package stack

import (
	"fmt"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/pipelinestack/function-pipelinestack/apis/v1alpha1"
	"github.com/pipelinestack/function-pipelinestack/fn/kube"
)

// Gates hold back the creation of objects, and nothing else: what is observed stays wanted whatever
// a gate says. Three things are worth waiting for.
//
//   - The kind: a composite that has once named a kind the cluster lacks stays stuck in Crossplane
//     for good.
//   - The name: Crossplane would silently take over an object of the same name, and delete it with
//     the stack.
//   - What the object needs: a Deployment that is made before its database can be logged in to
//     crashes until it can. Creation comes in two waves: the stores and all accounts, then the rest
//     of the namespace. Whatever has pods waits for its account, later on too.

// gatekeeper decides for one plan.
type gatekeeper struct {
	stack *Stack
	world World
	// local is a render without a cluster: nothing is held back.
	local bool
	// ready resources and conditions so far, by name.
	ready map[string]bool
	// asked requirements, in the order of the plan.
	asked []Requirement
	// known keys of asked.
	known map[string]bool
}

func (s *Stack) gatekeeper(w World) *gatekeeper {
	_, canary := w.answer(askCanary)
	return &gatekeeper{stack: s, world: w, local: canary == absent, ready: map[string]bool{}, known: map[string]bool{}}
}

// held says whether a resource is held back, and why.
func (g *gatekeeper) held(r Resource) (kube.Verdict, bool) {
	if g.world.Observed[r.Name].Exists() {
		return kube.Verdict{}, false
	}
	g.ask(canary(g.stack.Scope.Namespaced))
	kind, kindAnswer := g.kind(r)
	missing := g.missing(r)
	// Crossplane watches what it is asked for. So only what is about to be made is asked for by its
	// name: its creation would bring one more call. All of a new stack is asked for, which is not
	// begun where it cannot be finished.
	name, nameAnswer := kube.Verdict{}, absent
	if len(missing) == 0 || len(g.world.Observed) == 0 {
		name, nameAnswer = g.name(r)
	}
	if g.local {
		return kube.Verdict{}, false
	}
	_, canary := g.world.answer(askCanary)
	switch {
	case canary == unanswered || kindAnswer == unanswered || nameAnswer == unanswered:
		return kube.Verdict{Reason: ReasonWaiting, Message: "waits for Crossplane to say what the cluster holds"}, true
	case kindAnswer == absent:
		return kind, true
	case nameAnswer == present:
		return name, true
	case len(missing) > 0:
		return kube.Verdict{Reason: ReasonWaiting, Message: "waits for " + strings.Join(missing, " and ")}, true
	}
	return kube.Verdict{}, false
}

// missing is what a resource needs and what is not ready.
func (g *gatekeeper) missing(r Resource) []string {
	return slices.DeleteFunc(slices.Clone(r.Needs), func(need string) bool { return g.ready[need] })
}

// kindKnown says whether an object of the kind can be asked for at all: a question about an absent
// kind fails the whole composite.
func (g *gatekeeper) kindKnown(r Resource) bool {
	_, answer := g.kind(r)
	return answer == present
}

// kind asks whether the cluster knows a foreign kind. Kubernetes' own are present.
func (g *gatekeeper) kind(r Resource) (kube.Verdict, certainty) {
	gk := r.Object.GetObjectKind().GroupVersionKind().GroupKind()
	k := kinds[gk]
	if k.plural == "" {
		return kube.Verdict{}, present
	}
	plural := schema.GroupResource{Group: gk.Group, Resource: k.plural}
	key := askKind(plural)
	g.ask(crd(key, plural))
	_, answer := g.world.answer(key)
	return kube.Verdict{Reason: ReasonKindMissing, Message: fmt.Sprintf(
		"the cluster has no kind %s of %s: install %s, and see that its kinds are activated", gk.Kind, gk.Group, k.provider)}, answer
}

// name asks whether an object of that name belongs to somebody else. Managed resources carry
// derived names that nobody else has.
func (g *gatekeeper) name(r Resource) (kube.Verdict, certainty) {
	gvk := r.Object.GetObjectKind().GroupVersionKind()
	o, ok := r.Object.(metav1.Object)
	if !ok || kinds[gvk.GroupKind()].derivedNames || !g.kindKnown(r) {
		return kube.Verdict{}, absent
	}
	key := askObject(r.Name)
	g.ask(Requirement{Key: key, APIVersion: gvk.GroupVersion().String(), Kind: gvk.Kind, Name: o.GetName(), Namespace: o.GetNamespace()})
	found, answer := g.world.answer(key)
	controller, _ := found.Controller()
	if answer == present && (found.ControlledBy(g.world.UID) || controller == "" && g.stack.adoptionAllowed()) {
		if fixed := fixedField(r.Object, found); fixed != "" {
			return kube.Verdict{Reason: ReasonImmutableField, Message: replace(gvk.GroupKind(), found, fixed)}, present
		}
		return kube.Verdict{}, absent
	}
	return kube.Verdict{
		Reason:  ReasonForeignObject,
		Message: fmt.Sprintf("%s %s exists and belongs to %s", gvk.Kind, o.GetName(), owner(found)),
	}, answer
}

// owner of an object, and what to do about it. Kubernetes allows no second controller.
func owner(o kube.Observed) string {
	if name := otherStack(o); name != "" {
		return "the stack " + name + ": remove it"
	}
	if kind, name := o.Controller(); kind != "" {
		return kind + " " + name + ": remove it, or remove its owner reference to that one"
	}
	return "nobody: remove it, or set spec.adoptionPolicy to IfUncontrolled to let the stack take it over"
}

// otherStack is the name of the stack that an object belongs to, empty if it belongs to none.
func otherStack(o kube.Observed) string {
	if kind, _ := o.Controller(); kind == v1alpha1.KindComposite || kind == v1alpha1.KindStack {
		return o.Label(LabelStack)
	}
	return ""
}

// volume asks for the volume of a server that is not ready, and says so if it is what the server waits
// for.
func (g *gatekeeper) volume(r Resource, v kube.Verdict) kube.Verdict {
	o, ok := r.Object.(metav1.Object)
	if v.Ready || r.Volume == "" || !ok || !g.world.Observed[r.Name].Exists() {
		return v
	}
	ask := Requirement{Key: askVolume(r.Name), APIVersion: "v1", Kind: "PersistentVolumeClaim", Name: r.Volume, Namespace: o.GetNamespace()}
	g.ask(ask)
	claim, _ := g.world.answer(ask.Key)
	return pendingVolume(v, claim)
}

func (g *gatekeeper) ask(r Requirement) {
	if !g.known[r.Key] {
		g.known[r.Key] = true
		g.asked = append(g.asked, r)
	}
}
