package stack

import (
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	metavalidation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/pipelinestack/function-pipelinestack/apis/v1alpha1"
	"github.com/pipelinestack/function-pipelinestack/fn/fields"
	"github.com/pipelinestack/function-pipelinestack/fn/kube"
)

// The API server would reject a Deployment that the tenant never wrote, so what a claim says of
// pods is validated here, where the tenant wrote it.

// validateContainers says what is wrong with the containers of a stack.
func validateContainers(s *Stack) field.ErrorList {
	var errs field.ErrorList
	for _, ct := range containers {
		path, claim := specPath.Child(ct.path), ct.claim(&s.Spec)
		if claim.Resources != nil {
			// What the claim leaves out is the size's, so the two are checked together.
			errs = append(errs, kube.ValidateResources(resources(s.Size[ct.component], claim.Resources), path.Child("resources"))...)
		}
		errs = append(errs, kube.ValidateImage(claim.Image, path.Child("image"))...)
		for _, name := range ct.images {
			for _, image := range fields.Find(s.Spec, ct.path+"."+name, specPath) {
				errs = append(errs, kube.ValidateImage(image.Value.String(), image.Path)...)
			}
		}
		if s.complete() { // else the stack's own variables are not known, and another error says why
			errs = append(errs, validateEnv(s, ct, claim.Env)...)
		}
	}
	for _, ct := range podContainers {
		if claim := ct.resources(&s.Spec); claim != nil {
			errs = append(errs, kube.ValidateResources(resources(s.Size[ct.component], claim), specPath.Child(ct.path))...)
		}
	}
	return errs
}

// validateEnv refuses variables that the stack sets itself. Their names come from the functions
// that write them.
func validateEnv(s *Stack, ct configurable, claim []v1alpha1.EnvVar) field.ErrorList {
	if len(claim) == 0 {
		return nil
	}
	taken := maps.Clone(ct.forbidden)
	if taken == nil {
		taken = map[string]string{}
	}
	for _, v := range ct.env(s) {
		taken[v.Name] = "the stack sets it"
	}
	var errs field.ErrorList
	seen := map[string]bool{}
	for i, v := range claim {
		path := specPath.Child(ct.path, "env").Index(i).Child("name")
		if why, ok := taken[v.Name]; ok {
			errs = append(errs, field.Invalid(path, v.Name, why))
		}
		if seen[v.Name] {
			errs = append(errs, field.Duplicate(path, v.Name))
		}
		seen[v.Name] = true
	}
	return errs
}

// validateWorkspace refuses access modes that a volume cannot have together, or that a run cannot
// write with.
func validateWorkspace(w *v1alpha1.WorkspaceSpec, path *field.Path) field.ErrorList {
	if w == nil {
		return nil
	}
	modes := []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOnce, corev1.ReadWriteMany, corev1.ReadWriteOncePod}
	var errs field.ErrorList
	for i, m := range w.AccessModes {
		at := path.Child("accessModes").Index(i)
		switch {
		case !slices.Contains(modes, m):
			errs = append(errs, field.NotSupported(at, m, modes))
		case slices.Contains(w.AccessModes[:i], m):
			errs = append(errs, field.Duplicate(at, m))
		case m == corev1.ReadWriteOncePod && len(w.AccessModes) > 1:
			errs = append(errs, field.Invalid(at, m, "goes with no other mode"))
		}
	}
	for _, msg := range validation.IsDNS1123Subdomain(w.StorageClassName) {
		errs = append(errs, field.Invalid(path.Child("storageClassName"), w.StorageClassName, msg))
	}
	return errs
}

func validateScheduling(s *Stack) field.ErrorList {
	path := specPath.Child("scheduling")
	own := s.Spec.Scheduling
	errs := validateNodes(own.NodeSelector, own.Tolerations, own.Affinity, path)
	if name := s.Spec.Scheduling.PriorityClassName; name != "" {
		for _, msg := range validation.IsDNS1123Subdomain(name) {
			errs = append(errs, field.Invalid(path.Child("priorityClassName"), name, msg))
		}
	}
	of := s.Spec.PipelineRunner.Scheduling
	return append(errs, validateNodes(of.NodeSelector, of.Tolerations, of.Affinity, specPath.Child("pipelineRunner", "scheduling"))...)
}

// validateNodes checks what says on which nodes pods run.
func validateNodes(
	selector map[string]string,
	tolerations []corev1.Toleration,
	affinity *corev1.Affinity,
	path *field.Path,
) field.ErrorList {
	errs := metavalidation.ValidateLabels(selector, path.Child("nodeSelector"))
	for i, t := range tolerations {
		errs = append(errs, kube.ValidateToleration(t, path.Child("tolerations").Index(i))...)
	}
	if affinity != nil {
		errs = append(errs, kube.ValidateAffinity(affinity, path.Child("affinity"))...)
	}
	return errs
}
