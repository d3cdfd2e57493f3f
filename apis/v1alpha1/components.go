package v1alpha1

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// LogLevel of a component.
// +kubebuilder:validation:Enum=Debug;Info;Warn;Error
type LogLevel string

// Log levels.
const (
	LogDebug LogLevel = "Debug"
	LogInfo  LogLevel = "Info"
	LogWarn  LogLevel = "Warn"
	LogError LogLevel = "Error"
)

// ContainerSpec is what every component lets a tenant set on its container.
type ContainerSpec struct {
	// Image replaces the release's image, where the class allows it. The stack then runs images
	// that were never tested together.
	// +optional
	Image Image `json:"image,omitempty"`

	// Resources replace those of the size.
	// +optional
	Resources *Resources `json:"resources,omitempty"`

	// Env adds environment variables. Names that the stack sets itself are refused.
	// +optional
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MaxItems=64
	Env []EnvVar `json:"env,omitempty"`
}

// APIServerSpec configures the API server.
type APIServerSpec struct {
	ContainerSpec `json:",inline"`

	// Replicas of the API server. Defaults to the size's.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=10
	Replicas *int32 `json:"replicas,omitempty"`

	// LogLevel of the API server. Defaults to Info.
	// +optional
	LogLevel LogLevel `json:"logLevel,omitempty"`

	// CacheEnabled lets steps reuse the outputs of earlier runs. Defaults to true.
	// +optional
	CacheEnabled *bool `json:"cacheEnabled,omitempty"`

	// AllowV1Pipelines lets pipelines of the version 1 format run. Their manifests become workflows
	// unchanged, so whoever may call the API decides how their pods run. Left out, such pipelines
	// are refused where the release can refuse them; uploads are still taken. True needs the
	// class's allowV1Pipelines. False is not allowed with a release that cannot refuse them.
	// +optional
	AllowV1Pipelines *bool `json:"allowV1Pipelines,omitempty"`

	// RunTTL is how long a finished run's workflow and pods stay, such as 72h. Defaults to 24h. It
	// is the persistence agent's and Argo's alike. The run's record and its artifacts stay in any
	// case.
	// +optional
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:Pattern=`^([0-9]{1,5}(\.[0-9]{1,6})?h)?([0-9]{1,6}(\.[0-9]{1,6})?m)?([0-9]{1,9}(\.[0-9]{1,6})?s)?([0-9]{1,9}ms)?$`
	// +kubebuilder:validation:MinLength=2
	// +kubebuilder:validation:MaxLength=32
	RunTTL *metav1.Duration `json:"runTTL,omitempty"`

	// StartupTimeout is how long the API server may take to start, including a migration of its
	// tables. Defaults to 10m. Its Deployment counts as stuck five minutes later.
	// +optional
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:Pattern=`^([0-9]{1,5}(\.[0-9]{1,6})?h)?([0-9]{1,6}(\.[0-9]{1,6})?m)?([0-9]{1,9}(\.[0-9]{1,6})?s)?([0-9]{1,9}ms)?$`
	// +kubebuilder:validation:MinLength=2
	// +kubebuilder:validation:MaxLength=32
	StartupTimeout *metav1.Duration `json:"startupTimeout,omitempty"`

	// Workspace is the volume that a run may ask for as its workspace.
	// +optional
	Workspace *WorkspaceSpec `json:"workspace,omitempty"`

	// DriverImage replaces the release's image of the driver, which starts every step.
	// +optional
	DriverImage Image `json:"driverImage,omitempty"`

	// LauncherImage replaces the release's image of the launcher, which runs in every step.
	// +optional
	LauncherImage Image `json:"launcherImage,omitempty"`
}

// PersistenceAgentSpec configures the persistence agent. It runs once: two would do the same work
// twice.
type PersistenceAgentSpec struct {
	ContainerSpec `json:",inline"`

	// LogLevel of the agent. Defaults to Info.
	// +optional
	LogLevel LogLevel `json:"logLevel,omitempty"`

	// Workers is the number of workflows that are carried over at once. Defaults to 2.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=64
	Workers int32 `json:"workers,omitempty"`
}

// ScheduledWorkflowSpec configures the controller of recurring runs. It runs once: two would start
// every run twice.
type ScheduledWorkflowSpec struct {
	ContainerSpec `json:",inline"`

	// LogLevel of the controller. Defaults to Info.
	// +optional
	LogLevel LogLevel `json:"logLevel,omitempty"`

	// TimeZone in which schedules are read, as the time zone database names it, such as
	// Europe/Berlin. Defaults to UTC.
	// +optional
	// +kubebuilder:validation:Pattern=`^[A-Za-z][A-Za-z0-9_+/-]*$`
	// +kubebuilder:validation:MaxLength=64
	TimeZone string `json:"timeZone,omitempty"`
}

// WorkflowControllerSpec configures Argo's controller.
type WorkflowControllerSpec struct {
	ContainerSpec `json:",inline"`

	// Replicas of the controller; one leads. Defaults to the size's.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=10
	Replicas *int32 `json:"replicas,omitempty"`

	// LogLevel of the controller. Defaults to Info.
	// +optional
	LogLevel LogLevel `json:"logLevel,omitempty"`

	// ExecutorImage replaces the release's image of Argo's executor, which runs beside every step.
	// +optional
	ExecutorImage Image `json:"executorImage,omitempty"`

	// ExecutorResources are those of Argo's containers in every step's pod: init and wait. Defaults
	// to the size's executor.
	// +optional
	ExecutorResources *Resources `json:"executorResources,omitempty"`

	// Parallelism is the number of workflows that run at once; further ones wait. Defaults to no
	// limit.
	// +optional
	// +kubebuilder:validation:Minimum=1
	Parallelism int32 `json:"parallelism,omitempty"`

	// ArchiveLogs keeps the logs of steps in the bucket. Defaults to true.
	// +optional
	ArchiveLogs *bool `json:"archiveLogs,omitempty"`
}

// MLMDSpec configures ML Metadata: the store and the envoy in front of it that browsers need.
type MLMDSpec struct {
	ContainerSpec `json:",inline"`

	// Replicas of the store. Defaults to the size's.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=10
	Replicas *int32 `json:"replicas,omitempty"`

	// Envoy translates between browsers and the store. Only lineage pages and dashboards need it.
	// +optional
	Envoy MLMDEnvoySpec `json:"envoy,omitempty,omitzero"`
}

// MLMDEnvoySpec configures the envoy in front of ML Metadata.
type MLMDEnvoySpec struct {
	// Enabled composes the envoy. Defaults to true.
	// +optional
	Enabled *bool `json:"enabled,omitempty"`
	// Image replaces the release's image.
	// +optional
	Image Image `json:"image,omitempty"`
	// Resources replace those of the size.
	// +optional
	Resources *Resources `json:"resources,omitempty"`
}

// UISpec configures the web interface.
type UISpec struct {
	ContainerSpec `json:",inline"`

	// Enabled composes the web interface. Defaults to false. It has no login of its own and is
	// reached by port-forward.
	// +optional
	Enabled *bool `json:"enabled,omitempty"`

	// Replicas of the web interface. Defaults to the size's.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=10
	Replicas *int32 `json:"replicas,omitempty"`
}

// PipelineRunnerSpec configures the identity under which pipeline pods run, and what they get.
type PipelineRunnerSpec struct {
	// ServiceAccountAnnotations are put on the service account pipeline-runner, for instance to
	// give it a cloud identity. The class may restrict their keys.
	// +optional
	// +kubebuilder:validation:MaxProperties=16
	ServiceAccountAnnotations map[string]AnnotationValue `json:"serviceAccountAnnotations,omitempty"`

	// Roles that pipeline pods have in this namespace beside their own, out of the class's list.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=16
	Roles []RoleName `json:"roles,omitempty"`

	// Scheduling says where pipeline pods run, drivers included. A pipeline's own settings come
	// first. Defaults to nodes of an architecture that the release's driver, launcher and executor
	// are built for.
	// +optional
	Scheduling PipelineSchedulingSpec `json:"scheduling,omitempty,omitzero"`

	// Resources of a step's main container, where the pipeline sets none. Defaults to the size's
	// step: small requests and no limits, since what a pipeline sets is added to them. A namespace
	// whose quota bounds limits needs some here, or a LimitRange.
	// +optional
	Resources *Resources `json:"resources,omitempty"`
}

// PipelineSchedulingSpec says where pipeline pods run.
type PipelineSchedulingSpec struct {
	// NodeSelector that nodes must match.
	// +optional
	// +kubebuilder:validation:MaxProperties=16
	NodeSelector map[string]LabelValue `json:"nodeSelector,omitempty"`
	// Tolerations of taints.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=16
	Tolerations []corev1.Toleration `json:"tolerations,omitempty"`
	// Affinity of the pods.
	// +optional
	Affinity *corev1.Affinity `json:"affinity,omitempty"`
}

// WorkspaceSpec is the volume that a run may ask for as its workspace.
type WorkspaceSpec struct {
	// StorageClassName names the class of the volume.
	StorageClassName ObjectName `json:"storageClassName"`
	// AccessModes of the volume, which a run writes to. Defaults to ReadWriteOnce. ReadWriteOncePod
	// goes with no other.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=3
	// +kubebuilder:validation:items:Enum=ReadWriteOnce;ReadWriteMany;ReadWriteOncePod
	// +kubebuilder:validation:XValidation:rule="!('ReadWriteOncePod' in self) || size(self) == 1",message="ReadWriteOncePod goes with no other mode"
	AccessModes []corev1.PersistentVolumeAccessMode `json:"accessModes,omitempty"`
}
