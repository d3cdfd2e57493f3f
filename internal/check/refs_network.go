package check

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// selected returns the templates whose pods a selector chooses in the
// namespace at hand, and whether it chooses pods of the options.
func (g *graph) selected(s *metav1.LabelSelector) (emitted []*podTemplate, given bool) {
	for _, t := range g.pods {
		if t.namespace == g.namespace && matches(s, t.labels()) {
			emitted = append(emitted, t)
		}
	}
	given = slices.ContainsFunc(g.opts.Pods, func(labels map[string]string) bool { return matches(s, labels) })
	return emitted, given
}

// selectsPods demands that an unstructured selector chooses some pods.
func (g *graph) selectsPods(selector map[string]any, p *field.Path) []*podTemplate {
	var s metav1.LabelSelector
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(selector, &s); err != nil {
		g.errorf(p, "%v", err)
		return nil
	}
	emitted, given := g.selected(&s)
	if len(emitted) == 0 && !given {
		g.errorf(p, "selects no pods")
	}
	return emitted
}

// checkService: a Service leads to pods that declare its target ports.
func (g *graph) checkService(obj map[string]any) {
	svc := g.specs[g.namespace+"/"+nameOf(obj)]
	if svc == nil || svc.Spec.Type == corev1.ServiceTypeExternalName {
		return
	}
	p := field.NewPath("spec")
	if len(svc.Spec.Selector) == 0 {
		g.errorf(p.Child("selector"), "selects no pods")
		return
	}
	pods, given := g.selected(&metav1.LabelSelector{MatchLabels: svc.Spec.Selector})
	if len(pods) == 0 && !given {
		g.errorf(p.Child("selector"), "selects no pods")
	}
	for i, port := range svc.Spec.Ports {
		target := port.TargetPort
		if target == (intstr.IntOrString{}) {
			target = intstr.FromInt32(port.Port)
		}
		for _, t := range pods {
			if !t.hasPort(target) {
				g.errorf(p.Child("ports").Index(i).Child("targetPort"), "%s has no container port %s", t.owner, target.String())
			}
		}
	}
}

// checkNetworkPolicy: a policy is about pods that exist, opens ports that they
// have, and names peers in the namespace that exist.
func (g *graph) checkNetworkPolicy(obj map[string]any) {
	policy, err := decode[networkingv1.NetworkPolicy](obj)
	if err != nil {
		g.errs = append(g.errs, err)
		return
	}
	p := field.NewPath("spec")
	pods, given := g.selected(&policy.Spec.PodSelector)
	if len(pods) == 0 && !given {
		g.errorf(p.Child("podSelector"), "selects no pods")
	}
	for i, rule := range policy.Spec.Ingress {
		q := p.Child("ingress").Index(i)
		g.peers(rule.From, q.Child("from"))
		if !given {
			g.openPorts(rule.Ports, pods, q.Child("ports"))
		}
	}
	for i, rule := range policy.Spec.Egress {
		q := p.Child("egress").Index(i)
		if pods, all := g.peers(rule.To, q.Child("to")); all && len(pods) > 0 {
			g.openPorts(rule.Ports, pods, q.Child("ports"))
		}
	}
}

// peers checks a rule's peers. It returns the emitted pods among them, and
// whether there are no other peers.
func (g *graph) peers(list []networkingv1.NetworkPolicyPeer, p *field.Path) (pods []*podTemplate, all bool) {
	all = true
	for i, peer := range list {
		if peer.PodSelector == nil || peer.NamespaceSelector != nil {
			all = false // elsewhere: nothing is known of it
			continue
		}
		found, given := g.selected(peer.PodSelector)
		if len(found) == 0 && !given {
			g.errorf(p.Index(i).Child("podSelector"), "selects no pods")
		}
		pods = append(pods, found...)
		all = all && !given
	}
	return pods, all
}

// openPorts demands that some of the pods have each port of a rule.
func (g *graph) openPorts(ports []networkingv1.NetworkPolicyPort, pods []*podTemplate, p *field.Path) {
	for i, port := range ports {
		if port.Port == nil || port.EndPort != nil || len(pods) == 0 {
			continue
		}
		if !slices.ContainsFunc(pods, func(t *podTemplate) bool { return t.hasPort(*port.Port) }) {
			g.errorf(p.Index(i).Child("port"), "none of the pods has a container port %s", port.Port.String())
		}
	}
}
