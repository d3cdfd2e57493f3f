package stack

import (
	"fmt"
	"maps"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/pipelinestack/function-pipelinestack/fn/managed"
)

// Monitoring needs kinds that many clusters lack, so it is there only where the class says so. The
// API server's metrics are not scraped: they share a port with the API, which does not
// authenticate, so no policy may open it to another namespace.

func alertsResources(s *Stack, _ Observed) []Resource {
	if !s.monitoringEnabled() {
		return nil
	}
	rule := alerts(s)
	rule.Labels = s.monitorLabels(rule.Labels)
	return []Resource{{Name: resAlerts, Object: rule}}
}

func controllerMonitorResources(s *Stack, _ Observed) []Resource {
	if !s.monitoringEnabled() || !s.hasWorkflowController() {
		return nil
	}
	monitor := controllerMonitor(s)
	monitor.Labels = s.monitorLabels(monitor.Labels)
	return []Resource{{Name: resWorkflowControllerMonitor, Object: monitor}}
}

// monitorLabels are the class's, by which a Prometheus operator finds its own, under the stack's.
func (s *Stack) monitorLabels(own map[string]string) map[string]string {
	all := maps.Clone(s.Class.Monitoring.Labels)
	if all == nil {
		return own
	}
	maps.Copy(all, own)
	return all
}

func controllerMonitor(s *Stack) *managed.PodMonitor {
	return &managed.PodMonitor{
		TypeMeta:   managed.TypePodMonitor,
		ObjectMeta: s.meta(nameWorkflowController, nameWorkflowController),
		Spec: managed.PodMonitorSpec{
			Selector:            metav1.LabelSelector{MatchLabels: s.selector(nameWorkflowController)},
			PodMetricsEndpoints: []managed.PodMetricsEndpoint{{Port: metricsPort, Path: "/metrics"}},
		},
	}
}

// alerts on a stack. Metrics of Deployments come from kube-state-metrics, those of runs and queues
// from Argo's controller.
func alerts(s *Stack) *managed.PrometheusRule {
	var deployments, servers []string
	for _, c := range containers {
		switch {
		case !c.partOf(s):
		case c.server:
			servers = append(servers, c.deployment)
		case c.essential:
			deployments = append(deployments, c.deployment)
		}
	}
	rules := []managed.Rule{s.alert("PipelineStackNotReady", "critical", "15m",
		fmt.Sprintf(`sum by (namespace, deployment) (kube_deployment_status_replicas_unavailable{namespace=%q, deployment=~%q}) > 0`,
			s.Namespace, strings.Join(deployments, "|")),
		"{{ $labels.deployment }} has been unavailable for 15 minutes; the stack's conditions say why.")}
	if servers != nil {
		named := strings.Join(servers, "|")
		rules = append(rules,
			s.alert("PipelineStackStoreNotReady", "critical", "15m",
				fmt.Sprintf(`sum by (namespace, statefulset) (kube_statefulset_replicas{namespace=%[1]q, statefulset=~%[2]q} - `+
					`kube_statefulset_status_replicas_ready{namespace=%[1]q, statefulset=~%[2]q}) > 0`, s.Namespace, named),
				"{{ $labels.statefulset }} has been unavailable for 15 minutes; the stack's conditions say why."),
			s.alert("PipelineStackVolumeFills", "warning", "15m",
				fmt.Sprintf(`kubelet_volume_stats_available_bytes{namespace=%[1]q, persistentvolumeclaim=~%[2]q} / `+
					`kubelet_volume_stats_capacity_bytes{namespace=%[1]q, persistentvolumeclaim=~%[2]q} < 0.15`,
					s.Namespace, s.Name+"-("+named+")-0"),
				"The volume {{ $labels.persistentvolumeclaim }} is 85 % full: grow it."))
	}
	if s.hasWorkflowController() {
		rules = append(rules,
			s.alert("PipelineRunsFail", "warning", "",
				fmt.Sprintf(`sum(increase(argo_workflows_total_count{namespace=%q, phase=~"Failed|Error"}[1h])) > 3`, s.Namespace),
				"More than 3 runs failed in the last hour."),
			s.alert("PipelineQueueGrows", "warning", "15m",
				fmt.Sprintf(`sum(argo_workflows_queue_depth_gauge{namespace=%q}) > 100`, s.Namespace),
				"The workflow controller has had more than 100 items in its queues for 15 minutes: give it a larger size, or bound parallelism."))
	}
	return &managed.PrometheusRule{
		TypeMeta:   managed.TypePrometheusRule,
		ObjectMeta: s.meta("pipelinestack-"+s.Name, nameAPIServer),
		Spec:       managed.PrometheusRuleSpec{Groups: []managed.RuleGroup{{Name: "pipelinestack", Rules: rules}}},
	}
}

func (s *Stack) alert(name, severity, lasting, expr, description string) managed.Rule {
	return managed.Rule{
		Alert:  name,
		Expr:   expr,
		For:    lasting,
		Labels: map[string]string{"severity": severity},
		Annotations: map[string]string{
			"summary":     "PipelineStack " + s.Name + " in namespace " + s.Namespace,
			"description": description,
		},
	}
}
