package managed

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Kinds of prometheus-operator v0.85.0. They are no managed resources, but a cluster may lack them
// all the same.
var (
	TypePodMonitor     = metav1.TypeMeta{APIVersion: prometheus.String(), Kind: "PodMonitor"}
	TypePrometheusRule = metav1.TypeMeta{APIVersion: prometheus.String(), Kind: "PrometheusRule"}

	prometheus = schema.GroupVersion{Group: "monitoring.coreos.com", Version: "v1"}
)

// PodMonitor has Prometheus scrape pods of its namespace.
type PodMonitor struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              PodMonitorSpec `json:"spec"`
}

// PodMonitorSpec selects pods and their ports.
type PodMonitorSpec struct {
	Selector            metav1.LabelSelector `json:"selector"`
	PodMetricsEndpoints []PodMetricsEndpoint `json:"podMetricsEndpoints"`
}

// PodMetricsEndpoint is a named port of a pod.
type PodMetricsEndpoint struct {
	Port string `json:"port"`
	Path string `json:"path,omitempty"`
}

// PrometheusRule holds alerts.
type PrometheusRule struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              PrometheusRuleSpec `json:"spec"`
}

// PrometheusRuleSpec groups alerts.
type PrometheusRuleSpec struct {
	Groups []RuleGroup `json:"groups"`
}

// RuleGroup is evaluated as one.
type RuleGroup struct {
	Name  string `json:"name"`
	Rules []Rule `json:"rules"`
}

// Rule is an alert, which fires when its expression has held for a while.
type Rule struct {
	Alert       string            `json:"alert"`
	Expr        string            `json:"expr"`
	For         string            `json:"for,omitempty"`
	Labels      map[string]string `json:"labels,omitempty"`
	Annotations map[string]string `json:"annotations,omitempty"`
}

// DeepCopyObject makes a PodMonitor a runtime.Object. The copy is shallow, like that of a Resource.
func (m *PodMonitor) DeepCopyObject() runtime.Object { c := *m; return &c }

// DeepCopyObject makes a PrometheusRule a runtime.Object. The copy is shallow, like that of a
// Resource.
func (r *PrometheusRule) DeepCopyObject() runtime.Object { c := *r; return &c }
