package stack

import (
	"slices"
	"strings"

	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	metavalidation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/pipelinestack/function-pipelinestack/apis/v1alpha1"
	"github.com/pipelinestack/function-pipelinestack/fn/kube"
)

// validateAccess checks who reaches the stack, and what its pods reach.
func validateAccess(s *Stack) field.ErrorList {
	var errs field.ErrorList
	if s.monitoringEnabled() && !s.Class.Monitoring.PrometheusOperator {
		errs = append(errs, field.Forbidden(specPath.Child("monitoring", "enabled"), "needs a class with monitoring.prometheusOperator: true"))
	}
	tls := s.Spec.TLS
	if (tls.Type == v1alpha1.TLSSecret) != (tls.SecretName != "") {
		errs = append(errs, field.Invalid(specPath.Child("tls", "secretName"), tls.SecretName, "must be set with type Secret, and only with it"))
	}
	path := specPath.Child("networkPolicy")
	for i, c := range s.Spec.NetworkPolicy.Clients {
		errs = append(errs, metavalidation.ValidateLabels(c.PodLabels, path.Child("clients").Index(i).Child("podLabels"))...)
	}
	errs = append(errs, validateTargets(s.Spec.NetworkPolicy.Egress, path.Child("egress"))...)
	errs = append(errs, validateEgress(s, path.Child("egress"))...)
	path = specPath.Child("pipelineRunner", "serviceAccountAnnotations")
	errs = append(errs, apivalidation.ValidateAnnotations(s.Spec.PipelineRunner.ServiceAccountAnnotations, path)...)
	errs = append(errs, validateRoles(s)...)
	errs = append(errs, validateSecrets(s)...)
	return append(errs, validateCloudIdentities(s, path)...)
}

// validateRoles refuses ClusterRoles that Crossplane may not bind. Kubernetes would refuse the
// RoleBinding, and Crossplane, which stops at the first object that is forbidden, the whole stack.
// A render without a cluster binds anything.
func validateRoles(s *Stack) field.ErrorList {
	install, answer := s.world.answer(askInstall)
	if answer != present {
		return nil
	}
	var errs field.ErrorList
	bound := strings.Fields(install.String("data", keyInstallBinds))
	for i, role := range s.Spec.PipelineRunner.Roles {
		if !slices.Contains(bound, role) {
			errs = append(errs, field.Forbidden(specPath.Child("pipelineRunner", "roles").Index(i), "Crossplane may not bind ClusterRole "+role+
				", as the ConfigMap "+installName+" in "+installNamespace+" says: ask the platform team to add it there under "+keyInstallBinds+
				", with the verb bind for Crossplane"))
		}
	}
	return errs
}

func validateTargets(targets []v1alpha1.EgressTarget, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	for i, t := range targets {
		errs = append(errs, kube.ValidateCIDR(t.CIDR, path.Index(i).Child("cidr"))...)
		for j, port := range t.Ports {
			for _, msg := range validation.IsValidPortNum(int(port)) {
				errs = append(errs, field.Invalid(path.Index(i).Child("ports").Index(j), port, msg))
			}
		}
	}
	return errs
}
