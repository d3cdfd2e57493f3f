package stack

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/pipelinestack/function-pipelinestack/apis/v1alpha1"
)

// The database and the store in use are described by plain values. Whoever uses a store reads its
// description and never asks for its type.

// database in use: all that the rest of the stack knows of it.
type database struct {
	// identity of the data.
	identity dataIdentity
	name     string
	host     string // for status and people
	port     int32  // for policies
	// pods that serve it, if they are in this namespace.
	pods *servers
	// volume that holds the data, if it is one of this namespace.
	volume string
	login  login
	tls    v1alpha1.DatabaseTLS
	// ca holds PEM certificates; empty for public authorities.
	ca string
	// ownCA says that it has authorities of its own, even while nobody provides them.
	ownCA bool
	// provided are the objects that a person has to provide.
	provided []provided
	// nativePasswords says that users log in with mysql_native_password.
	nativePasswords bool
	// note for people, while all is well; empty if there is nothing to say.
	note string
	// fate of the data if the stack was deleted now; empty if unknown.
	fate v1alpha1.DeletionPolicy
	// at is where it is described, for errors.
	at *field.Path
}

// login of a pod: where its variables come from.
type login struct {
	username, password, host, port source
	// secret that people find it in; empty if there is none.
	secret string
	// hash changes with generated content. It is empty while there is none, or none that pods
	// should roll for.
	hash string
}

// source of a variable: a key of a Secret, or a plain value.
type source struct{ secret, key, value string }

// store in use: all that the rest of the stack knows of it. All speak S3.
type store struct {
	// identity of the data.
	identity dataIdentity
	host     string // without scheme or port
	port     int32
	secure   bool
	region   string
	bucket   string
	prefix   string // with a slash at its end, or empty
	// virtualHosts says that the bucket stands in the host of requests rather than in their path.
	virtualHosts bool
	// further buckets that stay readable.
	further []furtherBucket
	// pods that serve it, if they are in this namespace.
	pods *servers
	// volume that holds the data, if it is one of this namespace.
	volume string
	// keys that pods show; nil where they prove who they are by their service accounts.
	keys *storeKeys
	// encryptionKeys with which objects may be encrypted.
	encryptionKeys []string
	// note for people, while all is well; empty if there is nothing to say.
	note string
	// provided are the objects that a person has to provide.
	provided []provided
	// fate of the data if the stack was deleted now; empty if unknown.
	fate v1alpha1.DeletionPolicy
	// at is where it is described, for errors.
	at *field.Path
}

// servers are pods of this namespace that serve a store, and the port on which they do.
type servers struct {
	selector metav1.LabelSelector
	port     int32
}

// provided is a Secret or ConfigMap of the stack's namespace that a person has to provide, with keys
// that hold something.
type provided struct {
	kind, name string
	keys       []string
}

// furtherBucket holds artifacts of earlier runs.
type furtherBucket struct {
	bucket, host, region string
	port                 int32
	secure               bool
	keys                 *storeKeys
}

// storeKeys are the keys that pods show to the store, in a Secret.
type storeKeys struct {
	secret, id, key string
	// hash changes with generated content; empty while there is none.
	hash string
}

// keySecret that people find the keys in; empty if there is none.
func (st store) keySecret() string {
	if st.keys == nil {
		return ""
	}
	return st.keys.secret
}

// keyHash changes with the keys; empty while there are none.
func (st store) keyHash() string {
	if st.keys == nil {
		return ""
	}
	return st.keys.hash
}

// stores come first. While their providers work, Crossplane applies everything that is desired
// again at every step of theirs: what nobody can use yet would only cost.
var stores = []string{ConditionDatabase, ConditionObjectStore}
