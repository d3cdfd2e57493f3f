package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// PipelineStackStatus is what is there.
type PipelineStackStatus struct {
	// Conditions say whether each part of the stack works: DatabaseReady, ObjectStoreReady,
	// APIServerReady, PersistenceAgentReady, ScheduledWorkflowReady, WorkflowControllerReady,
	// MLMDReady, UIReady and ExposureReady, beside Crossplane's Ready and Synced. SpecValid says
	// whether the spec can be acted upon, and PipelinesFenced whether pods of workflows can do only
	// what a pipeline may. StackReady is True while each part works; its message is the first
	// condition that is not True, as in DatabaseReady/ReconcileError, or Ready.
	// +optional
	// +listType=map
	// +listMapKey=type
	Conditions []metav1.Condition `json:"conditions,omitempty"`

	// ClassName of the class that the stack belongs to.
	// +optional
	ClassName string `json:"className,omitempty"`

	// Release that is running.
	// +optional
	Release string `json:"release,omitempty"`

	// KFPVersion is the version of Kubeflow Pipelines that the release is, or was made from.
	// +optional
	KFPVersion string `json:"kfpVersion,omitempty"`

	// Summary is what the message of the condition StackReady says. Earlier versions write it, and
	// may run until this one does.
	//
	// Deprecated: nothing reads it.
	// +optional
	Summary string `json:"summary,omitempty"`

	// PendingResources lists the objects that are wanted and not made yet, and what each waits for.
	// +optional
	// +listType=map
	// +listMapKey=resource
	PendingResources []PendingResource `json:"pendingResources,omitempty"`

	// Components of the stack that have an address.
	// +optional
	Components *ComponentsStatus `json:"components,omitempty"`

	// Database that the stack uses.
	// +optional
	Database *DatabaseStatus `json:"database,omitempty"`

	// ObjectStore that the stack uses.
	// +optional
	ObjectStore *ObjectStoreStatus `json:"objectStore,omitempty"`

	// WorkflowPods is what admission allows pods of workflows.
	// +optional
	WorkflowPods *WorkflowPodsStatus `json:"workflowPods,omitempty"`
}

// PendingResource is an object that is wanted and not made yet.
type PendingResource struct {
	// Resource is the name by which the stack knows the object.
	Resource string `json:"resource"`
	// Reason why it is held back: Waiting, KindMissing or ForeignObject.
	Reason string `json:"reason"`
	// Message says what it waits for.
	// +optional
	Message string `json:"message,omitempty"`
}

// ComponentsStatus lists the components that have an address.
type ComponentsStatus struct {
	// APIServer is the guarded API.
	// +optional
	APIServer *ComponentStatus `json:"apiServer,omitempty"`
	// UI is the web interface, reached by port-forward.
	// +optional
	UI *ComponentStatus `json:"ui,omitempty"`
}

// ComponentStatus is where a component is reached.
type ComponentStatus struct {
	// URL inside the cluster.
	// +optional
	URL string `json:"url,omitempty"`
	// ExternalURL is the address outside the cluster, when it is exposed.
	// +optional
	ExternalURL string `json:"externalUrl,omitempty"`
	// CABundle is the key of a ConfigMap in the stack's namespace that holds the certificates by
	// which clients inside the cluster check the address. It is missing where somebody brought the
	// certificate.
	// +optional
	CABundle *LocalConfigMapKey `json:"caBundle,omitempty"`
}

// DatabaseStatus is the database that the stack uses.
type DatabaseStatus struct {
	// Type of the database: Shared, Embedded or External.
	// +optional
	Type DatabaseType `json:"type,omitempty"`
	// Identity tells the stack's data from any other, as in Shared/mysql.example.org/kfpteama…,
	// Embedded/<volume claim> or External/<host>/<name>. It is compared at every call, so that the
	// stack never moves to other data by accident. That of an External database is known once the
	// stack has worked with it.
	// +optional
	Identity string `json:"identity,omitempty"`
	// Name of the database. A Shared one's user has the same name.
	// +optional
	Name string `json:"name,omitempty"`
	// Host of the database server.
	// +optional
	Host string `json:"host,omitempty"`
	// Port of the database server.
	// +optional
	Port int32 `json:"port,omitempty"`
	// SecretName names the Secret in this namespace that holds username, password, endpoint and
	// port; for an External database the one that the spec names.
	// +optional
	SecretName string `json:"secretName,omitempty"`
	// DeletionPolicy says what would become of the data if the stack was deleted now. It follows
	// the spec as soon as the provider is told, within a minute or so, and is missing while there
	// is no database.
	// +optional
	DeletionPolicy DeletionPolicy `json:"deletionPolicy,omitempty"`
}

// ObjectStoreStatus is the bucket that the stack uses.
type ObjectStoreStatus struct {
	// Type of the object store: Shared, Embedded or External.
	// +optional
	Type ObjectStoreType `json:"type,omitempty"`
	// Identity tells the stack's data from any other, as in
	// AWS/aws/123456789012/eu-central-1/kfpteama…, Embedded/<volume claim> or
	// External/<host>/<bucket>. It is compared at every call, so that the stack never moves to other
	// data by accident. That of an External bucket is known once the stack has worked with it.
	// +optional
	Identity string `json:"identity,omitempty"`
	// Bucket is the name of the bucket.
	// +optional
	Bucket string `json:"bucket,omitempty"`
	// Endpoint is the address of the object store.
	// +optional
	Endpoint string `json:"endpoint,omitempty"`
	// Region of the bucket.
	// +optional
	Region string `json:"region,omitempty"`
	// PipelineRoot is where runs write their artifacts unless they say otherwise.
	// +optional
	PipelineRoot string `json:"pipelineRoot,omitempty"`
	// EncryptionKeys are the ARNs of all keys with which objects of the bucket may be encrypted,
	// the current one first. The stack may decrypt with each of them.
	// +optional
	// +listType=set
	EncryptionKeys []string `json:"encryptionKeys,omitempty"`
	// Versioning that is set on the bucket: Enabled or Suspended. Missing while the bucket is left
	// as it is.
	// +optional
	Versioning Versioning `json:"versioning,omitempty"`
	// Lifecycle says whether artifacts expire: Enabled or Disabled. Missing while the bucket is
	// left as it is.
	// +optional
	Lifecycle string `json:"lifecycle,omitempty"`
	// SecretName names the Secret in this namespace that holds accesskey and secretkey; for an
	// External bucket the one that the spec names.
	// +optional
	SecretName string `json:"secretName,omitempty"`
	// DeletionPolicy says what would become of the data if the stack was deleted now. It follows
	// the spec as soon as the provider is told, within a minute or so, and is missing while there
	// is no bucket.
	// +optional
	DeletionPolicy DeletionPolicy `json:"deletionPolicy,omitempty"`
}

// WorkflowPodsStatus is what admission allows pods of workflows.
type WorkflowPodsStatus struct {
	// ServiceAccounts under which pods of workflows may run.
	// +optional
	// +listType=set
	ServiceAccounts []string `json:"serviceAccounts,omitempty"`
	// PodSecurity is the level of Pod Security that pods of workflows pass whatever their namespace
	// enforces: Restricted where the release's do by themselves, and pipelines of version 1 are
	// refused; else Baseline.
	// +optional
	PodSecurity WorkflowPodSecurity `json:"podSecurity,omitempty"`
	// ReservedSecrets are Secrets that pods of workflows may not name, beside all those called
	// ml-pipeline-….
	// +optional
	// +listType=set
	ReservedSecrets []string `json:"reservedSecrets,omitempty"`
}

// WorkflowPodSecurity is a level of Pod Security.
// +kubebuilder:validation:Enum=Baseline;Restricted
type WorkflowPodSecurity string

// Levels of Pod Security.
const (
	WorkflowPodsBaseline   WorkflowPodSecurity = "Baseline"
	WorkflowPodsRestricted WorkflowPodSecurity = "Restricted"
)
