package v1alpha1

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
)

// DeletionPolicy says what becomes of a store's data when the stack is deleted.
// +kubebuilder:validation:Enum=Retain;Delete
type DeletionPolicy string

// What becomes of a store's data when the stack is deleted.
const (
	// DeletionRetain keeps the data; a stack with the same identity finds it again where the backend can adopt.
	DeletionRetain DeletionPolicy = "Retain"
	// DeletionDelete destroys the data.
	DeletionDelete DeletionPolicy = "Delete"
)

// DatabaseMode says where the database lives.
// +kubebuilder:validation:Enum=Shared;Dedicated;InCluster;External
type DatabaseMode string

// Where the database lives.
const (
	// DatabaseShared is a database and a user of the stack's own in the platform's shared server.
	DatabaseShared DatabaseMode = "Shared"
	// DatabaseDedicated is a server of the stack's own, made by the cloud provider.
	DatabaseDedicated DatabaseMode = "Dedicated"
	// DatabaseInCluster is a server of the stack's own in its namespace.
	DatabaseInCluster DatabaseMode = "InCluster"
	// DatabaseExternal is a database that exists already.
	DatabaseExternal DatabaseMode = "External"
)

// DatabaseSpec says where pipelines, runs and metadata are kept.
// +kubebuilder:validation:XValidation:rule="!has(self.mode) || self.mode != 'External' || has(self.external)",message="mode External needs the external block"
// +kubebuilder:validation:XValidation:rule="!has(self.external) || (has(self.mode) && self.mode == 'External')",message="the external block goes with mode External"
// +kubebuilder:validation:XValidation:rule="!has(self.dedicated) || (has(self.mode) && self.mode == 'Dedicated')",message="the dedicated block goes with mode Dedicated"
// +kubebuilder:validation:XValidation:rule="!has(self.inCluster) || (has(self.mode) && self.mode == 'InCluster')",message="the inCluster block goes with mode InCluster"
type DatabaseSpec struct {
	// Mode says where the database lives. Defaults to Shared: a database and a user of the stack's own in the platform's server.
	// +optional
	Mode DatabaseMode `json:"mode,omitempty"`

	// DeletionPolicy says whether the data outlives the stack. Defaults to Retain. The user and its rights always go.
	// +optional
	DeletionPolicy DeletionPolicy `json:"deletionPolicy,omitempty"`

	// ExtraParams are further parameters of the API server's connection, as go-sql-driver/mysql names them, such as
	// readTimeout: 30s. TLS, character set and time handling are set by the stack and refused here.
	// +optional
	// +kubebuilder:validation:MaxProperties=16
	ExtraParams map[string]string `json:"extraParams,omitempty"`

	// Dedicated sizes a server of the stack's own.
	// +optional
	Dedicated *DedicatedDatabase `json:"dedicated,omitempty"`

	// InCluster sizes a server in the stack's namespace.
	// +optional
	InCluster *InClusterStore `json:"inCluster,omitempty"`

	// External names a database that exists already.
	// +optional
	External *ExternalDatabase `json:"external,omitempty"`
}

// DedicatedDatabase sizes a server of the stack's own.
type DedicatedDatabase struct {
	// InstanceClass is the cloud provider's machine class. Defaults to the platform's.
	// +optional
	InstanceClass string `json:"instanceClass,omitempty"`
	// Storage is the size of the server's volume. Defaults to the platform's.
	// +optional
	Storage *resource.Quantity `json:"storage,omitempty"`
}

// InClusterStore sizes a server in the stack's namespace.
type InClusterStore struct {
	// Storage is the size of the volume. Defaults to 10Gi.
	// +optional
	Storage *resource.Quantity `json:"storage,omitempty"`
	// StorageClassName names the class of the volume. Defaults to the cluster's default class.
	// +optional
	StorageClassName string `json:"storageClassName,omitempty"`
	// Resources of the server's container.
	// +optional
	Resources *Resources `json:"resources,omitempty"`
}

// ExternalDatabase names a database that exists already.
type ExternalDatabase struct {
	// Host of the server.
	// +kubebuilder:validation:MinLength=1
	Host string `json:"host"`
	// Port of the server. Defaults to 3306.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=65535
	Port int32 `json:"port,omitempty"`
	// Name of the database: letters and digits only, since Kubeflow Pipelines does not quote it.
	// +kubebuilder:validation:Pattern=`^[A-Za-z][A-Za-z0-9]{0,63}$`
	Name string `json:"name"`
	// UsernameSecretRef names the key that holds the user.
	UsernameSecretRef LocalSecretKey `json:"usernameSecretRef"`
	// PasswordSecretRef names the key that holds the password.
	PasswordSecretRef LocalSecretKey `json:"passwordSecretRef"`
	// TLS says how the connection is encrypted. Defaults to verified TLS.
	// +optional
	TLS DatabaseTLS `json:"tls,omitempty"`
}

// DatabaseTLS says how a database connection is encrypted.
// +kubebuilder:validation:Enum=Verify;SkipVerify;Disabled
type DatabaseTLS string

// How a database connection is encrypted.
const (
	// DatabaseTLSVerify encrypts and checks the server's certificate.
	DatabaseTLSVerify DatabaseTLS = "Verify"
	// DatabaseTLSSkipVerify encrypts without checking the server's certificate.
	DatabaseTLSSkipVerify DatabaseTLS = "SkipVerify"
	// DatabaseTLSDisabled does not encrypt.
	DatabaseTLSDisabled DatabaseTLS = "Disabled"
)

// ObjectStoreMode says where the bucket lives.
// +kubebuilder:validation:Enum=Managed;InCluster;External
type ObjectStoreMode string

// Where the bucket lives.
const (
	// ObjectStoreManaged is a bucket and an identity of the stack's own in the platform's object store.
	ObjectStoreManaged ObjectStoreMode = "Managed"
	// ObjectStoreInCluster is an object store of the stack's own in its namespace.
	ObjectStoreInCluster ObjectStoreMode = "InCluster"
	// ObjectStoreExternal is a bucket that exists already.
	ObjectStoreExternal ObjectStoreMode = "External"
)

// ObjectStoreSpec says where artifacts and archived logs are kept.
// +kubebuilder:validation:XValidation:rule="!has(self.mode) || self.mode != 'External' || has(self.external)",message="mode External needs the external block"
// +kubebuilder:validation:XValidation:rule="!has(self.external) || (has(self.mode) && self.mode == 'External')",message="the external block goes with mode External"
// +kubebuilder:validation:XValidation:rule="!has(self.inCluster) || (has(self.mode) && self.mode == 'InCluster')",message="the inCluster block goes with mode InCluster"
type ObjectStoreSpec struct {
	// Mode says where the bucket lives. Defaults to Managed: a bucket and an identity of the stack's own in the platform's store.
	// +optional
	Mode ObjectStoreMode `json:"mode,omitempty"`

	// DeletionPolicy says whether the data outlives the stack. Defaults to Retain. The identity and its keys always go.
	// +optional
	DeletionPolicy DeletionPolicy `json:"deletionPolicy,omitempty"`

	// Prefix is the folder of the bucket under which this stack writes, without a slash at either end. Defaults to none.
	// +optional
	// +kubebuilder:validation:Pattern=`^[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)*$`
	// +kubebuilder:validation:MaxLength=256
	Prefix string `json:"prefix,omitempty"`

	// Versioning keeps older versions of every object. Defaults to false. Turning it off suspends it: versions that exist stay.
	// +optional
	Versioning *bool `json:"versioning,omitempty"`

	// Lifecycle expires objects.
	// +optional
	Lifecycle *ObjectLifecycle `json:"lifecycle,omitempty"`

	// Encryption of objects at rest. Defaults to the store's own keys.
	// +optional
	Encryption *ObjectEncryption `json:"encryption,omitempty"`

	// InCluster sizes an object store in the stack's namespace.
	// +optional
	InCluster *InClusterStore `json:"inCluster,omitempty"`

	// External names a bucket that exists already.
	// +optional
	External *ExternalObjectStore `json:"external,omitempty"`
}

// ObjectLifecycle expires objects. At least one field is needed.
// +kubebuilder:validation:MinProperties=1
type ObjectLifecycle struct {
	// ExpireAfterDays deletes objects this many days after they were written.
	// +optional
	// +kubebuilder:validation:Minimum=1
	ExpireAfterDays int32 `json:"expireAfterDays,omitempty"`
	// ExpireNoncurrentAfterDays deletes versions this many days after they were replaced or deleted.
	// +optional
	// +kubebuilder:validation:Minimum=1
	ExpireNoncurrentAfterDays int32 `json:"expireNoncurrentAfterDays,omitempty"`
	// AbortUploadsAfterDays gives up unfinished multipart uploads after this many days.
	// +optional
	// +kubebuilder:validation:Minimum=1
	AbortUploadsAfterDays int32 `json:"abortUploadsAfterDays,omitempty"`
}

// ObjectEncryption says how objects are encrypted at rest.
type ObjectEncryption struct {
	// Key names one of the encryption keys that the platform offers.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	Key string `json:"key"`
}

// ExternalObjectStore names a bucket that exists already.
type ExternalObjectStore struct {
	// Endpoint of the store as a URL, such as https://s3.example.org.
	// +kubebuilder:validation:Pattern=`^https?://[^/]+$`
	Endpoint string `json:"endpoint"`
	// Region of the bucket. Defaults to us-east-1.
	// +optional
	Region string `json:"region,omitempty"`
	// Bucket is the name of the bucket.
	// +kubebuilder:validation:MinLength=3
	// +kubebuilder:validation:MaxLength=63
	Bucket string `json:"bucket"`
	// AccessKeySecretRef names the key that holds the access key id.
	AccessKeySecretRef LocalSecretKey `json:"accessKeySecretRef"`
	// SecretKeySecretRef names the key that holds the secret key.
	SecretKeySecretRef LocalSecretKey `json:"secretKeySecretRef"`
}

// WorkspaceSpec is the volume that a run may ask for as its workspace.
type WorkspaceSpec struct {
	// StorageClassName names the class of the volume.
	// +kubebuilder:validation:MinLength=1
	StorageClassName string `json:"storageClassName"`
	// AccessModes of the volume. Defaults to ReadWriteOnce.
	// +optional
	// +kubebuilder:validation:MaxItems=4
	AccessModes []corev1.PersistentVolumeAccessMode `json:"accessModes,omitempty"`
}
