package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// What a class says of access: to pods, to the API, over the network, and by monitoring.

// ClassPipelineRunner says which roles and service accounts pipeline pods may have.
type ClassPipelineRunner struct {
	// Roles are ClusterRoles that claims may give to pipeline pods in their namespace.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=64
	Roles []RoleName `json:"roles,omitempty"`
	// ServiceAccounts that runs may use beside pipeline-runner, in the tenants' namespaces.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=64
	ServiceAccounts []ObjectName `json:"serviceAccounts,omitempty"`
}

// AuthType says who guards the API.
// +kubebuilder:validation:Enum=KubeRBACProxy;None
type AuthType string

// Who guards the API.
const (
	// AuthKubeRBACProxy asks Kubernetes for each call whether the caller may use pipelinestacks/api
	// in the stack's namespace.
	AuthKubeRBACProxy AuthType = "KubeRBACProxy"
	// AuthNone leaves the API open to whoever the network policy lets in.
	AuthNone AuthType = "None"
)

// Auth says who guards the API.
type Auth struct {
	// Type of the guard. Defaults to KubeRBACProxy: callers present a Kubernetes token and need the
	// verb get, create, update, patch or delete on pipelinestacks/api in the stack's namespace.
	// With None there is no proxy, and only pods of the namespace reach the API: the stack's own,
	// those of pipelines, workbenches, and those that networkPolicy.clients names.
	// +optional
	Type AuthType `json:"type,omitempty"`
	// Audiences that callers' tokens are for, any of them. Defaults to the Kubernetes API's own,
	// with which a token that reaches the auth proxy's pod can also be used on the Kubernetes API.
	// Workbenches project tokens for an audience of the platform's, such as pipelines.example.org.
	// People's tokens, such as those of oc and kubectl, go on only if the list has the API's own as
	// well, such as https://kubernetes.default.svc.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=16
	// +kubebuilder:validation:items:Pattern=`^[!-+\--~]+$`
	// +kubebuilder:validation:items:MaxLength=253
	Audiences []string `json:"audiences,omitempty"`
}

// ClassExposure says how APIs are exposed.
type ClassExposure struct {
	// HostTemplate makes the host of a stack that names none; {stack} and {namespace} are replaced.
	// +optional
	// +kubebuilder:validation:Pattern=`^([a-z0-9.-]|\{stack\}|\{namespace\})+$`
	// +kubebuilder:validation:MaxLength=253
	HostTemplate string `json:"hostTemplate,omitempty"`
	// Gateway that HTTPRoutes attach to.
	// +optional
	Gateway *Gateway `json:"gateway,omitempty"`
	// IngressClassName of Ingresses.
	// +optional
	IngressClassName ObjectName `json:"ingressClassName,omitempty"`
}

// Gateway that HTTPRoutes attach to.
type Gateway struct {
	// Name of the Gateway.
	Name ObjectName `json:"name"`
	// Namespace of the Gateway.
	Namespace NamespaceName `json:"namespace"`
	// SectionName is the listener. Defaults to any.
	// +optional
	SectionName ObjectName `json:"sectionName,omitempty"`
}

// NetworkPolicies says whether stacks have network policies.
// +kubebuilder:validation:Enum=Enabled;Disabled
type NetworkPolicies string

// Whether stacks have network policies.
const (
	NetworkPoliciesEnabled  NetworkPolicies = "Enabled"
	NetworkPoliciesDisabled NetworkPolicies = "Disabled"
)

// Network says what the stacks' network policies allow. They close everything and open what is
// needed. Where a range is left out, a policy restricts only the ports.
type Network struct {
	// Policies are composed when Enabled, the default. Without them anything in the cluster reaches
	// the API unauthenticated.
	// +optional
	Policies NetworkPolicies `json:"policies,omitempty"`
	// PoliciesEnforced says that the cluster's network plugin enforces network policies.
	// +optional
	PoliciesEnforced *bool `json:"policiesEnforced,omitempty"`
	// KubernetesAPI is where the stacks reach the Kubernetes API.
	// +optional
	KubernetesAPI KubernetesAPI `json:"kubernetesAPI,omitempty,omitzero"`
	// Cluster holds the ranges of pods, Services and nodes. Pipeline pods that may reach any
	// address may not reach these, and they are not reached through the proxy. Needs
	// kubernetesAPI.cidrs, which stay open. Defaults to the private ranges.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=64
	Cluster []CIDR `json:"cluster,omitempty"`
	// Database ranges of the shared server, reached on its port.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=64
	Database []CIDR `json:"database,omitempty"`
	// ObjectStore ranges of the object store, reached on its port.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=64
	ObjectStore []CIDR `json:"objectStore,omitempty"`
	// DNS is where the cluster's DNS servers are. Defaults to any pod on ports 53 and 5353.
	// +optional
	DNS *DNSPeer `json:"dns,omitempty"`
	// Pipelines are further destinations that pipeline pods of every stack may reach, such as a
	// package index. Defaults to the pods of their namespace that are not the stack's, and to all
	// addresses but those of the cluster, link-local ones and those of the database.
	// +optional
	// +kubebuilder:validation:MaxItems=64
	Pipelines []EgressTarget `json:"pipelines,omitempty"`
}

// KubernetesAPI is where the stacks reach the Kubernetes API.
type KubernetesAPI struct {
	// CIDRs of the API servers. Defaults to any.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=64
	CIDRs []CIDR `json:"cidrs,omitempty"`
	// Ports that the API servers listen on: policies see those behind the Service. Defaults to 443
	// and 6443.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=16
	// +kubebuilder:validation:items:Minimum=1
	// +kubebuilder:validation:items:Maximum=65535
	Ports []int32 `json:"ports,omitempty"`
}

// DNSPeer is where the cluster's DNS servers are: pods, addresses, or both.
type DNSPeer struct {
	// Namespace of the DNS pods, such as kube-system.
	// +optional
	Namespace NamespaceName `json:"namespace,omitempty"`
	// PodLabels of the DNS pods, such as k8s-app: kube-dns. Defaults to every pod of the namespace.
	// +optional
	// +kubebuilder:validation:MaxProperties=8
	PodLabels map[string]LabelValue `json:"podLabels,omitempty"`
	// CIDRs of DNS servers that are no pods, such as a cache on each node.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=16
	CIDRs []CIDR `json:"cidrs,omitempty"`
}

// Certificates says who issues the auth proxies' certificates.
type Certificates struct {
	// IssuerRef names cert-manager's issuer.
	// +optional
	IssuerRef *IssuerRef `json:"issuerRef,omitempty"`
}

// IssuerRef names an issuer of cert-manager.
type IssuerRef struct {
	// Name of the issuer.
	Name ObjectName `json:"name"`
	// Kind of the issuer. Defaults to ClusterIssuer.
	// +optional
	// +kubebuilder:validation:Enum=Issuer;ClusterIssuer
	Kind string `json:"kind,omitempty"`
}

// ClassMonitoring says which kinds of monitoring the cluster has.
type ClassMonitoring struct {
	// PrometheusOperator is true where the kinds PodMonitor and PrometheusRule exist. Stacks are
	// then monitored unless a claim says otherwise. Defaults to false.
	// +optional
	PrometheusOperator bool `json:"prometheusOperator,omitempty"`
	// Namespace of Prometheus, from which network policies let scrapes in. Defaults to none.
	// +optional
	Namespace NamespaceName `json:"namespace,omitempty"`
	// Labels put on PodMonitors and PrometheusRules, by which the Prometheus operator selects them,
	// such as release: kube-prometheus-stack.
	// +optional
	// +kubebuilder:validation:MaxProperties=16
	Labels map[string]LabelValue `json:"labels,omitempty"`
	// Dashboards is true where a Grafana sidecar picks up labelled ConfigMaps. Defaults to false.
	// +optional
	Dashboards bool `json:"dashboards,omitempty"`
}

// TTL is how long Crossplane may wait before it calls the function again without a change.
type TTL struct {
	// Ready applies while nothing is under way, whether everything is ready or not. Defaults to
	// 10m.
	// +optional
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:Pattern=`^([0-9]{1,5}(\.[0-9]{1,6})?h)?([0-9]{1,6}(\.[0-9]{1,6})?m)?([0-9]{1,9}(\.[0-9]{1,6})?s)?([0-9]{1,9}ms)?$`
	// +kubebuilder:validation:MinLength=2
	// +kubebuilder:validation:MaxLength=32
	Ready *metav1.Duration `json:"ready,omitempty"`
	// Progressing applies while something is being made or changed. Defaults to 10s: a roll-out of
	// this size can open Crossplane's watch circuit breaker, and then only this brings the next
	// call.
	// +optional
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:Pattern=`^([0-9]{1,5}(\.[0-9]{1,6})?h)?([0-9]{1,6}(\.[0-9]{1,6})?m)?([0-9]{1,9}(\.[0-9]{1,6})?s)?([0-9]{1,9}ms)?$`
	// +kubebuilder:validation:MinLength=2
	// +kubebuilder:validation:MaxLength=32
	Progressing *metav1.Duration `json:"progressing,omitempty"`
}
