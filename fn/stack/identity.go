package stack

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"strings"
)

const (
	identityPrefix   = "kfp"
	identityReadable = 13 // characters of the namespace that stay readable
	identityHash     = 10 // bytes of the hash: 80 bits, 16 characters
)

var lowerBase32 = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// identity derives the one name that a stack has in every shared service: its database, the database's user, its bucket and its cloud
// identity. At most 32 characters of [a-z][a-z0-9]*: Kubeflow Pipelines creates its database by an unquoted name, MySQL reads _ and % in
// a grant as wildcards and ends user names at 32 characters, and bucket names are lower case and global.
//
// The parts go into the hash with their lengths, so that no two different lists of parts meet.
func identity(clusterID, namespace, stack string) string {
	h := sha256.New()
	for _, part := range []string{clusterID, namespace, stack} {
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
