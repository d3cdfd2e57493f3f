package v1alpha1

// Component names an image of a release.
type Component string

// Architecture of a node, as its label kubernetes.io/arch has it.
// +kubebuilder:validation:Enum=amd64;arm64;ppc64le;s390x
type Architecture string

// Architectures that an image is built for.
// +listType=set
// +kubebuilder:validation:MinItems=1
// +kubebuilder:validation:MaxItems=4
type Architectures []Architecture

// KeylessMode says how far a release reaches an object store with the identity of its pods instead
// of keys.
// +kubebuilder:validation:Enum=Full;SameRegion;NoArtifactAPI
type KeylessMode string

// How far a release goes without keys.
const (
	// KeylessFull reaches every store that the stack may use.
	KeylessFull KeylessMode = "Full"
	// KeylessSameRegion reaches AWS only, in the cluster's own region: pipeline pods ignore
	// endpoint and region.
	KeylessSameRegion KeylessMode = "SameRegion"
	// KeylessNoArtifactAPI is KeylessSameRegion, and the API for artifacts, which dashboards use,
	// fails.
	KeylessNoArtifactAPI KeylessMode = "NoArtifactAPI"
)

// ReleaseSpec is one release of Kubeflow Pipelines as data: what differs between releases, and
// nothing else.
type ReleaseSpec struct {
	// KFPVersion is the version of Kubeflow Pipelines that the release is, or was made from.
	// +kubebuilder:validation:Pattern=`^[0-9]+\.[0-9]+\.[0-9]+([-.+][A-Za-z0-9]+)*$`
	// +kubebuilder:validation:MaxLength=63
	KFPVersion string `json:"kfpVersion"`

	// Images by component: apiServer, authProxy, persistenceAgent, scheduledWorkflow,
	// workflowController, mlmd, mlmdEnvoy and ui, and of pipeline pods executor, driver and
	// launcher. A component without an image does not exist in the release. Only ui may be missing,
	// and mlmd together with mlmdEnvoy.
	// +kubebuilder:validation:MaxProperties=16
	Images map[Component]Image `json:"images"`

	// Commands are the binaries to start in those images, by component, where an image does not
	// start the right one itself.
	// +optional
	// +kubebuilder:validation:MaxProperties=16
	Commands map[Component]Command `json:"commands,omitempty"`

	// Architectures that the images are built for. Pods run on nodes of an architecture that all
	// their images are built for, unless a claim or the class names another image.
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=4
	Architectures []Architecture `json:"architectures"`

	// ArchitectureExceptions are the architectures of those components whose image is built for
	// others than the rest.
	// +optional
	// +kubebuilder:validation:MaxProperties=16
	ArchitectureExceptions map[Component]Architectures `json:"architectureExceptions,omitempty"`

	// Argo is the version of Argo Workflows that the release was made for, such as v4.0.5.
	// +kubebuilder:validation:Pattern=`^v[0-9]+\.[0-9]+\.[0-9]+([-.+][A-Za-z0-9]+)*$`
	// +kubebuilder:validation:MaxLength=63
	Argo string `json:"argo"`

	// Schema is the generation of the database's tables. The API server migrates tables forward as
	// it starts, and there is no way back: a stack never goes to a release of a lower generation.
	// +kubebuilder:validation:Minimum=1
	Schema int `json:"schema"`

	// Features that differ between releases.
	// +optional
	Features ReleaseFeatures `json:"features,omitempty"`
}

// ReleaseFeatures differ between releases. Left out, a release does not have them.
type ReleaseFeatures struct {
	// MLMDNativePasswords says that the release's ML Metadata can log in with
	// mysql_native_password only.
	// +optional
	MLMDNativePasswords bool `json:"mlmdNativePasswords,omitempty"`

	// BlockV1Pipelines says that the release's API server can refuse pipelines of the version 1
	// format.
	// +optional
	BlockV1Pipelines bool `json:"blockV1Pipelines,omitempty"`

	// Keyless says how far the release reaches an object store without keys. Left out, it cannot.
	// +optional
	Keyless KeylessMode `json:"keyless,omitempty"`

	// RestrictedPods says that pods of version 2 pipelines pass Pod Security restricted by
	// themselves.
	// +optional
	RestrictedPods bool `json:"restrictedPods,omitempty"`

	// RetryErrors is how often a step is started again that ended in an error of the cluster's,
	// such as a lost node, rather than of its own program. Left out, never, as in upstream's
	// configuration of Argo before 2.17.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=10
	RetryErrors int `json:"retryErrors,omitempty"`

	// AllowedServiceAccounts says that the API server refuses runs under service accounts that are
	// not in its list.
	// +optional
	AllowedServiceAccounts bool `json:"allowedServiceAccounts,omitempty"`
}
