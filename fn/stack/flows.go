package stack

import (
	"slices"

	networkingv1 "k8s.io/api/networking/v1"
)

// Parties of a flow are components, by the name that their pods have in the label app, and these.
const (
	partyPipelines   = "pods of pipelines" // drivers, launchers with user code, and Argo's own
	partyWorkbenches = "workbenches"
	partyClients     = "networkPolicy.clients" // of the claim
	partyAnybody     = "anybody"               // whom the auth proxy asks who they are
	partyPrometheus  = "Prometheus"
	partyDNS         = "DNS"
	partyKubernetes  = "the Kubernetes API"
	partyDatabase    = "the database"
	partyObjectStore = "the object store"
	partyListed      = "network.pipelines, networkPolicy.egress" // of the class, and of the claim
	partyNeighbours  = "other pods of the namespace"             // that are not the stack's
	partyWorld       = "the world"                               // without the cluster, link-local addresses and the database
)

// flow says who calls whom on which ports.
type flow struct {
	from  []string
	to    string
	ports []int32 // of components; outside of the stack the class says them
}

// flows are all that the stack's network policies let through: policies have no rule that is not of
// this table, and docs/network.md shows it.
var flows = []flow{
	{
		[]string{
			nameAPIServer, namePersistenceAgent, nameScheduledWorkflow, nameWorkflowController, nameMetadata, nameEnvoy, nameUI,
			partyPipelines,
		},
		partyDNS, nil,
	},
	{
		[]string{nameAPIServer, namePersistenceAgent, nameScheduledWorkflow, nameWorkflowController, nameUI, partyPipelines},
		partyKubernetes, nil,
	},
	{[]string{nameAPIServer, nameMetadata}, partyDatabase, nil},
	{[]string{nameAPIServer, nameUI, partyPipelines}, partyObjectStore, nil},
	{
		[]string{namePersistenceAgent, nameScheduledWorkflow, partyPipelines, partyWorkbenches, partyClients},
		nameAPIServer,
		[]int32{portHTTP, portGRPC},
	},
	{[]string{nameUI}, nameAPIServer, []int32{portHTTP}},
	{[]string{partyAnybody}, nameAPIServer, []int32{portProxy}},
	{[]string{nameAPIServer, nameEnvoy, partyPipelines}, nameMetadata, []int32{portMetadata}},
	{[]string{nameUI, partyWorkbenches}, nameEnvoy, []int32{portEnvoy}},
	{[]string{partyPrometheus}, nameWorkflowController, []int32{portMetrics}},
	{[]string{partyPipelines}, partyListed, nil},
	{[]string{partyPipelines}, partyNeighbours, nil},
	{[]string{partyPipelines}, partyWorld, nil},
}

// takesPart says whether this stack, in its class, has a party at all.
func (s *Stack) takesPart(party string) bool {
	switch party {
	case nameWorkflowController:
		return s.hasWorkflowController()
	case nameMetadata:
		return s.hasMLMD()
	case nameEnvoy:
		return s.hasEnvoy()
	case nameUI:
		return s.hasUI()
	case partyClients:
		return len(s.Spec.NetworkPolicy.Clients) > 0
	case partyAnybody:
		return s.authProxyEnabled()
	case partyPrometheus:
		return s.monitoringEnabled() && s.Class.Monitoring.Namespace != ""
	case partyNeighbours, partyWorld: // components install packages as they start; a class may list where from instead
		return s.Class.Network.Pipelines == nil
	}
	return true
}

func (s *Stack) taking(parties []string) []string {
	return slices.DeleteFunc(slices.Clone(parties), func(p string) bool { return !s.takesPart(p) })
}

// served is where calls of a flow arrive: at the pods of an embedded store, if the stack has it.
func (s *Stack) served(f flow) (to string, ports []int32) {
	switch {
	case f.to == partyDatabase && s.hasDatabaseServer():
		return nameDatabase, []int32{s.database.pods.port}
	case f.to == partyObjectStore && s.hasObjectStoreServer():
		return nameObjectStore, []int32{s.store.pods.port}
	}
	return f.to, f.ports
}

// ingress of some parties' pods.
func (s *Stack) ingress(of []string) []networkingv1.NetworkPolicyIngressRule {
	var rules []networkingv1.NetworkPolicyIngressRule
	for _, f := range flows {
		from := s.taking(f.from)
		to, ports := s.served(f)
		if !slices.Contains(of, to) || len(from) == 0 {
			continue
		}
		rules = append(rules, networkingv1.NetworkPolicyIngressRule{From: s.peers(from), Ports: tcp(ports...)})
	}
	return rules
}

// egress of some parties' pods.
func (s *Stack) egress(of []string) []networkingv1.NetworkPolicyEgressRule {
	var rules []networkingv1.NetworkPolicyEgressRule
	for _, f := range flows {
		if s.takesPart(f.to) && slices.ContainsFunc(f.from, func(p string) bool { return slices.Contains(of, p) }) {
			rules = append(rules, s.towards(f.to, f.ports, of)...)
		}
	}
	return rules
}

// peers that are let in; none are anybody.
func (s *Stack) peers(from []string) []networkingv1.NetworkPolicyPeer {
	var peers []networkingv1.NetworkPolicyPeer
	var components []string
	for _, p := range from {
		switch p {
		case partyAnybody:
			return nil
		case partyPipelines:
			peers = append(peers, pods(pipelinePods))
		case partyWorkbenches:
			peers = append(peers, pods(noWorkflow(map[string]string{labelWorkbench: "true"})))
		case partyClients:
			for _, c := range s.Spec.NetworkPolicy.Clients {
				peers = append(peers, pods(noWorkflow(c.PodLabels)))
			}
		case partyPrometheus:
			peers = append(peers, namespacePeer(s.Class.Monitoring.Namespace))
		default:
			components = append(components, p)
		}
	}
	if len(components) > 0 {
		return append([]networkingv1.NetworkPolicyPeer{pods(s.podsOf(components...))}, peers...)
	}
	return peers
}

// towards a party; of says whose rules they are. Those of pipelines run anybody's code: where the
// class names no ranges they leave out what is protected.
func (s *Stack) towards(to string, ports []int32, of []string) []networkingv1.NetworkPolicyEgressRule {
	spare := func(rule networkingv1.NetworkPolicyEgressRule, ranges []string) []networkingv1.NetworkPolicyEgressRule {
		if slices.Contains(of, partyPipelines) && rule.To == nil && len(ranges) == 0 {
			return toPeers(s.unprotected(rule.Ports), rule.Ports)
		}
		return []networkingv1.NetworkPolicyEgressRule{rule}
	}
	switch to {
	case partyDNS:
		return []networkingv1.NetworkPolicyEgressRule{s.toDNS()}
	case partyKubernetes:
		return spare(s.toKubernetes(), s.Class.Network.KubernetesAPI.CIDRs)
	case partyDatabase:
		return []networkingv1.NetworkPolicyEgressRule{s.toDatabase()}
	case partyObjectStore:
		return spare(s.toObjectStore(), s.Class.Network.ObjectStore)
	case partyListed:
		return s.toListed()
	case partyNeighbours:
		return toPeers([]networkingv1.NetworkPolicyPeer{pods(ofNoStack)}, nil)
	case partyWorld:
		return toPeers(everywhereBut(slices.Concat(s.protected(nil), s.clusterRanges())), nil)
	}
	return []networkingv1.NetworkPolicyEgressRule{toPods(s.podsOf(to), ports...)}
}
