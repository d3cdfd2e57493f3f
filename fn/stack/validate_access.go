package stack

import (
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
	return append(errs, validateCloudIdentities(s, path)...)
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
