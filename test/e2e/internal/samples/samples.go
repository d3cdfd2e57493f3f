// Package samples has Argo's controller make the pods of a release's pipelines, so that what is
// decided about such pods is tested with real ones. It submits the workflows of a folder in a stack's
// namespace and plays the executors, which would report what drivers decide.
package samples

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	kerrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/yaml"

	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/apply"
)

const (
	argo = "argoproj.io/v1alpha1"

	labelWorkflow    = "workflows.argoproj.io/workflow"
	labelCompleted   = "workflows.argoproj.io/completed" // set when a pod has ended
	labelReported    = "workflows.argoproj.io/report-outputs-completed"
	annotationNode   = "workflows.argoproj.io/node-name"
	annotationNodeID = "workflows.argoproj.io/node-id"

	taskResult = "WorkflowTaskResult"

	runner   = "pipeline-runner"
	patience = 5 * time.Minute
)

// mounted is what steps of the pipelines mount. The node holds pods back without.
const mounted = `
apiVersion: v1
kind: Secret
metadata: {name: team-a-tokens}
stringData: {hub: example}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {mode: fast}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
`

// A sample is a workflow and the outputs that its steps report, by the names of their nodes.
type sample struct {
	workflow *unstructured.Unstructured
	reports  map[string]any
}

// Pods runs the workflows in dir to their end and returns the pods that the controller made for
// them, by the names of their nodes, as YAML that is the same every time.
func Pods(ctx context.Context, c *apply.Client, broken func() error, namespace, dir string) (map[string][]byte, error) {
	samples, err := read(dir)
	if err != nil {
		return nil, err
	}
	if err := c.YAML(ctx, namespace, []byte(mounted)); err != nil {
		return nil, err
	}
	pods := map[string][]byte{}
	for _, s := range samples {
		if err := s.run(ctx, c, broken, namespace, pods); err != nil {
			return nil, fmt.Errorf("workflow %s: %w", s.workflow.GetName(), err)
		}
	}
	return pods, nil
}

func read(dir string) ([]sample, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.yaml"))
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("there are no workflows in %s", dir)
	}
	var out []sample
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		var s sample
		workflow, reports, _ := strings.Cut(string(b), "\n---\n")
		var r struct {
			Reports map[string]any `json:"reports"`
		}
		if err := errors.Join(yaml.Unmarshal([]byte(workflow), &s.workflow), yaml.Unmarshal([]byte(reports), &r)); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		s.reports = r.Reports
		out = append(out, s)
	}
	return out, nil
}

// run replaces a workflow of that name, so that it can be run again.
func (s sample) run(ctx context.Context, c *apply.Client, broken func() error, namespace string, pods map[string][]byte) error {
	name := s.workflow.GetName()
	r, err := c.Resource(s.workflow.GroupVersionKind(), namespace)
	if err != nil {
		return err
	}
	if err := r.Delete(ctx, name, metav1.DeleteOptions{}); err != nil && !kerrors.IsNotFound(err) {
		return err
	}
	if err := apply.Wait(ctx, patience, broken, func(ctx context.Context) error { return gone(ctx, c, namespace, name) }); err != nil {
		return err
	}
	executor, err := c.As("system:serviceaccount:" + namespace + ":" + runner)
	if err != nil {
		return err
	}
	made, err := r.Create(ctx, s.workflow, metav1.CreateOptions{})
	if err != nil {
		return err
	}
	var l *corev1.PodList
	if err := apply.Wait(ctx, patience, broken, func(ctx context.Context) error {
		if l, err = c.Kube.CoreV1().Pods(namespace).List(ctx, metav1.ListOptions{LabelSelector: labelWorkflow + "=" + name}); err != nil {
			return err
		}
		for _, p := range l.Items {
			if err := s.report(ctx, executor, &p); err != nil {
				return err
			}
		}
		w, err := r.Get(ctx, name, metav1.GetOptions{})
		if err != nil {
			return err
		}
		phase, _, _ := unstructured.NestedString(w.Object, "status", "phase")
		if phase != "Succeeded" {
			message, _, _ := unstructured.NestedString(w.Object, "status", "message")
			return fmt.Errorf("it is %q %s", phase, message)
		}
		return nil
	}); err != nil {
		return err
	}
	for _, p := range l.Items {
		if pods[node(&p)], err = plain(&p, made); err != nil {
			return err
		}
	}
	return nil
}

// gone complains as long as something of a workflow is there.
func gone(ctx context.Context, c *apply.Client, namespace, name string) error {
	_, err := c.Get(ctx, argo, "Workflow", namespace, name)
	if err == nil {
		return errors.New("the workflow before is still there")
	}
	if !kerrors.IsNotFound(err) {
		return err
	}
	for kind, version := range map[string]string{"Pod": "v1", taskResult: argo} {
		us, err := c.List(ctx, version, kind, namespace, labelWorkflow+"="+name)
		if err != nil {
			return err
		}
		if len(us) > 0 {
			return fmt.Errorf("a %s of the workflow before is still there", kind)
		}
	}
	return nil
}

// attempt is what Argo adds to the name of a node that may be tried again.
var attempt = regexp.MustCompile(`\(\d+\)`)

// node is the name of the node that a pod runs, whichever attempt it is.
func node(p *corev1.Pod) string { return attempt.ReplaceAllString(p.Annotations[annotationNode], "") }

// report writes what the executor in a pod reports at its end, for which the controller waits.
func (s sample) report(ctx context.Context, executor *apply.Client, p *corev1.Pod) error {
	u := &unstructured.Unstructured{}
	u.SetGroupVersionKind(schema.FromAPIVersionAndKind(argo, taskResult))
	u.SetName(p.Annotations[annotationNodeID])
	u.SetOwnerReferences(p.OwnerReferences) // the workflow
	u.SetLabels(map[string]string{labelWorkflow: s.workflow.GetName(), labelReported: "true"})
	if outputs := s.reports[node(p)]; outputs != nil {
		u.Object["outputs"] = outputs
	}
	r, err := executor.Resource(u.GroupVersionKind(), p.Namespace)
	if err != nil {
		return err
	}
	_, err = r.Create(ctx, u, metav1.CreateOptions{})
	if kerrors.IsAlreadyExists(err) {
		return nil
	}
	return err
}

// What differs each time: the name of the volume that the API server adds, the day in the keys of
// artifacts, the stack's bucket.
var different = []struct {
	what *regexp.Regexp
	to   string
}{
	{regexp.MustCompile(`kube-api-access-[a-z0-9]{5}`), "kube-api-access-00000"},
	{regexp.MustCompile(`/\d{4}/\d{2}/\d{2}/`), "/2026/01/01/"},
	{regexp.MustCompile(`(\\"bucket\\":\\")[a-z0-9-]+`), "${1}example"},
}

// plain is a pod as the API server admitted it, without what differs each time.
func plain(p *corev1.Pod, w *unstructured.Unstructured) ([]byte, error) {
	out := &corev1.Pod{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Pod"},
		ObjectMeta: metav1.ObjectMeta{Name: p.Name, Namespace: p.Namespace, Labels: p.Labels, Annotations: p.Annotations},
		Spec:       p.Spec,
	}
	for _, r := range p.OwnerReferences {
		r.UID = ""
		out.OwnerReferences = append(out.OwnerReferences, r)
	}
	out.Spec.NodeName = ""
	delete(out.Labels, labelCompleted)
	b, err := json.Marshal(out)
	if err != nil {
		return nil, err
	}
	text := strings.NewReplacer(
		string(w.GetUID()), "00000000-0000-4000-8000-000000000000",
		w.GetCreationTimestamp().UTC().Format(time.RFC3339), "2026-01-01T00:00:00Z",
		p.Namespace, "team-a",
	).Replace(string(b))
	for _, d := range different {
		text = d.what.ReplaceAllString(text, d.to)
	}
	return yaml.JSONToYAML([]byte(text))
}
