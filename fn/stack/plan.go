package stack

import (
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/pipelinestack/function-pipelinestack/apis/v1alpha1"
	"github.com/pipelinestack/function-pipelinestack/fn/kube"
	"github.com/pipelinestack/function-pipelinestack/fn/managed"
)

// Plan is everything that follows from a stack and the world.
type Plan struct {
	Resources  []Planned
	Conditions []Condition
	Status     v1alpha1.PipelineStackStatus
	// Requires is what has to be asked of the cluster. It is the same as long as the world is.
	Requires []Requirement
	// Warnings are said once.
	Warnings []string
	// Waits says that an object is held back, or that people still have to provide one. The composite is
	// not ready then, though everything that it desires may be.
	Waits bool
	// Ready says that every resource is made and ready.
	Ready bool
	// Settled says that every resource is made, and that nothing is under way: what is not ready
	// now does not get ready by waiting a moment.
	Settled bool
}

// Plan makes the plan. Errors say what must not happen to objects that exist.
func (s *Stack) Plan() (Plan, field.ErrorList) {
	w := s.world
	p := Plan{Ready: true, Settled: true, Status: s.status()}
	gate := s.gatekeeper(w)
	var errs field.ErrorList
	for _, c := range components {
		if c.off != nil {
			if reason, message := c.off(s); reason != "" {
				p.Conditions = append(p.Conditions, Condition{c.condition, True, reason, message})
				gate.ready[c.condition] = true
				continue
			}
		}
		first := len(p.Resources)
		resources := c.resources(s, w.Observed)
		for _, r := range resources {
			r.Needs = c.needs(r, resources, w.Observed)
			setLabels(r.Object, c.condition, s.Name)
			errs = append(errs, s.sameExternalName(r, w.Observed[r.Name])...)
			planned := Planned{Resource: r}
			if planned.Verdict, planned.Held = gate.held(r); !planned.Held {
				verdict := w.Observed.verdict(r.Name, r.Object.GetObjectKind().GroupVersionKind().GroupKind())
				planned.Verdict = s.scaled(verdict, r, w.Observed[r.Name])
				planned.Verdict = gate.explained(r, planned.Verdict)
				if r.Name == resDatabaseUser && planned.Verdict.Ready {
					planned.Verdict = s.loginPort(w.Observed[r.Name])
				}
				planned.Verdict = gate.volume(r, planned.Verdict)
			}
			gate.ready[r.Name] = planned.Verdict.Ready
			p.Settled = p.Settled && !planned.Held && !planned.Verdict.Rolling && !underWay[planned.Verdict.Reason]
			p.Resources = append(p.Resources, planned)
		}
		missing := s.provision(c.condition)
		p.Waits = p.Waits || len(missing) > 0
		condition, ready := s.condition(c.condition, missing, p.Resources[first:])
		condition = s.noted(s.staying(condition))
		gate.ready[c.condition] = ready
		p.Conditions = append(p.Conditions, condition)
		p.Ready = p.Ready && ready
	}
	p.Requires = gate.asked
	p.Warnings = s.warnings()
	p.Status.PendingResources = p.held()
	p.Waits = p.Waits || len(p.Status.PendingResources) > 0
	p.Conditions = append(p.Conditions, whole(p.Conditions))
	fenced, asked := s.fence()
	p.Conditions = append(p.Conditions, fenced)
	p.Requires = append(p.Requires, asked...)
	p.Status.ObjectStore.Versioning, p.Status.ObjectStore.Lifecycle = p.settings()
	return p, append(errs, p.refuseForeign(w)...)
}

// provision says what people still have to provide for the store of a condition.
func (s *Stack) provision(condition string) []finding {
	switch condition {
	case ConditionDatabase:
		return s.world.missing(s.database.provided)
	case ConditionObjectStore:
		return s.world.missing(s.store.provided)
	default:
		return nil
	}
}

// warnings to somebody who makes a stack with data on volumes. The status tells whether they have
// been said.
func (s *Stack) warnings() []string {
	var on []string
	for _, st := range []struct{ block, what, volume string }{
		{"database", "the database's", s.database.volume}, {"objectStore", "the object store's", s.store.volume},
	} {
		if st.volume != "" && s.world.Composite.String("status", st.block, "identity") == "" {
			on = append(on, st.what)
		}
	}
	if on == nil {
		return nil
	}
	return []string{
		strings.Join(on, " and ") + " data lives on volumes of this namespace and goes with it: back it up, as docs/operations.md says",
	}
}

// underWay are the reasons of objects that get ready by themselves, sooner or later, or without an
// event that Crossplane sees: it does not watch connection Secrets.
var underWay = map[string]bool{
	kube.ReasonCreating: true, kube.ReasonDeleting: true, kube.ReasonPending: true, kube.ReasonProgressing: true, ReasonOutdated: true,
	kube.ReasonEmptyConnectionSecret: true,
}

// settings of the bucket that are there or to be made, for the status.
func (p Plan) settings() (versioning v1alpha1.Versioning, lifecycle string) {
	for _, r := range p.Resources {
		switch o := r.Object.(type) {
		case *managed.Resource[managed.BucketVersioningParameters]:
			versioning = v1alpha1.Versioning(o.Spec.ForProvider.VersioningConfiguration.Status)
		case *managed.Resource[managed.BucketLifecycleParameters]:
			lifecycle = o.Spec.ForProvider.Rule[0].Status
		}
	}
	return versioning, lifecycle
}

// held lists what is held back, for the status.
func (p Plan) held() []v1alpha1.PendingResource {
	var list []v1alpha1.PendingResource
	for _, r := range p.Resources {
		if r.Held {
			list = append(list, v1alpha1.PendingResource{Resource: r.Name, Reason: r.Verdict.Reason, Message: r.Verdict.Message})
		}
	}
	return list
}

// setLabels labels an object with its stack and its condition.
func setLabels(obj runtime.Object, condition, stack string) {
	o, ok := obj.(metav1.Object)
	if !ok {
		return // every type of this package is one
	}
	labels := o.GetLabels()
	if labels == nil {
		labels = map[string]string{LabelStack: stack, labelPartOf: partOf}
	}
	labels[LabelCondition] = condition
	o.SetLabels(labels)
}

// sameExternalName refuses to give an object that exists another name outside the cluster: the data
// would stay behind under the old one.
func (s *Stack) sameExternalName(r Resource, o kube.Observed) field.ErrorList {
	desired, ok := r.Object.(metav1.Object)
	if !ok {
		return nil
	}
	want, is := desired.GetAnnotations()[managed.AnnotationExternalName], o.Annotation(managed.AnnotationExternalName)
	if want == "" || is == "" || want == is {
		return nil
	}
	return field.ErrorList{
		field.Forbidden(
			s.Class.path(), // without its values, which tenants may not see
			"clusterID, identitySalt and identityFrom give the name "+want+" for "+r.Name+", which exists as "+is+
				": restore the values that the stack was made with",
		),
	}
}

// refuseForeign refuses a new stack in a namespace where an object that it would make belongs to
// somebody else: nothing is composed rather than half a stack.
func (p Plan) refuseForeign(w World) field.ErrorList {
	if len(w.Observed) > 0 {
		return nil
	}
	var errs field.ErrorList
	for _, r := range p.Resources {
		if !r.Held || r.Verdict.Reason != ReasonForeignObject {
			continue
		}
		found, _ := w.answer(askObject(r.Name))
		if other := otherStack(found); other != "" {
			return field.ErrorList{field.Forbidden(field.NewPath("metadata", "namespace"),
				"a namespace holds one stack, and "+other+" was first: delete one of them, or use another namespace")}
		}
		errs = append(errs, field.Forbidden(specPath.Child("adoptionPolicy"), r.Verdict.Message))
	}
	return errs
}
