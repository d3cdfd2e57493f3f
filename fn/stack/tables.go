package stack

import (
	appsv1 "k8s.io/api/apps/v1"

	"github.com/pipelinestack/function-pipelinestack/fn/kube"
)

// Programs that make or migrate tables as they start run once until that is done: two of them in
// one empty database leave it half made, for good. When it is done stands on the Deployment. Only
// that counts, and never whether pods are available now: an outage would scale a stack down.
const (
	// annotationTables names the database and the program of a Deployment.
	annotationTables = "pipelines.opendatahub.io/tables"
	// annotationTablesMade names those with which the Deployment was available once.
	annotationTablesMade = "pipelines.opendatahub.io/tables-made"
)

// migratesTables lets the Deployment of a program run once until its tables are made. A Deployment
// that is new replaces its pod until then, rather than roll it: an edit would start a second one.
// One that ran before rolls as usual, so that an upgrade interrupts nobody.
func (s *Stack) migratesTables(d *appsv1.Deployment, p program, was kube.Observed) *appsv1.Deployment {
	if d.Annotations == nil {
		d.Annotations = map[string]string{}
	}
	tables := s.database.tablesOf(p.image(s.Release))
	d.Annotations[annotationTables] = tables
	if was.Annotation(annotationTablesMade) == tables || tablesMade(d, tables, was) {
		d.Annotations[annotationTablesMade] = tables
		return d
	}
	*d.Spec.Replicas = min(*d.Spec.Replicas, 1)
	const replaced = appsv1.RecreateDeploymentStrategyType
	if !was.Exists() || was.String("spec", "strategy", "type") == string(replaced) {
		d.Spec.Strategy.Type = replaced
	}
	return d
}

// tablesOf names the tables that a program makes in the database.
func (db database) tablesOf(image string) string { return string(db.identity) + " " + image }

// tablesMade says whether an observed Deployment shows that the tables of the wanted one are made.
// One of an earlier version of the function says nothing of tables; if it runs the same program
// more than once, they were made.
func tablesMade(wanted *appsv1.Deployment, tables string, was kube.Observed) bool {
	available := kube.DeploymentAvailable(was).Reason == kube.ReasonAvailable
	if says := was.Annotation(annotationTables); says != "" {
		return says == tables && available
	}
	containers := was.Items("spec", "template", "spec", "containers")
	if len(containers) == 0 || containers[0].String("image") != wanted.Spec.Template.Spec.Containers[0].Image {
		return false
	}
	replicas, _ := was.Int("spec", "replicas")
	return available || replicas > 1
}
