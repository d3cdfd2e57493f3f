package v1beta1

import (
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/pipelinestack/function-pipelinestack/apis/v1alpha1"
)

// Database says which modes tenants may use and where the shared server is.
type Database struct {
	// AllowedModes that claims may name. Defaults to Shared.
	// +optional
	AllowedModes []v1alpha1.DatabaseMode `json:"allowedModes,omitempty"`
	// Shared is the server in which every stack gets a database of its own.
	// +optional
	Shared *SharedDatabase `json:"shared,omitempty"`
	// Dedicated says how servers of a stack's own are made.
	// +optional
	Dedicated *DedicatedDatabase `json:"dedicated,omitempty"`
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
	// ProviderConfig of provider-sql that logs in to the server: a ProviderConfig for the claim flavour, a ClusterProviderConfig for the
	// namespaced one. Defaults to default.
	// +optional
	ProviderConfig string `json:"providerConfig,omitempty"`
	// Host of the server, as the ProviderConfig's Secret says it.
	Host string `json:"host"`
	// Port of the server. Defaults to 3306.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=65535
	Port int32 `json:"port,omitempty"`
	// Engine of the server. Defaults to MySQL.
	// +optional
	Engine DatabaseEngine `json:"engine,omitempty"`
	// Version of the server, such as 8.0.40; for people, nothing depends on it.
	// +optional
	Version string `json:"version,omitempty"`
	// NativePasswords says that users of the server log in with mysql_native_password unless told otherwise: true on MariaDB, true on
	// MySQL 8.0 with default_authentication_plugin=mysql_native_password, true on MySQL 8.4 with mysql_native_password=ON and
	// authentication_policy=mysql_native_password,, (8.4 does not start with the setting of 8.0), false as shipped, and false on MySQL 9,
	// which has no such login. ML Metadata knows no other, so releases that have it are refused without. Defaults to true on MariaDB and
	// false on MySQL.
	// +optional
	NativePasswords *bool `json:"nativePasswords,omitempty"`
	// TLS says how stacks encrypt their connection. Defaults to Verify.
	// +optional
	TLS v1alpha1.DatabaseTLS `json:"tls,omitempty"`
	// CABundle holds the PEM certificates against which the server's is checked. Defaults to the public authorities of the images.
	// +optional
	CABundle string `json:"caBundle,omitempty"`
}

// DedicatedDatabase says how servers of a stack's own are made.
type DedicatedDatabase struct {
	// ProviderConfig of provider-aws. Defaults to default.
	// +optional
	ProviderConfig string `json:"providerConfig,omitempty"`
	// Region of the servers.
	Region string `json:"region"`
	// SubnetGroup that servers are put in.
	SubnetGroup string `json:"subnetGroup"`
	// SecurityGroups of the servers.
	// +optional
	SecurityGroups []string `json:"securityGroups,omitempty"`
	// InstanceClass that claims get unless they name one.
	InstanceClass string `json:"instanceClass"`
	// Storage that claims get unless they name it. Defaults to 20Gi.
	// +optional
	Storage *resource.Quantity `json:"storage,omitempty"`
	// EngineVersion of the servers, MySQL.
	// +optional
	EngineVersion string `json:"engineVersion,omitempty"`
}

// ObjectStore says where managed buckets are made. Exactly one backend is configured.
type ObjectStore struct {
	// AllowedModes that claims may name. Defaults to Managed.
	// +optional
	AllowedModes []v1alpha1.ObjectStoreMode `json:"allowedModes,omitempty"`
	// AWS makes buckets in S3.
	// +optional
	AWS *AWSObjectStore `json:"aws,omitempty"`
	// ObjectBucketClaim lets the cluster's storage make buckets (Rook, NooBaa).
	// +optional
	ObjectBucketClaim *ObjectBucketClaimStore `json:"objectBucketClaim,omitempty"`
	// MinIO makes buckets in a MinIO server.
	// +optional
	MinIO *MinIOStore `json:"minio,omitempty"`
}

// AWSIdentity says how pods prove who they are to AWS.
// +kubebuilder:validation:Enum=AccessKey;IRSA;PodIdentity
type AWSIdentity string

// How pods prove who they are to AWS.
const (
	// AWSAccessKey makes an IAM user with an access key for each stack.
	AWSAccessKey AWSIdentity = "AccessKey"
	// AWSIRSA lets service accounts assume a role through the cluster's OIDC issuer.
	AWSIRSA AWSIdentity = "IRSA"
	// AWSPodIdentity lets service accounts assume a role through the EKS pod identity agent.
	AWSPodIdentity AWSIdentity = "PodIdentity"
)

// AWSObjectStore makes buckets in S3.
type AWSObjectStore struct {
	// ProviderConfig of provider-aws: a ProviderConfig for the claim flavour, a ClusterProviderConfig for the namespaced one. Defaults to
	// default.
	// +optional
	ProviderConfig string `json:"providerConfig,omitempty"`
	// Region of the buckets.
	// +kubebuilder:validation:Pattern=`^[a-z]{2}(-[a-z]+)+-[0-9]+$`
	Region string `json:"region"`
	// Partition of AWS: aws, aws-cn or aws-us-gov. Defaults to aws.
	// +optional
	// +kubebuilder:validation:Enum=aws;aws-cn;aws-us-gov
	Partition string `json:"partition,omitempty"`
	// AccountID of the AWS account, twelve digits. It stands in the ARNs of roles and policies that are named before they exist.
	// +optional
	// +kubebuilder:validation:Pattern=`^[0-9]{12}$`
	AccountID string `json:"accountID,omitempty"`
	// Identity says how pods prove who they are. Defaults to AccessKey.
	// +optional
	Identity AWSIdentity `json:"identity,omitempty"`
	// OIDCProviderARN of the cluster's issuer; for IRSA.
	// +optional
	OIDCProviderARN string `json:"oidcProviderARN,omitempty"`
	// Issuer of the cluster's service account tokens, without https://; for IRSA.
	// +optional
	Issuer string `json:"issuer,omitempty"`
	// EKSClusterName of this cluster; for PodIdentity.
	// +optional
	EKSClusterName string `json:"eksClusterName,omitempty"`
	// PermissionsBoundary is the ARN of a policy that bounds every user and role that is made.
	// +optional
	PermissionsBoundary string `json:"permissionsBoundary,omitempty"`
	// IAMPath under which users, roles and policies are made. Defaults to /.
	// +optional
	// +kubebuilder:validation:Pattern=`^/([!-~]+/)?$`
	IAMPath string `json:"iamPath,omitempty"`
	// KMSKeys are the encryption keys that claims may name, as ARNs by name. Tenants never name ARNs: each stack's identity may use the
	// key that it names, so a free choice would open other tenants' keys.
	// +optional
	KMSKeys map[string]string `json:"kmsKeys,omitempty"`
	// Tags put on every cloud resource, beside those that name the stack.
	// +optional
	Tags map[string]string `json:"tags,omitempty"`
}

// ObjectBucketClaimStore lets the cluster's storage make buckets.
type ObjectBucketClaimStore struct {
	// StorageClassName of the claims.
	StorageClassName string `json:"storageClassName"`
}

// MinIOStore makes buckets in a MinIO server.
type MinIOStore struct {
	// Endpoint of the server as a URL.
	Endpoint string `json:"endpoint"`
	// ProviderConfig of provider-minio. Defaults to default.
	// +optional
	ProviderConfig string `json:"providerConfig,omitempty"`
}
