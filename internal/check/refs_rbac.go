package check

import (
	"slices"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// groupKind is the form that the keys of graph.names begin with.
func groupKind(group, kind string) string {
	return schema.GroupKind{Group: group, Kind: kind}.String()
}

// checkBinding: the role is there, and so are the service accounts.
func (g *graph) checkBinding(obj map[string]any) {
	ref := mapAt(obj, "roleRef")
	kind, name := stringAt(ref, "kind"), stringAt(ref, "name")
	ns := ""
	if kind == "Role" {
		ns = namespaceOf(obj)
	}
	known := g.names[groupKind(rbacGroup, kind)+"/"+ns+"/"+name] ||
		kind == "ClusterRole" && slices.Contains(g.opts.ClusterRoles, name)
	if !known {
		g.errorf(field.NewPath("roleRef"), "%s %s does not exist", kind, name)
	}
	for i, s := range listAt(obj, "subjects") {
		subject, _ := s.(map[string]any)
		if stringAt(subject, "kind") == "ServiceAccount" {
			g.serviceAccount(stringAt(subject, "namespace"), stringAt(subject, "name"), field.NewPath("subjects").Index(i))
		}
	}
}

// checkRole: the Secrets and ConfigMaps that a rule names are there.
func (g *graph) checkRole(obj map[string]any) {
	for i, r := range listAt(obj, "rules") {
		rule, _ := r.(map[string]any)
		if !slices.Contains(listAt(rule, "apiGroups"), any("")) {
			continue
		}
		for j, n := range listAt(rule, "resourceNames") {
			name, _ := n.(string)
			p := field.NewPath("rules").Index(i).Child("resourceNames").Index(j)
			for _, resource := range listAt(rule, "resources") {
				switch resource {
				case "secrets":
					g.entry("Secret", g.secrets, g.namespace, name, nil, false, p)
				case "configmaps":
					g.entry("ConfigMap", g.configMaps, g.namespace, name, nil, false, p)
				}
			}
		}
	}
}
