package stack

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// Network policies are half of a stack's isolation, since the API server does not authenticate.
// They close everything, then open what is needed between pods of this namespace. The class names
// destinations outside the cluster; where it names none, a policy restricts only the port.

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

func (s *Stack) podsOf(apps ...string) metav1.LabelSelector {
	if len(apps) == 1 {
		return metav1.LabelSelector{MatchLabels: s.selector(apps[0])}
	}
	return metav1.LabelSelector{
		MatchLabels:      map[string]string{LabelStack: s.Name},
		MatchExpressions: []metav1.LabelSelectorRequirement{{Key: labelApp, Operator: metav1.LabelSelectorOpIn, Values: apps}},
	}
}

// pipelinePods are those of every workflow of the namespace: drivers, launchers with user code, and
// Argo's own.
var pipelinePods = metav1.LabelSelector{
	MatchExpressions: []metav1.LabelSelectorRequirement{{Key: labelWorkflow, Operator: metav1.LabelSelectorOpExists}},
}

// defaultDenyPolicy closes the stack's pods, and leaves the other pods of the namespace alone.
func defaultDenyPolicy(s *Stack) *networkingv1.NetworkPolicy {
	return s.policy("default-deny", nameAPIServer, metav1.LabelSelector{MatchLabels: map[string]string{LabelStack: s.Name}}, nil, nil)
}

// apiServerPolicy opens the guarded port to everybody, and the unguarded ones to the pods of this
// namespace that need them.
func apiServerPolicy(s *Stack) *networkingv1.NetworkPolicy {
	direct := []networkingv1.NetworkPolicyPeer{
		pods(s.podsOf(namePersistenceAgent, nameScheduledWorkflow, nameUI)),
		pods(pipelinePods),
		pods(metav1.LabelSelector{MatchLabels: map[string]string{labelWorkbench: "true"}}),
	}
	for _, c := range s.Spec.NetworkPolicy.Clients {
		direct = append(direct, pods(metav1.LabelSelector{MatchLabels: c.PodLabels}))
	}
	ingress := []networkingv1.NetworkPolicyIngressRule{{From: direct, Ports: tcp(portHTTP, portGRPC)}}
	if s.authProxyEnabled() {
		ingress = append(ingress, networkingv1.NetworkPolicyIngressRule{Ports: tcp(portProxy)})
	}
	egress := []networkingv1.NetworkPolicyEgressRule{s.toDNS(), s.toKubernetes(), s.toDatabase(), s.toObjectStore()}
	return s.policy("api-server", nameAPIServer, s.podsOf(nameAPIServer), ingress, append(egress, s.toMLMD()...))
}

// controllersPolicy is for the agents and Argo's controller, which nobody calls.
func controllersPolicy(s *Stack) *networkingv1.NetworkPolicy {
	apps := []string{namePersistenceAgent, nameScheduledWorkflow, nameWorkflowController}
	if !s.hasWorkflowController() {
		apps = apps[:2]
	}
	return s.policy("controllers", namePersistenceAgent, s.podsOf(apps...), s.fromPrometheus(), []networkingv1.NetworkPolicyEgressRule{
		s.toDNS(), s.toKubernetes(), toPods(s.podsOf(nameAPIServer), portHTTP, portGRPC),
	})
}

// fromPrometheus lets the platform's Prometheus read the metrics of Argo's controller, the only one
// here that listens on that port.
func (s *Stack) fromPrometheus() []networkingv1.NetworkPolicyIngressRule {
	namespace := s.Class.Monitoring.Namespace
	if !s.monitoringEnabled() || !s.hasWorkflowController() || namespace == "" {
		return nil
	}
	return []networkingv1.NetworkPolicyIngressRule{
		{
			From: []networkingv1.NetworkPolicyPeer{
				{NamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{labelNamespace: namespace}}},
			},
			Ports: tcp(portMetrics),
		},
	}
}

func metadataPolicy(s *Stack) *networkingv1.NetworkPolicy {
	ingress := []networkingv1.NetworkPolicyIngressRule{{
		From:  []networkingv1.NetworkPolicyPeer{pods(s.podsOf(nameAPIServer, nameEnvoy)), pods(pipelinePods)},
		Ports: tcp(portMetadata),
	}}
	return s.policy(
		"metadata",
		nameMetadata,
		s.podsOf(nameMetadata),
		ingress,
		[]networkingv1.NetworkPolicyEgressRule{s.toDNS(), s.toDatabase()},
	)
}

// envoyPolicy lets the namespace's workbenches in, and the web interface if there is one.
func envoyPolicy(s *Stack) *networkingv1.NetworkPolicy {
	from := []networkingv1.NetworkPolicyPeer{pods(metav1.LabelSelector{MatchLabels: map[string]string{labelWorkbench: "true"}})}
	if s.hasUI() {
		from = append(from, pods(s.podsOf(nameUI)))
	}
	ingress := []networkingv1.NetworkPolicyIngressRule{{From: from, Ports: tcp(portEnvoy)}}
	return s.policy("metadata-envoy", nameEnvoy, s.podsOf(nameEnvoy), ingress, []networkingv1.NetworkPolicyEgressRule{
		s.toDNS(), toPods(s.podsOf(nameMetadata), portMetadata),
	})
}

// uiPolicy lets nobody in: a port-forward does not come over the network.
func uiPolicy(s *Stack) *networkingv1.NetworkPolicy {
	egress := []networkingv1.NetworkPolicyEgressRule{s.toDNS(), s.toKubernetes(), s.toObjectStore(), toPods(s.podsOf(nameAPIServer), portHTTP)}
	if s.hasEnvoy() {
		egress = append(egress, toPods(s.podsOf(nameEnvoy), portEnvoy))
	}
	return s.policy("ui", nameUI, s.podsOf(nameUI), nil, egress)
}

// pipelinesPolicy closes pipeline pods to callers. They may go where the class and the claim say;
// if the class says nothing they may go anywhere, since components install packages as they start.
func pipelinesPolicy(s *Stack) *networkingv1.NetworkPolicy {
	targets := slices.Concat(s.Class.Network.Pipelines, s.Spec.NetworkPolicy.Egress)
	egress := []networkingv1.NetworkPolicyEgressRule{
		s.toDNS(), s.toKubernetes(), s.toObjectStore(), toPods(s.podsOf(nameAPIServer), portHTTP, portGRPC),
	}
	egress = append(egress, s.toMLMD()...)
	for _, t := range targets {
		egress = append(egress, toRanges([]string{t.CIDR}, tcp(t.Ports...)))
	}
	if s.Class.Network.Pipelines == nil {
		egress = append(egress, networkingv1.NetworkPolicyEgressRule{})
	}
	return s.policy("pipelines", namePipelineRunner, pipelinePods, nil, egress)
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
		peer := networkingv1.NetworkPolicyPeer{
			NamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{labelNamespace: dns.Namespace}},
		}
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

// toMLMD is empty in a release without ML Metadata.
func (s *Stack) toMLMD() []networkingv1.NetworkPolicyEgressRule {
	if !s.hasMLMD() {
		return nil
	}
	return []networkingv1.NetworkPolicyEgressRule{toPods(s.podsOf(nameMetadata), portMetadata)}
}

// toStore opens the way to pods of this namespace, or ports towards ranges.
func toStore(pods *servers, cidrs []string, ports ...int32) networkingv1.NetworkPolicyEgressRule {
	if pods != nil {
		return toPods(pods.selector, pods.port)
	}
	return toRanges(cidrs, tcp(ports...))
}

// toRanges opens ports towards ranges, or anywhere if there are none.
func toRanges(cidrs []string, ports []networkingv1.NetworkPolicyPort) networkingv1.NetworkPolicyEgressRule {
	rule := networkingv1.NetworkPolicyEgressRule{Ports: ports}
	for _, c := range cidrs {
		rule.To = append(rule.To, networkingv1.NetworkPolicyPeer{IPBlock: &networkingv1.IPBlock{CIDR: c}})
	}
	return rule
}

func toPods(selector metav1.LabelSelector, ports ...int32) networkingv1.NetworkPolicyEgressRule {
	return networkingv1.NetworkPolicyEgressRule{To: []networkingv1.NetworkPolicyPeer{pods(selector)}, Ports: tcp(ports...)}
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
