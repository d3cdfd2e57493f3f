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
	pods  *metav1.LabelSelector
	login login
	tls   v1alpha1.DatabaseTLS
	// ca holds PEM certificates; empty for public authorities.
	ca string
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
	// pods that serve it, if they are in this namespace.
	pods *metav1.LabelSelector
	// keys that pods show; nil where they prove who they are by their service accounts.
	keys *storeKeys
	// encryptionKeys with which objects may be encrypted.
	encryptionKeys []string
	// note for people, while all is well; empty if there is nothing to say.
	note string
	// fate of the data if the stack was deleted now; empty if unknown.
	fate v1alpha1.DeletionPolicy
	// at is where it is described, for errors.
	at *field.Path
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
