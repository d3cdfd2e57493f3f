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
	ClassName NamespaceName `json:"className,omitempty"`

	StackSettings `json:",inline"`
}

// StackSettings are all that a claim may set, and a class may set as its defaults.
type StackSettings struct {
	// Release of Kubeflow Pipelines to run, as the function's catalogue or the class names it:
	// "2.17.0" for an upstream release, "odh-2.18.0" for a distribution's. Defaults to the class's
	// release. A stack that runs keeps its release until the claim names another.
	// +optional
	Release ReleaseName `json:"release,omitempty"`

	// Size names the requests, limits and replicas of every component: Small, Medium, Large, or a
	// size that the class defines. Defaults to Small.
	// +optional
	Size SizeName `json:"size,omitempty"`

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
	// Without a word on kubernetes.io/arch or kubernetes.io/os, they run on nodes that the
	// release's images are built for.
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

// LocalSecretKey names one key of a Secret in the stack's namespace.
type LocalSecretKey struct {
	// Name of the Secret.
	Name ObjectName `json:"name"`
	// Key in the Secret.
	Key DataKey `json:"key"`
}

// LocalName names an object in the stack's namespace.
type LocalName struct {
	// Name of the object.
	Name ObjectName `json:"name"`
}

// Resources are the requests and limits of one container, as in a pod.
type Resources struct {
	// Requests are what the container is guaranteed, by resource name. Replaces the size's requests
	// as a whole.
	// +optional
	// +kubebuilder:validation:Type=object
	// +kubebuilder:validation:MaxProperties=16
	Requests corev1.ResourceList `json:"requests,omitempty"`
	// Limits are what the container may use at most, by resource name. Replaces the size's limits
	// as a whole.
	// +optional
	// +kubebuilder:validation:Type=object
	// +kubebuilder:validation:MaxProperties=16
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
	// +kubebuilder:validation:Pattern=`^[^\x00]*$`
	// +kubebuilder:validation:MaxLength=32768
	Value string `json:"value,omitempty"`
	// ValueFrom takes the value from an object in the stack's namespace, where the class allows it.
	// +optional
	ValueFrom *EnvVarSource `json:"valueFrom,omitempty"`
}

// LocalConfigMapKey names one key of a ConfigMap in the stack's namespace.
type LocalConfigMapKey struct {
	// Name of the ConfigMap.
	Name ObjectName `json:"name"`
	// Key in the ConfigMap.
	Key DataKey `json:"key"`
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
