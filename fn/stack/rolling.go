package stack

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/pipelinestack/function-pipelinestack/fn/kube"
	"github.com/pipelinestack/function-pipelinestack/fn/managed"
)

// Pods read their configuration once, as they start. So a pod template carries a hash of the
// ConfigMaps that it is made with, and a changed one rolls exactly its readers.

// config is a ConfigMap that a pod reads.
type config struct {
	volume string // that shows its keys as files; empty where the pod asks Kubernetes for it by name
	object *corev1.ConfigMap
}

// content is the value of the one key, or the keys and values of several. It is empty if the
// ConfigMap holds nothing.
func (c config) content() string {
	if len(c.object.Data) > 1 {
		return compactJSON(c.object.Data)
	}
	return strings.Join(slices.Collect(maps.Values(c.object.Data)), "")
}

// configHash of all that a pod reads, empty if it reads nothing. The last name comes first: any
// other order would roll every pod once.
func configHash(read []config) string {
	byName := slices.SortedFunc(slices.Values(read), func(a, b config) int { return strings.Compare(b.object.Name, a.object.Name) })
	contents := make([]string, len(byName))
	for i, c := range byName {
		contents[i] = c.content()
	}
	all := strings.Join(contents, "\x00")
	if all == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(all))
	return hex.EncodeToString(sum[:12])
}

// configVolumes mount ConfigMaps as files. A ConfigMap that holds nothing is not made, so it has no
// volume.
func configVolumes(read []config) []corev1.Volume {
	var volumes []corev1.Volume
	for _, c := range read {
		if c.volume == "" || c.content() == "" {
			continue
		}
		volumes = append(volumes, corev1.Volume{Name: c.volume, VolumeSource: corev1.VolumeSource{ConfigMap: &corev1.ConfigMapVolumeSource{
			LocalObjectReference: corev1.LocalObjectReference{Name: c.object.Name},
		}}})
	}
	return volumes
}

// Pods read Secrets once too. So the pod templates of those that do carry a hash of what a provider
// generated, and a changed Secret rolls exactly its consumers. The hash gives nothing away: what a
// provider generates is too random to be guessed. A Secret that a person wrote must not be hashed
// this way, but by mac.

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
	return contentHash(annotationDatabaseHash, s.database.login.hash, o[deployment])
}

// objectStoreHash of the keys with which a Deployment's pods reach the bucket.
func (s *Stack) objectStoreHash(o Observed, deployment string) []secretHash {
	return contentHash(annotationObjectStoreHash, s.store.keyHash(), o[deployment])
}

// contentHash is the annotation with a hash. While there is no hash, pods keep the one that they
// carry: an emptied Secret must not roll pods that still work with what it held. A condition
// reports the Secret.
func contentHash(annotation, hash string, deployment kube.Observed) []secretHash {
	if hash == "" {
		hash = deployment.String("spec", "template", "metadata", "annotations", annotation)
	}
	if hash == "" {
		return nil
	}
	return []secretHash{{annotation, hash}}
}

// secretData reads keys of an observed Secret, or nothing unless all of them hold something.
func secretData(o kube.Observed, keys ...string) map[string][]byte {
	data := make(map[string][]byte, len(keys))
	for _, k := range keys {
		v, err := base64.StdEncoding.DecodeString(o.String("data", k))
		if err != nil || len(v) == 0 {
			return nil
		}
		data[k] = v
	}
	return data
}

// mac of keys of a Secret that a person wrote, whose words may be few enough to be guessed. It is
// keyed by the Secret's UID, which those know who may read the Secret. Empty unless all keys hold
// something.
func mac(secret kube.Observed, keys ...string) string {
	data, h := secretData(secret, keys...), hmac.New(sha256.New, []byte(secret.String("metadata", "uid")))
	if data == nil {
		return ""
	}
	for _, k := range keys {
		h.Write(binary.AppendUvarint(nil, uint64(len(data[k]))))
		h.Write(data[k])
	}
	return hex.EncodeToString(h.Sum(nil)[:12])
}

// fingerprint of connection details, empty while any of them is missing.
func fingerprint(details map[string][]byte, keys ...string) string {
	h := sha256.New()
	for _, k := range keys {
		v := details[k]
		if len(v) == 0 {
			return ""
		}
		h.Write(binary.AppendUvarint(nil, uint64(len(v))))
		h.Write(v)
	}
	return hex.EncodeToString(h.Sum(nil)[:12])
}

// madeAs identifies one creation of a managed resource: the object's UID, and when the provider
// created what it stands for. Empty if there is no object.
func madeAs(o kube.Observed) string {
	uid := o.String("metadata", "uid")
	if made := o.Annotation(managed.AnnotationCreated); made != "" {
		return uid + "@" + made
	}
	return uid
}

// follows maps a resource to the one that it depends on. When that one has been created again, the
// follower has to be too, and is not ready until then.
var follows = map[string]string{resDatabaseGrant: resDatabaseUser}

// outdated says whether a managed resource was created before the one that it follows. It is false
// where the provider found either of them there already: then nobody knows.
func outdated(follower, followed kube.Observed) bool {
	one, err := time.Parse(time.RFC3339, follower.Annotation(managed.AnnotationCreated))
	if err != nil {
		return false
	}
	other, err := time.Parse(time.RFC3339, followed.Annotation(managed.AnnotationCreated))
	return err == nil && one.Before(other)
}

// following is the verdict on a resource that is ready by itself and follows another.
func following(follower, followed kube.Observed, name string) kube.Verdict {
	if !outdated(follower, followed) {
		return kube.Verdict{Ready: true, Reason: kube.ReasonAvailable}
	}
	return kube.Verdict{Reason: ReasonOutdated, Message: fmt.Sprintf(
		"it is older than %s, which was made anew and lost what this one gave it: the provider makes this one anew, "+
			"and pods keep their login until then; if this lasts, delete %s %s of %s",
		name,
		follower.String("kind"),
		follower.Name(),
		follower.String("apiVersion"),
	)}
}
