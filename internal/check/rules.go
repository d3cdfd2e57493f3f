package check

import (
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// validateObject applies the rules of a built-in kind that its schema cannot
// express. The API server of the control plane in test/e2e judges every object
// of the examples, so a rule stands here for one of three reasons: a claim's or
// a class's own words reach the field, and no example has them all; it is
// stricter than the API server; or it is about rights.
func validateObject(object runtime.Object) field.ErrorList {
	spec := field.NewPath("spec")
	var errs field.ErrorList
	if t := templateOf(object); t != nil {
		errs = t.validate()
	}
	switch o := object.(type) {
	case *appsv1.Deployment:
		errs = append(errs, replicas(o.Spec.Replicas, spec)...)
	case *appsv1.StatefulSet:
		errs = append(errs, replicas(o.Spec.Replicas, spec)...)
		for i, c := range o.Spec.VolumeClaimTemplates {
			errs = append(errs, claim(c.Spec, spec.Child("volumeClaimTemplates").Index(i).Child("spec"))...)
		}
	case *corev1.PersistentVolumeClaim:
		errs = append(errs, claim(o.Spec, spec)...)
	case *networkingv1.NetworkPolicy:
		errs = append(errs, networkPolicy(o.Spec, spec)...)
	case *networkingv1.Ingress:
		errs = append(errs, ingressHosts(o.Spec, spec)...)
	case *rbacv1.Role:
		errs = append(errs, policyRules(o.Rules)...)
	case *rbacv1.RoleBinding:
		errs = append(errs, binding(o.RoleRef, o.Subjects, "Role", "ClusterRole")...)
	case *rbacv1.ClusterRoleBinding:
		errs = append(errs, binding(o.RoleRef, o.Subjects, "ClusterRole")...)
	}
	return errs
}

func replicas(n *int32, p *field.Path) field.ErrorList {
	if n == nil {
		return nil
	}
	return apivalidation.ValidateNonnegativeField(int64(*n), p.Child("replicas"))
}

// oneOf allows the given values only; the schema of built-in kinds does not
// know their enumerations.
func oneOf[T ~string](value T, p *field.Path, allowed ...T) field.ErrorList {
	if slices.Contains(allowed, value) {
		return nil
	}
	return field.ErrorList{field.NotSupported(p, value, allowed)}
}

// unique reports a name seen before, and remembers it.
func unique(seen map[string]bool, name string, p *field.Path) field.ErrorList {
	if seen[name] {
		return field.ErrorList{field.Duplicate(p, name)}
	}
	seen[name] = true
	return nil
}

// syntax turns the messages of apimachinery's validators into errors.
func syntax(value string, p *field.Path, msgs []string) field.ErrorList {
	var errs field.ErrorList
	for _, msg := range msgs {
		errs = append(errs, field.Invalid(p, value, msg))
	}
	return errs
}
