package stack

import (
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/pipelinestack/function-pipelinestack/apis/v1alpha1"
	"github.com/pipelinestack/function-pipelinestack/fn/kube"
	"github.com/pipelinestack/function-pipelinestack/fn/managed"
)

// World is what is known of the cluster when a plan is made.
type World struct {
	// UID of the composite, which controls what is the stack's own.
	UID string
	// Release that the composite's status says is running; empty for a new stack.
	Release string
	// Composite is the composite itself, whose status remembers what is no longer observed.
	Composite kube.Observed
	// Held says that the composite's status names objects that are held back.
	Held bool
	// Conditions that the composite has, by type.
	Conditions map[string]Condition
	// Observed holds the stack's own objects.
	Observed Observed
	// Required holds Crossplane's answers to earlier requirements, by key. A key that is missing
	// has not been answered yet; an answer without objects says that there are none.
	Required map[string][]kube.Observed
	// Random makes a secret of so many letters and digits. It is called only for a secret that
	// nobody provides and that is not there yet; equal worlds then give different plans.
	Random func(length int) string
	// Certify makes a certificate for some names, as Random does a secret.
	Certify func(names []string) Certificate
}

// Certificate of a server, PEM-encoded, with its private key and the authority that signed it. The
// authority's own key is nowhere, so it never signs another.
type Certificate struct{ Authority, Chain, Key []byte }

// Observed holds what is there, by resource name.
type Observed map[string]kube.Observed

// Watched says whether Crossplane watches the stack's objects. It stops for five minutes or more
// when too many of them change at once, as they do while a stack is made, and says so on the
// composite; until then only its timer brings the next call.
func (w World) Watched() bool { return w.Conditions[conditionResponsive].Status != False }

// UnwatchedSince says when Crossplane stopped watching the stack's objects; the zero time if nobody
// knows.
func (w World) UnwatchedSince() time.Time {
	for _, c := range w.Composite.Items("status", "conditions") {
		if c.String("type") == conditionResponsive {
			since, _ := time.Parse(time.RFC3339, c.String("lastTransitionTime")) // zero if it is no time
			return since
		}
	}
	return time.Time{}
}

// conditionResponsive is Crossplane's own.
const conditionResponsive = "Responsive"

// Requirement asks Crossplane for one object by name, for all of a cluster-scoped kind, or for those
// of a namespace that have some labels.
// Crossplane hands over any object that it may read. So kinds come from the function's own tables,
// and namespaces are the stack's or the function's own. All that a tenant can choose is the name of
// a class, which is a DNS label.
type Requirement struct {
	Key        string
	APIVersion string
	Kind       string
	Name       string // empty for all of the kind
	Namespace  string // empty for cluster-scoped kinds
	// Labels of objects that are asked for without a name.
	Labels map[string]string
}

// certainty of an answer.
type certainty int

const (
	unanswered certainty = iota
	absent
	present
)

// remembers says whether the composite's status has a setting of the object store.
func (w World) remembers(setting string) bool {
	return w.Composite.String("status", "objectStore", setting) != ""
}

// answer to a requirement.
func (w World) answer(key string) (kube.Observed, certainty) {
	found, ok := w.Required[key]
	switch {
	case !ok:
		return kube.Observed{}, unanswered
	case len(found) == 0:
		return kube.Observed{}, absent
	default:
		return found[0], present
	}
}

// own object of the stack under a resource's name. One that is not observed may still be there:
// then the answer to whose it is shows it.
func (w World) own(resource string) kube.Observed {
	if o := w.Observed[resource]; o.Exists() {
		return o
	}
	found, _ := w.answer(askObject(resource))
	if w.UID == "" || !found.ControlledBy(w.UID) {
		return kube.Observed{}
	}
	return found
}

// Keys of requirements.

// askCanary asks for something that every cluster with a stack has: the definition of the stack
// itself. A local render without a cluster answers every question with none. Nothing is held back
// then, so that it shows the whole stack.
const askCanary = "canary"

// askKind asks whether the cluster knows a kind.
func askKind(plural schema.GroupResource) string { return "kind " + plural.String() }

// askObject asks whose an object is, by the name of its resource.
func askObject(resource string) string { return "object " + resource }

// crd asks for the definition of a kind. It is watched, and its absence is no error, unlike that of
// an object of an absent kind.
func crd(key string, plural schema.GroupResource) Requirement {
	return Requirement{Key: key, APIVersion: "apiextensions.k8s.io/v1", Kind: "CustomResourceDefinition", Name: plural.String()}
}

// canary of the flavour.
func canary(namespaced bool) Requirement {
	plural := v1alpha1.ResourceStacks
	if !namespaced {
		plural = v1alpha1.ResourceComposites
	}
	return crd(askCanary, schema.GroupResource{Group: v1alpha1.GroupVersion.Group, Resource: plural})
}

// askVolume asks for the volume of a server.
func askVolume(resource string) string { return "volume " + resource }

// askProvided asks for an object that a person provides.
func askProvided(p provided) string { return "provided " + p.kind + " " + p.name }

// deletionPolicy says what becomes of the data if the managed resource is deleted now, by the
// policies that it has in the cluster, as crossplane-runtime v2 reads them. Empty if the resource
// is not there, or has none.
func deletionPolicy(o kube.Observed) v1alpha1.DeletionPolicy {
	policy, actions := o.String("spec", "deletionPolicy"), o.Strings("spec", "managementPolicies")
	listed := len(actions) > 0 && !slices.Contains(actions, "*") // then they count alone
	switch {
	case policy == "" && len(actions) == 0:
		return ""
	case listed && !slices.Contains(actions, "Delete"), !listed && policy == managed.DeletionOrphan:
		return v1alpha1.DeletionRetain
	default:
		return v1alpha1.DeletionDelete
	}
}
