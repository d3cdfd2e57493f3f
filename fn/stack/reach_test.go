package stack

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// location is somebody on the network: a pod, or outside of the cluster's pods if it has no namespace.
type location struct {
	namespace string
	labels    labels.Set
	addr      netip.Addr
}

// clusterNetwork is one with network policies.
type clusterNetwork struct {
	policies []*networkingv1.NetworkPolicy
	places   map[string]location
	// ranges of policies hold pods, too. In some network plugins they do not.
	ranges bool
}

// reaches says whether policies let a connection through, as Kubernetes defines it: at both ends.
func (c clusterNetwork) reaches(t *testing.T, from, to string, port int32) bool {
	t.Helper()
	for _, name := range []string{from, to} {
		if !c.places[name].addr.IsValid() {
			t.Fatalf("there is no %s", name)
		}
	}
	a, b := c.places[from], c.places[to]
	var out, in, leaves, enters bool
	for _, p := range c.policies {
		if p.Namespace == a.namespace && selects(t, &p.Spec.PodSelector, a.labels) {
			out = true
			leaves = leaves || slices.ContainsFunc(p.Spec.Egress, func(r networkingv1.NetworkPolicyEgressRule) bool {
				return opens(r.Ports, port) && c.among(t, r.To, p.Namespace, b)
			})
		}
		if p.Namespace == b.namespace && selects(t, &p.Spec.PodSelector, b.labels) {
			in = true
			enters = enters || slices.ContainsFunc(p.Spec.Ingress, func(r networkingv1.NetworkPolicyIngressRule) bool {
				return opens(r.Ports, port) && c.among(t, r.From, p.Namespace, a)
			})
		}
	}
	return (!out || leaves) && (!in || enters)
}

// among says whether a location is one of a rule's peers; none are everybody.
func (c clusterNetwork) among(t *testing.T, peers []networkingv1.NetworkPolicyPeer, namespace string, p location) bool {
	t.Helper()
	return len(peers) == 0 || slices.ContainsFunc(peers, func(peer networkingv1.NetworkPolicyPeer) bool {
		if block := peer.IPBlock; block != nil {
			return (p.namespace == "" || c.ranges) && netip.MustParsePrefix(block.CIDR).Contains(p.addr) &&
				!slices.ContainsFunc(block.Except, func(e string) bool { return netip.MustParsePrefix(e).Contains(p.addr) })
		}
		switch {
		case p.namespace == "":
			return false
		case peer.NamespaceSelector == nil && p.namespace != namespace:
			return false
		case peer.NamespaceSelector != nil && !selects(t, peer.NamespaceSelector, labels.Set{labelNamespace: p.namespace}):
			return false
		}
		return peer.PodSelector == nil || selects(t, peer.PodSelector, p.labels)
	})
}

// outside of the cluster's pods.
var outside = map[string]string{
	"world":             "192.0.2.1",
	"world6":            "2001:db8::1",
	"store":             "203.0.113.1",
	"database":          "198.51.100.7", // the class knows its range
	"node":              "10.0.0.1",     // with the Kubernetes API
	"metadata service":  "169.254.169.254",
	"metadata service6": "fd00:ec2::254",
	"link":              "169.254.20.10",
	"link6":             "fe80::1",
}

// tenants are two namespaces, with a stack each that has everything, on a cluster with pods of
// others. A pod is called by its namespace and its name; "a/pipeline as x" is a pipeline's pod with
// the labels of x.
func tenants(t *testing.T, ranges bool, class string) clusterNetwork {
	t.Helper()
	c := clusterNetwork{places: map[string]location{}, ranges: ranges}
	for name, addr := range outside {
		c.places[name] = location{addr: netip.MustParseAddr(addr)}
	}
	add := func(namespace, name string, set labels.Set) {
		c.places[namespace+"/"+name] = location{namespace, set, netip.MustParseAddr("10.244.0." + strconv.Itoa(len(c.places)))}
	}
	add("databases", "mysql", labels.Set{"app": "mysql"})
	for _, namespace := range []string{"a", "b"} {
		s := newStack(t, withUI, classes(t, class), claims(t, `networkPolicy: {clients: [{podLabels: {team: a}}]}`),
			func(g *given) { g.claim.Namespace = namespace })
		rs := everything(t, s)
		c.policies = append(c.policies, all[*networkingv1.NetworkPolicy](rs)...)
		worn := map[string]labels.Set{"workbench": neighbours["workbench"], "client": neighbours["client"]}
		for _, d := range all[*appsv1.Deployment](rs) {
			worn[d.Name] = d.Spec.Template.Labels
		}
		for _, set := range all[*appsv1.StatefulSet](rs) {
			worn[set.Name] = set.Spec.Template.Labels
		}
		for name, set := range worn {
			add(namespace, name, set)
			wearer := labels.Set{labelWorkflow: "a-run"}
			maps.Copy(wearer, set)
			add(namespace, "pipeline as "+name, wearer)
		}
		add(namespace, "pipeline", neighbours["pipeline"])
		add(namespace, "stranger", neighbours["stranger"])
	}
	return c
}

// matching places of a pattern, in which a * at the end stands for anything.
func (c clusterNetwork) matching(t *testing.T, pattern string) []string {
	t.Helper()
	var found []string
	for _, name := range slices.Sorted(maps.Keys(c.places)) {
		if prefix := len(pattern) - 1; name == pattern || pattern[prefix] == '*' && len(name) >= prefix && name[:prefix] == pattern[:prefix] {
			found = append(found, name)
		}
	}
	if len(found) == 0 {
		t.Fatalf("nobody is called %s", pattern)
	}
	return found
}

// Classes on whose stacks every pair is tried, with network plugins to which ranges hold pods and
// with others.
var networkClasses = map[string]string{
	"default": `network: {database: [198.51.100.0/24]}`,
	"cluster": `network: {database: [198.51.100.0/24], cluster: [10.0.0.0/8], kubernetesAPI: {cidrs: [10.0.0.1/32]}}`,
	"listed": `network: {database: [198.51.100.0/24], cluster: [10.0.0.0/8], kubernetesAPI: {cidrs: [10.0.0.1/32]},
		objectStore: [203.0.113.0/24], pipelines: [{cidr: 192.0.2.0/24, ports: [8443]}, {cidr: "2001:db8::/32", ports: [8443]}]}`,
}

// pair of places, by patterns, and ports.
type pair struct {
	reason   string
	from, to []string
	ports    []int32
}

func many(s ...string) []string { return s }

func ports(p ...int32) []int32 { return p }

// through are the connections of a pair that policies let through.
func (c clusterNetwork) through(t *testing.T, p pair) []string {
	t.Helper()
	return c.connections(t, p, true)
}

// refused are those that they do not.
func (c clusterNetwork) refused(t *testing.T, p pair) []string {
	t.Helper()
	return c.connections(t, p, false)
}

// connections of a pair, of those that go through or of the others. Nobody calls themselves.
func (c clusterNetwork) connections(t *testing.T, p pair, through bool) []string {
	t.Helper()
	var found []string
	for _, from := range p.from {
		for _, a := range c.matching(t, from) {
			for _, to := range p.to {
				for _, b := range c.matching(t, to) {
					for _, port := range p.ports {
						if a != b && c.reaches(t, a, b, port) == through {
							found = append(found, fmt.Sprintf("%s to %s:%d", a, b, port))
						}
					}
				}
			}
		}
	}
	return found
}

// needed pairs are what stacks and their users cannot do without, in every class but those named.
var needed = []struct {
	pair
	but []string
}{
	{pair{"packages and data", many("a/pipeline*"), many("world", "world6"), ports(443, 22, 8443)}, many("listed")},
	{pair{"what the class lists", many("a/pipeline*"), many("world", "world6"), ports(8443)}, nil},
	{pair{"services of their own", many("a/pipeline*"), many("a/stranger", "a/workbench", "a/client"), ports(80, 5432)}, many("listed")},
	{pair{"their artifacts", many("a/pipeline*", "a/ml-pipeline", "a/ml-pipeline-ui"), many("store"), ports(443)}, nil},
	{pair{"Argo's part of each pod", many("a/pipeline*"), many("node"), ports(6443)}, nil},
	{pair{"what they run", many("a/ml-pipeline", "a/ml-pipeline-*", "a/workflow-controller"), many("node"), ports(6443)}, nil},
	{pair{"drivers and launchers", many("a/pipeline*"), many("a/ml-pipeline"), ports(8887, 8888)}, nil},
	{pair{"and what they note", many("a/pipeline*", "a/ml-pipeline", "a/metadata-envoy-*"), many("a/metadata-grpc-*"), ports(8080)}, nil},
	{
		pair{
			"who calls past the guard",
			many("a/workbench", "a/client", "a/ml-pipeline-p*", "a/ml-pipeline-s*"),
			many("a/ml-pipeline"),
			ports(8887, 8888),
		},
		nil,
	},
	{pair{"the web interface", many("a/ml-pipeline-ui"), many("a/ml-pipeline"), ports(8888)}, nil},
	{pair{"which shows lineage", many("a/ml-pipeline-ui", "a/workbench"), many("a/metadata-envoy-*"), ports(9090)}, nil},
	{pair{"all callers with a token", many("world", "a/stranger", "b/stranger", "b/workbench"), many("a/ml-pipeline"), ports(8443)}, nil},
	{pair{"the stack's data", many("a/ml-pipeline", "a/metadata-grpc-*"), many("database"), ports(3306)}, nil},
}

func TestNeededPairs(t *testing.T) {
	for class, document := range networkClasses {
		for _, ranges := range []bool{true, false} {
			c := tenants(t, ranges, document)
			for _, p := range needed {
				if slices.Contains(p.but, class) {
					continue
				}
				for _, refused := range c.refused(t, p.pair) {
					t.Errorf("class %s, ranges hold pods: %t: %s: refused: %s", class, ranges, p.reason, refused)
				}
			}
		}
	}
}
