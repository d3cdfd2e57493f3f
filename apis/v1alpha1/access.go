package v1alpha1

import (
	corev1 "k8s.io/api/core/v1"
)

// ExposureType says how the API is reached from outside the cluster.
// +kubebuilder:validation:Enum=None;Route;HTTPRoute;Ingress
type ExposureType string

// How the API is reached from outside the cluster.
const (
	ExposureNone      ExposureType = "None"
	ExposureRoute     ExposureType = "Route"
	ExposureHTTPRoute ExposureType = "HTTPRoute"
	ExposureIngress   ExposureType = "Ingress"
)

// ExposureSpec says how the API is reached from outside the cluster. Only the auth proxy is ever
// exposed.
type ExposureSpec struct {
	// Type of the object that exposes the API. Defaults to the class's, else None.
	// +optional
	Type ExposureType `json:"type,omitempty"`
	// Host under which the API is exposed. Defaults to the class's host template.
	// +optional
	Host Host `json:"host,omitempty"`
}

// TLSType says where the auth proxy's certificate comes from.
// +kubebuilder:validation:Enum=SelfSigned;Secret;ServiceCA;CertManager
type TLSType string

// Where the auth proxy's certificate comes from.
const (
	// TLSSelfSigned has a certificate made once, with an authority of its own.
	TLSSelfSigned TLSType = "SelfSigned"
	// TLSSecret takes a given Secret of type kubernetes.io/tls.
	TLSSecret TLSType = "Secret"
	// TLSServiceCA asks OpenShift's service CA.
	TLSServiceCA TLSType = "ServiceCA"
	// TLSCertManager asks cert-manager.
	TLSCertManager TLSType = "CertManager"
)

// TLSSpec is the certificate of the auth proxy.
// +kubebuilder:validation:XValidation:rule="(has(self.type) && self.type == 'Secret') == has(self.secretName)",message="secretName must be set with type Secret, and only with it"
type TLSSpec struct {
	// Type says where the certificate comes from. Defaults to the class's, else SelfSigned.
	// +optional
	Type TLSType `json:"type,omitempty"`
	// SecretName names a Secret of type kubernetes.io/tls in the stack's namespace; for type
	// Secret.
	// +optional
	SecretName ObjectName `json:"secretName,omitempty"`
}

// NetworkPolicySpec adds to what the stack's network policies allow.
type NetworkPolicySpec struct {
	// Clients may call the API server directly, past the auth proxy. Workbenches of Open Data Hub
	// in this namespace always may.
	// +optional
	// +kubebuilder:validation:MaxItems=16
	Clients []NetworkPeer `json:"clients,omitempty"`
	// Egress adds destinations that pipeline pods may reach, inside the ranges of the class's
	// constraints.egress.
	// +optional
	// +kubebuilder:validation:MaxItems=32
	Egress []EgressTarget `json:"egress,omitempty"`
}

// NetworkPeer selects pods of the stack's namespace.
type NetworkPeer struct {
	// PodLabels that a pod of this namespace must carry.
	// +kubebuilder:validation:MinProperties=1
	// +kubebuilder:validation:MaxProperties=8
	PodLabels map[string]LabelValue `json:"podLabels"`
}

// EgressTarget is a destination that pipeline pods may reach.
type EgressTarget struct {
	// CIDR of the destination, such as 10.0.0.0/8.
	CIDR CIDR `json:"cidr"`
	// Ports of the destination, TCP. Defaults to every port.
	// +optional
	// +kubebuilder:validation:MaxItems=16
	// +kubebuilder:validation:items:Minimum=1
	// +kubebuilder:validation:items:Maximum=65535
	Ports []int32 `json:"ports,omitempty"`
}

// ProxySpec is the HTTP proxy that the stack and its pipelines use to leave the cluster.
type ProxySpec struct {
	// HTTPProxy is the URL for plain HTTP. Credentials in it would be readable in every pod and are
	// refused.
	// +optional
	HTTPProxy ProxyURL `json:"httpProxy,omitempty"`
	// HTTPSProxy is the URL for HTTPS. Defaults to httpProxy.
	// +optional
	HTTPSProxy ProxyURL `json:"httpsProxy,omitempty"`
	// NoProxy adds hosts and domains that are reached directly. The cluster's own names always are.
	// +optional
	// +kubebuilder:validation:MaxItems=64
	// +kubebuilder:validation:items:Pattern=`^[A-Za-z0-9*]?[A-Za-z0-9*.:/_-]*$`
	// +kubebuilder:validation:items:MaxLength=253
	NoProxy []string `json:"noProxy,omitempty"`
}

// CABundleSpec holds certificate authorities that the stack and its pipelines trust in addition to
// the public ones.
type CABundleSpec struct {
	// ConfigMapKeyRef names the key of a ConfigMap in the stack's namespace that holds the
	// certificates, PEM-encoded.
	ConfigMapKeyRef LocalConfigMapKey `json:"configMapKeyRef"`
}

// SchedulingSpec says where the stack's pods run. Pipeline pods have a block of their own. Where
// nothing here names the labels kubernetes.io/arch and kubernetes.io/os, nodes are those that the
// release's images are built for.
type SchedulingSpec struct {
	// NodeSelector that nodes must match.
	// +optional
	// +kubebuilder:validation:MaxProperties=16
	NodeSelector map[string]LabelValue `json:"nodeSelector,omitempty"`
	// Tolerations of taints.
	// +optional
	// +kubebuilder:validation:MaxItems=16
	Tolerations []corev1.Toleration `json:"tolerations,omitempty"`
	// Affinity of the pods.
	// +optional
	Affinity *corev1.Affinity `json:"affinity,omitempty"`
	// PriorityClassName of the pods.
	// +optional
	PriorityClassName ObjectName `json:"priorityClassName,omitempty"`
	// ImagePullSecrets in the stack's namespace with which images are pulled: the stack's, and
	// those of pipeline pods unless the platform runs Argo.
	// +optional
	// +kubebuilder:validation:MaxItems=8
	ImagePullSecrets []LocalName `json:"imagePullSecrets,omitempty"`
}

// MonitoringSpec adds the objects that a Prometheus operator and a dashboard pick up.
type MonitoringSpec struct {
	// Enabled composes monitors, alerts and a dashboard, where the class says that their kinds
	// are there. Defaults to the class's.
	// +optional
	Enabled *bool `json:"enabled,omitempty"`
}
