package check

import (
	"net/netip"
	"strings"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metavalidation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

func service(spec corev1.ServiceSpec, p *field.Path) field.ErrorList {
	errs := oneOf(spec.Type, p.Child("type"), "", corev1.ServiceTypeClusterIP, corev1.ServiceTypeNodePort,
		corev1.ServiceTypeLoadBalancer, corev1.ServiceTypeExternalName)
	errs = append(errs, metavalidation.ValidateLabels(spec.Selector, p.Child("selector"))...)
	errs = append(errs, oneOf(spec.SessionAffinity, p.Child("sessionAffinity"), "", corev1.ServiceAffinityNone, corev1.ServiceAffinityClientIP)...)
	if spec.Type == corev1.ServiceTypeExternalName {
		return append(errs, syntax(spec.ExternalName, p.Child("externalName"), validation.IsDNS1123Subdomain(spec.ExternalName))...)
	}
	if spec.ClusterIP != "" && spec.ClusterIP != corev1.ClusterIPNone {
		errs = append(errs, field.Invalid(p.Child("clusterIP"), spec.ClusterIP, "is the cluster's to choose, or None"))
	}
	if len(spec.Ports) == 0 && spec.ClusterIP != corev1.ClusterIPNone {
		errs = append(errs, field.Required(p.Child("ports"), ""))
	}
	names := map[string]bool{}
	for i, port := range spec.Ports {
		q := p.Child("ports").Index(i)
		switch {
		case port.Name != "":
			errs = append(errs, syntax(port.Name, q.Child("name"), validation.IsDNS1123Label(port.Name))...)
			errs = append(errs, unique(names, port.Name, q.Child("name"))...)
		case len(spec.Ports) > 1:
			errs = append(errs, field.Required(q.Child("name"), "more than one port"))
		}
		errs = append(errs, portNumber(int(port.Port), q.Child("port"))...)
		errs = append(errs, protocolName(port.Protocol, q.Child("protocol"))...)
		if port.TargetPort != (intstr.IntOrString{}) {
			errs = append(errs, portRef(port.TargetPort, q.Child("targetPort"))...)
		}
	}
	return errs
}

// networkPolicy demands, beyond the API server, that policyTypes is explicit:
// the default leaves egress open unless an egress rule happens to be there.
func networkPolicy(spec networkingv1.NetworkPolicySpec, p *field.Path) field.ErrorList {
	errs := validateSelector(&spec.PodSelector, p.Child("podSelector"))
	if len(spec.PolicyTypes) == 0 {
		errs = append(errs, field.Required(p.Child("policyTypes"), "the default depends on the rules"))
	}
	types := map[string]bool{}
	for i, t := range spec.PolicyTypes {
		q := p.Child("policyTypes").Index(i)
		errs = append(errs, unique(types, string(t), q)...)
		errs = append(errs, oneOf(t, q, networkingv1.PolicyTypeIngress, networkingv1.PolicyTypeEgress)...)
	}
	if len(spec.Ingress) > 0 && !types["Ingress"] {
		errs = append(errs, field.Invalid(p.Child("ingress"), field.OmitValueType{}, "has no effect: policyTypes lacks Ingress"))
	}
	if len(spec.Egress) > 0 && !types["Egress"] {
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
		q := p.Index(i)
		errs = append(errs, oneOfPtr(port.Protocol, q.Child("protocol"))...)
		if port.Port != nil {
			errs = append(errs, portRef(*port.Port, q.Child("port"))...)
		}
		if port.EndPort == nil {
			continue
		}
		if port.Port == nil || port.Port.Type == intstr.String || *port.EndPort < port.Port.IntVal {
			errs = append(errs, field.Invalid(q.Child("endPort"), *port.EndPort, "needs a numeric port that is not greater"))
		}
		errs = append(errs, portNumber(int(*port.EndPort), q.Child("endPort"))...)
	}
	return errs
}

func oneOfPtr(name *corev1.Protocol, p *field.Path) field.ErrorList {
	if name == nil {
		return nil
	}
	return protocolName(*name, p)
}

func ingress(spec networkingv1.IngressSpec, p *field.Path) field.ErrorList {
	var errs field.ErrorList
	if len(spec.Rules) == 0 && spec.DefaultBackend == nil {
		errs = append(errs, field.Invalid(p, field.OmitValueType{}, "needs rules or a defaultBackend"))
	}
	if spec.DefaultBackend != nil {
		errs = append(errs, ingressBackend(*spec.DefaultBackend, p.Child("defaultBackend"))...)
	}
	for i, tls := range spec.TLS {
		for j, host := range tls.Hosts {
			errs = append(errs, hostName(host, p.Child("tls").Index(i).Child("hosts").Index(j))...)
		}
	}
	for i, rule := range spec.Rules {
		q := p.Child("rules").Index(i)
		if rule.Host != "" {
			errs = append(errs, hostName(rule.Host, q.Child("host"))...)
		}
		if rule.HTTP == nil || len(rule.HTTP.Paths) == 0 {
			errs = append(errs, field.Required(q.Child("http", "paths"), ""))
			continue
		}
		for j, path := range rule.HTTP.Paths {
			r := q.Child("http", "paths").Index(j)
			if path.PathType == nil {
				errs = append(errs, field.Required(r.Child("pathType"), ""))
			} else {
				errs = append(errs, oneOf(*path.PathType, r.Child("pathType"), networkingv1.PathTypeExact,
					networkingv1.PathTypePrefix, networkingv1.PathTypeImplementationSpecific)...)
			}
			if !strings.HasPrefix(path.Path, "/") {
				errs = append(errs, field.Invalid(r.Child("path"), path.Path, "must begin with a slash"))
			}
			errs = append(errs, ingressBackend(path.Backend, r.Child("backend"))...)
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

func ingressBackend(b networkingv1.IngressBackend, p *field.Path) field.ErrorList {
	if b.Service == nil {
		return field.ErrorList{field.Required(p.Child("service"), "")}
	}
	q := p.Child("service")
	errs := syntax(b.Service.Name, q.Child("name"), validation.IsDNS1035Label(b.Service.Name))
	return append(errs, exactlyOne(q.Child("port"), map[string]bool{
		"name": b.Service.Port.Name != "", "number": b.Service.Port.Number != 0,
	})...)
}
