package check

import (
	"slices"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// backend demands a Service of the namespace and, unless it is the zero value,
// one of its ports by number or name.
func (g *graph) backend(name string, port intstr.IntOrString, p *field.Path) {
	key := g.namespace + "/" + name
	if !g.services[key] {
		g.errorf(p, "Service %s does not exist", name)
		return
	}
	svc := g.specs[key]
	if svc == nil || port == (intstr.IntOrString{}) {
		return
	}
	if !slices.ContainsFunc(svc.Spec.Ports, func(sp corev1.ServicePort) bool {
		return port.Type == intstr.String && sp.Name == port.StrVal || port.Type == intstr.Int && sp.Port == port.IntVal
	}) {
		g.errorf(p, "Service %s has no port %s", name, port.String())
	}
}

// portOf reads a port's number or name; absent is the zero value.
func portOf(v any) intstr.IntOrString {
	switch v := v.(type) {
	case int64:
		return intstr.Parse(strconv.FormatInt(v, 10))
	case string:
		return intstr.FromString(v)
	default:
		return intstr.IntOrString{}
	}
}

// checkIngress finds backends anywhere in the object.
func (g *graph) checkIngress(obj map[string]any) {
	walk(obj["spec"], "", field.NewPath("spec"), func(v any, key string, p *field.Path) {
		m, ok := v.(map[string]any)
		if !ok || key != "service" {
			return
		}
		port := portOf(at(m, "port", "number"))
		if name := stringAt(m, "port", "name"); name != "" {
			port = portOf(name)
		}
		g.backend(stringAt(m, "name"), port, p)
	})
}

func (g *graph) checkHTTPRoute(obj map[string]any) {
	walk(obj["spec"], "", field.NewPath("spec"), func(v any, key string, p *field.Path) {
		m, ok := v.(map[string]any)
		if !ok || key != "backendRefs" && key != "backendRef" {
			return
		}
		if kind := stringAt(m, "kind"); kind == "" || kind == "Service" {
			g.backend(stringAt(m, "name"), portOf(m["port"]), p)
		}
	})
}

// checkRoute: OpenShift's port is the name of the Service's port, or the
// number of the pod's.
func (g *graph) checkRoute(obj map[string]any) {
	p := field.NewPath("spec")
	name, port := stringAt(obj, "spec", "to", "name"), portOf(at(obj, "spec", "port", "targetPort"))
	if port.Type == intstr.String {
		g.backend(name, port, p)
		return
	}
	g.backend(name, intstr.IntOrString{}, p)
	svc := g.specs[g.namespace+"/"+name]
	if svc == nil || port.IntVal == 0 {
		return
	}
	pods, _ := g.selected(&metav1.LabelSelector{MatchLabels: svc.Spec.Selector})
	for _, t := range pods {
		if !t.hasPort(port) {
			g.errorf(p.Child("port", "targetPort"), "%s has no container port %s", t.owner, port.String())
		}
	}
}

// checkPodMonitor: it chooses pods by label, and of each a port.
func (g *graph) checkPodMonitor(obj map[string]any) {
	p := field.NewPath("spec")
	pods := g.selectsPods(mapAt(obj, "spec", "selector"), p.Child("selector"))
	for i, e := range listAt(obj, "spec", "podMetricsEndpoints") {
		endpoint, _ := e.(map[string]any)
		port := portOf(endpoint["port"])
		if port.StrVal != "" && len(pods) > 0 && !slices.ContainsFunc(pods, func(t *podTemplate) bool { return t.hasPort(port) }) {
			g.errorf(p.Child("podMetricsEndpoints").Index(i).Child("port"), "no selected pod has a port named %s", port.StrVal)
		}
	}
}
