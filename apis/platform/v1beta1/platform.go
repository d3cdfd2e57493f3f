package v1beta1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/pipelinestack/function-pipelinestack/apis/v1alpha1"
)

// Platform says once, for every stack of a cluster, what tenants never name: infrastructure, releases, sizes and limits.
// +kubebuilder:object:root=true
// +kubebuilder:storageversion
// +kubebuilder:resource:categories=crossplane
type Platform struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// ClusterID tells this cluster from every other that shares the database server or the object store. It goes into every derived
	// name, so changing it later is refused for stacks that exist.
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([a-z0-9-]*[a-z0-9])?$`
	// +kubebuilder:validation:MaxLength=63
	ClusterID string `json:"clusterID"`

	// IdentityFrom says what derived names hold beside clusterID and the stack's name. NamespaceName, the default, survives a rebuilt
	// cluster: the same namespace and stack name find their data again. NamespaceUID never lets a namespace that was deleted and made
	// anew, perhaps by somebody else, inherit retained data.
	// +optional
	IdentityFrom IdentityFrom `json:"identityFrom,omitempty"`

	// EnvironmentConfigRef names an EnvironmentConfig whose data has the fields of this input and overrides them, so that one Composition
	// serves many clusters. Objects are merged, lists and everything else are replaced.
	// +optional
	EnvironmentConfigRef *v1alpha1.LocalName `json:"environmentConfigRef,omitempty"`

	// Defaults apply to every claim that leaves the field out: release, size, deletion policies and all else a tenant may set.
	// +optional
	Defaults *v1alpha1.PipelineStackSpec `json:"defaults,omitempty"`

	// Limits bound what a claim may ask for.
	// +optional
	Limits Limits `json:"limits,omitempty,omitzero"`

	// Sizes adds sizes or replaces built-in ones (Small, Medium, Large). A component that a size leaves out takes it from Small.
	// +optional
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

	// Database says which modes tenants may use and where the shared server is.
	// +optional
	Database Database `json:"database,omitempty,omitzero"`

	// ObjectStore says where managed buckets are made.
	// +optional
	ObjectStore ObjectStore `json:"objectStore,omitempty,omitzero"`

	// Argo says who runs Argo Workflows.
	// +optional
	Argo Argo `json:"argo,omitempty,omitzero"`

	// Exposure says how APIs are exposed.
	// +optional
	Exposure Exposure `json:"exposure,omitempty,omitzero"`

	// Network names the destinations that network policies let the stacks reach.
	// +optional
	Network Network `json:"network,omitempty,omitzero"`

	// Certificates says who issues the auth proxies' certificates.
	// +optional
	Certificates Certificates `json:"certificates,omitempty,omitzero"`

	// Monitoring says which kinds of monitoring the cluster has.
	// +optional
	Monitoring Monitoring `json:"monitoring,omitempty,omitzero"`

	// TTL is how long Crossplane may wait before it calls the function again without a change.
	// +optional
	TTL TTL `json:"ttl,omitempty,omitzero"`
}

// IdentityFrom says what derived names hold.
// +kubebuilder:validation:Enum=NamespaceName;NamespaceUID
type IdentityFrom string

// What derived names hold.
const (
	IdentityNamespaceName IdentityFrom = "NamespaceName"
	IdentityNamespaceUID  IdentityFrom = "NamespaceUID"
)

// Limits bound what a claim may ask for. The platform's own defaults are not bound.
type Limits struct {
	// Releases that claims may name. Defaults to the whole catalogue.
	// +optional
	Releases []string `json:"releases,omitempty"`
	// Sizes that claims may name. Defaults to all.
	// +optional
	Sizes []string `json:"sizes,omitempty"`
	// Replicas that a claim may ask for of one component, at most. Defaults to 10.
	// +optional
	// +kubebuilder:validation:Minimum=1
	Replicas int32 `json:"replicas,omitempty"`
	// Resources that a claim may ask for of one container, at most, by resource name. Defaults to no bound.
	// +optional
	Resources *v1alpha1.Resources `json:"resources,omitempty"`
	// ForbiddenFields are paths below spec that claims may not set, such as apiServer.image or pipelineRunner. A path covers all below it;
	// * stands for one step, as in *.image.
	// +optional
	ForbiddenFields []string `json:"forbiddenFields,omitempty"`
}

// Size names requests, limits and replicas of each component.
type Size struct {
	// Components by name: apiServer, authProxy, persistenceAgent, scheduledWorkflow, workflowController, metadata, metadataEnvoy, ui.
	Components map[string]ComponentSize `json:"components"`
}

// ComponentSize sizes one component.
type ComponentSize struct {
	v1alpha1.Resources `json:",inline"`

	// Replicas of the component. Defaults to 1. Components that run once ignore it.
	// +optional
	// +kubebuilder:validation:Minimum=1
	Replicas int32 `json:"replicas,omitempty"`
}

// RunAsUser says who chooses user ids.
// +kubebuilder:validation:Enum=Fixed;Platform
type RunAsUser string

// Who chooses user ids.
const (
	// RunAsFixed sets user ids in the pods: plain Kubernetes.
	RunAsFixed RunAsUser = "Fixed"
	// RunAsPlatform leaves them to admission: OpenShift's security context constraints.
	RunAsPlatform RunAsUser = "Platform"
)

// PodSecurity says who chooses user ids.
type PodSecurity struct {
	// RunAsUser is Fixed on plain Kubernetes, the default, and Platform where admission assigns user ids, as OpenShift does.
	// +optional
	RunAsUser RunAsUser `json:"runAsUser,omitempty"`
}

// Images says where images come from.
type Images struct {
	// Registry replaces the registry host of every image of a release, such as mirror.example.org/kfp. The rest of the name stays.
	// +optional
	Registry string `json:"registry,omitempty"`
	// PullSecrets exist in every tenant's namespace under these names and are used by every pod.
	// +optional
	PullSecrets []v1alpha1.LocalName `json:"pullSecrets,omitempty"`
	// AuthProxy replaces the image of kube-rbac-proxy.
	// +optional
	AuthProxy string `json:"authProxy,omitempty"`
}

// Argo says who runs Argo Workflows.
type Argo struct {
	// Controller is Stack, the default, where each stack brings its own workflow controller, and Platform where a controller of the
	// platform's serves the namespaces. Two controllers on one namespace would fight over every workflow.
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

// Exposure says how APIs are exposed.
type Exposure struct {
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

// Network names the destinations that network policies let the stacks reach. A range that is left out is not narrowed: the policy then
// names the ports alone.
type Network struct {
	// APIServer ranges of the Kubernetes API, reached on ports 443 and 6443.
	// +optional
	APIServer []string `json:"apiServer,omitempty"`
	// Database ranges of the shared server, reached on its port.
	// +optional
	Database []string `json:"database,omitempty"`
	// ObjectStore ranges of the object store, reached on its port.
	// +optional
	ObjectStore []string `json:"objectStore,omitempty"`
	// DNS selects the cluster's DNS servers. Defaults to any pod on ports 53 and 5353.
	// +optional
	DNS *DNSPeer `json:"dns,omitempty"`
	// Pipelines are further destinations that pipeline pods of every stack may reach, such as a package index.
	// +optional
	Pipelines []v1alpha1.EgressTarget `json:"pipelines,omitempty"`
}

// DNSPeer selects the cluster's DNS servers.
type DNSPeer struct {
	// Namespace of the DNS pods, such as kube-system.
	Namespace string `json:"namespace"`
	// PodLabels of the DNS pods, such as k8s-app: kube-dns. Defaults to every pod of the namespace.
	// +optional
	PodLabels map[string]string `json:"podLabels,omitempty"`
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

// Monitoring says which kinds of monitoring the cluster has.
type Monitoring struct {
	// PrometheusOperator is true where PodMonitor and PrometheusRule exist. Stacks are then monitored unless a claim says otherwise.
	// Defaults to false.
	// +optional
	PrometheusOperator bool `json:"prometheusOperator,omitempty"`
	// Namespace of Prometheus, from which network policies let scrapes in. Defaults to none.
	// +optional
	Namespace string `json:"namespace,omitempty"`
	// Dashboards is true where a Grafana sidecar picks up labelled ConfigMaps. Defaults to false.
	// +optional
	Dashboards bool `json:"dashboards,omitempty"`
}

// TTL is how long Crossplane may wait before it calls the function again without a change.
type TTL struct {
	// Ready applies while everything is ready. Defaults to 10m.
	// +optional
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:Pattern=`^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$`
	Ready *metav1.Duration `json:"ready,omitempty"`
	// Progressing applies while something is not. Defaults to 10s: a roll-out of this size can open Crossplane's watch circuit breaker,
	// and then only this brings the next call.
	// +optional
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:Pattern=`^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$`
	Progressing *metav1.Duration `json:"progressing,omitempty"`
}
