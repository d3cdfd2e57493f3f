package stack

import (
	"regexp"
	"slices"
	"strconv"

	corev1 "k8s.io/api/core/v1"
)

// storeSecret holds keys under a name that never changes, because KFP stores the Secret's name with
// every run.
func storeSecret(s *Stack, keys map[string][]byte) *corev1.Secret {
	return &corev1.Secret{
		TypeMeta: typeSecret, ObjectMeta: s.meta(secretObjectStore, nameAPIServer), Type: corev1.SecretTypeOpaque, Data: keys,
	}
}

// prefix of the stack's objects: a slash ends it, or it is empty.
func (s *Stack) prefix() string {
	if p := s.Spec.ObjectStore.Prefix; p != "" {
		return p + "/"
	}
	return ""
}

// keyVars are the variables that hold the keys. Without keys they are empty, not absent: KFP's
// images use built-in keys where they are absent.
func (st store) keyVars(id, key string) []corev1.EnvVar {
	if st.keys == nil {
		return []corev1.EnvVar{env(id, ""), env(key, "")}
	}
	return []corev1.EnvVar{envSecret(id, st.keys.secret, st.keys.id), envSecret(key, st.keys.secret, st.keys.key)}
}

// launcherCredentials are the credentials in kfp-launcher's configuration.
func launcherCredentials(keys *storeKeys) map[string]any {
	if keys == nil {
		return map[string]any{"fromEnv": true}
	}
	return map[string]any{"fromEnv": false, "secretRef": map[string]any{
		"secretName": keys.secret, "accessKeyKey": keys.id, "secretKeyKey": keys.key,
	}}
}

// argoCredentials are the credentials in Argo's artifact repository.
func (st store) argoCredentials() map[string]any {
	if st.keys == nil {
		return map[string]any{"useSDKCreds": true}
	}
	key := func(k string) map[string]any { return map[string]any{"name": st.keys.secret, "key": k} }
	return map[string]any{"accessKeySecret": key(st.keys.id), "secretKeySecret": key(st.keys.key)}
}

// address is the host, with the port unless it is the scheme's own.
func (st store) address() string { return address(st.secure, st.host, st.port) }

func address(secure bool, host string, port int32) string {
	if secure && port == portHTTPS || !secure && port == portPlain {
		return host
	}
	return host + ":" + strconv.Itoa(int(port))
}

// endpoint as a URL.
func (st store) endpoint() string { return endpointURL(st.secure, st.host, st.port) }

func endpointURL(secure bool, host string, port int32) string {
	if secure {
		return "https://" + address(secure, host, port)
	}
	return "http://" + address(secure, host, port)
}

// ports of the store, and of those with further buckets.
func (st store) ports() []int32 {
	ports := []int32{st.port}
	for _, b := range st.further {
		if !slices.Contains(ports, b.port) {
			ports = append(ports, b.port)
		}
	}
	return ports
}

// pipelineRoot is where runs write their artifacts unless they say otherwise. The prefix that a
// stack has is read from it.
func (st store) pipelineRoot() string { return "s3://" + st.bucket + "/" + st.prefix + artifactsFolder }

// artifactsFolder is where artifacts are below the prefix.
const artifactsFolder = "v2/artifacts"

// keyFormat is where Argo archives logs: upstream's own, below the prefix.
func (st store) keyFormat() string {
	return st.prefix + "private-artifacts/{{workflow.namespace}}/{{workflow.name}}/{{workflow.creationTimestamp.Y}}/" +
		"{{workflow.creationTimestamp.m}}/{{workflow.creationTimestamp.d}}/{{pod.name}}"
}

// regionalHost is the name that Argo's client replaces.
var regionalHost = regexp.MustCompile(`^s3\.([a-z0-9-]+\.amazonaws\.com(\.cn)?)$`)

// argoHost is the name under which Argo archives logs. Its client keeps any name but the region's,
// for which it takes the one with IPv6 addresses. So it is given that one: what is configured is
// what is used.
func (st store) argoHost() string {
	return regionalHost.ReplaceAllString(st.address(), "s3.dualstack.$1")
}
