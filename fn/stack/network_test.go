package stack

import (
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// neighbours are pods of the stack's namespace that are not the stack's own.
var neighbours = map[string]labels.Set{
	"pipeline":  {labelWorkflow: "a-run", labelPipeline: "true"},
	"workbench": {labelWorkbench: "true", "app": "notebook"},
	"client":    {"team": "a"},
	"stranger":  {"app": "stranger"},
	"impostor":  {labelApp: nameUI}, // has the name, but is not of the stack
}

// network is a namespace with a stack: its policies and pods.
type network struct {
	policies []*networkingv1.NetworkPolicy
	pods     map[string]labels.Set
}

func networkOf(t *testing.T, s *Stack) network {
	t.Helper()
	rs := everything(t, s)
	n := network{all[*networkingv1.NetworkPolicy](rs), maps.Clone(neighbours)}
	for _, d := range all[*appsv1.Deployment](rs) {
		n.pods[d.Name] = d.Spec.Template.Labels
	}
	return n
}

func selects(t *testing.T, s *metav1.LabelSelector, pod labels.Set) bool {
	t.Helper()
	selector, err := metav1.LabelSelectorAsSelector(s)
	if err != nil {
		t.Fatal(err)
	}
	return selector.Matches(pod)
}

// callers of a pod's port: those pods of the namespace that its policies let in. Somebody from
// another namespace is "anybody".
func (n network) callers(t *testing.T, pod string, port int32) []string {
	t.Helper()
	found := map[string]bool{}
	for _, p := range n.policies {
		if !selects(t, &p.Spec.PodSelector, n.pods[pod]) {
			continue
		}
		for _, rule := range p.Spec.Ingress {
			if !opens(rule.Ports, port) {
				continue
			}
			if len(rule.From) == 0 {
				return []string{"anybody"}
			}
			for _, peer := range rule.From {
				if peer.NamespaceSelector != nil || peer.IPBlock != nil {
					found["elsewhere"] = true
					continue
				}
				for name, set := range n.pods {
					found[name] = found[name] || selects(t, peer.PodSelector, set)
				}
			}
		}
	}
	maps.DeleteFunc(found, func(_ string, in bool) bool { return !in })
	return slices.Sorted(maps.Keys(found))
}

func opens(ports []networkingv1.NetworkPolicyPort, port int32) bool {
	return len(ports) == 0 || slices.ContainsFunc(ports, func(p networkingv1.NetworkPolicyPort) bool {
		return p.Port.IntVal == port && *p.Protocol == corev1.ProtocolTCP
	})
}

func TestDefaultDenyClosesTheStackAlone(t *testing.T) {
	n := networkOf(t, newStack(t, withUI))
	i := slices.IndexFunc(n.policies, func(p *networkingv1.NetworkPolicy) bool { return p.Name == "pipelinestack-default-deny" })
	deny := n.policies[i].Spec
	want := []networkingv1.PolicyType{networkingv1.PolicyTypeIngress, networkingv1.PolicyTypeEgress}
	if diff := cmp.Diff(want, deny.PolicyTypes); diff != "" || deny.Ingress != nil || deny.Egress != nil {
		t.Errorf("opens something: %v, %v; types: -want, +got\n%s", deny.Ingress, deny.Egress, diff)
	}
	for name, set := range n.pods {
		_, foreign := neighbours[name]
		if selects(t, &deny.PodSelector, set) == foreign {
			t.Errorf("pod %s is closed: %t", name, !foreign)
		}
	}
}

// The API server asks nobody who they are, so this table is half of a stack's isolation.
func TestWhoReachesWhom(t *testing.T) {
	cases := map[string]struct {
		reason string
		pod    string
		ports  []int32
		want   []string
	}{
		"REST": {
			"those that cannot do without it",
			nameAPIServer,
			[]int32{portHTTP},
			[]string{namePersistenceAgent, nameScheduledWorkflow, nameUI, "pipeline", "workbench"},
		},
		"GRPC": {
			"the web interface has no use for it",
			nameAPIServer,
			[]int32{portGRPC},
			[]string{namePersistenceAgent, nameScheduledWorkflow, "pipeline", "workbench"},
		},
		"Guarded":    {"the proxy asks who somebody is", nameAPIServer, []int32{portProxy}, []string{"anybody"}},
		"Health":     {"only the kubelet asks, whom policies do not stop", nameAPIServer, []int32{portProxyHealth}, nil},
		"Metadata":   {"it asks nobody who they are either", nameMetadata, []int32{portMetadata}, []string{nameAPIServer, nameEnvoy, "pipeline"}},
		"Envoy":      {"it leads to ML Metadata", nameEnvoy, []int32{portEnvoy}, []string{nameUI, "workbench"}},
		"UI":         {"it has no login; a port-forward does not come over the network", nameUI, []int32{portUI, portUIService}, nil},
		"Controller": {"nobody calls it", nameWorkflowController, []int32{portMetrics, portArgoHealth}, nil},
		"Agents":     {"nobody calls them", namePersistenceAgent, []int32{portHTTP, portMetrics}, nil},
		"Pipelines":  {"user code is called by nobody", "pipeline", []int32{80, portHTTP}, nil},
	}
	n := networkOf(t, newStack(t, withUI))
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if n.pods[tc.pod] == nil {
				t.Fatalf("there is no pod %s", tc.pod)
			}
			for _, port := range tc.ports {
				slices.Sort(tc.want)
				if diff := cmp.Diff(tc.want, n.callers(t, tc.pod, port)); diff != "" {
					t.Errorf("%s: port %d: -want, +got\n%s", tc.reason, port, diff)
				}
			}
		})
	}
}

func TestWhoReachesTheAPI(t *testing.T) {
	inside := []string{namePersistenceAgent, nameScheduledWorkflow, "pipeline", "workbench"}
	cases := map[string]struct {
		reason          string
		mods            []mod
		direct, guarded []string
	}{
		"Default": {"the web interface is no part of the stack", nil, inside, []string{"anybody"}},
		"Client": {
			"the tenant's choice, in its own namespace",
			[]mod{claims(t, `networkPolicy: {clients: [{podLabels: {team: a}}]}`)},
			append([]string{"client"}, inside...),
			[]string{"anybody"},
		},
		"NoAuth": {"without the proxy nothing is open to anybody", []mod{unguarded}, inside, nil},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			n := networkOf(t, newStack(t, tc.mods...))
			slices.Sort(tc.direct)
			for port, want := range map[int32][]string{portHTTP: tc.direct, portGRPC: tc.direct, portProxy: tc.guarded} {
				if diff := cmp.Diff(want, n.callers(t, nameAPIServer, port)); diff != "" {
					t.Errorf("%s: port %d: -want, +got\n%s", tc.reason, port, diff)
				}
			}
		})
	}
}

func TestScrapesComeFromThePlatformAlone(t *testing.T) {
	const monitored = `monitoring: {prometheusOperator: true, namespace: monitoring}`
	cases := map[string]struct {
		reason string
		mods   []mod
		want   []string
	}{
		"Monitored":   {"Prometheus reads the controller's metrics", []mod{classes(t, monitored)}, []string{"elsewhere"}},
		"NoNamespace": {"nobody knows where Prometheus is", []mod{classes(t, `monitoring: {prometheusOperator: true}`)}, nil},
		"Declined":    {"the tenant does without", []mod{classes(t, monitored), claims(t, `monitoring: {enabled: false}`)}, nil},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			n := networkOf(t, newStack(t, tc.mods...))
			if diff := cmp.Diff(tc.want, n.callers(t, nameWorkflowController, portMetrics)); diff != "" {
				t.Errorf("%s: -want, +got\n%s", tc.reason, diff)
			}
		})
	}
}

func TestUnfenced(t *testing.T) {
	if policies := networkOf(t, newStack(t, unfenced, withUI)).policies; len(policies) > 0 {
		t.Errorf("network.policies is Disabled, and there are %d policies", len(policies))
	}
}

func TestForeignArgoKeepsTheAgentsEgress(t *testing.T) {
	n := networkOf(t, newStack(t, foreignArgo))
	for _, name := range []string{namePersistenceAgent, nameScheduledWorkflow} {
		var opened bool
		for _, p := range n.policies {
			opened = opened || selects(t, &p.Spec.PodSelector, n.pods[name]) && len(p.Spec.Egress) > 0
		}
		if !opened {
			t.Errorf("%s may reach nothing: default deny closes it, and nothing opens it", name)
		}
	}
	selector := controllersPolicy(newStack(t, foreignArgo)).Spec.PodSelector
	if selects(t, &selector, labels.Set{labelApp: nameWorkflowController, LabelStack: "demo"}) {
		t.Error("a controller that the stack does not have is opened")
	}
}
