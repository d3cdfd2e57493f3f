package v1alpha1

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
)

// DeletionPolicy says what happens to a store's data when the stack is deleted.
// +kubebuilder:validation:Enum=Retain;Delete
type DeletionPolicy string

// What happens to a store's data when the stack is deleted.
const (
	// DeletionRetain keeps the data; a stack with the same identity finds it again where the
	// backend can adopt.
	DeletionRetain DeletionPolicy = "Retain"
	// DeletionDelete destroys the data.
	DeletionDelete DeletionPolicy = "Delete"
)

// DatabaseType says where the database lives.
// +kubebuilder:validation:Enum=Shared;Embedded;External
type DatabaseType string

// Where the database lives.
const (
	// DatabaseShared is a database and a user of the stack's own in the class's server.
	DatabaseShared DatabaseType = "Shared"
	// DatabaseEmbedded is a server of the stack's own in its namespace.
	DatabaseEmbedded DatabaseType = "Embedded"
	// DatabaseExternal is a database that exists already.
	DatabaseExternal DatabaseType = "External"
)

// DatabaseSpec says where pipelines, runs and metadata are stored.
// +kubebuilder:validation:XValidation:rule="!has(self.type) || self.type != 'External' || has(self.external)",message="type External needs the external block"
// +kubebuilder:validation:XValidation:rule="!has(self.external) || (has(self.type) && self.type == 'External')",message="the external block goes with type External"
// +kubebuilder:validation:XValidation:rule="!has(self.embedded) || (has(self.type) && self.type == 'Embedded')",message="the embedded block goes with type Embedded"
type DatabaseSpec struct {
	// Type says where the database lives. Defaults to the class's, else Shared: a database and a
	// user of the stack's own in the class's server. It is fixed once there is data.
	// +optional
	Type DatabaseType `json:"type,omitempty"`

	// DeletionPolicy says whether the data outlives the stack. Defaults to Retain. The user and its
	// rights are always deleted.
	// +optional
	DeletionPolicy DeletionPolicy `json:"deletionPolicy,omitempty"`

	// ExtraParams are further parameters of the API server's connection, as go-sql-driver/mysql
	// names them, such as readTimeout: 30s. TLS, character set and time handling are set by the
	// stack and refused here.
	// +optional
	// +kubebuilder:validation:MaxProperties=16
	ExtraParams map[string]string `json:"extraParams,omitempty"`

	// Embedded sizes a server in the stack's namespace.
	// +optional
	Embedded *EmbeddedStore `json:"embedded,omitempty"`

	// External names a database that exists already.
	// +optional
	External *ExternalDatabase `json:"external,omitempty"`
}

// EmbeddedStore sizes a server in the stack's namespace.
type EmbeddedStore struct {
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
// +kubebuilder:validation:XValidation:rule="has(self.username) != has(self.usernameSecretRef)",message="exactly one of username and usernameSecretRef is needed"
type ExternalDatabase struct {
	// Host of the server, a name that its certificate holds.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	Host string `json:"host"`
	// Port of the server. Defaults to 3306.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=65535
	Port int32 `json:"port,omitempty"`
	// Name of the database: letters, digits and underscores, since Kubeflow Pipelines does not
	// quote it.
	// +kubebuilder:validation:Pattern=`^[A-Za-z][A-Za-z0-9_]{0,63}$`
	Name string `json:"name"`
	// Username with which the stack logs in.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=80
	Username string `json:"username,omitempty"`
	// UsernameSecretRef names the key that holds the user, in place of username.
	// +optional
	UsernameSecretRef *LocalSecretKey `json:"usernameSecretRef,omitempty"`
	// PasswordSecretRef names the key that holds the password.
	PasswordSecretRef LocalSecretKey `json:"passwordSecretRef"`
	// TLS says how the connection is encrypted. Defaults to Verify.
	// +optional
	TLS DatabaseTLS `json:"tls,omitempty"`
	// CABundle names the key of a ConfigMap that holds the PEM certificates against which the
	// server's is checked. Defaults to the public authorities of the images.
	// +optional
	CABundle *CABundleSpec `json:"caBundle,omitempty"`
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

// ObjectStoreType says where the bucket lives.
// +kubebuilder:validation:Enum=Shared;Embedded;External
type ObjectStoreType string

// Where the bucket lives.
const (
	// ObjectStoreShared is a bucket and an identity of the stack's own in the class's object store.
	ObjectStoreShared ObjectStoreType = "Shared"
	// ObjectStoreEmbedded is an object store of the stack's own in its namespace.
	ObjectStoreEmbedded ObjectStoreType = "Embedded"
	// ObjectStoreExternal is a bucket that exists already.
	ObjectStoreExternal ObjectStoreType = "External"
)

// Versioning of a bucket, in S3's words.
// +kubebuilder:validation:Enum=Enabled;Suspended
type Versioning string

// Versioning of a bucket.
const (
	// VersioningEnabled keeps older versions of every object.
	VersioningEnabled Versioning = "Enabled"
	// VersioningSuspended keeps the versions that exist and makes no further ones.
	VersioningSuspended Versioning = "Suspended"
)

// ObjectStoreSpec says where artifacts and archived logs are kept.
// +kubebuilder:validation:XValidation:rule="!has(self.type) || self.type != 'External' || has(self.external)",message="type External needs the external block"
// +kubebuilder:validation:XValidation:rule="!has(self.external) || (has(self.type) && self.type == 'External')",message="the external block goes with type External"
// +kubebuilder:validation:XValidation:rule="!has(self.embedded) || (has(self.type) && self.type == 'Embedded')",message="the embedded block goes with type Embedded"
type ObjectStoreSpec struct {
	// Type says where the bucket lives. Defaults to the class's, else Shared: a bucket and an
	// identity of the stack's own in the class's store. It is fixed once there is data.
	// +optional
	Type ObjectStoreType `json:"type,omitempty"`

	// DeletionPolicy says whether the data outlives the stack. Defaults to Retain. The identity and
	// its keys are always deleted.
	// +optional
	DeletionPolicy DeletionPolicy `json:"deletionPolicy,omitempty"`

	// Prefix is the folder of the bucket under which this stack writes, without a slash at either
	// end. Defaults to none.
	// +optional
	// +kubebuilder:validation:Pattern=`^[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)*$`
	// +kubebuilder:validation:MaxLength=256
	Prefix string `json:"prefix,omitempty"`

	// Versioning keeps older versions of every object: Enabled, or Suspended, which keeps those
	// that exist and makes no further ones. Left out, the bucket is left as it is; removed later,
	// versioning is suspended.
	// +optional
	Versioning Versioning `json:"versioning,omitempty"`

	// Lifecycle expires objects.
	// +optional
	Lifecycle *ObjectLifecycle `json:"lifecycle,omitempty"`

	// Encryption of objects at rest. Defaults to the store's own keys.
	// +optional
	Encryption *ObjectEncryption `json:"encryption,omitempty"`

	// Embedded sizes an object store in the stack's namespace.
	// +optional
	Embedded *EmbeddedStore `json:"embedded,omitempty"`

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
	// ExpireNoncurrentAfterDays deletes versions this many days after they were replaced or
	// deleted.
	// +optional
	// +kubebuilder:validation:Minimum=1
	ExpireNoncurrentAfterDays int32 `json:"expireNoncurrentAfterDays,omitempty"`
	// AbortUploadsAfterDays aborts unfinished multipart uploads after this many days.
	// +optional
	// +kubebuilder:validation:Minimum=1
	AbortUploadsAfterDays int32 `json:"abortUploadsAfterDays,omitempty"`
}

// ObjectEncryption says how objects are encrypted at rest.
type ObjectEncryption struct {
	// Key names one of the encryption keys that the class offers.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	Key string `json:"key"`
}

// ExternalObjectStore names a bucket that exists already.
type ExternalObjectStore struct {
	// Endpoint of the store as a URL, such as https://s3.example.org.
	// +kubebuilder:validation:Pattern=`^https?://[^/]+$`
	// +kubebuilder:validation:MaxLength=253
	Endpoint string `json:"endpoint"`
	// Region of the bucket. Defaults to us-east-1.
	// +optional
	// +kubebuilder:validation:MaxLength=63
	Region string `json:"region,omitempty"`
	// Bucket is the name of the bucket.
	// +kubebuilder:validation:MinLength=3
	// +kubebuilder:validation:MaxLength=63
	Bucket string `json:"bucket"`
	// ForcePathStyle puts the bucket into the path of requests instead of the host, which stores
	// other than S3 itself need. Defaults to true unless the endpoint is S3's own.
	// +optional
	ForcePathStyle *bool `json:"forcePathStyle,omitempty"`
	// CredentialsSecretRef names the Secret that holds the keys. Left out, pods log in with their
	// service accounts.
	// +optional
	CredentialsSecretRef *CredentialsSecretRef `json:"credentialsSecretRef,omitempty"`
	// CABundle names the key of a ConfigMap that holds the PEM certificates against which the
	// store's is checked. Defaults to the public authorities of the images.
	// +optional
	CABundle *CABundleSpec `json:"caBundle,omitempty"`
	// FurtherBuckets hold artifacts of earlier runs, which stay readable.
	// +optional
	// +listType=map
	// +listMapKey=bucket
	// +kubebuilder:validation:MaxItems=16
	FurtherBuckets []FurtherBucket `json:"furtherBuckets,omitempty"`
}

// CredentialsSecretRef names the Secret that holds an object store's keys.
type CredentialsSecretRef struct {
	// Name of the Secret in the stack's namespace.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	Name string `json:"name"`
	// AccessKeyIDKey is the key that holds the access key's id. Defaults to AWS_ACCESS_KEY_ID.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	AccessKeyIDKey string `json:"accessKeyIDKey,omitempty"`
	// SecretAccessKeyKey is the key that holds the secret access key. Defaults to
	// AWS_SECRET_ACCESS_KEY.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	SecretAccessKeyKey string `json:"secretAccessKeyKey,omitempty"`
}

// FurtherBucket holds artifacts of earlier runs.
type FurtherBucket struct {
	// Bucket is the name of the bucket.
	// +kubebuilder:validation:MinLength=3
	// +kubebuilder:validation:MaxLength=63
	Bucket string `json:"bucket"`
	// Endpoint of its store as a URL. Defaults to the stack's own.
	// +optional
	// +kubebuilder:validation:Pattern=`^https?://[^/]+$`
	// +kubebuilder:validation:MaxLength=253
	Endpoint string `json:"endpoint,omitempty"`
	// Region of the bucket. Defaults to the stack's own.
	// +optional
	// +kubebuilder:validation:MaxLength=63
	Region string `json:"region,omitempty"`
	// CredentialsSecretRef names the Secret that holds the keys. Defaults to the stack's own.
	// +optional
	CredentialsSecretRef *CredentialsSecretRef `json:"credentialsSecretRef,omitempty"`
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
