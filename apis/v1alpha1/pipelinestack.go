package v1alpha1

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// PipelineStack is one single-user Kubeflow Pipelines stack in one namespace, with a database and a
// bucket of its own.
// +kubebuilder:object:root=true
// +kubebuilder:resource:scope=Namespaced,categories=crossplane
// +kubebuilder:subresource:status
// +kubebuilder:validation:XValidation:rule="self.kind != 'PipelineStack' || (size(self.metadata.name) <= 51 && !self.metadata.name.contains('.'))",message="a stack's name has at most 51 characters and no dots: Services are called ds-pipeline-<name>",fieldPath=".metadata.name"
type PipelineStack struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// Spec is what the tenant wants. Every field is optional; an empty spec gives the defaults of
	// the stack's class.
	// +optional
	Spec PipelineStackSpec `json:"spec,omitempty"`
	// Status is what is there.
	// +optional
	Status PipelineStackStatus `json:"status,omitempty"`
}

// PipelineStackSpec is what the tenant wants. Every field is optional; an empty spec gives the
// defaults of the stack's class.
type PipelineStackSpec struct {
	// ClassName names the PipelineStackClass that says where the stack's data lives and what it may
	// ask for. Defaults to default. It is fixed once there is data.
	// +optional
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([a-z0-9-]*[a-z0-9])?$`
	// +kubebuilder:validation:MaxLength=63
	ClassName string `json:"className,omitempty"`

	StackSettings `json:",inline"`
}

// StackSettings are all that a claim may set, and a class may set as its defaults.
type StackSettings struct {
	// Release of Kubeflow Pipelines to run, as the function's catalogue or the class names it:
	// "2.17.0" for an upstream release, "odh-2.18.0" for a distribution's. Defaults to the class's
	// release. A stack that runs keeps its release until the claim names another.
	// +optional
	// +kubebuilder:validation:Pattern=`^([a-z][a-z0-9]*-)?[0-9]+\.[0-9]+\.[0-9]+([-.][A-Za-z0-9]+)*$`
	// +kubebuilder:validation:MaxLength=63
	Release string `json:"release,omitempty"`

	// Size names the requests, limits and replicas of every component: Small, Medium, Large, or a
	// size that the class defines. Defaults to Small.
	// +optional
	// +kubebuilder:validation:Pattern=`^[A-Za-z][A-Za-z0-9-]*$`
	// +kubebuilder:validation:MaxLength=63
	Size string `json:"size,omitempty"`

	// Hibernate scales every Deployment to zero and keeps data, names and addresses. Defaults to
	// false.
	// +optional
	Hibernate *bool `json:"hibernate,omitempty"`

	// AdoptionPolicy says what happens to objects of this namespace that exist already under the
	// stack's fixed names, for instance those of an earlier installation. With Never, the default,
	// the stack reports them and waits. With IfUncontrolled it takes over those that nothing
	// controls: they are changed to what the stack wants, and deleted with it.
	// +optional
	AdoptionPolicy AdoptionPolicy `json:"adoptionPolicy,omitempty"`

	// Database holds the stack's pipelines, runs and metadata.
	// +optional
	Database DatabaseSpec `json:"database,omitempty,omitzero"`

	// ObjectStore holds the stack's artifacts and archived logs.
	// +optional
	ObjectStore ObjectStoreSpec `json:"objectStore,omitempty,omitzero"`

	// APIServer is the Kubeflow Pipelines API server.
	// +optional
	APIServer APIServerSpec `json:"apiServer,omitempty,omitzero"`

	// PersistenceAgent carries the state of workflows into the database.
	// +optional
	PersistenceAgent PersistenceAgentSpec `json:"persistenceAgent,omitempty,omitzero"`

	// ScheduledWorkflow starts recurring runs.
	// +optional
	ScheduledWorkflow ScheduledWorkflowSpec `json:"scheduledWorkflow,omitempty,omitzero"`

	// WorkflowController is the Argo workflow controller of this namespace. It is left out where
	// the platform runs Argo itself.
	// +optional
	WorkflowController WorkflowControllerSpec `json:"workflowController,omitempty,omitzero"`

	// MLMD is ML Metadata, where the release still has it.
	// +optional
	MLMD MLMDSpec `json:"mlmd,omitempty,omitzero"`

	// UI is the Kubeflow Pipelines web interface.
	// +optional
	UI UISpec `json:"ui,omitempty,omitzero"`

	// PipelineRunner is the identity under which pipeline pods run, and what they get.
	// +optional
	PipelineRunner PipelineRunnerSpec `json:"pipelineRunner,omitempty,omitzero"`

	// Exposure says how the API is reached from outside the cluster.
	// +optional
	Exposure ExposureSpec `json:"exposure,omitempty,omitzero"`

	// TLS is the certificate of the auth proxy.
	// +optional
	TLS TLSSpec `json:"tls,omitempty,omitzero"`

	// NetworkPolicy adds to what the stack's network policies allow. The class says whether there
	// are any.
	// +optional
	NetworkPolicy NetworkPolicySpec `json:"networkPolicy,omitempty,omitzero"`

	// Proxy is the HTTP proxy that the stack and its pipelines use to leave the cluster.
	// +optional
	Proxy *ProxySpec `json:"proxy,omitempty"`

	// CABundle holds certificate authorities that the stack and its pipelines trust in addition to
	// the public ones.
	// +optional
	CABundle *CABundleSpec `json:"caBundle,omitempty"`

	// Scheduling says where the stack's pods run. Pipeline pods have pipelineRunner.scheduling.
	// +optional
	Scheduling SchedulingSpec `json:"scheduling,omitempty,omitzero"`

	// Monitoring adds the objects that a Prometheus operator and a dashboard pick up, where the
	// cluster has them.
	// +optional
	Monitoring MonitoringSpec `json:"monitoring,omitempty,omitzero"`
}

// AdoptionPolicy says what happens to objects that exist already under the stack's fixed names.
// +kubebuilder:validation:Enum=Never;IfUncontrolled
type AdoptionPolicy string

// What happens to objects that exist already.
const (
	AdoptNever          AdoptionPolicy = "Never"
	AdoptIfUncontrolled AdoptionPolicy = "IfUncontrolled"
)

// PipelineStackStatus is what is there.
type PipelineStackStatus struct {
	// Conditions say whether each part of the stack works: DatabaseReady, ObjectStoreReady,
	// APIServerReady, PersistenceAgentReady, ScheduledWorkflowReady, WorkflowControllerReady,
	// MLMDReady, UIReady and ExposureReady, beside Crossplane's Ready and Synced.
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

	// Summary is the first condition that is not True, as in DatabaseReady/ReconcileError, or
	// Ready.
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
}

// DatabaseStatus is the database that the stack uses.
type DatabaseStatus struct {
	// Type of the database: Shared, Embedded or External.
	// +optional
	Type DatabaseType `json:"type,omitempty"`
	// Identity tells the stack's data from any other, as in Shared/mysql.example.org/kfpteama…. It
	// is compared at every call, so that the stack never moves to other data by accident.
	// +optional
	Identity string `json:"identity,omitempty"`
	// Name of the database, which is also the name of its user.
	// +optional
	Name string `json:"name,omitempty"`
	// Host of the database server.
	// +optional
	Host string `json:"host,omitempty"`
	// Port of the database server.
	// +optional
	Port int32 `json:"port,omitempty"`
	// SecretName names the Secret in this namespace that holds username, password, endpoint and
	// port.
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
	// AWS/aws/123456789012/eu-central-1/kfpteama…. It is compared at every call, so that the stack
	// never moves to other data by accident.
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
	// Versioning that is set on the bucket: Enabled or Suspended. Missing while the bucket is left
	// as it is.
	// +optional
	Versioning Versioning `json:"versioning,omitempty"`
	// Lifecycle says whether artifacts expire: Enabled or Disabled. Missing while the bucket is
	// left as it is.
	// +optional
	Lifecycle string `json:"lifecycle,omitempty"`
	// SecretName names the Secret in this namespace that holds accesskey and secretkey.
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
	// ReservedSecrets are Secrets that pods of workflows may not read.
	// +optional
	// +listType=set
	ReservedSecrets []string `json:"reservedSecrets,omitempty"`
}

// LocalSecretKey names one key of a Secret in the stack's namespace.
type LocalSecretKey struct {
	// Name of the Secret.
	// +kubebuilder:validation:MinLength=1
	Name string `json:"name"`
	// Key in the Secret.
	// +kubebuilder:validation:MinLength=1
	Key string `json:"key"`
}

// LocalName names an object in the stack's namespace.
type LocalName struct {
	// Name of the object.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	Name string `json:"name"`
}

// Resources are the requests and limits of one container, as in a pod.
type Resources struct {
	// Requests are what the container is guaranteed, by resource name. Replaces the size's requests
	// as a whole.
	// +optional
	Requests corev1.ResourceList `json:"requests,omitempty"`
	// Limits are what the container may use at most, by resource name. Replaces the size's limits
	// as a whole.
	// +optional
	Limits corev1.ResourceList `json:"limits,omitempty"`
}

// EnvVar is one environment variable, in the shape that a pod uses. Names that the stack itself
// sets are refused.
// +kubebuilder:validation:XValidation:rule="!(has(self.value) && has(self.valueFrom))",message="value and valueFrom exclude each other"
type EnvVar struct {
	// Name of the variable.
	// +kubebuilder:validation:Pattern=`^[A-Za-z_][A-Za-z0-9_]*$`
	// +kubebuilder:validation:MaxLength=253
	Name string `json:"name"`
	// Value of the variable. Defaults to the empty string.
	// +optional
	Value string `json:"value,omitempty"`
	// ValueFrom takes the value from an object in the stack's namespace, where the class allows it.
	// +optional
	ValueFrom *EnvVarSource `json:"valueFrom,omitempty"`
}

// LocalConfigMapKey names one key of a ConfigMap in the stack's namespace.
type LocalConfigMapKey struct {
	// Name of the ConfigMap.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	Name string `json:"name"`
	// Key in the ConfigMap.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	Key string `json:"key"`
}

// EnvVarSource names where a variable's value comes from.
// +kubebuilder:validation:XValidation:rule="has(self.secretKeyRef) != has(self.configMapKeyRef)",message="exactly one of secretKeyRef and configMapKeyRef is needed"
type EnvVarSource struct {
	// SecretKeyRef names a key of a Secret in the stack's namespace.
	// +optional
	SecretKeyRef *LocalSecretKey `json:"secretKeyRef,omitempty"`
	// ConfigMapKeyRef names a key of a ConfigMap in the stack's namespace.
	// +optional
	ConfigMapKeyRef *LocalConfigMapKey `json:"configMapKeyRef,omitempty"`
}
