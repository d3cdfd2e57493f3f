package stack

import (
	"maps"

	corev1 "k8s.io/api/core/v1"
	metavalidation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/pipelinestack/function-pipelinestack/apis/v1alpha1"
	"github.com/pipelinestack/function-pipelinestack/fn/kube"
)

// containerResources that a claim asks for, by component path.
func containerResources(spec v1alpha1.PipelineStackSpec) map[string]*v1alpha1.Resources {
	all := map[string]*v1alpha1.Resources{
		"apiServer":          spec.APIServer.Resources,
		"persistenceAgent":   spec.PersistenceAgent.Resources,
		"scheduledWorkflow":  spec.ScheduledWorkflow.Resources,
		"workflowController": spec.WorkflowController.Resources,
		"metadata":           spec.Metadata.Resources,
		"metadata.envoy":     spec.Metadata.Envoy.Resources,
		"ui":                 spec.UI.Resources,
	}
	maps.DeleteFunc(all, func(_ string, r *v1alpha1.Resources) bool { return r == nil })
	return all
}

// What a claim says of pods goes into Deployments as it stands. An API server that refuses it there says so of an object that the tenant
// never wrote, so the same is refused here, where it was written.

// validateContainers holds against each other what a container gets in the end: what the claim leaves out is the size's.
func validateContainers(s *Stack) field.ErrorList {
	var errs field.ErrorList
	for path, r := range containerResources(s.Spec) {
		both := resources(s.Size[sizedBy(path)], r)
		errs = append(errs, kube.ValidateResources(both, specPath.Child(path, "resources"))...)
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
		errs = append(errs, kube.ValidateImage(image, specPath.Child(path))...)
	}
	return errs
}

func validateScheduling(s *Stack) field.ErrorList {
	path := specPath.Child("scheduling")
	errs := metavalidation.ValidateLabels(s.Spec.Scheduling.NodeSelector, path.Child("nodeSelector"))
	for i, t := range s.Spec.Scheduling.Tolerations {
		errs = append(errs, kube.ValidateToleration(t, path.Child("tolerations").Index(i))...)
	}
	if name := s.Spec.Scheduling.PriorityClassName; name != "" {
		for _, msg := range validation.IsDNS1123Subdomain(name) {
			errs = append(errs, field.Invalid(path.Child("priorityClassName"), name, msg))
		}
	}
	if a := s.Spec.Scheduling.Affinity; a != nil {
		errs = append(errs, kube.ValidateAffinity(a, path.Child("affinity"))...)
	}
	return errs
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
