package v1alpha1

// ClassDatabase says which types tenants may use and where the shared server is.
type ClassDatabase struct {
	// AllowedTypes that claims may name. The first is that of claims which name none. Defaults to
	// Shared.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=3
	AllowedTypes []DatabaseType `json:"allowedTypes,omitempty"`
	// Shared is the server in which every stack gets a database of its own.
	// +optional
	Shared *SharedDatabase `json:"shared,omitempty"`
	// MovedFrom lists the identities, as in status.database.identity, of databases whose data has
	// been moved to where the class says now: dumped and restored.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=64
	MovedFrom []DataIdentity `json:"movedFrom,omitempty"`
}

// DatabaseEngine is the kind of a database server.
// +kubebuilder:validation:Enum=MySQL;MariaDB
type DatabaseEngine string

// Kinds of database servers.
const (
	EngineMySQL   DatabaseEngine = "MySQL"
	EngineMariaDB DatabaseEngine = "MariaDB"
)

// SharedDatabase is the server in which every stack gets a database of its own.
type SharedDatabase struct {
	// ProviderConfig of provider-sql that logs in to the server: a ProviderConfig for the claim
	// flavour, a ClusterProviderConfig for the namespaced one. Defaults to default.
	// +optional
	ProviderConfig ObjectName `json:"providerConfig,omitempty"`
	// Host of the server, as in the ProviderConfig's Secret: a name in small letters, or an IPv4
	// address. An IPv6 address has no spelling that all who log in share, so give it a name.
	Host Host `json:"host"`
	// Port of the server. Defaults to 3306.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=65535
	Port int32 `json:"port,omitempty"`
	// Engine of the server. Defaults to MySQL.
	// +optional
	Engine DatabaseEngine `json:"engine,omitempty"`
	// Version of the server, such as 8.0.40; for people, but nativePasswords are refused with MySQL 9
	// and later.
	// +optional
	// +kubebuilder:validation:Pattern=`^[0-9]+(\.[0-9]+)*([.+~_-][A-Za-z0-9.+~_-]*)?$`
	// +kubebuilder:validation:MaxLength=63
	Version string `json:"version,omitempty"`
	// NativePasswords says that users of the server log in with mysql_native_password unless told
	// otherwise: true on MariaDB, true on MySQL 8.0 with
	// default_authentication_plugin=mysql_native_password, true on MySQL 8.4 with
	// mysql_native_password=ON and authentication_policy=mysql_native_password,, (8.4 does not
	// start with the setting of 8.0), false as shipped, and false on MySQL 9, which has no such
	// login. Releases whose ML Metadata knows no other login are refused where this is false.
	// Defaults to true on MariaDB and false on MySQL.
	// +optional
	NativePasswords *bool `json:"nativePasswords,omitempty"`
	// TLS says how stacks encrypt their connection. Defaults to Verify.
	// +optional
	TLS DatabaseTLS `json:"tls,omitempty"`
	// MaxUserConnections that one stack may hold at once, so that no tenant takes those of the
	// others: docs/install.md says how many. Defaults to the server's own limit.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=100000
	MaxUserConnections int32 `json:"maxUserConnections,omitempty"`
	// CABundle holds the PEM certificates against which the server's is checked. Defaults to the
	// public authorities of the images.
	// +optional
	CABundle CertificateText `json:"caBundle,omitempty"`
}

// ClassObjectStore says which types tenants may use and where shared buckets are made. Exactly one
// backend is configured.
// +kubebuilder:validation:XValidation:rule="!(has(self.aws) && has(self.objectBucketClaim))",message="one of aws and objectBucketClaim makes shared buckets"
type ClassObjectStore struct {
	// AllowedTypes that claims may name. The first is that of claims which name none. Defaults to
	// Shared.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=3
	AllowedTypes []ObjectStoreType `json:"allowedTypes,omitempty"`
	// AWS makes buckets in S3.
	// +optional
	AWS *AWSObjectStore `json:"aws,omitempty"`
	// ObjectBucketClaim lets the cluster's storage make buckets (Rook, NooBaa).
	// +optional
	ObjectBucketClaim *ObjectBucketClaimStore `json:"objectBucketClaim,omitempty"`
	// MovedFrom lists the identities, as in status.objectStore.identity, of buckets whose objects
	// have all been copied to where the class says now.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=64
	MovedFrom []DataIdentity `json:"movedFrom,omitempty"`
}

// AWSObjectStore makes buckets in S3. Pods have access keys, unless irsa or podIdentity says that
// they prove who they are by their service accounts.
// +kubebuilder:validation:XValidation:rule="!(has(self.irsa) && has(self.podIdentity))",message="one of irsa and podIdentity gives pods their identity"
type AWSObjectStore struct {
	// ProviderConfig of provider-aws: a ProviderConfig for the claim flavour, a
	// ClusterProviderConfig for the namespaced one. Defaults to default.
	// +optional
	ProviderConfig ObjectName `json:"providerConfig,omitempty"`
	// Region of the buckets. The partition follows from it.
	// +kubebuilder:validation:Pattern=`^[a-z]{2}(-[a-z]+)+-[0-9]+$`
	// +kubebuilder:validation:MaxLength=63
	Region string `json:"region"`
	// AccountID of the AWS account, twelve digits. Defaults to what the provider reports.
	// +optional
	// +kubebuilder:validation:Pattern=`^[0-9]{12}$`
	// +kubebuilder:validation:MaxLength=12
	AccountID string `json:"accountID,omitempty"`
	// Endpoint of S3 as a URL, where stacks reach it by another name than the region's own
	// (https://s3.<region>.amazonaws.com): dual-stack (https://s3.dualstack.<region>.amazonaws.com),
	// FIPS (https://s3-fips.<region>.amazonaws.com), PrivateLink
	// (https://bucket.vpce-….s3.<region>.vpce.amazonaws.com), or a name of the platform's own. Argo
	// keeps all of these, but goes to the dual-stack name where this is left out or names the
	// region's own. The provider has an endpoint of its own, in its ProviderConfig.
	// +optional
	// +kubebuilder:validation:Pattern=`^https://[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$`
	// +kubebuilder:validation:MaxLength=253
	Endpoint string `json:"endpoint,omitempty"`
	// IRSA lets service accounts assume a role through the cluster's OIDC issuer.
	// +optional
	IRSA *IRSA `json:"irsa,omitempty"`
	// PodIdentity lets service accounts assume a role through the EKS pod identity agent.
	// +optional
	PodIdentity *PodIdentity `json:"podIdentity,omitempty"`
	// PermissionsBoundary is the ARN of a policy that bounds every user and role that is made.
	// +optional
	// +kubebuilder:validation:Pattern=`^arn:aws[a-z-]*:iam::([0-9]{12}|aws):policy/[!-~]+$`
	// +kubebuilder:validation:MaxLength=512
	PermissionsBoundary string `json:"permissionsBoundary,omitempty"`
	// IAMPath under which users, roles and policies are made. Defaults to /.
	// +optional
	// +kubebuilder:validation:Pattern=`^/([!-~]+/)?$`
	// +kubebuilder:validation:MaxLength=512
	IAMPath string `json:"iamPath,omitempty"`
	// KMSKeys are the encryption keys that claims may name, as ARNs by name: of keys in the region,
	// not of aliases, by which IAM grants nothing. Claims never hold ARNs: a stack's identity may use
	// the key that its claim names, so a free choice would open other tenants' keys. A bucket
	// whose key is removed here keeps it.
	// +optional
	// +kubebuilder:validation:MaxProperties=64
	KMSKeys map[string]KeyARN `json:"kmsKeys,omitempty"`
	// Tags put on every cloud resource, beside those that name the stack. Keys and values are what IAM
	// takes: letters, digits, spaces and _.:/=+-@. No key begins with aws:, pipelinestack. or
	// crossplane-.
	// +optional
	// +kubebuilder:validation:MaxProperties=40
	Tags map[string]TagValue `json:"tags,omitempty"`
}

// IRSA lets service accounts assume a role through the cluster's OIDC issuer.
type IRSA struct {
	// OIDCProviderARN of the cluster's issuer, whose account and partition are those of the roles.
	// +kubebuilder:validation:Pattern=`^arn:aws[a-z-]*:iam::[0-9]{12}:oidc-provider/[!-~]+$`
	// +kubebuilder:validation:MaxLength=512
	OIDCProviderARN string `json:"oidcProviderARN"`
}

// PodIdentity lets service accounts assume a role through the EKS pod identity agent.
type PodIdentity struct {
	// ClusterName of this cluster in EKS.
	// +kubebuilder:validation:Pattern=`^[0-9A-Za-z][A-Za-z0-9_-]*$`
	// +kubebuilder:validation:MaxLength=100
	ClusterName string `json:"clusterName"`
}

// ObjectBucketClaimStore lets the cluster's storage make buckets.
type ObjectBucketClaimStore struct {
	// StorageClassName of the claims.
	StorageClassName ObjectName `json:"storageClassName"`
}
