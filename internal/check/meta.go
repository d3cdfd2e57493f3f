package check

import (
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	"k8s.io/apimachinery/pkg/api/validation/path"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	metavalidation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// nameFuncs are the kinds whose names follow another rule than RFC 1123's
// subdomain, which most kinds have.
var nameFuncs = map[schema.GroupKind]apivalidation.ValidateNameFunc{
	{Kind: "Service"}:                              apivalidation.NameIsDNS1035Label,
	{Kind: "Namespace"}:                            apivalidation.NameIsDNSLabel,
	{Group: rbacGroup, Kind: "Role"}:               pathSegment,
	{Group: rbacGroup, Kind: "RoleBinding"}:        pathSegment,
	{Group: rbacGroup, Kind: "ClusterRoleBinding"}: pathSegment,
	{Group: "apps", Kind: "StatefulSet"}:           statefulSetName,
}

func nameFunc(gvk schema.GroupVersionKind) apivalidation.ValidateNameFunc {
	if f, ok := nameFuncs[gvk.GroupKind()]; ok {
		return f
	}
	return apivalidation.NameIsDNSSubdomain
}

func pathSegment(name string, prefix bool) []string {
	return path.ValidatePathSegmentName(name, prefix)
}

// statefulSetName leaves room for the suffix that the controller puts behind
// the name, of which it makes a label.
func statefulSetName(name string, prefix bool) []string {
	msgs := apivalidation.NameIsDNSSubdomain(name, prefix)
	if most := validation.DNS1123LabelMaxLength - len("-0123456789"); len(name) > most {
		msgs = append(msgs, validation.MaxLenError(most))
	}
	return msgs
}

// validateMeta checks an object's metadata: no unknown fields, a legal name, a
// namespace exactly when the kind has one, legal labels and annotations.
func validateMeta(obj map[string]any, namespaced bool, name apivalidation.ValidateNameFunc) field.ErrorList {
	p := field.NewPath("metadata")
	raw, ok := obj["metadata"].(map[string]any)
	if !ok {
		return field.ErrorList{field.Required(p, "")}
	}
	var meta metav1.ObjectMeta
	if err := runtime.DefaultUnstructuredConverter.FromUnstructuredWithValidation(raw, &meta, true); err != nil {
		return strictErrors(p, err)
	}
	if meta.Name == "" {
		return field.ErrorList{field.Required(p.Child("name"), "the name is set by whoever emits the object")}
	}
	return apivalidation.ValidateObjectMeta(&meta, namespaced, name, p)
}

// strictErrors takes the errors of a strict conversion apart.
func strictErrors(p *field.Path, err error) field.ErrorList {
	strict, ok := runtime.AsStrictDecodingError(err)
	if !ok {
		return field.ErrorList{field.Invalid(p, field.OmitValueType{}, err.Error())}
	}
	var list field.ErrorList
	for _, e := range strict.Errors() {
		list = append(list, field.Invalid(p, field.OmitValueType{}, e.Error()))
	}
	return list
}

// validateSelector checks the syntax of a label selector.
func validateSelector(s *metav1.LabelSelector, p *field.Path) field.ErrorList {
	return metavalidation.ValidateLabelSelector(s, metavalidation.LabelSelectorValidationOptions{}, p)
}

// matches says whether a selector selects labels. A nil selector selects
// nothing, an empty one everything. An illegal one, which validation reports,
// selects nothing.
func matches(s *metav1.LabelSelector, set map[string]string) bool {
	selector, err := metav1.LabelSelectorAsSelector(s)
	return err == nil && selector.Matches(labels.Set(set))
}
