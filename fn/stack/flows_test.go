package stack

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/utils/ptr"
)

// portWords are the ports of those outside of the stack.
var portWords = map[string]string{
	partyDNS:         "53, 5353",
	partyKubernetes:  "443, 6443, or `network.kubernetesAPI.ports`",
	partyDatabase:    "the server's",
	partyObjectStore: "the store's",
	partyListed:      "those listed",
	partyNeighbours:  "all",
	partyWorld:       "all",
}

// flowsTable is the table of flows as the page has it.
func flowsTable() string {
	var b strings.Builder
	b.WriteString("| Who | calls | on ports |\n|---|---|---|\n")
	name := func(party string) string {
		if !strings.ContainsAny(party, "-.") {
			return party
		}
		return "`" + strings.ReplaceAll(party, ", ", "`, `") + "`"
	}
	for _, f := range flows {
		var who []string
		for _, p := range f.from {
			who = append(who, name(p))
		}
		on := portWords[f.to]
		if on == "" {
			on = strings.Trim(strings.ReplaceAll(fmt.Sprint(f.ports), " ", ", "), "[]")
		}
		fmt.Fprintf(&b, "| %s | %s | %s |\n", strings.Join(who, ", "), name(f.to), on)
	}
	return b.String()
}

func TestFlowsAreDocumented(t *testing.T) {
	page, err := os.ReadFile("../../docs/network.md")
	if err != nil {
		t.Fatal(err)
	}
	documented := regexp.MustCompile(`(?m)^\| Who \|.*\n(\|.*\n)*`).FindString(string(page))
	if diff := cmp.Diff(flowsTable(), documented); diff != "" {
		t.Errorf("docs/network.md: -code, +page:\n%s", diff)
	}
	for _, r := range slices.Concat(linkLocal, privateRanges) {
		if !strings.Contains(string(page), strings.TrimSuffix(r, "/128")) {
			t.Errorf("docs/network.md does not say that %s is not opened", r)
		}
	}
}

// TestPoliciesComeFromTheTable takes each flow away, and wants the policies to lose something.
func TestPoliciesComeFromTheTable(t *testing.T) {
	s := newStack(t, withUI, classes(t, `monitoring: {prometheusOperator: true, namespace: monitoring}`),
		claims(t, `networkPolicy: {egress: [{cidr: 192.0.2.0/24}]}`))
	all := flows
	t.Cleanup(func() { flows = all })
	rules := func() string {
		var found []networkingv1.NetworkPolicySpec
		for _, p := range policiesOf(s) {
			found = append(found, p.Spec)
		}
		return compactJSON(found)
	}
	before := rules()
	for i := range all {
		flows = slices.Delete(slices.Clone(all), i, i+1)
		if rules() == before {
			t.Errorf("the flow from %v to %s is in no policy", all[i].from, all[i].to)
		}
	}
	flows = nil
	own := newStack(t, embedded(t))
	for _, p := range append(policiesOf(s), databasePolicy(own), objectStorePolicy(own)) {
		if len(p.Spec.Ingress)+len(p.Spec.Egress) > 0 {
			t.Errorf("%s has rules that are in no table", p.Name)
		}
	}
}

// TestEverythingCanBeOpened restores what pipelines reached before there were ranges: a rule without
// any is the one that all network plugins read alike.
func TestEverythingCanBeOpened(t *testing.T) {
	cases := map[string]struct {
		reason, class string
		open          bool
	}{
		"Both":     {"all of IPv4 and IPv6", `[{cidr: 0.0.0.0/0}, {cidr: "::/0"}]`, true},
		"IPv4":     {"a range holds neither pods nor nodes everywhere", `[{cidr: 0.0.0.0/0}]`, false},
		"SomePort": {"and no more than it says", `[{cidr: 0.0.0.0/0, ports: [443]}, {cidr: "::/0", ports: [443]}]`, false},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			p := pipelinesPolicy(newStack(t, classes(t, `network: {database: [198.51.100.0/24], pipelines: `+tc.class+`}`)))
			open := slices.ContainsFunc(p.Spec.Egress, func(r networkingv1.NetworkPolicyEgressRule) bool { return len(r.To)+len(r.Ports) == 0 })
			if open != tc.open {
				t.Errorf("%s: everything is open: %t, want %t", tc.reason, open, tc.open)
			}
		})
	}
}

func policiesOf(s *Stack) []*networkingv1.NetworkPolicy {
	s.Spec.UI.Enabled = ptr.To(true)
	return []*networkingv1.NetworkPolicy{
		defaultDenyPolicy(s), apiServerPolicy(s), controllersPolicy(s), metadataPolicy(s), envoyPolicy(s), uiPolicy(s), pipelinesPolicy(s),
	}
}
