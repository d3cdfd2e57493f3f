package check

import (
	"slices"
	"strings"
	"sync"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/managedfields"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/client-go/applyconfigurations"
	"k8s.io/client-go/kubernetes/scheme"
)

// builtinKinds are Kubernetes' own kinds that this package judges, and whether
// they are namespaced. A kind gets a line here together with the rules for it
// that a schema cannot express, or after thought that it needs none.
var builtinKinds = map[schema.GroupVersionKind]bool{
	{Version: "v1", Kind: "ConfigMap"}:                                              true,
	{Version: "v1", Kind: "Secret"}:                                                 true,
	{Version: "v1", Kind: "Service"}:                                                true,
	{Version: "v1", Kind: "ServiceAccount"}:                                         true,
	{Version: "v1", Kind: "PersistentVolumeClaim"}:                                  true,
	{Group: "apps", Version: "v1", Kind: "Deployment"}:                              true,
	{Group: "apps", Version: "v1", Kind: "StatefulSet"}:                             true,
	{Group: "networking.k8s.io", Version: "v1", Kind: "NetworkPolicy"}:              true,
	{Group: "networking.k8s.io", Version: "v1", Kind: "Ingress"}:                    true,
	{Group: "rbac.authorization.k8s.io", Version: "v1", Kind: "Role"}:               true,
	{Group: "rbac.authorization.k8s.io", Version: "v1", Kind: "RoleBinding"}:        true,
	{Group: "rbac.authorization.k8s.io", Version: "v1", Kind: "ClusterRoleBinding"}: false,

	// Only the example odh-project has these.
	{Version: "v1", Kind: "Namespace"}:     false,
	{Version: "v1", Kind: "ResourceQuota"}: true,
	{Version: "v1", Kind: "LimitRange"}:    true,
}

// converter knows the OpenAPI schemas of all built-in kinds. Making it takes
// a good part of a second, hence once.
var converter = sync.OnceValue(func() managedfields.TypeConverter {
	return applyconfigurations.NewTypeConverter(scheme.Scheme)
})

// validateBuiltin checks an object of a built-in kind: first what the schema
// says (unknown fields, types, duplicate keys of lists), and if that is in
// order what the rules of this package say. A field that the schema does not
// have may hide other errors beside it until it is gone.
func validateBuiltin(obj map[string]any) field.ErrorList {
	gvk := kindOf(obj)
	errs := validateMeta(obj, builtinKinds[gvk], nameFunc(gvk))

	if _, err := converter().ObjectToTyped(&unstructured.Unstructured{Object: obj}); err != nil {
		return append(errs, schemaErrors(err)...)
	}
	object, err := scheme.Scheme.New(gvk)
	if err == nil {
		// the schema has strings where Go has quantities and the like
		err = runtime.DefaultUnstructuredConverter.FromUnstructuredWithValidation(obj, object, true)
	}
	if err != nil {
		return append(errs, strictErrors(nil, err)...)
	}
	return append(errs, validateObject(object)...)
}

// schemaErrors takes the errors of the typed converter apart: it gives one line
// each, path first.
func schemaErrors(err error) field.ErrorList {
	var list field.ErrorList
	for _, line := range slices.Sorted(strings.SplitSeq(err.Error(), "\n")) {
		path, msg, ok := strings.Cut(strings.TrimSpace(line), ": ")
		if !ok {
			path, msg = "", path
		}
		if msg == "errors:" { // the heading of several
			continue
		}
		list = append(list, field.Invalid(field.NewPath(strings.TrimPrefix(path, ".")), field.OmitValueType{}, msg))
	}
	return list
}
