package main

import (
	"slices"
	"strings"
	"testing"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	kruntime "k8s.io/apimachinery/pkg/runtime"
)

// Pipelines make and delete volumes of any name, but not those of the stack's own servers.
func TestPipelinesKeepOffTheStacksVolumes(t *testing.T) {
	const (
		runner = "system:serviceaccount:team-a:pipeline-runner"
		argo   = "system:serviceaccount:team-a:workflow-controller"
		byName = "the volumes of the stack's own servers"
	)

	cases := map[string]struct {
		reason, who, volume string
		refused             bool
	}{
		"Database":    {"the database's", runner, "demo-ml-pipeline-database-0", true},
		"ObjectStore": {"the object store's", runner, "demo-ml-pipeline-object-store-0", true},
		"Argo":        {"a workflow says which volumes Argo makes and deletes", argo, "demo-ml-pipeline-database-0", true},
		"Own":         {"a pipeline's", runner, "scratch", false},
		"Similar":     {"a pipeline's", argo, "demo-ml-pipeline-database-01", false},
		"Tenant":      {"whoever may edit the namespace", tenant, "demo-ml-pipeline-database-0", false},
		"StatefulSet": {"its controller", "system:serviceaccount:kube-system:statefulset-controller", "demo-ml-pipeline-database-0", false},
		"Lookalike":   {"an account of the tenant's", "system:serviceaccount:team-a:my-pipeline-runner", "demo-ml-pipeline-database-0", false},
	}

	for _, i := range installs {
		a := newAdmitter(t, policies(t, i), true)
		open := newAdmitter(t, slices.DeleteFunc(policies(t, i), func(o kruntime.Object) bool {
			b, ok := o.(*admissionv1.ValidatingAdmissionPolicyBinding)

			return ok && b.Name == "pipelinestack-volumes"
		}), true)

		for name, tc := range cases {
			volume := &unstructured.Unstructured{Object: map[string]any{
				"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": map[string]any{"name": tc.volume, "namespace": "team-a"},
			}}

			for what, ask := range map[string]func(admitter) error{
				"make":   func(a admitter) error { return a.ask(t.Context(), write{who: tc.who, object: volume}) },
				"change": func(a admitter) error { return a.ask(t.Context(), write{who: tc.who, old: volume, object: volume}) },
				"delete": func(a admitter) error { return a.deleteBy(t.Context(), tc.who, volume) },
			} {
				err := ask(a)
				if tc.refused != (err != nil) || err != nil && !strings.Contains(err.Error(), byName) {
					t.Errorf("%s: %s: %s: may %s: %v", i.name, name, tc.reason, what, err)
				}

				if err := ask(open); err != nil {
					t.Errorf("%s: %s: without the policy it should pass, and the case shows nothing: %v", i.name, name, err)
				}
			}
		}
	}
}
