package check

import (
	"fmt"

	"k8s.io/apimachinery/pkg/util/validation/field"
)

// ReferenceOptions say what objects may refer to although none of them is it.
type ReferenceOptions struct {
	// Namespace in which the names of these options live, and in which names
	// that carry none are looked up. Required.
	Namespace string
	// AllowPendingKeys: an emitted Secret may lack keys that are referred to,
	// since the function fills it from what it has not observed yet.
	AllowPendingKeys bool
	// Secrets and ConfigMaps that somebody else makes, with their keys. No
	// keys means that any key is there.
	Secrets    map[string][]string
	ConfigMaps map[string][]string
	// ServiceAccounts, Services and ClusterRoles that somebody else makes.
	ServiceAccounts []string
	Services        []string
	ClusterRoles    []string
	// Pods are the labels of pods in the namespace that no emitted object
	// makes, e.g. those of workflows. Policies and monitors may select them.
	Pods []map[string]string
	// Managed are managed resources that somebody else makes, as <Kind>/<name>.
	Managed []string
}

// References follows every reference from one object to another and reports
// those that go nowhere: Secrets and ConfigMaps with their keys, service
// accounts, roles, Services and their ports (also where a host name stands in
// a variable, an argument or a file), the pods that selectors choose, and
// references among managed resources. Documents inside ConfigMaps are read
// like objects. It is a walk through all fields, not a list of known ones; the
// rules stand in the refs_*.go files.
func References(objs []map[string]any, opts ReferenceOptions) []error {
	g := newGraph(opts)
	for _, o := range Expand(objs) {
		g.add(Normalize(o))
	}
	for _, o := range g.objs {
		g.subject, g.namespace = id(o), namespaceOf(o)
		if g.namespace == "" {
			g.namespace = opts.Namespace
		}
		if m := manifest(o); m != nil {
			delete(mapAt(o, "spec", "forProvider"), "manifest") // is an object of its own
		}
		g.walkNames(o, nil)
		g.walkHosts(o)
		g.checkKind(o)
	}
	for _, t := range g.pods {
		g.subject, g.namespace = t.owner, t.namespace
		g.checkPods(t)
	}
	return g.errs
}

// checkKind applies the rules that belong to one kind.
func (g *graph) checkKind(obj map[string]any) {
	switch gvk := kindOf(obj); gvk.Group + "/" + gvk.Kind {
	case "/Service":
		g.checkService(obj)
	case "networking.k8s.io/NetworkPolicy":
		g.checkNetworkPolicy(obj)
	case "networking.k8s.io/Ingress":
		g.checkIngress(obj)
	case "gateway.networking.k8s.io/HTTPRoute":
		g.checkHTTPRoute(obj)
	case "route.openshift.io/Route":
		g.checkRoute(obj)
	case "monitoring.coreos.com/PodMonitor":
		g.checkPodMonitor(obj)
	case "apps/StatefulSet":
		g.service(stringAt(obj, "spec", "serviceName"), field.NewPath("spec", "serviceName"))
	case rbacGroup + "/Role":
		g.checkRole(obj)
	case rbacGroup + "/RoleBinding", rbacGroup + "/ClusterRoleBinding":
		g.checkBinding(obj)
	default:
		g.checkManaged(obj)
	}
}

// errorf reports something about a field of the object at hand, or about all
// of it when the path is nil.
func (g *graph) errorf(p *field.Path, format string, args ...any) {
	msg := fmt.Sprintf(format, args...)
	if p != nil {
		msg = p.String() + ": " + msg
	}
	g.errs = append(g.errs, fmt.Errorf("%s: %s", g.subject, msg))
}
