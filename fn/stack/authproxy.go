package stack

import (
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/pipelinestack/function-pipelinestack/apis/v1alpha1"
	"github.com/pipelinestack/function-pipelinestack/fn/managed"
)

// annotationServingCert asks OpenShift's service CA for a certificate of the Service's name, in a
// Secret of the annotation's value.
const annotationServingCert = "service.beta.openshift.io/serving-cert-secret-name"

const (
	volumeAuthProxy = "auth-proxy-config"
	dirAuthProxy    = "/etc/kube-rbac-proxy"
	volumeServing   = "serving-cert"
	dirServing      = "/etc/tls/private"
)

// authProxyResources lets the proxy ask Kubernetes who a caller is and what they may do.
func authProxyResources(s *Stack) []Resource {
	if !s.authProxyEnabled() {
		return nil
	}
	return append([]Resource{
		{Name: resAuthProxyConfig, Object: authProxyConfig(s)},
		{Name: resAuthDelegator, Object: authDelegator(s)},
	}, certificateResources(s)...)
}

// authProxy is the container before the API server's REST port, and the volume of its certificate.
func authProxy(s *Stack) (corev1.Container, []corev1.Volume) {
	ct := readOnlyRoot(s.container("auth-proxy", AuthProxy, v1alpha1.ContainerSpec{Image: s.Class.Images.AuthProxy}, nil))
	ct.Args = []string{
		"--secure-listen-address=0.0.0.0:" + strconv.Itoa(portProxy),
		"--proxy-endpoints-port=" + strconv.Itoa(portProxyHealth),
		"--upstream=http://127.0.0.1:" + strconv.Itoa(portHTTP) + "/",
		"--config-file=" + dirAuthProxy + "/" + keyAuthProxyConfig,
		"--ignore-paths=" + pathHealth, // tells only that the server is up
	}
	if audiences := s.Class.Auth.Audiences; len(audiences) > 0 {
		ct.Args = append(ct.Args, "--auth-token-audiences="+strings.Join(audiences, ","))
	}
	ct.Ports = []corev1.ContainerPort{
		{Name: proxyPort, ContainerPort: portProxy, Protocol: corev1.ProtocolTCP},
		{Name: proxyHealthPort, ContainerPort: portProxyHealth, Protocol: corev1.ProtocolTCP},
	}
	health := httpProbe(proxyHealthPort, "/healthz", corev1.URISchemeHTTPS)
	ct.LivenessProbe = probe(health, 10, 6)
	ct.ReadinessProbe = probe(health, 5, 3)
	ct.VolumeMounts = []corev1.VolumeMount{dirMount(volumeAuthProxy, dirAuthProxy)}

	ct.Args = append(ct.Args,
		"--tls-cert-file="+dirServing+"/"+corev1.TLSCertKey,
		"--tls-private-key-file="+dirServing+"/"+corev1.TLSPrivateKeyKey)
	ct.VolumeMounts = append(ct.VolumeMounts, dirMount(volumeServing, dirServing))
	return ct, []corev1.Volume{secretVolume(volumeServing, s.servingSecret())}
}

// servingSecret holds the proxy's certificate.
func (s *Stack) servingSecret() string {
	switch s.Spec.TLS.Type {
	case v1alpha1.TLSSecret:
		return s.Spec.TLS.SecretName
	case v1alpha1.TLSServiceCA:
		return secretServing
	default:
		return secretCertificate
	}
}

// authProxyConfig asks Kubernetes for every call: may the caller get, create, update, patch or
// delete pipelinestacks/api of this name in this namespace? The verb follows from the HTTP method.
func authProxyConfig(s *Stack) *corev1.ConfigMap {
	return s.configMap(
		nameAuthProxyConfig,
		nameAPIServer,
		map[string]string{keyAuthProxyConfig: indentedJSON(map[string]any{"authorization": map[string]any{"resourceAttributes": map[string]any{
			"apiGroup":    v1alpha1.GroupVersion.Group,
			"apiVersion":  v1alpha1.GroupVersion.Version,
			"resource":    v1alpha1.ResourceStacks,
			"subresource": v1alpha1.SubresourceAPI,
			"namespace":   s.Namespace,
			"name":        s.Name,
		}}})},
	)
}

// authDelegator lets the proxy review tokens and access. Reviews are cluster-scoped, so this is the
// one cluster-scoped object of a stack. A namespaced composite can hold none: there
// provider-kubernetes makes it.
func authDelegator(s *Stack) runtime.Object {
	binding := &rbacv1.ClusterRoleBinding{
		TypeMeta:   typeClusterRoleBinding,
		ObjectMeta: metav1.ObjectMeta{Name: s.authDelegatorName(), Labels: s.labels(nameAPIServer)},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: roleAuthDelegator},
		Subjects:   []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Name: nameAPIServer, Namespace: s.Namespace}},
	}
	if !s.Scope.Namespaced {
		return binding
	}
	return managed.New(s.Scope, managed.KindObject, nameAuthDelegator, providerConfigKubernetes, managed.ObjectParameters{
		Manifest: runtime.RawExtension{Object: binding},
	})
}

const (
	nameAuthDelegator = "ml-pipeline-auth-delegator"
	// providerConfigKubernetes ships with the install files of the namespaced flavour.
	providerConfigKubernetes = "pipelinestack"
)
