package check

import (
	"net/netip"
	"slices"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// networkPolicy demands, beyond the API server, that policyTypes is explicit
// and that rules have an effect: the default leaves egress open unless an
// egress rule happens to be there.
func networkPolicy(spec networkingv1.NetworkPolicySpec, p *field.Path) field.ErrorList {
	errs := validateSelector(&spec.PodSelector, p.Child("podSelector"))
	if len(spec.PolicyTypes) == 0 {
		errs = append(errs, field.Required(p.Child("policyTypes"), "the default depends on the rules"))
	}
	if len(spec.Ingress) > 0 && !slices.Contains(spec.PolicyTypes, networkingv1.PolicyTypeIngress) {
		errs = append(errs, field.Invalid(p.Child("ingress"), field.OmitValueType{}, "has no effect: policyTypes lacks Ingress"))
	}
	if len(spec.Egress) > 0 && !slices.Contains(spec.PolicyTypes, networkingv1.PolicyTypeEgress) {
		errs = append(errs, field.Invalid(p.Child("egress"), field.OmitValueType{}, "has no effect: policyTypes lacks Egress"))
	}
	for i, rule := range spec.Ingress {
		q := p.Child("ingress").Index(i)
		errs = append(errs, peers(rule.From, q.Child("from"))...)
		errs = append(errs, policyPorts(rule.Ports, q.Child("ports"))...)
	}
	for i, rule := range spec.Egress {
		q := p.Child("egress").Index(i)
		errs = append(errs, peers(rule.To, q.Child("to"))...)
		errs = append(errs, policyPorts(rule.Ports, q.Child("ports"))...)
	}
	return errs
}

func peers(list []networkingv1.NetworkPolicyPeer, p *field.Path) field.ErrorList {
	var errs field.ErrorList
	for i, peer := range list {
		q := p.Index(i)
		selects := peer.PodSelector != nil || peer.NamespaceSelector != nil
		errs = append(errs, exactlyOne(q, map[string]bool{"ipBlock": peer.IPBlock != nil, "podSelector or namespaceSelector": selects})...)
		errs = append(errs, validateSelector(peer.PodSelector, q.Child("podSelector"))...)
		errs = append(errs, validateSelector(peer.NamespaceSelector, q.Child("namespaceSelector"))...)
		if peer.IPBlock != nil {
			errs = append(errs, ipBlock(*peer.IPBlock, q.Child("ipBlock"))...)
		}
	}
	return errs
}

func ipBlock(b networkingv1.IPBlock, p *field.Path) field.ErrorList {
	cidr, err := netip.ParsePrefix(b.CIDR)
	if err != nil {
		return field.ErrorList{field.Invalid(p.Child("cidr"), b.CIDR, err.Error())}
	}
	var errs field.ErrorList
	if cidr != cidr.Masked() {
		errs = append(errs, field.Invalid(p.Child("cidr"), b.CIDR, "has bits beyond its mask; meant is "+cidr.Masked().String()))
	}
	for i, except := range b.Except {
		inner, err := netip.ParsePrefix(except)
		if err != nil || !cidr.Contains(inner.Addr()) || inner.Bits() <= cidr.Bits() {
			errs = append(errs, field.Invalid(p.Child("except").Index(i), except, "must be a smaller range inside "+b.CIDR))
		}
	}
	return errs
}

func policyPorts(list []networkingv1.NetworkPolicyPort, p *field.Path) field.ErrorList {
	var errs field.ErrorList
	for i, port := range list {
		if port.Port == nil || port.Port.Type == intstr.String {
			continue
		}
		for _, msg := range validation.IsValidPortNum(port.Port.IntValue()) {
			errs = append(errs, field.Invalid(p.Index(i).Child("port"), port.Port.IntValue(), msg))
		}
	}
	return errs
}

// ingressHosts are the tenant's words.
func ingressHosts(spec networkingv1.IngressSpec, p *field.Path) field.ErrorList {
	var errs field.ErrorList
	for i, tls := range spec.TLS {
		for j, host := range tls.Hosts {
			errs = append(errs, hostName(host, p.Child("tls").Index(i).Child("hosts").Index(j))...)
		}
	}
	for i, rule := range spec.Rules {
		if rule.Host != "" {
			errs = append(errs, hostName(rule.Host, p.Child("rules").Index(i).Child("host"))...)
		}
	}
	return errs
}

func hostName(host string, p *field.Path) field.ErrorList {
	if strings.HasPrefix(host, "*.") {
		return syntax(host, p, validation.IsWildcardDNS1123Subdomain(host))
	}
	return syntax(host, p, validation.IsDNS1123Subdomain(host))
}

// exactlyOne demands that one of several alternatives is set.
func exactlyOne(p *field.Path, alternatives map[string]bool) field.ErrorList {
	var all, set []string
	for name, on := range alternatives {
		all = append(all, name)
		if on {
			set = append(set, name)
		}
	}
	slices.Sort(all)
	slices.Sort(set)
	switch len(set) {
	case 1:
		return nil
	case 0:
		return field.ErrorList{field.Required(p, "one of "+strings.Join(all, ", "))}
	default:
		return field.ErrorList{field.Forbidden(p, "more than one of "+strings.Join(set, ", "))}
	}
}
