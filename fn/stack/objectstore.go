package stack

import (
	"regexp"

	corev1 "k8s.io/api/core/v1"
)

// keyVars are the variables that hold the keys. Without keys they are empty, not absent: KFP's
// images use built-in keys where they are absent.
func (st store) keyVars(id, key string) []corev1.EnvVar {
	if st.keys == nil {
		return []corev1.EnvVar{env(id, ""), env(key, "")}
	}
	return []corev1.EnvVar{envSecret(id, st.keys.secret, st.keys.id), envSecret(key, st.keys.secret, st.keys.key)}
}

// launcherCredentials are the credentials in kfp-launcher's configuration.
func (st store) launcherCredentials() map[string]any {
	if st.keys == nil {
		return map[string]any{"fromEnv": true}
	}
	return map[string]any{"fromEnv": false, "secretRef": map[string]any{
		"secretName": st.keys.secret, "accessKeyKey": st.keys.id, "secretKeyKey": st.keys.key,
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

// endpoint as a URL.
func (st store) endpoint() string {
	if st.secure {
		return "https://" + st.host
	}
	return "http://" + st.host
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
func (st store) argoHost() string { return regionalHost.ReplaceAllString(st.host, "s3.dualstack.$1") }
