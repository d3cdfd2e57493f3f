package stack

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/pipelinestack/function-pipelinestack/apis/v1alpha1"
	"github.com/pipelinestack/function-pipelinestack/fn/kube"
	"github.com/pipelinestack/function-pipelinestack/fn/managed"
)

// Resource is an object under the name by which Crossplane knows it, which people see when it is not ready. The name never changes: it
// would delete one object and make another.
type Resource struct {
	Name   string
	Object runtime.Object
	// Needs are the resources and conditions that must be ready before the object is made. They come before it in the plan.
	Needs []string
}

// component is a part of a stack that has a condition of its own.
type component struct {
	condition string
	// off says why the component is no part of this stack; nil if it always is.
	off func(*Stack) (reason, message string)
	// resources of the component, in the order in which people should hear of them.
	resources func(*Stack, Observed) []Resource
}

// components of a stack, in the order in which one needs the other.
var components = []component{
	{ConditionDatabase, nil, databaseResources},
	{ConditionObjectStore, nil, objectStoreResources},
	{ConditionAPIServer, nil, apiServerResources},
	{ConditionPersistenceAgent, nil, persistenceAgentResources},
	{ConditionScheduledWorkflow, nil, scheduledWorkflowResources},
	{ConditionWorkflowController, nil, workflowControllerResources},
	{ConditionMetadata, noMetadata, metadataResources},
	{ConditionUI, noUI, uiResources},
	{ConditionExposure, noExposure, nil},
}

func noMetadata(s *Stack) (reason, message string) {
	if s.hasMetadata() {
		return "", ""
	}
	return ReasonNotApplicable, "release " + s.Release.Name + " has no ML Metadata"
}

func noUI(s *Stack) (reason, message string) {
	if *s.Spec.UI.Enabled {
		return "", ""
	}
	return ReasonNotApplicable, "spec.ui.enabled is not set"
}

// noExposure always holds until exposure is there; New refuses every other type.
func noExposure(*Stack) (reason, message string) {
	return ReasonNotApplicable, "spec.exposure.type is " + string(v1alpha1.ExposureNone)
}

// Planned is a resource with what is known of it.
type Planned struct {
	Resource
	Verdict kube.Verdict
	// Held says that the resource is not made yet; the verdict says why.
	Held bool
}

// Plan is everything that follows from a stack and the world.
type Plan struct {
	Resources  []Planned
	Conditions []Condition
	Status     v1alpha1.PipelineStackStatus
	// Requires is what has to be asked of the cluster. It is the same as long as the world is.
	Requires []Requirement
	// Ready says that every resource is made and ready.
	Ready bool
}

// Plan makes the plan. Errors say what must not happen to objects that exist.
func (s *Stack) Plan(w World) (Plan, field.ErrorList) {
	p := Plan{Ready: true, Status: s.status()}
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
		for _, r := range c.resources(s, w.Observed) {
			label(r.Object, c.condition, s.Name)
			errs = append(errs, s.sameExternalName(r, w.Observed[r.Name])...)
			planned := Planned{Resource: r}
			if planned.Verdict, planned.Held = gate.held(r); !planned.Held {
				planned.Verdict = s.awake(w.Observed.verdict(r.Name, r.Object.GetObjectKind().GroupVersionKind().GroupKind()))
			}
			gate.ready[r.Name] = planned.Verdict.Ready
			p.Resources = append(p.Resources, planned)
		}
		condition, ready := s.condition(c.condition, p.Resources[first:])
		condition = s.staying(condition)
		gate.ready[c.condition] = ready
		p.Conditions = append(p.Conditions, condition)
		p.Ready = p.Ready && ready
	}
	p.Requires = gate.asked
	p.Status.Held = p.held()
	p.Status.Database.DeletionPolicy = deletionPolicy(w.Observed[keyDatabase])
	p.Status.ObjectStore.DeletionPolicy = deletionPolicy(w.Observed[keyBucket])
	p.Status.ObjectStore.Versioning, p.Status.ObjectStore.Lifecycle = p.settings()
	return p, append(errs, p.taken(w)...)
}

// settings of the bucket that are there or to be made, for the status.
func (p Plan) settings() (versioning, lifecycle string) {
	for _, r := range p.Resources {
		switch o := r.Object.(type) {
		case *managed.Resource[managed.BucketVersioningParameters]:
			versioning = o.Spec.ForProvider.VersioningConfiguration.Status
		case *managed.Resource[managed.BucketLifecycleParameters]:
			lifecycle = o.Spec.ForProvider.Rule[0].Status
		}
	}
	return versioning, lifecycle
}

// held lists what is held back, for the status.
func (p Plan) held() []v1alpha1.HeldStatus {
	var list []v1alpha1.HeldStatus
	for _, r := range p.Resources {
		if r.Held {
			list = append(list, v1alpha1.HeldStatus{Resource: r.Name, Reason: r.Verdict.Reason, Message: r.Verdict.Message})
		}
	}
	return list
}

// label says on every object whose it is and what it counts for.
func label(obj runtime.Object, condition, stack string) {
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

// sameExternalName refuses to give an object that exists another name outside the cluster: the data would stay behind under the old one.
func (s *Stack) sameExternalName(r Resource, o kube.Observed) field.ErrorList {
	desired, ok := r.Object.(metav1.Object)
	if !ok {
		return nil
	}
	want, is := desired.GetAnnotations()[managed.AnnotationExternalName], o.Annotation(managed.AnnotationExternalName)
	if want == "" || is == "" || want == is {
		return nil
	}
	return field.ErrorList{field.Invalid(field.NewPath("input", "clusterID"), field.OmitValueType{}, // tenants read this
		"derives the name "+want+" for "+r.Name+", which exists as "+is+": restore the clusterID under which the stack was made")}
}
