package v1alpha1

import "k8s.io/apimachinery/pkg/api/resource"

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
	// Type says where the database lives: Shared, a database and a user of the stack's own in the
	// class's server; Embedded, a MariaDB server of the stack's own on a volume of its namespace; or
	// External, a database that exists already. Defaults to the class's default, else the first that
	// the class allows. It is fixed once there is data.
	// +optional
	Type DatabaseType `json:"type,omitempty"`

	// DeletionPolicy says whether the data outlives the stack. Defaults to Retain. The user of a
	// shared database and its rights are always deleted; a volume goes with its namespace whatever
	// this says. Nothing of an External database is ever deleted.
	// +optional
	DeletionPolicy DeletionPolicy `json:"deletionPolicy,omitempty"`

	// ExtraParams are further parameters of the API server's connection: those of
	// go-sql-driver/mysql, such as readTimeout: 30s, and a few variables of the server, such as
	// sql_mode: "'STRICT_TRANS_TABLES'". TLS, character set and time handling are the stack's.
	// +optional
	// +kubebuilder:validation:MaxProperties=16
	// +kubebuilder:validation:XValidation:rule="self.all(name, name in ['checkConnLiveness', 'collation', 'innodb_lock_wait_timeout', 'interpolateParams', 'lock_wait_timeout', 'maxAllowedPacket', 'readTimeout', 'rejectReadOnly', 'sql_mode', 'timeout', 'wait_timeout', 'writeTimeout'])",message="names are checkConnLiveness, collation, innodb_lock_wait_timeout, interpolateParams, lock_wait_timeout, maxAllowedPacket, readTimeout, rejectReadOnly, sql_mode, timeout, wait_timeout and writeTimeout: the driver takes any other for a variable of the server"
	ExtraParams map[string]ParamValue `json:"extraParams,omitempty"`

	// Embedded sizes a server in the stack's namespace.
	// +optional
	Embedded *EmbeddedStore `json:"embedded,omitempty"`

	// External names a database that exists already.
	// +optional
	External *ExternalDatabase `json:"external,omitempty"`
}

// EmbeddedStore sizes a server in the stack's namespace.
type EmbeddedStore struct {
	// Storage is the size of the volume. Defaults to 10Gi. It is read once, when the volume is made:
	// the volume is grown by its claim, as docs/operations.md says.
	// +optional
	Storage *resource.Quantity `json:"storage,omitempty"`
	// StorageClassName names the class of the volume. Defaults to the cluster's default class. It is
	// read once, when the volume is made.
	// +optional
	StorageClassName ObjectName `json:"storageClassName,omitempty"`
	// Resources of the server's container. They replace those of the size.
	// +optional
	Resources *Resources `json:"resources,omitempty"`
}

// ExternalDatabase names a database that exists already, on MySQL or MariaDB. ML Metadata needs a user
// who logs in with mysql_native_password.
// +kubebuilder:validation:XValidation:rule="has(self.username) != has(self.usernameSecretRef)",message="exactly one of username and usernameSecretRef is needed"
type ExternalDatabase struct {
	// Host of the server, a name that its certificate holds.
	Host Host `json:"host"`
	// Port of the server. Defaults to 3306.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=65535
	Port int32 `json:"port,omitempty"`
	// Name of the database: letters, digits and underscores, since Kubeflow Pipelines does not
	// quote it.
	// +kubebuilder:validation:Pattern=`^[A-Za-z][A-Za-z0-9_]{0,63}$`
	// +kubebuilder:validation:MaxLength=64
	Name string `json:"name"`
	// Username with which the stack logs in.
	// +optional
	// +kubebuilder:validation:Pattern=`^[A-Za-z0-9_.@%$+-]+$`
	// +kubebuilder:validation:MaxLength=80
	Username string `json:"username,omitempty"`
	// UsernameSecretRef names the key that holds the user, in place of username.
	// +optional
	UsernameSecretRef *LocalSecretKey `json:"usernameSecretRef,omitempty"`
	// PasswordSecretRef names the key that holds the password. When it changes, the pods that log in
	// are replaced.
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
