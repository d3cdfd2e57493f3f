package stack

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pipelinestack/function-pipelinestack/fn/managed"
)

// A Prometheus operator selects by labels, which the class says, and a stack's own are still there.
func TestMonitoringLabels(t *testing.T) {
	rs := everything(t, newStack(t, classes(t, `monitoring: {prometheusOperator: true, labels: {release: kube-prometheus-stack}}`)))
	for name, labels := range map[string]map[string]string{
		resAlerts:                    find[*managed.PrometheusRule](t, rs, resAlerts).Labels,
		resWorkflowControllerMonitor: find[*managed.PodMonitor](t, rs, resWorkflowControllerMonitor).Labels,
	} {
		got := []string{labels["release"], labels[LabelStack]}
		if diff := cmp.Diff([]string{"kube-prometheus-stack", "demo"}, got); diff != "" {
			t.Errorf("%s: -want, +got\n%s", name, diff)
		}
	}
}
