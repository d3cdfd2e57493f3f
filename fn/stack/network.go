package stack

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// What network policies are made of.

func (s *Stack) policy(
	name, app string,
	pods metav1.LabelSelector,
	ingress []networkingv1.NetworkPolicyIngressRule,
	egress []networkingv1.NetworkPolicyEgressRule,
) *networkingv1.NetworkPolicy {
	return &networkingv1.NetworkPolicy{
		TypeMeta:   typeNetworkPolicy,
		ObjectMeta: s.meta("pipelinestack-"+name, app),
		Spec: networkingv1.NetworkPolicySpec{
			PodSelector: pods,
			Ingress:     ingress,
			Egress:      egress,
			PolicyTypes: []networkingv1.PolicyType{networkingv1.PolicyTypeIngress, networkingv1.PolicyTypeEgress},
		},
	}
}

// podsOf components of the stack. A pipeline's pod that wears their labels is none of them.
func (s *Stack) podsOf(apps ...string) metav1.LabelSelector {
	if len(apps) == 1 {
		return noWorkflow(s.selector(apps[0]))
	}
	selector := noWorkflow(map[string]string{LabelStack: s.Name})
	selector.MatchExpressions = append(selector.MatchExpressions,
		metav1.LabelSelectorRequirement{Key: labelApp, Operator: metav1.LabelSelectorOpIn, Values: apps})
	return selector
}

// noWorkflow selects pods with labels, unless Argo made them: a pipeline's author chooses the labels
// of its pods, but cannot take away Argo's own. Only policies say so; a Deployment's selector can
// not change.
func noWorkflow(labels map[string]string) metav1.LabelSelector {
	return metav1.LabelSelector{
		MatchLabels:      labels,
		MatchExpressions: []metav1.LabelSelectorRequirement{{Key: labelWorkflow, Operator: metav1.LabelSelectorOpDoesNotExist}},
	}
}

// pipelinePods are those of every workflow of the namespace: drivers, launchers with user code, and
// Argo's own.
var pipelinePods = metav1.LabelSelector{
	MatchExpressions: []metav1.LabelSelectorRequirement{{Key: labelWorkflow, Operator: metav1.LabelSelectorOpExists}},
}

// Destinations.

func (s *Stack) toDNS() networkingv1.NetworkPolicyEgressRule {
	rule := networkingv1.NetworkPolicyEgressRule{}
	for _, protocol := range []corev1.Protocol{corev1.ProtocolUDP, corev1.ProtocolTCP} {
		for _, port := range []int32{portDNS, portDNSPod} {
			rule.Ports = append(rule.Ports, networkPort(protocol, port))
		}
	}
	dns := s.Class.Network.DNS
	if dns == nil {
		return rule
	}
	if dns.Namespace != "" {
		peer := namespacePeer(dns.Namespace)
		if len(dns.PodLabels) > 0 {
			peer.PodSelector = &metav1.LabelSelector{MatchLabels: dns.PodLabels}
		}
		rule.To = append(rule.To, peer)
	}
	rule.To = append(rule.To, toRanges(dns.CIDRs, nil).To...)
	return rule
}

func (s *Stack) toKubernetes() networkingv1.NetworkPolicyEgressRule {
	return toRanges(s.Class.Network.KubernetesAPI.CIDRs, tcp(s.Class.Network.KubernetesAPI.Ports...))
}

func (s *Stack) toDatabase() networkingv1.NetworkPolicyEgressRule {
	return toStore(s.database.pods, s.Class.Network.Database, s.database.port)
}

func (s *Stack) toObjectStore() networkingv1.NetworkPolicyEgressRule {
	return toStore(s.store.pods, s.Class.Network.ObjectStore, s.store.ports()...)
}

// toStore opens the way to pods of this namespace, or ports towards ranges.
func toStore(pods *servers, cidrs []string, ports ...int32) networkingv1.NetworkPolicyEgressRule {
	if pods != nil {
		return toPods(pods.selector, pods.port)
	}
	return toRanges(cidrs, tcp(ports...))
}

// All addresses.
const (
	allIPv4 = "0.0.0.0/0"
	allIPv6 = "::/0"
)

// toRanges opens ports towards ranges, or anywhere if there are none. Anywhere is also what all of IPv4
// and IPv6 means: to some network plugins no range holds pods or nodes.
func toRanges(cidrs []string, ports []networkingv1.NetworkPolicyPort) networkingv1.NetworkPolicyEgressRule {
	rule := networkingv1.NetworkPolicyEgressRule{Ports: ports}
	if slices.Contains(cidrs, allIPv4) && slices.Contains(cidrs, allIPv6) {
		return rule
	}
	for _, c := range cidrs {
		rule.To = append(rule.To, networkingv1.NetworkPolicyPeer{IPBlock: &networkingv1.IPBlock{CIDR: c}})
	}
	return rule
}

func toPods(selector metav1.LabelSelector, ports ...int32) networkingv1.NetworkPolicyEgressRule {
	return networkingv1.NetworkPolicyEgressRule{To: []networkingv1.NetworkPolicyPeer{pods(selector)}, Ports: tcp(ports...)}
}

// namespacePeer is any pod of a namespace.
func namespacePeer(name string) networkingv1.NetworkPolicyPeer {
	return networkingv1.NetworkPolicyPeer{NamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{labelNamespace: name}}}
}

// pods of this namespace.
func pods(selector metav1.LabelSelector) networkingv1.NetworkPolicyPeer {
	return networkingv1.NetworkPolicyPeer{PodSelector: &selector}
}

func tcp(ports ...int32) []networkingv1.NetworkPolicyPort {
	var out []networkingv1.NetworkPolicyPort
	for _, p := range ports {
		out = append(out, networkPort(corev1.ProtocolTCP, p))
	}
	return out
}

func networkPort(protocol corev1.Protocol, port int32) networkingv1.NetworkPolicyPort {
	p := intstr.FromInt32(port)
	return networkingv1.NetworkPolicyPort{Protocol: &protocol, Port: &p}
}
