package stack

import (
	"encoding/base64"

	corev1 "k8s.io/api/core/v1"

	"github.com/pipelinestack/function-pipelinestack/fn/kube"
)

// store in use, whatever its mode. All speak S3.
type store struct {
	host   string // without scheme or port
	port   int32
	secure bool
	region string
	bucket string
	prefix string // with a slash at its end, or empty
	secret string // holds accesskey and secretkey
}

// store of the stack. One branch per backend; only AWS with access keys is there yet.
func (s *Stack) store() store {
	aws := s.Platform.ObjectStore.AWS
	prefix := s.Spec.ObjectStore.Prefix
	if prefix != "" {
		prefix += "/"
	}
	return store{
		host:   "s3." + aws.Region + "." + awsDomain(aws.Partition),
		port:   portHTTPS,
		secure: true,
		region: aws.Region,
		bucket: s.ID,
		prefix: prefix,
		secret: secretObjectStore,
	}
}

func awsDomain(partition string) string {
	if partition == "aws-cn" {
		return "amazonaws.com.cn"
	}
	return "amazonaws.com"
}

// endpoint as a URL.
func (st store) endpoint() string {
	if st.secure {
		return "https://" + st.host
	}
	return "http://" + st.host
}

// pipelineRoot is where runs write their artifacts unless they say otherwise.
func (st store) pipelineRoot() string { return "s3://" + st.bucket + "/" + st.prefix + "v2/artifacts" }

// keyFormat is where Argo archives logs: upstream's own, below the prefix.
func (st store) keyFormat() string {
	return st.prefix + "private-artifacts/{{workflow.namespace}}/{{workflow.name}}/{{workflow.creationTimestamp.Y}}/" +
		"{{workflow.creationTimestamp.m}}/{{workflow.creationTimestamp.d}}/{{pod.name}}"
}

// objectStoreSecret holds the keys under a name that never changes, because KFP stores the Secret's name with every run. It is the one
// Secret whose content passes through the function. Keys that have been seen stay when the provider's Secret goes missing.
func objectStoreSecret(s *Stack, o Observed) *corev1.Secret {
	secret := &corev1.Secret{TypeMeta: typeSecret, ObjectMeta: s.meta(secretObjectStore, nameAPIServer), Type: corev1.SecretTypeOpaque}
	details := o[resBucketAccessKey].Details
	id, key := details[keyUsername], details[keyPassword]
	if len(id) > 0 && len(key) > 0 {
		secret.Data = map[string][]byte{keyAccessKey: id, keySecretKey: key}
		return secret
	}
	secret.Data = secretData(o[resObjectStoreSecret], keyAccessKey, keySecretKey)
	return secret
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
