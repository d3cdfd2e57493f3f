package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// PipelineStackClass is to stacks what a StorageClass is to volumes. It says where the shared
// database server and object store are, which releases and sizes exist, and what a claim may ask
// for. Changes reach the stacks that run, but never move their data.
// +kubebuilder:object:root=true
// +kubebuilder:resource:scope=Cluster,shortName=plsc,categories=crossplane
// +kubebuilder:printcolumn:name="DATABASE",type=string,JSONPath=`.spec.database.shared.host`
// +kubebuilder:printcolumn:name="STORE",type=string,JSONPath=`.spec.objectStore.aws.region`
// +kubebuilder:printcolumn:name="RELEASE",type=string,JSONPath=`.spec.defaults.release`
// +kubebuilder:printcolumn:name="AGE",type=date,JSONPath=`.metadata.creationTimestamp`
type PipelineStackClass struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// Spec of the class.
	Spec PipelineStackClassSpec `json:"spec"`
}

// PipelineStackClassSpec is what the stacks of a class have in common.
// +kubebuilder:validation:XValidation:rule="!(has(self.database) && has(self.database.shared) || has(self.objectStore) && (has(self.objectStore.aws) || has(self.objectStore.objectBucketClaim))) || has(self.clusterID) && has(self.identitySalt)",message="shared stores need clusterID and identitySalt: they go into every name that is derived there"
type PipelineStackClassSpec struct {
	// AllowedNamespaces says which namespaces may have stacks of this class. Defaults to all.
	// +optional
	AllowedNamespaces AllowedNamespaces `json:"allowedNamespaces,omitempty,omitzero"`

	// ClusterID tells this cluster from every other that shares the database server or the object
	// store. It goes into every derived name. A stack that has data keeps its name when this
	// changes, and a condition of it says MoveRefused.
	// +optional
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([a-z0-9-]*[a-z0-9])?$`
	// +kubebuilder:validation:MaxLength=63
	ClusterID string `json:"clusterID,omitempty"`

	// IdentitySalt goes into every derived name, so that nobody can compute the name of a bucket
	// and take it first. It has at least 16 random characters, such as `openssl rand -hex 16`
	// prints. Every class of a cluster may have the same. A stack that has data keeps its name when
	// this changes, and a condition of it says MoveRefused.
	// +optional
	// +kubebuilder:validation:Pattern=`^[A-Za-z0-9]+$`
	// +kubebuilder:validation:MinLength=16
	// +kubebuilder:validation:MaxLength=128
	IdentitySalt string `json:"identitySalt,omitempty"`

	// IdentityFrom says what derived names hold beside salt, clusterID and the stack's name.
	// NamespaceName, the default, survives a rebuilt cluster: the same namespace and stack name
	// find their data again. NamespaceUID never lets a namespace that was deleted and made anew,
	// perhaps by somebody else, inherit retained data.
	// +optional
	IdentityFrom IdentityFrom `json:"identityFrom,omitempty"`

	// Defaults apply to every claim that leaves the field out: release, size, deletion policies and
	// all else a tenant may set.
	// +optional
	Defaults *StackSettings `json:"defaults,omitempty"`

	// Constraints bound what a claim may ask for. The class's own defaults are not bound.
	// +optional
	Constraints Constraints `json:"constraints,omitempty,omitzero"`

	// AllowV1Pipelines lets claims allow pipelines of the version 1 format, whose manifests become
	// workflows unchanged. Defaults to false.
	// +optional
	AllowV1Pipelines bool `json:"allowV1Pipelines,omitempty"`

	// Releases adds releases to those that the function carries, by the name that claims use: for a
	// mirror of an air-gapped site, or a patch release. A name that the function carries too is
	// refused.
	// +optional
	// +kubebuilder:validation:MaxProperties=16
	Releases map[string]ReleaseSpec `json:"releases,omitempty"`

	// Sizes adds sizes or replaces built-in ones (Small, Medium, Large). A component that a size
	// leaves out takes it from Small.
	// +optional
	// +kubebuilder:validation:MaxProperties=16
	Sizes map[string]Size `json:"sizes,omitempty"`

	// ClusterDomain of the cluster's DNS. Defaults to cluster.local.
	// +optional
	// +kubebuilder:validation:MaxLength=253
	ClusterDomain string `json:"clusterDomain,omitempty"`

	// PodSecurity says who chooses user ids.
	// +optional
	PodSecurity PodSecurity `json:"podSecurity,omitempty,omitzero"`

	// Images says where images come from.
	// +optional
	Images Images `json:"images,omitempty,omitzero"`

	// Database says which types tenants may use and where the shared server is.
	// +optional
	Database ClassDatabase `json:"database,omitempty,omitzero"`

	// ObjectStore says which types tenants may use and where shared buckets are made.
	// +optional
	ObjectStore ClassObjectStore `json:"objectStore,omitempty,omitzero"`

	// Argo says who runs Argo Workflows.
	// +optional
	Argo Argo `json:"argo,omitempty,omitzero"`

	// PipelineRunner says which roles and service accounts pipeline pods may have.
	// +optional
	PipelineRunner ClassPipelineRunner `json:"pipelineRunner,omitempty,omitzero"`

	// Auth says who guards the API.
	// +optional
	Auth Auth `json:"auth,omitempty,omitzero"`

	// Exposure says how APIs are exposed.
	// +optional
	Exposure ClassExposure `json:"exposure,omitempty,omitzero"`

	// Network says what the stacks' network policies allow.
	// +optional
	Network Network `json:"network,omitempty,omitzero"`

	// Certificates says who issues the auth proxies' certificates.
	// +optional
	Certificates Certificates `json:"certificates,omitempty,omitzero"`

	// Monitoring says which kinds of monitoring the cluster has.
	// +optional
	Monitoring ClassMonitoring `json:"monitoring,omitempty,omitzero"`

	// TTL is how long Crossplane may wait before it calls the function again without a change.
	// +optional
	TTL TTL `json:"ttl,omitempty,omitzero"`
}

// NamespacesFrom says which namespaces may have stacks of a class.
// +kubebuilder:validation:Enum=All;Selector
type NamespacesFrom string

// Which namespaces may have stacks of a class.
const (
	NamespacesAll      NamespacesFrom = "All"
	NamespacesSelector NamespacesFrom = "Selector"
)

// AllowedNamespaces says which namespaces may have stacks of a class. A stack that has data stays
// when its namespace is no longer among them.
// +kubebuilder:validation:XValidation:rule="(has(self.from) && self.from == 'Selector') == has(self.selector)",message="selector must be set with from: Selector, and only with it"
type AllowedNamespaces struct {
	// From is All, the default, or Selector.
	// +optional
	From NamespacesFrom `json:"from,omitempty"`
	// Selector of the namespaces' labels; for from: Selector.
	// +optional
	Selector *metav1.LabelSelector `json:"selector,omitempty"`
}

// Constraints bound what a claim may ask for.
type Constraints struct {
	// Releases that claims may name. Defaults to the whole catalogue.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=64
	Releases []string `json:"releases,omitempty"`
	// Sizes that claims may name. Defaults to all.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=64
	Sizes []string `json:"sizes,omitempty"`
	// Replicas is the most that a claim may ask for of one component. Defaults to 10.
	// +optional
	// +kubebuilder:validation:Minimum=1
	Replicas int32 `json:"replicas,omitempty"`
	// Resources are the most that a claim may ask for of one container, by resource name. Defaults
	// to no bound.
	// +optional
	Resources *Resources `json:"resources,omitempty"`
	// Egress bounds the destinations that a claim may open: each lies inside one of these ranges.
	// Defaults to no bound.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=64
	Egress []string `json:"egress,omitempty"`
	// PriorityClassNames that claims may name. Defaults to all but those of the system.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=64
	PriorityClassNames []string `json:"priorityClassNames,omitempty"`
	// AnnotationKeys that claims may put on the service account of pipeline pods; a * at the end
	// stands for any rest. Defaults to all.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=64
	AnnotationKeys []string `json:"annotationKeys,omitempty"`
	// Allow opens fields that claims may not set by default: image, driverImage, launcherImage and
	// executorImage of every component, and valueFrom of its variables. Whoever sets them has the
	// rights of the stack's pods. A path is below spec and covers all below it; * stands for one
	// step or more, as in *.image.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=64
	Allow []string `json:"allow,omitempty"`
	// Forbid closes further fields to claims, such as pipelineRunner or *.env.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=64
	Forbid []string `json:"forbid,omitempty"`
}

// IdentityFrom says what derived names hold.
// +kubebuilder:validation:Enum=NamespaceName;NamespaceUID
type IdentityFrom string

// What derived names hold.
const (
	IdentityNamespaceName IdentityFrom = "NamespaceName"
	IdentityNamespaceUID  IdentityFrom = "NamespaceUID"
)

// Size names requests, limits and replicas of each component.
type Size struct {
	// Components by name: apiServer, authProxy, persistenceAgent, scheduledWorkflow,
	// workflowController, mlmd, mlmdEnvoy, ui.
	// +kubebuilder:validation:MaxProperties=16
	Components map[string]ComponentSize `json:"components"`
}

// ComponentSize sizes one component.
type ComponentSize struct {
	Resources `json:",inline"`

	// Replicas of the component. Defaults to 1. Components that run once ignore it.
	// +optional
	// +kubebuilder:validation:Minimum=1
	Replicas int32 `json:"replicas,omitempty"`
}

// UserIDs says who chooses user ids.
// +kubebuilder:validation:Enum=Fixed;Assigned
type UserIDs string

// Who chooses user ids.
const (
	// UserIDsFixed sets user ids in the pods: plain Kubernetes.
	UserIDsFixed UserIDs = "Fixed"
	// UserIDsAssigned leaves them to admission: OpenShift's security context constraints.
	UserIDsAssigned UserIDs = "Assigned"
)

// PodSecurity says who chooses user ids.
type PodSecurity struct {
	// UserIDs is Fixed on plain Kubernetes, the default, and Assigned where admission assigns user
	// ids, as OpenShift does.
	// +optional
	UserIDs UserIDs `json:"userIDs,omitempty"`
}

// Images says where images come from.
type Images struct {
	// Registry replaces the registry host of every image of a release, such as
	// mirror.example.org/kfp. The rest of the name stays.
	// +optional
	Registry string `json:"registry,omitempty"`
	// PullSecrets are used by every pod. They must exist in every tenant's namespace under these
	// names.
	// +optional
	PullSecrets []LocalName `json:"pullSecrets,omitempty"`
	// AuthProxy replaces the image of kube-rbac-proxy.
	// +optional
	AuthProxy string `json:"authProxy,omitempty"`
}

// Argo says who runs Argo Workflows.
type Argo struct {
	// Controller is Stack, the default, where each stack brings its own workflow controller, and
	// Platform where a controller of the platform's serves the namespaces. Two controllers on one
	// namespace would fight over every workflow.
	// +optional
	Controller ArgoController `json:"controller,omitempty"`
}

// ArgoController says who runs Argo's workflow controller.
// +kubebuilder:validation:Enum=Stack;Platform
type ArgoController string

// Who runs Argo's workflow controller.
const (
	ArgoStack    ArgoController = "Stack"
	ArgoPlatform ArgoController = "Platform"
)

// ClassPipelineRunner says which roles and service accounts pipeline pods may have.
type ClassPipelineRunner struct {
	// Roles are ClusterRoles that claims may give to pipeline pods in their namespace.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=64
	Roles []string `json:"roles,omitempty"`
	// ServiceAccounts that runs may use beside pipeline-runner, in the tenants' namespaces.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=64
	ServiceAccounts []string `json:"serviceAccounts,omitempty"`
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
	// Audiences that callers' tokens must be for. Defaults to the Kubernetes API's own.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=16
	Audiences []string `json:"audiences,omitempty"`
}

// ClassExposure says how APIs are exposed.
type ClassExposure struct {
	// HostTemplate makes the host of a stack that names none; {stack} and {namespace} are replaced.
	// +optional
	HostTemplate string `json:"hostTemplate,omitempty"`
	// Gateway that HTTPRoutes attach to.
	// +optional
	Gateway *Gateway `json:"gateway,omitempty"`
	// IngressClassName of Ingresses.
	// +optional
	IngressClassName string `json:"ingressClassName,omitempty"`
}

// Gateway that HTTPRoutes attach to.
type Gateway struct {
	// Name of the Gateway.
	Name string `json:"name"`
	// Namespace of the Gateway.
	Namespace string `json:"namespace"`
	// SectionName is the listener. Defaults to any.
	// +optional
	SectionName string `json:"sectionName,omitempty"`
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
	// address may not reach these, and they are not reached through the proxy.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=64
	Cluster []string `json:"cluster,omitempty"`
	// Database ranges of the shared server, reached on its port.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=64
	Database []string `json:"database,omitempty"`
	// ObjectStore ranges of the object store, reached on its port.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=64
	ObjectStore []string `json:"objectStore,omitempty"`
	// DNS is where the cluster's DNS servers are. Defaults to any pod on ports 53 and 5353.
	// +optional
	DNS *DNSPeer `json:"dns,omitempty"`
	// Pipelines are further destinations that pipeline pods of every stack may reach, such as a
	// package index. Defaults to any destination.
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
	CIDRs []string `json:"cidrs,omitempty"`
	// Ports that the API servers listen on: policies see those behind the Service. Defaults to 443
	// and 6443.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=16
	Ports []int32 `json:"ports,omitempty"`
}

// DNSPeer is where the cluster's DNS servers are: pods, addresses, or both.
type DNSPeer struct {
	// Namespace of the DNS pods, such as kube-system.
	// +optional
	// +kubebuilder:validation:MaxLength=63
	Namespace string `json:"namespace,omitempty"`
	// PodLabels of the DNS pods, such as k8s-app: kube-dns. Defaults to every pod of the namespace.
	// +optional
	// +kubebuilder:validation:MaxProperties=8
	PodLabels map[string]string `json:"podLabels,omitempty"`
	// CIDRs of DNS servers that are no pods, such as a cache on each node.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=16
	CIDRs []string `json:"cidrs,omitempty"`
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
	Name string `json:"name"`
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
	Namespace string `json:"namespace,omitempty"`
	// Labels put on PodMonitors and PrometheusRules, by which the Prometheus operator selects them,
	// such as release: kube-prometheus-stack.
	// +optional
	// +kubebuilder:validation:MaxProperties=16
	Labels map[string]string `json:"labels,omitempty"`
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
	// +kubebuilder:validation:Pattern=`^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$`
	Ready *metav1.Duration `json:"ready,omitempty"`
	// Progressing applies while something is being made or changed. Defaults to 10s: a roll-out of
	// this size can open Crossplane's watch circuit breaker, and then only this brings the next
	// call.
	// +optional
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:Pattern=`^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$`
	Progressing *metav1.Duration `json:"progressing,omitempty"`
}
