package stack

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"

	"github.com/pipelinestack/function-pipelinestack/fn/kube"
)

// Pods read Secrets once, as they start. So the pod templates of those that do carry a hash of what a provider generated, and a changed
// Secret rolls exactly its consumers. The hash gives nothing away: what a provider generates is too random to be guessed. A Secret that a
// person wrote must not be hashed this way.

// Annotations of pod templates that hold those hashes.
const (
	annotationDatabaseHash    = "pipelines.opendatahub.io/database-secret-hash"
	annotationObjectStoreHash = "pipelines.opendatahub.io/object-store-secret-hash"
)

// secretHash is an annotation of a pod template.
type secretHash struct {
	annotation string
	value      string
}

// databaseHash of the login with which a Deployment's pods reach the database.
func (s *Stack) databaseHash(o Observed, deployment string) []secretHash {
	return detailsHash(annotationDatabaseHash, o[keyDatabaseUser].Details, o[deployment], keyUsername, keyPassword, keyEndpoint, keyPort)
}

// objectStoreHash of the keys with which a Deployment's pods reach the bucket.
func (s *Stack) objectStoreHash(o Observed, deployment string) []secretHash {
	return detailsHash(annotationObjectStoreHash, o[keyAccess].Details, o[deployment], keyUsername, keyPassword)
}

// detailsHash of connection details, or what the Deployment carries while any of them is missing: an emptied Secret must not roll pods
// that still work with what it held. Its condition says what is wrong with it.
func detailsHash(annotation string, details map[string][]byte, deployment kube.Observed, keys ...string) []secretHash {
	h := sha256.New()
	for _, k := range keys {
		v := details[k]
		if len(v) == 0 {
			return keptHash(annotation, deployment)
		}
		h.Write(binary.AppendUvarint(nil, uint64(len(v))))
		h.Write(v)
	}
	return []secretHash{{annotation, hex.EncodeToString(h.Sum(nil)[:12])}}
}

func keptHash(annotation string, deployment kube.Observed) []secretHash {
	kept := deployment.String("spec", "template", "metadata", "annotations", annotation)
	if kept == "" {
		return nil
	}
	return []secretHash{{annotation, kept}}
}
