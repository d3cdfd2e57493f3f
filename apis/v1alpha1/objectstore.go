package v1alpha1

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
	// Type says where the bucket lives: Shared, a bucket and an identity of the stack's own in the
	// class's store; Embedded, an object store of the stack's own on a volume of its namespace; or
	// External, a bucket that exists already. Defaults to the class's default, else the first that the
	// class allows. It is fixed once there is data.
	// +optional
	Type ObjectStoreType `json:"type,omitempty"`

	// DeletionPolicy says whether the data outlives the stack. Defaults to Retain. The identity and
	// its keys are always deleted; a volume goes with its namespace whatever this says. Nothing of an
	// External bucket is ever deleted.
	// +optional
	DeletionPolicy DeletionPolicy `json:"deletionPolicy,omitempty"`

	// Prefix is the folder of the bucket under which this stack writes, without a slash at either
	// end. Defaults to none. Once there is data it stays.
	// +optional
	// +kubebuilder:validation:Pattern=`^[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)*$`
	// +kubebuilder:validation:MaxLength=256
	Prefix string `json:"prefix,omitempty"`

	// Versioning keeps older versions of every object: Enabled, or Suspended, which keeps those
	// that exist and makes no further ones. Left out, the bucket is left as it is; removed later,
	// versioning is suspended. It goes with type Shared.
	// +optional
	Versioning Versioning `json:"versioning,omitempty"`

	// Lifecycle expires objects. It goes with type Shared.
	// +optional
	Lifecycle *ObjectLifecycle `json:"lifecycle,omitempty"`

	// Encryption of objects at rest. Defaults to the store's own keys. Objects stay readable when
	// it changes. It goes with type Shared.
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
	Key ShortName `json:"key"`
}

// ExternalObjectStore names a bucket that exists already.
type ExternalObjectStore struct {
	// Endpoint of the store as a URL, such as https://s3.example.org.
	// +kubebuilder:validation:Pattern=`^https?://[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*(:[0-9]{1,5})?$`
	// +kubebuilder:validation:MaxLength=253
	Endpoint string `json:"endpoint"`
	// Region of the bucket. Defaults to us-east-1.
	// +optional
	// +kubebuilder:validation:Pattern=`^[A-Za-z0-9]([A-Za-z0-9_-]*[A-Za-z0-9])?$`
	// +kubebuilder:validation:MaxLength=63
	Region string `json:"region,omitempty"`
	// Bucket is the name of the bucket.
	Bucket BucketName `json:"bucket"`
	// ForcePathStyle puts the bucket into the path of requests instead of the host, which stores
	// other than S3 itself need. Defaults to true unless the endpoint is S3's own.
	// +optional
	ForcePathStyle *bool `json:"forcePathStyle,omitempty"`
	// CredentialsSecretRef names the Secret that holds the keys. Left out, pods log in with their
	// service accounts, where the release can. The stack's pods and pipelines may read the whole
	// Secret, and are replaced when the keys change.
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
	Name ObjectName `json:"name"`
	// AccessKeyIDKey is the key that holds the access key's id. Defaults to AWS_ACCESS_KEY_ID.
	// +optional
	AccessKeyIDKey DataKey `json:"accessKeyIDKey,omitempty"`
	// SecretAccessKeyKey is the key that holds the secret access key. Defaults to
	// AWS_SECRET_ACCESS_KEY.
	// +optional
	SecretAccessKeyKey DataKey `json:"secretAccessKeyKey,omitempty"`
}

// FurtherBucket holds artifacts of earlier runs.
type FurtherBucket struct {
	// Bucket is the name of the bucket.
	Bucket BucketName `json:"bucket"`
	// Endpoint of its store as a URL. Defaults to the stack's own.
	// +optional
	// +kubebuilder:validation:Pattern=`^https?://[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*(:[0-9]{1,5})?$`
	// +kubebuilder:validation:MaxLength=253
	Endpoint string `json:"endpoint,omitempty"`
	// Region of the bucket. Defaults to the stack's own.
	// +optional
	// +kubebuilder:validation:Pattern=`^[A-Za-z0-9]([A-Za-z0-9_-]*[A-Za-z0-9])?$`
	// +kubebuilder:validation:MaxLength=63
	Region string `json:"region,omitempty"`
	// CredentialsSecretRef names the Secret that holds the keys. Defaults to the stack's own.
	// +optional
	CredentialsSecretRef *CredentialsSecretRef `json:"credentialsSecretRef,omitempty"`
}
