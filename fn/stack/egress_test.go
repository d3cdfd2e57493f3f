package stack

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// destinations of a policy, in words: where to, and by which ports.
func destinations(p *networkingv1.NetworkPolicy) []string {
	var found []string
	for _, rule := range p.Spec.Egress {
		var to, ports []string
		for _, peer := range rule.To {
			to = append(to, peerWords(peer))
		}
		for _, port := range rule.Ports {
			ports = append(ports, strings.ToLower(string(*port.Protocol))+strconv.Itoa(int(port.Port.IntVal)))
		}
		if to == nil {
			to = []string{"anywhere"}
		}
		found = append(found, strings.TrimSpace(strings.Join(to, "+")+" "+strings.Join(ports, ",")))
	}
	slices.Sort(found)
	return found
}

func peerWords(p networkingv1.NetworkPolicyPeer) string {
	switch {
	case p.IPBlock != nil:
		return strings.Join(append([]string{p.IPBlock.CIDR}, p.IPBlock.Except...), "-")
	case p.NamespaceSelector != nil && len(p.NamespaceSelector.MatchLabels) == 0:
		return "every namespace/" + metav1.FormatLabelSelector(p.PodSelector)
	case p.NamespaceSelector != nil && p.PodSelector != nil:
		return metav1.FormatLabelSelector(p.NamespaceSelector) + "/" + metav1.FormatLabelSelector(p.PodSelector)
	case p.NamespaceSelector != nil:
		return metav1.FormatLabelSelector(p.NamespaceSelector)
	case p.PodSelector.MatchLabels[labelApp] == "":
		return metav1.FormatLabelSelector(p.PodSelector)
	default:
		return p.PodSelector.MatchLabels[labelApp]
	}
}

const dnsPorts = "udp53,udp5353,tcp53,tcp5353"

func TestEgressOfComponents(t *testing.T) {
	const (
		dns        = "anywhere " + dnsPorts
		kubernetes = "anywhere tcp443,tcp6443"
		database   = "anywhere tcp3306"
		store      = "anywhere tcp443"
	)
	s := newStack(t, withUI)
	cases := map[string]struct {
		reason string
		policy *networkingv1.NetworkPolicy
		want   []string
	}{
		"APIServer":   {"all that it keeps state in", apiServerPolicy(s), []string{kubernetes, store, database, dns, nameMetadata + " tcp8080"}},
		"NoMetadata":  {"and nothing that is not there", apiServerPolicy(newStack(t, withoutMLMD)), []string{kubernetes, store, database, dns}},
		"Controllers": {"Kubernetes and the API server", controllersPolicy(s), []string{kubernetes, dns, nameAPIServer + " tcp8888,tcp8887"}},
		"Metadata":    {"its database", metadataPolicy(s), []string{database, dns}},
		"Envoy":       {"ML Metadata", envoyPolicy(s), []string{dns, nameMetadata + " tcp8080"}},
		"UI":          {"what it shows", uiPolicy(s), []string{kubernetes, store, dns, nameEnvoy + " tcp9090", nameAPIServer + " tcp8888"}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			slices.Sort(tc.want)
			if diff := cmp.Diff(tc.want, destinations(tc.policy)); diff != "" {
				t.Errorf("%s: -want, +got\n%s", tc.reason, diff)
			}
		})
	}
}

func TestEgressIsNarrowedByTheClass(t *testing.T) {
	s := newStack(t, classes(t, `
network: {kubernetesAPI: {cidrs: [10.1.0.1/32]}, database: [10.2.0.0/24, 10.3.0.0/24], objectStore: [10.4.0.0/16], dns: {namespace: kube-system, podLabels: {k8s-app: kube-dns}}}
database: {shared: {port: 3307}}
`))
	want := []string{
		"10.1.0.1/32 tcp443,tcp6443",
		"10.2.0.0/24+10.3.0.0/24 tcp3307",
		"10.4.0.0/16 tcp443",
		labelNamespace + "=kube-system/k8s-app=kube-dns " + dnsPorts,
		nameMetadata + " tcp8080",
	}
	if diff := cmp.Diff(want, destinations(apiServerPolicy(s))); diff != "" {
		t.Errorf("-want, +got\n%s", diff)
	}
	cases := map[string]struct{ reason, class, want string }{
		"Ports":   {"policies see those behind the Service", `kubernetesAPI: {ports: [6444]}`, "anywhere tcp6444"},
		"Servers": {"a cluster whose DNS servers are no pods", `dns: {cidrs: [169.254.20.10/32]}`, "169.254.20.10/32 " + dnsPorts},
		"ServersToo": {
			"or not only",
			`dns: {namespace: kube-system, cidrs: [169.254.20.10/32, "fd00::a/128"]}`,
			labelNamespace + "=kube-system+169.254.20.10/32+fd00::a/128 " + dnsPorts,
		},
	}
	for name, tc := range cases {
		if got := destinations(apiServerPolicy(newStack(t, classes(t, `network: {`+tc.class+`}`)))); !slices.Contains(got, tc.want) {
			t.Errorf("%s: %s: want %s in %v", name, tc.reason, tc.want, got)
		}
	}
	s = newStack(t, classes(t, `network: {dns: {namespace: kube-system}}`))
	if got, want := destinations(metadataPolicy(s)), labelNamespace+"=kube-system "+dnsPorts; !slices.Contains(got, want) {
		t.Errorf("DNS without labels is any pod of its namespace: want %s in %v", want, got)
	}
}

func TestEgressOfPipelines(t *testing.T) {
	const (
		mirror = `network: {pipelines: [{cidr: 10.9.0.0/16, ports: [443]}]}`
		// What no rule opens, where the class names no ranges.
		v4, v6     = "0.0.0.0/0-169.254.0.0/16", "::/0-fe80::/10-fd00:ec2::254/128"
		noStack    = "!" + LabelStack
		outside    = v4 + "+" + v6 + "+every namespace/" + noStack
		store      = outside + " tcp443"
		kubernetes = outside + " tcp443,tcp6443"
		world      = v4 + "-10.0.0.0/8-172.16.0.0/12-192.168.0.0/16-100.64.0.0/10+::/0-fe80::/10-fc00::/7"
		metadata   = nameMetadata + " tcp8080"
	)
	always := []string{"anywhere " + dnsPorts, nameAPIServer + " tcp8888,tcp8887"}
	unnamed := append([]string{store, kubernetes}, always...)
	cases := map[string]struct {
		reason string
		mods   []mod
		want   []string
	}{
		"NobodySays": {"components install packages as they start", nil, slices.Concat(unnamed, []string{metadata, noStack, world})},
		"Class":      {"the class closes all else", []mod{classes(t, mirror)}, slices.Concat(unnamed, []string{metadata, "10.9.0.0/16 tcp443"})},
		"ClassNone": {
			"an empty list is a wish for none",
			[]mod{classes(t, `network: {pipelines: []}`)},
			slices.Concat(unnamed, []string{metadata}),
		},
		"Together": {
			"ranges with the same ports are one rule",
			[]mod{classes(t, `network: {pipelines: [{cidr: 10.9.0.0/16}, {cidr: 10.8.0.0/16, ports: [443]}, {cidr: "fd00::/8"}]}`)},
			slices.Concat(unnamed, []string{metadata, "10.9.0.0/16+fd00::/8", "10.8.0.0/16 tcp443"}),
		},
		"Everything": {
			"to some plugins no range holds pods or nodes, so everything is no range",
			[]mod{classes(t, `network: {pipelines: [{cidr: 0.0.0.0/0}, {cidr: "::/0"}], kubernetesAPI: {cidrs: [0.0.0.0/0, "::/0"]}}`)},
			slices.Concat(always, []string{"anywhere tcp443,tcp6443", store, metadata, "anywhere"}),
		},
		"Both": {
			"the tenant adds to it, inside what the class allows",
			[]mod{
				classes(t, mirror),
				classes(t, `constraints: {egress: [192.0.2.0/24]}`),
				claims(t, `networkPolicy: {egress: [{cidr: 192.0.2.0/24}]}`),
			},
			slices.Concat(unnamed, []string{metadata, "10.9.0.0/16 tcp443", "192.0.2.0/24"}),
		},
		"TenantAlone": {
			"the tenant only adds: it closes nothing",
			[]mod{claims(t, `networkPolicy: {egress: [{cidr: 10.2.0.0/16, ports: [22]}]}`)},
			slices.Concat(unnamed, []string{metadata, "10.2.0.0/16 tcp22", noStack, world}),
		},
		"TenantEverything": {
			"and opens nothing that is protected",
			[]mod{
				classes(t, `network: {pipelines: [], database: [10.1.0.0/16]}`), classes(t, `constraints: {egress: [0.0.0.0/0]}`),
				claims(t, `networkPolicy: {egress: [{cidr: 0.0.0.0/0}, {cidr: 10.0.0.0/8, ports: [443]}]}`),
			},
			slices.Concat(unnamed, []string{metadata, v4 + "-10.1.0.0/16", "10.0.0.0/8 tcp443"}),
		},
		"Cluster": {
			"the class names the cluster's ranges; the API's and the store's are its own",
			[]mod{classes(t, `network: {cluster: [10.0.0.0/16, "fd00::/8"], kubernetesAPI: {cidrs: [10.0.0.1/32]}, objectStore: [10.0.3.0/24]}`)},
			slices.Concat(always, []string{"10.0.0.1/32 tcp443,tcp6443", "10.0.3.0/24 tcp443", metadata, noStack,
				"0.0.0.0/0-169.254.0.0/16-10.0.0.0/16+::/0-fe80::/10-fd00::/8"}),
		},
		"ClusterStore": {
			"rules are a union: that of the store opens no more than the others",
			[]mod{classes(t, `network: {pipelines: [], cluster: [10.0.0.0/16], kubernetesAPI: {cidrs: [10.0.0.1/32]}}`)},
			slices.Concat(always, []string{"10.0.0.1/32 tcp443,tcp6443", v4 + "-10.0.0.0/16+" + v6 + " tcp443", metadata}),
		},
		"NoCluster": {
			"the world is all but what is always protected",
			[]mod{classes(t, `network: {cluster: [], database: [203.0.113.0/24]}`)},
			slices.Concat(unnamed, []string{metadata, noStack, v4 + "-203.0.113.0/24+" + v6}),
		},
		"AllCluster": {
			"no address is left, which no rule can say",
			[]mod{classes(t, `network: {cluster: [0.0.0.0/0, "::/0"], kubernetesAPI: {cidrs: [10.0.0.1/32]}}`)},
			slices.Concat(always, []string{"10.0.0.1/32 tcp443,tcp6443", metadata, noStack}),
		},
		"Address": {
			"a server known by its address",
			[]mod{classes(t, `{database: {shared: {host: 203.0.113.7}}, network: {cluster: []}}`)},
			slices.Concat(unnamed, []string{metadata, noStack, v4 + "-203.0.113.7/32+" + v6}),
		},
		"DatabasePort": {
			"a server on the port of a rule is left out of that, too",
			[]mod{classes(t, `{database: {shared: {host: 203.0.113.7, port: 6443}}, network: {pipelines: []}}`)},
			slices.Concat(always, []string{store, strings.Replace(kubernetes, v4, v4+"-203.0.113.7/32", 1), metadata}),
		},
		"NoMetadata": {"a release without ML Metadata", []mod{withoutMLMD}, slices.Concat(unnamed, []string{noStack, world})},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			want := slices.Sorted(slices.Values(tc.want))
			if diff := cmp.Diff(want, destinations(pipelinesPolicy(newStack(t, tc.mods...)))); diff != "" {
				t.Errorf("%s: -want, +got\n%s", tc.reason, diff)
			}
		})
	}
}
