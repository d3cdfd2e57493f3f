package check

import (
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// connectionKeys are the keys that providers write into the connection Secret
// of a managed resource, by the kind in its cluster-scoped group.
var connectionKeys = map[string][]string{
	"User.mysql.sql.crossplane.io": {"username", "password", "endpoint", "port"},
	"AccessKey.iam.aws.upbound.io": {"username", "password", "attribute.secret", "attribute.ses_smtp_password_v4"},
	"Bucket.s3.aws.upbound.io":     {"id", "arn", "region"},
}

// addConnectionSecret records the Secret that a managed resource writes.
func (g *graph) addConnectionSecret(obj map[string]any) {
	ref := mapAt(obj, "spec", "writeConnectionSecretToRef")
	name := stringAt(ref, "name")
	if name == "" {
		return
	}
	ns := stringAt(ref, "namespace")
	if ns == "" {
		ns = namespaceOf(obj)
	}
	gvk := kindOf(obj)
	names, ok := connectionKeys[groupKind(family(gvk.Group), gvk.Kind)]
	for _, d := range listAt(obj, "spec", "connectionDetails") { // provider-kubernetes
		detail, _ := d.(map[string]any)
		names, ok = append(names, stringAt(detail, "toConnectionSecretKey")), true
	}
	if !ok {
		g.errorf(field.NewPath("spec", "writeConnectionSecretToRef"), "it is not known which keys a %s writes", gvk.GroupKind())
	}
	g.provide(g.secrets, ns, name, g.subject, false, names...)
}

// checkManaged follows references among managed resources: below forProvider,
// <something>Ref, <something>Refs and <something>Selector.
func (g *graph) checkManaged(obj map[string]any) {
	walk(at(obj, "spec", "forProvider"), "", field.NewPath("spec", "forProvider"), func(v any, key string, p *field.Path) {
		m, ok := v.(map[string]any)
		if !ok {
			return
		}
		if stem, ok := strings.CutSuffix(strings.TrimSuffix(key, "s"), "Ref"); ok && isManagedRef(m) {
			g.managedRef(obj, stem, stringAt(m, "name"), p)
		}
		if stem, ok := strings.CutSuffix(key, "Selector"); ok {
			g.managedSelector(obj, stem, m, p)
		}
	})
}

// isManagedRef tells a reference to a resource from one to a Secret's key,
// which refs_names.go follows.
func isManagedRef(m map[string]any) bool {
	return stringAt(m, "name") != "" && m["key"] == nil
}

func (g *graph) managedRef(from map[string]any, stem, name string, p *field.Path) {
	for _, o := range g.candidates(from, stem) {
		if nameOf(o) == name {
			return
		}
	}
	if !slices.ContainsFunc(g.opts.Managed, func(given string) bool {
		kind, givenName, _ := strings.Cut(given, "/")
		return givenName == name && meant(stem, kind)
	}) {
		g.errorf(p, "no managed resource named %s that a %sRef could mean", name, stem)
	}
}

func (g *graph) managedSelector(from map[string]any, stem string, selector map[string]any, p *field.Path) {
	want := labels.SelectorFromSet(stringsAt(selector, "matchLabels"))
	for _, o := range g.candidates(from, stem) {
		if want.Matches(labels.Set(stringsAt(o, "metadata", "labels"))) {
			return
		}
	}
	g.errorf(p, "selects no managed resource")
}

// candidates are the resources that a reference in another may mean: of the
// same provider and scope, and of a kind that the reference's name contains,
// as policyArnRef contains Policy.
func (g *graph) candidates(from map[string]any, stem string) []map[string]any {
	var found []map[string]any
	for _, o := range g.objs {
		gvk := kindOf(o)
		if sameProvider(gvk.Group, kindOf(from).Group) && namespaceOf(o) == namespaceOf(from) && meant(stem, gvk.Kind) {
			found = append(found, o)
		}
	}
	return found
}

func meant(stem, kind string) bool {
	return strings.Contains(strings.ToLower(stem), strings.ToLower(kind))
}

// sameProvider: equal groups, or groups that differ in the first label only,
// as iam.aws.upbound.io and eks.aws.upbound.io do.
func sameProvider(a, b string) bool {
	if a == b {
		return true
	}
	_, domainA, _ := strings.Cut(a, ".")
	_, domainB, _ := strings.Cut(b, ".")
	return domainA == domainB && strings.Count(domainA, ".") >= 2
}
