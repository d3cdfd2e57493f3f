package stack

import networkingv1 "k8s.io/api/networking/v1"

// Network policies are half of a stack's isolation, since the API server does not authenticate.
// They close everything, then open what the table of flows says. The class names destinations outside
// the cluster; where it names none, a policy restricts only the port.

// defaultDenyPolicy closes the stack's pods, and leaves the other pods of the namespace alone.
func defaultDenyPolicy(s *Stack) *networkingv1.NetworkPolicy {
	return s.policy("default-deny", nameAPIServer, noWorkflow(map[string]string{LabelStack: s.Name}), nil, nil)
}

// opened is a policy for the pods of components that lets through what the table of flows says.
func (s *Stack) opened(name string, apps ...string) *networkingv1.NetworkPolicy {
	apps = s.taking(apps)
	return s.policy(name, apps[0], s.podsOf(apps...), s.ingress(apps), s.egress(apps))
}

func apiServerPolicy(s *Stack) *networkingv1.NetworkPolicy {
	return s.opened("api-server", nameAPIServer)
}

// controllersPolicy is for the agents and Argo's controller.
func controllersPolicy(s *Stack) *networkingv1.NetworkPolicy {
	return s.opened("controllers", namePersistenceAgent, nameScheduledWorkflow, nameWorkflowController)
}

func metadataPolicy(s *Stack) *networkingv1.NetworkPolicy {
	return s.opened("metadata", nameMetadata)
}

func envoyPolicy(s *Stack) *networkingv1.NetworkPolicy {
	return s.opened("metadata-envoy", nameEnvoy)
}

// uiPolicy lets nobody in: a port-forward does not come over the network.
func uiPolicy(s *Stack) *networkingv1.NetworkPolicy {
	return s.opened("ui", nameUI)
}

// databasePolicy is for the server of an embedded database.
func databasePolicy(s *Stack) *networkingv1.NetworkPolicy {
	return s.opened("database", nameDatabase)
}

// objectStorePolicy is for the server of an embedded object store.
func objectStorePolicy(s *Stack) *networkingv1.NetworkPolicy {
	return s.opened("object-store", nameObjectStore)
}

// pipelinesPolicy closes pipeline pods to callers.
func pipelinesPolicy(s *Stack) *networkingv1.NetworkPolicy {
	return s.policy("pipelines", namePipelineRunner, pipelinePods, nil, s.egress([]string{partyPipelines}))
}
