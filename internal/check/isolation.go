package check

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// A Flavour is the kind of composite that holds the objects.
type Flavour string

const (
	// ClaimFlavour is a cluster-scoped composite behind a claim.
	ClaimFlavour Flavour = "Claim"
	// NamespacedFlavour is a namespaced composite: Crossplane composes nothing
	// cluster-scoped for it, and nothing in another namespace.
	NamespacedFlavour Flavour = "Namespaced"
)

// IsolationOptions say what belongs to a tenant.
type IsolationOptions struct {
	// Namespace is the tenant's. Required.
	Namespace string
	// Flavour of the composite. Required.
	Flavour Flavour
	// ClusterKinds are the cluster-scoped kinds that a tenant's stack may
	// consist of. In the namespaced flavour they may only stand in the
	// manifests of provider-kubernetes Objects.
	ClusterKinds []schema.GroupKind
	// Hosts are Services outside the namespace that objects may name, as
	// <service>.<namespace>, e.g. the platform's database. kubernetes.default
	// is always allowed.
	Hosts []string
}

// Isolation says whether objects stay inside a tenant's namespace: where they
// live, where their connection Secrets go, whom their bindings empower, and
// which namespaces and Services they name.
func Isolation(objs []map[string]any, opts IsolationOptions) []error {
	var errs []error
	if opts.Namespace == "" || opts.Flavour != ClaimFlavour && opts.Flavour != NamespacedFlavour {
		return []error{fmt.Errorf("isolation: namespace %q or flavour %q is not valid", opts.Namespace, opts.Flavour)}
	}
	for _, o := range objs {
		o = Normalize(o)
		m := manifest(o)
		if m != nil {
			delete(mapAt(o, "spec", "forProvider"), "manifest") // has its own turn
		}
		errs = append(errs, about(id(o), opts.object(o, false))...)
		if m != nil {
			errs = append(errs, about(id(o)+": "+id(m), opts.object(m, true))...)
		}
	}
	return errs
}

// object checks one object; carried: it is the manifest of another.
func (opts IsolationOptions) object(obj map[string]any, carried bool) field.ErrorList {
	list := opts.scope(obj, carried)
	list = append(list, opts.subjects(obj)...)
	walk(obj, "", nil, func(v any, key string, p *field.Path) {
		switch v := v.(type) {
		case string:
			list = append(list, opts.text(v, key, p)...)
		case map[string]any:
			if key == "namespaceSelector" && v["any"] == true {
				list = append(list, field.Forbidden(p.Child("any"), "reaches into all namespaces"))
			}
			if name := stringAt(v, "name"); key == "env" && strings.HasSuffix(name, "NAMESPACE") {
				list = append(list, opts.namespace(stringAt(v, "value"), p.Child("value"))...)
			}
		}
	})
	return list
}

// scope checks where the object lives.
func (opts IsolationOptions) scope(obj map[string]any, carried bool) field.ErrorList {
	gvk := kindOf(obj)
	p := field.NewPath("metadata", "namespace")
	namespaced, known := Namespaced(gvk)
	switch {
	case !known:
		return field.ErrorList{field.NotSupported(field.NewPath("kind"), gvk.String(), []string{"a known kind"})}
	case namespaced && namespaceOf(obj) != opts.Namespace:
		return field.ErrorList{field.Invalid(p, namespaceOf(obj), "must be "+opts.Namespace)}
	case namespaced:
		return nil
	case opts.Flavour == NamespacedFlavour && !carried:
		return field.ErrorList{field.Forbidden(field.NewPath("kind"), gvk.Kind+" is cluster-scoped, a namespaced composite cannot hold it")}
	case !slices.Contains(opts.ClusterKinds, gvk.GroupKind()):
		return field.ErrorList{
			field.Forbidden(field.NewPath("kind"), gvk.GroupKind().String()+" is cluster-scoped and not among the allowed kinds"),
		}
	}
	return nil
}

// subjects checks whom a binding empowers: service accounts of the namespace.
func (opts IsolationOptions) subjects(obj map[string]any) field.ErrorList {
	gvk := kindOf(obj)
	if gvk.Group != rbacGroup || gvk.Kind != "RoleBinding" && gvk.Kind != "ClusterRoleBinding" {
		return nil
	}
	var list field.ErrorList
	for i, s := range listAt(obj, "subjects") {
		m, _ := s.(map[string]any)
		if kind := stringAt(m, "kind"); kind != rbacv1.ServiceAccountKind {
			list = append(list, field.NotSupported(field.NewPath("subjects").Index(i).Child("kind"), kind, []string{rbacv1.ServiceAccountKind}))
		}
	}
	return list
}

// foreignNamespaces are the fields that name a namespace which is not the
// tenant's by their nature: the Gateway of a route is the platform's.
var foreignNamespaces = regexp.MustCompile(`parentRefs\[\d+\]\.namespace$`)

// serviceHost finds in-cluster names of Services.
var serviceHost = regexp.MustCompile(`([a-z0-9][a-z0-9-]*)\.([a-z0-9][a-z0-9-]*)\.svc\b`)

// namespaceFlag is a program's flag that names a namespace.
var namespaceFlag = regexp.MustCompile(`^--?[A-Za-z_-]*[nN]amespace=(.*)$`)

// text checks a string: the value of a field that names a namespace, and any
// namespace or Service named in it.
func (opts IsolationOptions) text(s, key string, p *field.Path) field.ErrorList {
	var list field.ErrorList
	switch {
	case p.String() == "metadata.namespace" || foreignNamespaces.MatchString(p.String()):
	case key == "namespace" || key == "matchNames":
		list = opts.namespace(s, p)
	}
	if m := namespaceFlag.FindStringSubmatch(s); m != nil {
		list = append(list, opts.namespace(m[1], p)...)
	}
	for _, m := range serviceHost.FindAllStringSubmatch(s, -1) {
		host := m[1] + "." + m[2]
		if m[2] != opts.Namespace && host != "kubernetes.default" && !slices.Contains(opts.Hosts, host) {
			list = append(list, field.Invalid(p, host, "a Service outside the namespace "+opts.Namespace))
		}
	}
	return list
}

// namespace allows the tenant's namespace, nothing, or a variable.
func (opts IsolationOptions) namespace(name string, p *field.Path) field.ErrorList {
	if name == "" || name == opts.Namespace || strings.HasPrefix(name, "$(") {
		return nil
	}
	return field.ErrorList{field.Invalid(p, name, "must be "+opts.Namespace)}
}
