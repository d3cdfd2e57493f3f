package check

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/validation/path"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// maxData is how many bytes the values of a ConfigMap or Secret may have.
const maxData = 1 << 20

func configMap(o *corev1.ConfigMap) field.ErrorList {
	errs, size := dataKeys(o.Data, field.NewPath("data"))
	more, sizeBinary := dataKeys(o.BinaryData, field.NewPath("binaryData"))
	errs = append(errs, more...)
	for _, key := range slices.Sorted(maps.Keys(o.BinaryData)) {
		if _, ok := o.Data[key]; ok {
			errs = append(errs, field.Duplicate(field.NewPath("binaryData").Key(key), key))
		}
	}
	return append(errs, dataSize(size+sizeBinary)...)
}

// secretKeys are the keys that Secrets of a certain type must have.
var secretKeys = map[corev1.SecretType][]string{
	corev1.SecretTypeTLS:              {corev1.TLSCertKey, corev1.TLSPrivateKeyKey},
	corev1.SecretTypeDockerConfigJson: {corev1.DockerConfigJsonKey},
	corev1.SecretTypeSSHAuth:          {corev1.SSHAuthPrivateKey},
}

// secret never puts a value into an error.
func secret(o *corev1.Secret) field.ErrorList {
	errs, size := dataKeys(o.Data, field.NewPath("data"))
	more, sizeString := dataKeys(o.StringData, field.NewPath("stringData"))
	errs = append(errs, more...)
	for _, key := range secretKeys[o.Type] {
		_, data := o.Data[key]
		_, stringData := o.StringData[key]
		if !data && !stringData {
			errs = append(errs, field.Required(field.NewPath("data").Key(key), "type "+string(o.Type)))
		}
	}
	return append(errs, dataSize(size+sizeString)...)
}

func dataKeys[V string | []byte](data map[string]V, p *field.Path) (errs field.ErrorList, size int) {
	for _, key := range slices.Sorted(maps.Keys(data)) {
		errs = append(errs, syntax(key, p.Key(key), validation.IsConfigMapKey(key))...)
		size += len(data[key])
	}
	return errs, size
}

func dataSize(size int) field.ErrorList {
	if size < maxData {
		return nil
	}
	return field.ErrorList{field.TooLong(field.NewPath("data"), "", maxData)}
}

func limitRange(spec corev1.LimitRangeSpec, p *field.Path) field.ErrorList {
	var errs field.ErrorList
	for i, item := range spec.Limits {
		q := p.Child("limits").Index(i)
		errs = append(errs, oneOf(item.Type, q.Child("type"), corev1.LimitTypeContainer, corev1.LimitTypePod, corev1.LimitTypePersistentVolumeClaim)...)
		ascending := []struct {
			name string
			list corev1.ResourceList
		}{{"min", item.Min}, {"defaultRequest", item.DefaultRequest}, {"default", item.Default}, {"max", item.Max}}
		for j, low := range ascending {
			errs = append(errs, quantities(low.list, q.Child(low.name))...)
			for _, high := range ascending[j+1:] {
				for _, name := range slices.Sorted(maps.Keys(low.list)) {
					value, limit := low.list[name], high.list[name]
					if _, ok := high.list[name]; ok && value.Cmp(limit) > 0 {
						errs = append(errs, field.Invalid(q.Child(low.name).Key(string(name)), value.String(), "must not exceed "+high.name+" "+limit.String()))
					}
				}
			}
		}
	}
	return errs
}

// policyRules have verbs, and resources or (cluster-wide only) URLs.
func policyRules(rules []rbacv1.PolicyRule, namespaced bool) field.ErrorList {
	var errs field.ErrorList
	for i, rule := range rules {
		p := field.NewPath("rules").Index(i)
		if len(rule.Verbs) == 0 {
			errs = append(errs, field.Required(p.Child("verbs"), ""))
		}
		if len(rule.NonResourceURLs) > 0 {
			if namespaced {
				errs = append(errs, field.Forbidden(p.Child("nonResourceURLs"), "a Role cannot grant them"))
			}
			if len(rule.APIGroups)+len(rule.Resources)+len(rule.ResourceNames) > 0 {
				errs = append(errs, field.Forbidden(p.Child("nonResourceURLs"), "excludes resources"))
			}
			continue
		}
		if len(rule.APIGroups) == 0 {
			errs = append(errs, field.Required(p.Child("apiGroups"), ""))
		}
		if len(rule.Resources) == 0 {
			errs = append(errs, field.Required(p.Child("resources"), ""))
		}
		// a new object has no name yet that a rule could match; a subresource
		// belongs to an object that has one
		whole := func(resource string) bool { return !strings.Contains(resource, "/") }
		if len(rule.ResourceNames) > 0 && slices.Contains(rule.Verbs, "create") && slices.ContainsFunc(rule.Resources, whole) {
			errs = append(errs, field.Invalid(p.Child("verbs"), "create", "cannot be limited by resourceNames"))
		}
	}
	return errs
}

const rbacGroup = "rbac.authorization.k8s.io"

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
		return append(errs, dnsSubdomain(s.Name, p.Child("name"))...)
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
