package stack

import (
	"net/netip"
	"slices"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/pipelinestack/function-pipelinestack/apis/v1alpha1"
	"github.com/pipelinestack/function-pipelinestack/fn/kube"
)

// Ranges that pipeline pods do not reach, since anybody's code runs in them.

// linkLocal are addresses of the node's own network, and that of the metadata service of AWS in
// IPv6: whoever asks there gets the node's account.
var linkLocal = []string{"169.254.0.0/16", "fe80::/10", "fd00:ec2::254/128"}

// privateRanges hold the pods, Services and nodes of nearly every cluster.
var privateRanges = []string{"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"}

// ofNoStack selects pods that belong to no stack.
var ofNoStack = metav1.LabelSelector{
	MatchExpressions: []metav1.LabelSelectorRequirement{{Key: LabelStack, Operator: metav1.LabelSelectorOpDoesNotExist}},
}

// clusterRanges are those of pods, Services and nodes.
func (s *Stack) clusterRanges() []string {
	if s.Class.Network.Cluster != nil {
		return s.Class.Network.Cluster
	}
	return privateRanges
}

// databaseRanges are where the database is, if it is known by address. Pods of this namespace are
// known by their labels.
func (s *Stack) databaseRanges() []string {
	if s.database.pods != nil {
		return nil
	}
	if addr, err := netip.ParseAddr(s.database.host); err == nil {
		return append([]string{netip.PrefixFrom(addr, addr.BitLen()).String()}, s.Class.Network.Database...)
	}
	return s.Class.Network.Database
}

// protected are the ranges that no rule of pipelines opens on some ports; nil are all of them. The
// database's count on its port: its ranges often hold other servers.
func (s *Stack) protected(ports []int32) []string {
	if len(ports) > 0 && !slices.Contains(ports, s.database.port) {
		return linkLocal
	}
	return slices.Concat(linkLocal, s.databaseRanges())
}

// unprotected is anywhere but what is protected, and what the class names as the cluster's. Some
// network plugins find no pod by its address: to them it is also pods of no stack.
func (s *Stack) unprotected(ports []networkingv1.NetworkPolicyPort) []networkingv1.NetworkPolicyPeer {
	peers := everywhereBut(slices.Concat(s.protected(numbers(ports)), s.Class.Network.Cluster))
	if len(s.Class.Network.Cluster) == 0 {
		peers = append(peers, networkingv1.NetworkPolicyPeer{NamespaceSelector: &metav1.LabelSelector{}, PodSelector: &ofNoStack})
	}
	return peers
}

// toListed opens what the class lists for all pipelines, and what the claim adds. The claim opens
// nothing that is protected.
func (s *Stack) toListed() []networkingv1.NetworkPolicyEgressRule {
	var rules []networkingv1.NetworkPolicyEgressRule
	listed := s.Class.Network.Pipelines
	for i, t := range listed {
		same := func(o v1alpha1.EgressTarget) bool { return slices.Equal(o.Ports, t.Ports) }
		if slices.IndexFunc(listed, same) < i {
			continue // in the rule of the first with these ports
		}
		var cidrs []string
		for _, o := range listed {
			if same(o) {
				cidrs = append(cidrs, o.CIDR)
			}
		}
		rules = append(rules, toRanges(cidrs, tcp(t.Ports...)))
	}
	for _, t := range s.Spec.NetworkPolicy.Egress {
		rules = append(rules, toPeers(blocks([]string{t.CIDR}, s.protected(t.Ports)), tcp(t.Ports...))...)
	}
	return rules
}

// validateEgress refuses what lies inside a protected range: a policy could not except it.
func validateEgress(s *Stack, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	for i, t := range s.Spec.NetworkPolicy.Egress {
		at := path.Index(i).Child("cidr")
		switch {
		case kube.InRanges(t.CIDR, linkLocal):
			errs = append(errs, field.Forbidden(at, "is link-local: only a class opens it to pipelines, in network.pipelines"))
		case kube.InRanges(t.CIDR, s.protected(t.Ports)):
			errs = append(errs, field.Forbidden(at, "lies where the stack's database is: list ports other than the database's"))
		}
	}
	return errs
}

func everywhereBut(except []string) []networkingv1.NetworkPolicyPeer {
	return blocks([]string{allIPv4, allIPv6}, except)
}

// blocks are ranges without others.
func blocks(cidrs, except []string) []networkingv1.NetworkPolicyPeer {
	var peers []networkingv1.NetworkPolicyPeer
	for _, c := range cidrs {
		if kube.InRanges(c, except) {
			continue
		}
		within := slices.DeleteFunc(outermost(except), func(e string) bool { return !kube.InRanges(e, []string{c}) })
		peers = append(peers, networkingv1.NetworkPolicyPeer{IPBlock: &networkingv1.IPBlock{CIDR: c, Except: within}})
	}
	return peers
}

// outermost ranges, each once: those that lie in no other.
func outermost(cidrs []string) []string {
	var found []string
	for i, c := range cidrs {
		if !kube.InRanges(c, cidrs[i+1:]) && !kube.InRanges(c, found) {
			found = append(found, c)
		}
	}
	return found
}

// toPeers opens ports towards peers: nothing if there are none, which a rule could not say.
func toPeers(peers []networkingv1.NetworkPolicyPeer, ports []networkingv1.NetworkPolicyPort) []networkingv1.NetworkPolicyEgressRule {
	if len(peers) == 0 {
		return nil
	}
	return []networkingv1.NetworkPolicyEgressRule{{To: peers, Ports: ports}}
}

func numbers(ports []networkingv1.NetworkPolicyPort) []int32 {
	var found []int32
	for _, p := range ports {
		found = append(found, p.Port.IntVal)
	}
	return found
}
