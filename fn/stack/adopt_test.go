package stack

import (
	"strings"
	"testing"

	"github.com/pipelinestack/function-pipelinestack/apis/v1alpha1"
	"github.com/pipelinestack/function-pipelinestack/fn/kube"
)

// What is taken over is held back if Kubernetes would refuse the change for ever.
func TestImmutableFieldsAreHeldBack(t *testing.T) {
	const kustomize = `{apiVersion: apps/v1, kind: Deployment, metadata: {name: ml-pipeline, namespace: team-a},
  spec: {selector: {matchLabels: {app: ml-pipeline, application-crd-id: kubeflow-pipelines}}}}`
	s := newStack(t, withSpec(func(s *v1alpha1.PipelineStackSpec) { s.AdoptionPolicy = v1alpha1.AdoptIfUncontrolled }))
	same := asObserved(t, apiServerDeployment(s, nil))
	cases := map[string]struct {
		reason   string
		resource string
		found    kube.Observed
		held     string // what the message says beside the object's name
	}{
		"Selector": {
			"a kustomize installation's",
			resAPIServerDeployment,
			found(t, kustomize),
			"its spec.selector to what the stack wants: delete it, and the stack makes it anew; no data is in it (kubectl delete deployment ml-pipeline -n team-a)",
		},
		"Same": {"one of the stack's own, that nobody controls any more", resAPIServerDeployment, same, ""},
		"RoleRef": {"of a Role, where the stack has a ClusterRole", resAPIServerRoleBinding,
			found(t, `{apiVersion: rbac.authorization.k8s.io/v1, kind: RoleBinding, metadata: {name: ml-pipeline, namespace: team-a},
  roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: ml-pipeline}}`), "its roleRef to what the stack wants: delete it"},
		"Service": {
			"its address stays",
			resAPIServerService,
			found(
				t,
				`{apiVersion: v1, kind: Service, metadata: {name: ml-pipeline, namespace: team-a}, spec: {clusterIP: None, selector: {a: b}}}`,
			),
			"",
		},
		"SecretType": {"the type of a Secret", resObjectStoreSecret,
			found(t, `{apiVersion: v1, kind: Secret, metadata: {name: mlpipeline-minio-artifact, namespace: team-a}, type: other}`),
			"its type to what the stack wants: delete it, and the stack makes it anew; keep a copy of what it holds"},
		"Locked": {"a ConfigMap that is immutable", resLauncherConfig,
			found(t, `{apiVersion: v1, kind: ConfigMap, metadata: {name: kfp-launcher, namespace: team-a}, immutable: true}`),
			"its data (immutable is true) to what the stack wants: delete it"},
		"Mutable": {"a ConfigMap that is not", resLauncherConfig,
			found(t, `{apiVersion: v1, kind: ConfigMap, metadata: {name: kfp-launcher, namespace: team-a}, data: {a: b}}`), ""},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			w := madeWorld(t)
			delete(w.Observed, tc.resource)
			w.Required[askObject(tc.resource)] = []kube.Observed{tc.found}
			s := newStack(
				t,
				withSpec(func(s *v1alpha1.PipelineStackSpec) { s.AdoptionPolicy = v1alpha1.AdoptIfUncontrolled }),
				func(g *given) { g.world = w },
			)
			p, errs := s.Plan()
			if len(errs) > 0 {
				t.Fatal(errs)
			}
			for _, r := range p.Resources {
				held := r.Held && r.Verdict.Reason == ReasonImmutableField
				if want := tc.held != "" && r.Name == tc.resource; held != want || held && !strings.Contains(r.Verdict.Message, tc.held) {
					t.Errorf("%s: %s is held %t: %+v", tc.reason, r.Name, r.Held, r.Verdict)
				}
			}
			for _, c := range p.Conditions {
				if c.Reason == ReasonImmutableField && (tc.held == "" || c.Status != False) {
					t.Errorf("%s: %+v", tc.reason, c)
				}
			}
		})
	}
}

// Nothing that is taken over has a field that nobody looks at: a new stack composes the rest and says
// what to delete, rather than nothing.
func TestImmutableFieldsDoNotRefuseTheStack(t *testing.T) {
	w := madeWorld(t)
	w.Observed = Observed{}
	w.Composite = found(t, `{}`)
	w.Release = ""
	w.Required[askObject(resLauncherConfig)] = []kube.Observed{
		found(t, `{apiVersion: v1, kind: ConfigMap, metadata: {name: kfp-launcher}, immutable: true}`),
	}
	s := newStack(
		t,
		withSpec(func(s *v1alpha1.PipelineStackSpec) { s.AdoptionPolicy = v1alpha1.AdoptIfUncontrolled }),
		func(g *given) { g.world = w },
	)
	if _, errs := s.Plan(); len(errs) > 0 {
		t.Error(errs)
	}
}
