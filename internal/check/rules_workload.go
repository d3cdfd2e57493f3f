package check

import (
	"regexp"
	"strconv"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// validateObject applies the rules of a built-in kind that its schema cannot
// express.
func validateObject(object runtime.Object) field.ErrorList {
	spec := field.NewPath("spec")
	var errs field.ErrorList
	if t := templateOf(object); t != nil {
		errs = t.validate()
		errs = append(errs, t.validateSelector(object)...)
	}
	switch o := object.(type) {
	case *appsv1.Deployment:
		errs = append(errs, deployment(o.Spec, spec)...)
	case *appsv1.StatefulSet:
		errs = append(errs, statefulSet(o.Spec, spec)...)
	case *batchv1.CronJob:
		errs = append(errs, cronJob(o.Spec, spec)...)
	case *policyv1.PodDisruptionBudget:
		errs = append(errs, exactlyOne(spec, map[string]bool{"minAvailable": o.Spec.MinAvailable != nil, "maxUnavailable": o.Spec.MaxUnavailable != nil})...)
		errs = append(errs, needSelector(o.Spec.Selector != nil, spec)...)
		errs = append(errs, validateSelector(o.Spec.Selector, spec.Child("selector"))...)
	case *autoscalingv2.HorizontalPodAutoscaler:
		if low := o.Spec.MinReplicas; low != nil && *low > o.Spec.MaxReplicas {
			errs = append(errs, field.Invalid(spec.Child("minReplicas"), *low, "must not exceed maxReplicas"))
		}
	case *corev1.Service:
		errs = append(errs, service(o.Spec, spec)...)
	case *networkingv1.NetworkPolicy:
		errs = append(errs, networkPolicy(o.Spec, spec)...)
	case *networkingv1.Ingress:
		errs = append(errs, ingress(o.Spec, spec)...)
	case *corev1.ConfigMap:
		errs = append(errs, configMap(o)...)
	case *corev1.Secret:
		errs = append(errs, secret(o)...)
	case *corev1.PersistentVolumeClaim:
		errs = append(errs, claim(o.Spec, spec)...)
	case *corev1.ResourceQuota:
		errs = append(errs, quantities(o.Spec.Hard, spec.Child("hard"))...)
	case *corev1.LimitRange:
		errs = append(errs, limitRange(o.Spec, spec)...)
	case *rbacv1.Role:
		errs = append(errs, policyRules(o.Rules, true)...)
	case *rbacv1.ClusterRole:
		errs = append(errs, policyRules(o.Rules, false)...)
	case *rbacv1.RoleBinding:
		errs = append(errs, binding(o.RoleRef, o.Subjects, "Role", "ClusterRole")...)
	case *rbacv1.ClusterRoleBinding:
		errs = append(errs, binding(o.RoleRef, o.Subjects, "ClusterRole")...)
	}
	return errs
}

// validateSelector: what makes pods and keeps them selects its own pods.
func (t *podTemplate) validateSelector(object runtime.Object) field.ErrorList {
	switch object.(type) {
	case *appsv1.Deployment, *appsv1.StatefulSet, *appsv1.DaemonSet:
	default:
		return nil
	}
	p := field.NewPath("spec", "selector")
	if t.selector == nil {
		return field.ErrorList{field.Required(p, "")}
	}
	errs := validateSelector(t.selector, p)
	if len(t.selector.MatchLabels)+len(t.selector.MatchExpressions) == 0 {
		errs = append(errs, field.Invalid(p, field.OmitValueType{}, "must not be empty"))
	}
	if len(errs) == 0 && !matches(t.selector, t.labels()) {
		errs = append(errs, field.Invalid(t.path.Child("metadata", "labels"), t.labels(), "the selector does not match the template's labels"))
	}
	return errs
}

func needSelector(present bool, p *field.Path) field.ErrorList {
	if present {
		return nil
	}
	return field.ErrorList{field.Required(p.Child("selector"), "")}
}

func deployment(spec appsv1.DeploymentSpec, p *field.Path) field.ErrorList {
	errs := replicas(spec.Replicas, p)
	s, q := spec.Strategy, p.Child("strategy")
	errs = append(errs, oneOf(s.Type, q.Child("type"), "", appsv1.RecreateDeploymentStrategyType, appsv1.RollingUpdateDeploymentStrategyType)...)
	if s.RollingUpdate == nil {
		return errs
	}
	if s.Type == appsv1.RecreateDeploymentStrategyType {
		errs = append(errs, field.Forbidden(q.Child("rollingUpdate"), "may not be specified with Recreate"))
	}
	surge, unavailable := s.RollingUpdate.MaxSurge, s.RollingUpdate.MaxUnavailable
	if isZero(surge) && isZero(unavailable) {
		errs = append(errs, field.Invalid(q.Child("rollingUpdate", "maxUnavailable"), unavailable, "must not be 0 when maxSurge is 0"))
	}
	return errs
}

// isZero: present and 0 or 0%.
func isZero(v *intstr.IntOrString) bool {
	if v == nil {
		return false
	}
	n, err := strconv.Atoi(strings.TrimSuffix(v.String(), "%"))
	return err == nil && n == 0
}

func statefulSet(spec appsv1.StatefulSetSpec, p *field.Path) field.ErrorList {
	errs := replicas(spec.Replicas, p)
	errs = append(errs, oneOf(spec.PodManagementPolicy, p.Child("podManagementPolicy"), "", appsv1.OrderedReadyPodManagement, appsv1.ParallelPodManagement)...)
	errs = append(errs, oneOf(spec.UpdateStrategy.Type, p.Child("updateStrategy", "type"), "",
		appsv1.RollingUpdateStatefulSetStrategyType, appsv1.OnDeleteStatefulSetStrategyType)...)
	names := map[string]bool{}
	for _, v := range spec.Template.Spec.Volumes {
		names[v.Name] = true
	}
	for i, c := range spec.VolumeClaimTemplates {
		q := p.Child("volumeClaimTemplates").Index(i)
		errs = append(errs, syntax(c.Name, q.Child("metadata", "name"), validation.IsDNS1123Label(c.Name))...)
		errs = append(errs, unique(names, c.Name, q.Child("metadata", "name"))...)
		errs = append(errs, claim(c.Spec, q.Child("spec"))...)
	}
	return errs
}

func replicas(n *int32, p *field.Path) field.ErrorList {
	if n == nil {
		return nil
	}
	return apivalidation.ValidateNonnegativeField(int64(*n), p.Child("replicas"))
}

var (
	cronFields = regexp.MustCompile(`^\S+( +\S+){4}$`)
	cronMacro  = regexp.MustCompile(`^@(yearly|annually|monthly|weekly|daily|midnight|hourly|every \S+)$`)
)

func cronJob(spec batchv1.CronJobSpec, p *field.Path) field.ErrorList {
	errs := oneOf(spec.ConcurrencyPolicy, p.Child("concurrencyPolicy"), "", batchv1.AllowConcurrent, batchv1.ForbidConcurrent, batchv1.ReplaceConcurrent)
	if !cronFields.MatchString(spec.Schedule) && !cronMacro.MatchString(spec.Schedule) {
		errs = append(errs, field.Invalid(p.Child("schedule"), spec.Schedule, "must be five fields or a macro"))
	}
	return errs
}
