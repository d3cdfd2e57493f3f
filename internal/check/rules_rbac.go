package check

import (
	"fmt"
	"slices"
	"strings"

	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/validation/path"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

const rbacGroup = "rbac.authorization.k8s.io"

// policyRules of a Role have verbs and resources.
func policyRules(rules []rbacv1.PolicyRule) field.ErrorList {
	var errs field.ErrorList
	for i, rule := range rules {
		p := field.NewPath("rules").Index(i)
		for name, list := range map[string][]string{"verbs": rule.Verbs, "apiGroups": rule.APIGroups, "resources": rule.Resources} {
			if len(list) == 0 {
				errs = append(errs, field.Required(p.Child(name), ""))
			}
		}
		if len(rule.NonResourceURLs) > 0 {
			errs = append(errs, field.Forbidden(p.Child("nonResourceURLs"), "a Role cannot grant them"))
		}
		// a new object has no name yet that a rule could match; a subresource
		// belongs to an object that has one
		whole := func(resource string) bool { return !strings.Contains(resource, "/") }
		if len(rule.ResourceNames) > 0 && slices.Contains(rule.Verbs, "create") && slices.ContainsFunc(rule.Resources, whole) {
			errs = append(errs, field.Invalid(p.Child("verbs"), "create", "cannot be limited by resourceNames"))
		}
	}
	inOrder(errs)
	return errs
}

func binding(ref rbacv1.RoleRef, subjects []rbacv1.Subject, kinds ...string) field.ErrorList {
	p := field.NewPath("roleRef")
	errs := oneOf(ref.APIGroup, p.Child("apiGroup"), rbacGroup)
	errs = append(errs, oneOf(ref.Kind, p.Child("kind"), kinds...)...)
	if ref.Name == "" {
		errs = append(errs, field.Required(p.Child("name"), ""))
	}
	errs = append(errs, syntax(ref.Name, p.Child("name"), path.IsValidPathSegmentName(ref.Name))...)
	if len(subjects) == 0 {
		errs = append(errs, field.Required(field.NewPath("subjects"), "a binding without subjects grants nothing"))
	}
	for i, s := range subjects {
		errs = append(errs, subject(s, field.NewPath("subjects").Index(i))...)
	}
	return errs
}

func subject(s rbacv1.Subject, p *field.Path) field.ErrorList {
	if s.Name == "" {
		return field.ErrorList{field.Required(p.Child("name"), "")}
	}
	switch s.Kind {
	case rbacv1.ServiceAccountKind:
		errs := oneOf(s.APIGroup, p.Child("apiGroup"), "")
		if s.Namespace == "" {
			errs = append(errs, field.Required(p.Child("namespace"), ""))
		}
		return append(errs, syntax(s.Name, p.Child("name"), validation.IsDNS1123Subdomain(s.Name))...)
	case rbacv1.UserKind, rbacv1.GroupKind:
		errs := oneOf(s.APIGroup, p.Child("apiGroup"), rbacGroup)
		if s.Namespace != "" {
			errs = append(errs, field.Forbidden(p.Child("namespace"), fmt.Sprintf("a %s has none", s.Kind)))
		}
		return errs
	default:
		return oneOf(s.Kind, p.Child("kind"), rbacv1.ServiceAccountKind, rbacv1.UserKind, rbacv1.GroupKind)
	}
}
