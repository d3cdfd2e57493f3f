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
	ClusterID NamespaceName `json:"clusterID,omitempty"`

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
	ClusterDomain Host `json:"clusterDomain,omitempty"`

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
	Releases []ReleaseName `json:"releases,omitempty"`
	// Sizes that claims may name. Defaults to all.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=64
	Sizes []SizeName `json:"sizes,omitempty"`
	// Replicas is the most that a claim may ask for of one component. Defaults to 10.
	// +optional
	// +kubebuilder:validation:Minimum=1
	Replicas int32 `json:"replicas,omitempty"`
	// Resources are the most that a claim may ask for of one container, by resource name. Defaults
	// to no bound.
	// +optional
	Resources *Resources `json:"resources,omitempty"`
	// Egress bounds the destinations that a claim may open: each lies inside one of these ranges.
	// Defaults to those of network.pipelines, or to no bound without that. Claims open neither
	// link-local addresses nor the stack's database.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=64
	Egress []CIDR `json:"egress,omitempty"`
	// PriorityClassNames that claims may name. Defaults to all but those of the system.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=64
	PriorityClassNames []ObjectName `json:"priorityClassNames,omitempty"`
	// AnnotationKeys that claims may put on the service account of pipeline pods; a * at the end
	// stands for any rest. Defaults to all but those by which a cloud or OpenShift gives the account
	// more: eks.amazonaws.com/*, iam.gke.io/*, azure.workload.identity/*,
	// pod-identity.alibabacloud.com/* and serviceaccounts.openshift.io/*.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=64
	// +kubebuilder:validation:items:Pattern=`^[A-Za-z0-9._/-]*(\*)?$`
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=317
	AnnotationKeys []string `json:"annotationKeys,omitempty"`
	// Allow opens fields that claims may not set by default: image, driverImage, launcherImage and
	// executorImage of every component, and valueFrom of its variables. Whoever sets them has the
	// rights of the stack's pods. A path is below spec and covers all below it; * stands for any
	// steps, and the name after it for every name that ends in it: *.image is all of those images.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=64
	Allow []FieldPattern `json:"allow,omitempty"`
	// Forbid closes further fields to claims, such as pipelineRunner or *.env.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=64
	Forbid []FieldPattern `json:"forbid,omitempty"`
}

// IdentityFrom says what derived names hold.
// +kubebuilder:validation:Enum=NamespaceName;NamespaceUID
type IdentityFrom string

// What derived names hold.
const (
	IdentityNamespaceName IdentityFrom = "NamespaceName"
	IdentityNamespaceUID  IdentityFrom = "NamespaceUID"
)
