package stack

import (
	"maps"
	"slices"
	"strings"
	"unicode"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	metavalidation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/selection"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/pipelinestack/function-pipelinestack/apis/v1alpha1"
)

// What a claim says of pods goes into Deployments as it stands. An API server that refuses it there says so of an object that the tenant
// never wrote, so the same is refused here, where it was written.

// validateContainers holds against each other what a container gets in the end: what the claim leaves out is the size's.
func validateContainers(s *Stack) field.ErrorList {
	var errs field.ErrorList
	for path, r := range containerResources(s.Spec) {
		both := resources(s.Size[sizedBy(path)], r)
		errs = append(errs, validateResources(&v1alpha1.Resources{Requests: both.Requests, Limits: both.Limits}, specPath.Child(path, "resources"))...)
	}
	return errs
}

// sizedBy is the component whose size applies to the container that a path below spec configures.
func sizedBy(path string) Component {
	if path == "metadata.envoy" {
		return MetadataEnvoy
	}
	return Component(path)
}

// shareable resources may be promised to more containers than there are for. A container gets all others whole, as much as it requests.
var shareable = []corev1.ResourceName{corev1.ResourceCPU, corev1.ResourceMemory, corev1.ResourceEphemeralStorage}

func validateResources(r *v1alpha1.Resources, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	requests, limits := path.Child("requests"), path.Child("limits")
	errs = append(errs, validateQuantities(r.Requests, requests)...)
	errs = append(errs, validateQuantities(r.Limits, limits)...)
	for _, name := range slices.Sorted(maps.Keys(r.Requests)) {
		q := r.Requests[name]
		limit, limited := r.Limits[name]
		whole := !slices.Contains(shareable, name)
		switch {
		case whole && (!limited || q.Cmp(limit) != 0):
			errs = append(errs, field.Invalid(requests.Key(string(name)), q.String(), "must be the same as the limit"))
		case limited && q.Cmp(limit) > 0:
			errs = append(errs, field.Invalid(requests.Key(string(name)), q.String(), "must not be more than the limit "+limit.String()))
		}
	}
	return errs
}

func validateQuantities(list corev1.ResourceList, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	for _, name := range slices.Sorted(maps.Keys(list)) {
		q, at := list[name], path.Key(string(name))
		known := slices.Contains(shareable, name)
		if !known && q.Cmp(*resource.NewQuantity(q.Value(), q.Format)) != 0 {
			errs = append(errs, field.Invalid(at, q.String(), "must be a whole number"))
		}
		if !known && !strings.Contains(string(name), "/") && !strings.HasPrefix(string(name), corev1.ResourceHugePagesPrefix) {
			errs = append(errs, field.Invalid(at, string(name), "is no resource of Kubernetes' own, and others have a domain, as in example.org/gpu"))
		}
		for _, msg := range validation.IsQualifiedName(string(name)) {
			errs = append(errs, field.Invalid(at, string(name), msg))
		}
	}
	return errs
}

// validateImages wants references that a node could pull, as far as one can tell without asking a registry.
func validateImages(s *Stack) field.ErrorList {
	var errs field.ErrorList
	for path, image := range map[string]string{
		"apiServer.image": s.Spec.APIServer.Image, "apiServer.driverImage": s.Spec.APIServer.DriverImage,
		"apiServer.launcherImage": s.Spec.APIServer.LauncherImage, "persistenceAgent.image": s.Spec.PersistenceAgent.Image,
		"scheduledWorkflow.image": s.Spec.ScheduledWorkflow.Image, "workflowController.image": s.Spec.WorkflowController.Image,
		"workflowController.executorImage": s.Spec.WorkflowController.ExecutorImage, "metadata.image": s.Spec.Metadata.Image,
		"metadata.envoy.image": s.Spec.Metadata.Envoy.Image, "ui.image": s.Spec.UI.Image,
	} {
		errs = append(errs, validateImage(image, specPath.Child(path))...)
	}
	return errs
}

func validateImage(image string, path *field.Path) field.ErrorList {
	if strings.ContainsFunc(image, unicode.IsSpace) {
		return field.ErrorList{field.Invalid(path, image, "must be the reference of an image, without space")}
	}
	return nil
}

func validateScheduling(s *Stack) field.ErrorList {
	path := specPath.Child("scheduling")
	errs := metavalidation.ValidateLabels(s.Spec.Scheduling.NodeSelector, path.Child("nodeSelector"))
	for i, t := range s.Spec.Scheduling.Tolerations {
		errs = append(errs, validateToleration(t, path.Child("tolerations").Index(i))...)
	}
	if name := s.Spec.Scheduling.PriorityClassName; name != "" {
		for _, msg := range validation.IsDNS1123Subdomain(name) {
			errs = append(errs, field.Invalid(path.Child("priorityClassName"), name, msg))
		}
	}
	if a := s.Spec.Scheduling.Affinity; a != nil {
		errs = append(errs, validateAffinity(a, path.Child("affinity"))...)
	}
	return errs
}

func validateToleration(t corev1.Toleration, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	if t.Key != "" {
		errs = append(errs, metavalidation.ValidateLabelName(t.Key, path.Child("key"))...)
	}
	operators := []corev1.TolerationOperator{"", corev1.TolerationOpEqual, corev1.TolerationOpExists}
	effects := []corev1.TaintEffect{"", corev1.TaintEffectNoSchedule, corev1.TaintEffectPreferNoSchedule, corev1.TaintEffectNoExecute}
	if !slices.Contains(operators, t.Operator) {
		errs = append(errs, field.NotSupported(path.Child("operator"), t.Operator, operators[1:]))
	}
	if t.Key == "" && t.Operator != corev1.TolerationOpExists {
		errs = append(errs, field.Invalid(path.Child("operator"), t.Operator, "must be Exists where there is no key"))
	}
	if t.Operator == corev1.TolerationOpExists && t.Value != "" {
		errs = append(errs, field.Invalid(path.Child("value"), t.Value, "does not go with the operator Exists"))
	}
	for _, msg := range validation.IsValidLabelValue(t.Value) {
		errs = append(errs, field.Invalid(path.Child("value"), t.Value, msg))
	}
	if !slices.Contains(effects, t.Effect) {
		errs = append(errs, field.NotSupported(path.Child("effect"), t.Effect, effects[1:]))
	}
	if t.TolerationSeconds != nil && t.Effect != corev1.TaintEffectNoExecute {
		errs = append(errs, field.Invalid(path.Child("effect"), t.Effect, "must be NoExecute for tolerationSeconds"))
	}
	return errs
}

func validateAffinity(a *corev1.Affinity, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	if n := a.NodeAffinity; n != nil {
		at := path.Child("nodeAffinity")
		if required := n.RequiredDuringSchedulingIgnoredDuringExecution; required != nil {
			terms := at.Child("requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms")
			if len(required.NodeSelectorTerms) == 0 {
				errs = append(errs, field.Required(terms, "without terms no node is good"))
			}
			for i, t := range required.NodeSelectorTerms {
				errs = append(errs, validateNodeTerm(t, terms.Index(i))...)
			}
		}
		for i, p := range n.PreferredDuringSchedulingIgnoredDuringExecution {
			preferred := at.Child("preferredDuringSchedulingIgnoredDuringExecution").Index(i)
			errs = append(errs, validateWeight(p.Weight, preferred)...)
			errs = append(errs, validateNodeTerm(p.Preference, preferred.Child("preference"))...)
		}
	}
	if p := a.PodAffinity; p != nil {
		errs = append(errs, validatePodTerms(p.RequiredDuringSchedulingIgnoredDuringExecution,
			p.PreferredDuringSchedulingIgnoredDuringExecution, path.Child("podAffinity"))...)
	}
	if p := a.PodAntiAffinity; p != nil {
		errs = append(errs, validatePodTerms(p.RequiredDuringSchedulingIgnoredDuringExecution,
			p.PreferredDuringSchedulingIgnoredDuringExecution, path.Child("podAntiAffinity"))...)
	}
	return errs
}

func validateWeight(weight int32, path *field.Path) field.ErrorList {
	if weight < 1 || weight > 100 {
		return field.ErrorList{field.Invalid(path.Child("weight"), weight, "must be between 1 and 100")}
	}
	return nil
}

// nodeOperators are those of node selectors, in the words of label selectors.
var nodeOperators = map[corev1.NodeSelectorOperator]selection.Operator{
	corev1.NodeSelectorOpIn:           selection.In,
	corev1.NodeSelectorOpNotIn:        selection.NotIn,
	corev1.NodeSelectorOpExists:       selection.Exists,
	corev1.NodeSelectorOpDoesNotExist: selection.DoesNotExist,
	corev1.NodeSelectorOpGt:           selection.GreaterThan,
	corev1.NodeSelectorOpLt:           selection.LessThan,
}

func validateNodeTerm(t corev1.NodeSelectorTerm, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	for i, r := range t.MatchExpressions {
		at := path.Child("matchExpressions").Index(i)
		operator, ok := nodeOperators[r.Operator]
		if !ok {
			errs = append(errs, field.NotSupported(at.Child("operator"), r.Operator, slices.Sorted(maps.Keys(nodeOperators))))
			continue
		}
		if _, err := labels.NewRequirement(r.Key, operator, r.Values, field.WithPath(at)); err != nil {
			errs = append(errs, field.Invalid(at, field.OmitValueType{}, err.Error()))
		}
	}
	for i, r := range t.MatchFields {
		at := path.Child("matchFields").Index(i)
		isOne := r.Operator == corev1.NodeSelectorOpIn || r.Operator == corev1.NodeSelectorOpNotIn
		if r.Key != metav1.ObjectNameField || !isOne || len(r.Values) != 1 {
			errs = append(errs, field.Invalid(at, field.OmitValueType{}, "must compare "+metav1.ObjectNameField+" with one value by In or NotIn"))
		}
	}
	return errs
}

func validatePodTerms(required []corev1.PodAffinityTerm, preferred []corev1.WeightedPodAffinityTerm, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	for i, t := range required {
		errs = append(errs, validatePodTerm(t, path.Child("requiredDuringSchedulingIgnoredDuringExecution").Index(i))...)
	}
	for i, p := range preferred {
		at := path.Child("preferredDuringSchedulingIgnoredDuringExecution").Index(i)
		errs = append(errs, validateWeight(p.Weight, at)...)
		errs = append(errs, validatePodTerm(p.PodAffinityTerm, at.Child("podAffinityTerm"))...)
	}
	return errs
}

func validatePodTerm(t corev1.PodAffinityTerm, path *field.Path) field.ErrorList {
	options := metavalidation.LabelSelectorValidationOptions{}
	errs := metavalidation.ValidateLabelSelector(t.LabelSelector, options, path.Child("labelSelector"))
	errs = append(errs, metavalidation.ValidateLabelSelector(t.NamespaceSelector, options, path.Child("namespaceSelector"))...)
	for i, n := range t.Namespaces {
		for _, msg := range validation.IsDNS1123Label(n) {
			errs = append(errs, field.Invalid(path.Child("namespaces").Index(i), n, msg))
		}
	}
	if t.TopologyKey == "" {
		return append(errs, field.Required(path.Child("topologyKey"), ""))
	}
	return append(errs, metavalidation.ValidateLabelName(t.TopologyKey, path.Child("topologyKey"))...)
}

// validateEnv keeps a claim's variables away from the stack's own. The names come from the functions that write them.
func validateEnv(s *Stack) field.ErrorList {
	if !s.complete() {
		return nil // the stack's own variables are not known yet; another error says why
	}
	var errs field.ErrorList
	for _, c := range []struct {
		path      string
		claim     []v1alpha1.EnvVar
		own       func(*Stack) []corev1.EnvVar
		forbidden map[string]string
	}{
		{"apiServer", s.Spec.APIServer.Env, apiServerEnv, apiServerForbiddenEnv},
		{"persistenceAgent", s.Spec.PersistenceAgent.Env, persistenceAgentEnv, nil},
		{"scheduledWorkflow", s.Spec.ScheduledWorkflow.Env, scheduledWorkflowEnv, nil},
		{"workflowController", s.Spec.WorkflowController.Env, workflowControllerEnv, nil},
		{"metadata", s.Spec.Metadata.Env, metadataConfigEnv, nil},
		{"ui", s.Spec.UI.Env, uiEnv, nil},
	} {
		if len(c.claim) == 0 {
			continue
		}
		taken := map[string]string{}
		maps.Copy(taken, c.forbidden)
		for _, v := range c.own(s) {
			taken[v.Name] = "the stack sets it"
		}
		seen := map[string]bool{}
		for i, v := range c.claim {
			path := specPath.Child(c.path, "env").Index(i).Child("name")
			if why, ok := taken[v.Name]; ok {
				errs = append(errs, field.Invalid(path, v.Name, why))
			}
			if seen[v.Name] {
				errs = append(errs, field.Duplicate(path, v.Name))
			}
			seen[v.Name] = true
		}
	}
	return errs
}
