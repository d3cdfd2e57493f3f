package v1alpha1

// What a class says of pods: sizes, users, images, and who runs Argo.

// Size names requests, limits and replicas of each component.
type Size struct {
	// Components by name: apiServer, authProxy, persistenceAgent, scheduledWorkflow,
	// workflowController, mlmd, mlmdEnvoy, ui; of embedded stores databaseServer and
	// objectStoreServer; and of pipeline pods executor, which is Argo's init and wait, and step, the
	// main container.
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
	// Registry replaces the registry host of every image of a release and of embedded stores, such
	// as mirror.example.org/kfp: a host with a dot or a port, and perhaps a path, in small letters.
	// The rest of the name stays.
	// +optional
	// +kubebuilder:validation:Pattern=`^([a-z0-9-]+(\.[a-z0-9-]+)+(:[0-9]{1,5})?|[a-z0-9-]+:[0-9]{1,5}|localhost)(/[a-z0-9]+([._-]+[a-z0-9]+)*)*/?$`
	// +kubebuilder:validation:MaxLength=253
	Registry string `json:"registry,omitempty"`
	// PullSecrets are used by every pod, those of pipelines too unless the platform runs Argo. They
	// must exist in every tenant's namespace under these names.
	// +optional
	// +kubebuilder:validation:MaxItems=8
	PullSecrets []LocalName `json:"pullSecrets,omitempty"`
	// AuthProxy replaces the image of kube-rbac-proxy.
	// +optional
	AuthProxy Image `json:"authProxy,omitempty"`
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
