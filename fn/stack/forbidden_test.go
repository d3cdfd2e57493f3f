package stack

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/pipelinestack/function-pipelinestack/fn/kube"
)

// forbiddenPair has what stops it: without all of its guards one goes through.
type forbiddenPair struct {
	pair
	guards []string
}

// forbidden pairs are written by hand, so that nothing follows from the table of flows.
var forbidden = []forbiddenPair{
	{pair{"the node's account", many("a/pipeline*"), many("metadata service"), ports(80, 443, 8080)}, many("except 169.254.0.0/16")},
	{pair{"in IPv6 as well", many("a/pipeline*"), many("metadata service6"), ports(80, 443)}, many("except fd00:ec2::254/128")},
	{pair{"what else is on the node's network", many("a/pipeline*"), many("link"), ports(80, 443)}, many("except 169.254.0.0/16")},
	{pair{"in IPv6 as well", many("a/pipeline*"), many("link6"), ports(80, 443)}, many("except fe80::/10")},
	{pair{"the database in the cluster", many("a/pipeline*"), many("databases/mysql"), ports(3306)}, many("except 10.0.0.0/8")},
	{
		pair{"by the labels of who has its login", many("a/pipeline as *"), many("databases/mysql", "database"), ports(3306)},
		many("no workflow in selectors"),
	},
	{pair{"the database elsewhere", many("a/pipeline*"), many("database"), ports(3306)}, many("except 198.51.100.0/24")},
	{pair{"the nodes", many("a/pipeline*"), many("node"), ports(22, 10250)}, many("except 10.0.0.0/8")},
	{pair{"another stack's guarded API", many("a/pipeline*"), many("b/ml-pipeline"), ports(8443)}, many("except 10.0.0.0/8")},
	{
		pair{"another stack", many("a/pipeline*"), many("b/m*"), ports(80, 443, 3000, 6443, 8080, 8887, 8888, 9090)},
		many(
			"except 10.0.0.0/8",
			"policy default-deny",
			"policy api-server",
			"policy controllers",
			"policy metadata",
			"policy metadata-envoy",
			"policy ui",
		),
	},
	{pair{"user code elsewhere", many("a/pipeline*"), many("b/pipeline*"), ports(80, 443, 8080)}, many("policy pipelines")},
	{
		pair{"the own stack, beside the API", many("a/pipeline*"), many("a/metadata-envoy-deployment"), ports(9090)},
		many("no workflow in peers", "no workflow in selectors"),
	},
	{
		pair{"the own stack, by no label", many("a/pipeline*"), many("a/ml-pipeline-ui", "a/workflow-controller"), ports(3000, 9090)},
		many("no stack in peers", "policy default-deny", "policy controllers", "policy ui"),
	},
	{
		pair{
			"pipelines take no calls, by whatever label",
			many("a/*", "b/*", "world"),
			many("a/pipeline*"),
			ports(80, 3000, 8080, 8443, 8887, 8888, 9090),
		},
		many("no workflow in selectors"),
	},
	{
		pair{"the API asks nobody who they are", many("a/stranger", "b/*", "world", "databases/mysql"), many("a/ml-pipeline"), ports(8887, 8888)},
		many("policy default-deny", "policy api-server", "policy pipelines"),
	},
	{
		pair{"nor does ML Metadata", many("a/stranger", "a/workbench", "b/*", "world"), many("a/metadata-*"), ports(8080, 9901)},
		many("policy default-deny", "policy metadata", "policy metadata-envoy"),
	},
	{
		pair{"what leads to it", many("a/stranger", "a/client", "b/*", "world"), many("a/metadata-envoy-deployment"), ports(9090)},
		many("policy default-deny", "policy metadata-envoy"),
	},
	{
		pair{
			"what nobody calls",
			many("a/stranger", "a/workbench", "b/*", "world"),
			many("a/ml-pipeline-*", "a/workflow-controller"),
			ports(3000, 8888, 9090),
		},
		many("policy default-deny", "policy controllers", "policy ui"),
	},
	{
		pair{"components leave by few ways", many("a/metadata-*"), many("world", "world6", "metadata service", "b/pipeline"), ports(80, 443)},
		many("policy default-deny", "policy metadata", "policy metadata-envoy"),
	},
	{
		pair{"and on few ports", many("a/ml-pipeline", "a/ml-pipeline-*", "a/workflow-controller"), many("metadata service", "link"), ports(80)},
		many("policy default-deny", "policy api-server", "policy controllers", "policy ui"),
	},
}

// weaken a network: take away one of its guards.
func weaken(t *testing.T, c clusterNetwork, guard string) clusterNetwork {
	t.Helper()
	kind, what, _ := strings.Cut(guard, " ")
	if kind == "policy" {
		left := slices.DeleteFunc(slices.Clone(c.policies), func(p *networkingv1.NetworkPolicy) bool { return p.Name == "pipelinestack-"+what })
		if len(left) == len(c.policies) {
			t.Fatalf("there is no %s", guard)
		}
		c.policies = left
		return c
	}
	var weaker []*networkingv1.NetworkPolicy
	for _, p := range c.policies {
		p = p.DeepCopy()
		if what == "workflow in selectors" {
			forget(&p.Spec.PodSelector, labelWorkflow)
		}
		for _, r := range p.Spec.Ingress {
			weakenPeers(r.From, kind, what)
		}
		for _, r := range p.Spec.Egress {
			weakenPeers(r.To, kind, what)
		}
		weaker = append(weaker, p)
	}
	c.policies = weaker
	return c
}

func weakenPeers(peers []networkingv1.NetworkPolicyPeer, kind, what string) {
	for _, peer := range peers {
		switch {
		case kind == "except" && peer.IPBlock != nil: // and what holds it
			peer.IPBlock.Except = slices.DeleteFunc(peer.IPBlock.Except, func(e string) bool { return kube.InRanges(what, []string{e}) })
		case peer.PodSelector != nil && what == "workflow in peers":
			forget(peer.PodSelector, labelWorkflow)
		case peer.PodSelector != nil && what == "stack in peers":
			forget(peer.PodSelector, LabelStack)
		}
	}
}

// forget that a label may not be there.
func forget(s *metav1.LabelSelector, label string) {
	s.MatchExpressions = slices.DeleteFunc(s.MatchExpressions, func(r metav1.LabelSelectorRequirement) bool {
		return r.Key == label && r.Operator == metav1.LabelSelectorOpDoesNotExist
	})
}

func TestForbiddenPairs(t *testing.T) {
	forbid(t, forbidden, networkClasses)
}

// forbid that any of the pairs goes through, on stacks of any of the classes.
func forbid(t *testing.T, forbidden []forbiddenPair, classes map[string]string) {
	t.Helper()
	stops := make([]map[string]bool, len(forbidden))
	for class, document := range classes {
		for _, ranges := range []bool{true, false} {
			c := tenants(t, ranges, document)
			for i, f := range forbidden {
				if found := c.through(t, f.pair); found != nil {
					t.Errorf("class %s, ranges hold pods: %t: %s: goes through: %v", class, ranges, f.reason, found)
				}
				if stops[i] == nil {
					stops[i] = map[string]bool{}
				}
				open := len(c.without(t, f.guards, "").through(t, f.pair))
				for _, guard := range f.guards {
					stops[i][guard] = stops[i][guard] || len(c.without(t, f.guards, guard).through(t, f.pair)) < open
				}
			}
		}
	}
	for i, f := range forbidden {
		for _, guard := range f.guards {
			if !stops[i][guard] {
				t.Errorf("%s, %v to %v: %s stops nothing of it", f.reason, f.from, f.to, guard)
			}
		}
	}
}

// without guards, but for one.
func (c clusterNetwork) without(t *testing.T, guards []string, but string) clusterNetwork {
	t.Helper()
	for _, guard := range guards {
		if guard != but {
			c = weaken(t, c, guard)
		}
	}
	return c
}

// TestEveryPolicyIsAGuard wants a forbidden pair for whatever protects.
func TestEveryPolicyIsAGuard(t *testing.T) {
	var guards []string
	for _, f := range forbidden {
		guards = append(guards, f.guards...)
	}
	for _, p := range tenants(t, true, networkClasses["default"]).policies {
		if guard := "policy " + strings.TrimPrefix(p.Name, "pipelinestack-"); !slices.Contains(guards, guard) {
			t.Errorf("no pair needs the %s", guard)
		}
	}
	for _, r := range linkLocal {
		if !slices.Contains(guards, "except "+r) {
			t.Errorf("no pair needs %s to be left out", r)
		}
	}
}

// TestWearersOfLabelsAreNobody looks at each selector by itself, since some pods may do no more than
// those of pipelines may anyway.
func TestWearersOfLabelsAreNobody(t *testing.T) {
	c := tenants(t, true, networkClasses["default"])
	for _, p := range c.policies {
		selectors := map[string]*metav1.LabelSelector{"podSelector": &p.Spec.PodSelector}
		for i, r := range p.Spec.Ingress {
			for j, peer := range r.From {
				selectors[fmt.Sprintf("ingress[%d].from[%d]", i, j)] = peer.PodSelector
			}
		}
		for i, r := range p.Spec.Egress {
			for j, peer := range r.To {
				selectors[fmt.Sprintf("egress[%d].to[%d]", i, j)] = peer.PodSelector
			}
		}
		for path, s := range selectors {
			if s == nil || cmp.Equal(*s, pipelinePods) || cmp.Equal(*s, ofNoStack) {
				continue
			}
			for name, p2 := range c.places {
				if strings.Contains(name, "pipeline as") && selects(t, s, p2.labels) {
					t.Errorf("%s: %s selects %s", p.Name, path, name)
				}
			}
		}
	}
}
