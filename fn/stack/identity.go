package stack

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"strings"

	"github.com/pipelinestack/function-pipelinestack/apis/v1alpha1"
)

const (
	identityPrefix   = "kfp"
	identityReadable = 10 // characters of the namespace that stay readable
	identityHash     = 10 // bytes of the hash: 80 bits, 16 characters
)

var lowerBase32 = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// identity derives the one name that a stack has in every shared service: its database, the
// database's user, its bucket and its cloud identity. At most 29 characters of [a-z][a-z0-9]*:
// Kubeflow Pipelines creates its database by an unquoted name, MySQL reads _ and % in a grant as
// wildcards, and bucket names are lower case and global. MySQL ends user names at 32 characters,
// which leaves room for the number of a generation.
//
// The parts go into the hash with their lengths, so that two different lists never give the same
// input. The salt is secret, so knowing the other parts is not enough to compute the name. Where a
// class says so, the UID of the namespace is a part as well.
func identity(salt, clusterID, namespace, stack string, uid ...string) string {
	h := sha256.New()
	for _, part := range append([]string{salt, clusterID, namespace, stack}, uid...) {
		var length [binary.MaxVarintLen64]byte
		n := binary.PutUvarint(length[:], uint64(len(part)))
		h.Write(length[:n])
		h.Write([]byte(part))
	}
	return identityPrefix + readable(namespace) + lowerBase32.EncodeToString(h.Sum(nil)[:identityHash])
}

// readable keeps the letters and digits of a namespace, for people who look at a list of databases.
func readable(namespace string) string {
	var b strings.Builder
	for i := 0; i < len(namespace) && b.Len() < identityReadable; i++ {
		if c := namespace[i]; 'a' <= c && c <= 'z' || '0' <= c && c <= '9' {
			b.WriteByte(c)
		}
	}
	return b.String()
}

// dataIdentity identifies a stack's data, as in Shared/mysql.example.org/kfpteama…: the type or
// backend first, the name last. It is kept on the API server's Deployment and in status, and
// compared at every call. A part that is not known yet is empty.
type dataIdentity string

// First parts of identities.
const (
	identityShared   = "Shared" // database: Shared/<server>/<name>
	identityAWS      = "AWS"    // bucket: AWS/<partition>/<account>/<region>/<bucket>
	identityEmbedded = "Embedded"
	identityExternal = "External"
)

func newIdentity(parts ...string) dataIdentity { return dataIdentity(strings.Join(parts, "/")) }

func (d dataIdentity) parts() []string { return strings.Split(string(d), "/") }

// fromBack is a part of the identity, counted from the back; empty if there is none.
func (d dataIdentity) fromBack(n int) string {
	parts := d.parts()
	if n > len(parts) {
		return ""
	}
	return parts[len(parts)-n]
}

// databaseType of the data; empty for none.
func (d dataIdentity) databaseType() v1alpha1.DatabaseType {
	if d == "" {
		return ""
	}
	return v1alpha1.DatabaseType(d.parts()[0])
}

// storeType of the data; empty for none. Every backend that a class offers is Shared.
func (d dataIdentity) storeType() v1alpha1.ObjectStoreType {
	switch first := d.parts()[0]; first {
	case "":
		return ""
	case identityEmbedded, identityExternal:
		return v1alpha1.ObjectStoreType(first)
	default:
		return v1alpha1.ObjectStoreShared
	}
}

// sharedName is the derived name of data in a shared store; empty for other data.
func (d dataIdentity) sharedName() string {
	if first := d.parts()[0]; first != identityShared && first != identityAWS {
		return ""
	}
	return d.fromBack(1)
}

// sharedServer is the server of data in a shared database; empty for other data.
func (d dataIdentity) sharedServer() string {
	if d.parts()[0] != identityShared {
		return ""
	}
	return d.fromBack(2)
}

// awsRegion of data in S3; empty for other data.
func (d dataIdentity) awsRegion() string {
	if d.parts()[0] != identityAWS {
		return ""
	}
	return d.fromBack(2)
}

// awsAccount of data in S3; empty for other data, and while nobody has reported it.
func (d dataIdentity) awsAccount() string {
	if d.parts()[0] != identityAWS {
		return ""
	}
	return d.fromBack(3)
}
