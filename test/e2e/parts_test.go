//go:build e2e

package e2e

import (
	"context"
	"errors"
	"maps"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	kerrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"

	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/apply"
)

// The parts of a stack, by the Deployments that they run in. The last one runs in no Deployment:
// the API server gives it to pipelines.
const (
	apiServer          = "ml-pipeline"
	persistenceAgent   = "ml-pipeline-persistenceagent"
	scheduledWorkflow  = "ml-pipeline-scheduledworkflow"
	workflowController = "workflow-controller"
	webInterface       = "ml-pipeline-ui"
	pipelineRunner     = ""
)

// work are the resources that the parts work with.
var work = map[string]schema.GroupVersionResource{
	"workflows":               {Group: "argoproj.io", Version: "v1alpha1"},
	"workflowtaskresults":     {Group: "argoproj.io", Version: "v1alpha1"},
	"workflowtasksets":        {Group: "argoproj.io", Version: "v1alpha1"},
	"workflowartifactgctasks": {Group: "argoproj.io", Version: "v1alpha1"},
	"workflowtemplates":       {Group: "argoproj.io", Version: "v1alpha1"},
	"cronworkflows":           {Group: "argoproj.io", Version: "v1alpha1"},
	"scheduledworkflows":      {Group: "kubeflow.org", Version: "v1beta1"},
	"leases":                  {Group: "coordination.k8s.io", Version: "v1"},
	"pods":                    {Version: "v1"},
	"configmaps":              {Version: "v1"},
	"persistentvolumeclaims":  {Version: "v1"},
}

// asks is what each part asks of the API server in its work: verbs by resource.
var asks = map[string]map[string][]string{
	workflowController: {
		"workflows":               {"list", "watch", "get", "update", "patch", "delete"},
		"workflowtasksets":        {"list", "watch", "create", "patch"},
		"workflowtaskresults":     {"list", "watch", "deletecollection"},
		"workflowartifactgctasks": {"list", "watch", "create", "delete"},
		"workflowtemplates":       {"list", "watch"},
		"cronworkflows":           {"list", "watch"},
		"pods":                    {"list", "watch", "create", "get", "patch", "delete"},
		"configmaps":              {"list", "watch"},
		"leases":                  {"create"},
	},
	apiServer: {
		"workflows":          {"create", "get", "update", "patch", "delete"},
		"scheduledworkflows": {"create", "get", "update", "patch", "delete"},
		"pods":               {"delete"},
	},
	persistenceAgent: {
		"workflows":          {"list", "watch"},
		"scheduledworkflows": {"list", "watch"},
	},
	scheduledWorkflow: {
		"workflows":          {"list", "watch", "create"},
		"scheduledworkflows": {"list", "watch", "update"},
	},
	pipelineRunner: {
		"workflows":              {"get"},
		"workflowtaskresults":    {"create", "patch"},
		"persistentvolumeclaims": {"create", "get", "delete"},
	},
}

// TestPartsWork makes requests of the parts of a stack, those of Argo's and Kubeflow Pipelines' own
// kinds above all, as the ServiceAccount that its Deployment names, once in the stack's namespace
// and once in a neighbour's, where each of them is forbidden.
func TestPartsWork(t *testing.T) {
	t.Parallel()
	s, other := newStack(t, "{}"), newNamespace(t)
	if err := samples(t.Context(), client, s.namespace); err != nil { // something to get, update, patch and delete
		t.Fatal(err)
	}
	if err := samples(t.Context(), client, other); err != nil {
		t.Fatal(err)
	}
	for part, resources := range asks {
		as := s.impersonate(t, part)
		for resource, verbs := range resources {
			for _, verb := range verbs {
				if err := request(t.Context(), as, s.namespace, resource, verb); err != nil {
					t.Errorf("%s may not %s %s: %v", as.Config.Impersonate.UserName, verb, resource, err)
				}
				if err := request(t.Context(), as, other, resource, verb); !kerrors.IsForbidden(err) {
					t.Errorf("%s may %s %s of another tenant: %v", as.Config.Impersonate.UserName, verb, resource, err)
				}
			}
		}
	}
}

// impersonate makes a client that asks as a part of the stack does: as a ServiceAccount, whose name
// the stack's own objects tell.
func (s *stack) impersonate(t *testing.T, part string) *apply.Client {
	t.Helper()
	var account string
	deployments := s.mustDeployments()
	if part == pipelineRunner {
		account = env(deployments[apiServer], "DEFAULTPIPELINERUNNERSERVICEACCOUNT")
	} else {
		account = deployments[part].Spec.Template.Spec.ServiceAccountName
	}
	if account == "" {
		t.Fatalf("no ServiceAccount of %q", part)
	}
	if _, err := client.Kube.CoreV1().ServiceAccounts(s.namespace).Get(t.Context(), account, metav1.GetOptions{}); err != nil {
		t.Fatal(err)
	}
	cfg := rest.CopyConfig(client.Config)
	cfg.Impersonate = rest.ImpersonationConfig{
		UserName: "system:serviceaccount:" + s.namespace + ":" + account,
		Groups:   []string{"system:serviceaccounts", "system:serviceaccounts:" + s.namespace, "system:authenticated"},
	}
	as, err := apply.NewFor(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return as
}

// env is the value of a variable of a Deployment's containers.
func env(d appsv1.Deployment, name string) string {
	for _, c := range d.Spec.Template.Spec.Containers {
		for _, e := range c.Env {
			if e.Name == name {
				return e.Value
			}
		}
	}
	return ""
}

// sample is the name of the objects that requests are about.
const sample = "sample"

// minimal are specs that pass for objects of those kinds.
var minimal = map[string]map[string]any{
	"workflows":               {"kind": "Workflow", "spec": map[string]any{"entrypoint": "main"}},
	"workflowtaskresults":     {"kind": "WorkflowTaskResult", "phase": "Running"},
	"workflowtasksets":        {"kind": "WorkflowTaskSet", "spec": map[string]any{"tasks": map[string]any{}}},
	"workflowartifactgctasks": {"kind": "WorkflowArtifactGCTask", "spec": map[string]any{}},
	"scheduledworkflows":      {"kind": "ScheduledWorkflow", "spec": map[string]any{"enabled": false}, "status": map[string]any{}},
	"pods": {"kind": "Pod", "spec": map[string]any{
		"securityContext": map[string]any{
			"runAsNonRoot":   true,
			"runAsUser":      int64(1000),
			"seccompProfile": map[string]any{"type": "RuntimeDefault"},
		},
		"containers": []any{map[string]any{"name": "main", "image": "example.org/step", "securityContext": map[string]any{
			"allowPrivilegeEscalation": false, "capabilities": map[string]any{"drop": []any{"ALL"}}}}},
	}},
	"leases": {"kind": "Lease", "spec": map[string]any{"holderIdentity": "test"}},
	"persistentvolumeclaims": {
		"kind": "PersistentVolumeClaim",
		"spec": map[string]any{"accessModes": []any{"ReadWriteOnce"}, "storageClassName": "none",
			"resources": map[string]any{"requests": map[string]any{"storage": "1Mi"}}},
	},
}

func object(resource, name string) *unstructured.Unstructured {
	u := &unstructured.Unstructured{Object: map[string]any{}}
	maps.Copy(u.Object, minimal[resource])
	gvr := work[resource]
	u.SetAPIVersion(gvr.GroupVersion().String())
	u.SetName(name)
	return u
}

// samples makes one object of every kind.
func samples(ctx context.Context, c *apply.Client, namespace string) error {
	for resource := range minimal {
		if err := c.Object(ctx, namespace, object(resource, sample)); err != nil {
			return err
		}
	}
	return nil
}

// request makes a request as a component would. What a request changes is dry-run, so that the next
// one finds the same; the authorizer and the schema are asked all the same.
func request(ctx context.Context, c *apply.Client, namespace, resource, verb string) error {
	gvr := work[resource]
	gvr.Resource = resource
	r := c.Dynamic.Resource(gvr).Namespace(namespace)
	dry := []string{metav1.DryRunAll}
	switch verb {
	case "list":
		_, err := r.List(ctx, metav1.ListOptions{})
		return err
	case "watch":
		ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
		defer cancel()
		w, err := r.Watch(ctx, metav1.ListOptions{})
		if err == nil {
			w.Stop()
		}
		return err
	case "get":
		_, err := r.Get(ctx, sample, metav1.GetOptions{})
		return err
	case "create":
		_, err := r.Create(ctx, object(resource, sample+"-new"), metav1.CreateOptions{DryRun: dry})
		return err
	case "update":
		u := object(resource, sample)
		u.SetLabels(map[string]string{"updated": "true"})
		live, err := client.Dynamic.Resource(gvr).Namespace(namespace).Get(ctx, sample, metav1.GetOptions{}) // as whoever watches has it
		if err != nil {
			return err
		}
		u.SetResourceVersion(live.GetResourceVersion())
		_, err = r.Update(ctx, u, metav1.UpdateOptions{DryRun: dry})
		return err
	case "patch":
		_, err := r.Patch(
			ctx,
			sample,
			types.MergePatchType,
			[]byte(`{"metadata": {"labels": {"patched": "true"}}}`),
			metav1.PatchOptions{DryRun: dry},
		)
		return err
	case "delete":
		return r.Delete(ctx, sample, metav1.DeleteOptions{DryRun: dry})
	case "deletecollection":
		return r.DeleteCollection(
			ctx,
			metav1.DeleteOptions{DryRun: dry},
			metav1.ListOptions{LabelSelector: "workflows.argoproj.io/workflow=none"},
		)
	}
	return errors.New("nobody asks that")
}
