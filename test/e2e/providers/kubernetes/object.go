// Package kubernetes plays kind Object of provider-kubernetes 1.4, namespaced, on the API server it
// runs against: a manifest applied by server-side apply, by the provider's own service account and
// with no more rights than that has. For tests only.
package kubernetes

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	kerrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"

	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/apply"
	"github.com/pipelinestack/function-pipelinestack/test/e2e/providers/managed"
)

const (
	group    = "kubernetes.m.crossplane.io"
	version  = "v1alpha1"
	provider = "provider-kubernetes"
)

// Kinds returns the one kind. Namespace is where Crossplane keeps its providers.
func Kinds(c *managed.Client, cfg *rest.Config, namespace string) []managed.Kind {
	p := &player{client: c, config: cfg, namespace: namespace}
	return []managed.Kind{{
		Resource:   schema.GroupVersionResource{Group: group, Version: version, Resource: "objects"},
		Namespaced: true, NameIsExternal: true, Connect: p.connect,
	}}
}

type player struct {
	client    *managed.Client
	config    *rest.Config
	namespace string
}

// connect knows one source of credentials, InjectedIdentity: the service account under which the
// provider's own pod runs.
func (p *player) connect(ctx context.Context, r managed.Resource) (managed.External, error) {
	name, _, _ := unstructured.NestedString(r.Object, "spec", "providerConfigRef", "name")
	kind, _, _ := unstructured.NestedString(r.Object, "spec", "providerConfigRef", "kind")
	configs := func(plural string) dynamic.NamespaceableResourceInterface {
		return p.client.Dynamic.Resource(schema.GroupVersionResource{Group: group, Version: version, Resource: plural})
	}
	var pc *unstructured.Unstructured
	var err error
	if kind == "ProviderConfig" {
		pc, err = configs("providerconfigs").Namespace(r.GetNamespace()).Get(ctx, name, metav1.GetOptions{})
	} else {
		pc, err = configs("clusterproviderconfigs").Get(ctx, name, metav1.GetOptions{})
	}
	if err != nil {
		return nil, fmt.Errorf("cannot get provider config: %w", err)
	}
	if source, _, _ := unstructured.NestedString(pc.Object, "spec", "credentials", "source"); source != "InjectedIdentity" {
		return nil, fmt.Errorf("nobody here plays credentials from %q", source)
	}
	account, err := p.account(ctx)
	if err != nil {
		return nil, err
	}
	cfg := rest.CopyConfig(p.config)
	cfg.Impersonate.UserName = "system:serviceaccount:" + p.namespace + ":" + account
	c, err := apply.NewFor(cfg)
	if err != nil {
		return nil, err
	}
	return object{c}, nil
}

// account is the one that the package manager gave to the provider's Deployment.
func (p *player) account(ctx context.Context) (string, error) {
	ds, err := p.client.Kube.AppsV1().Deployments(p.namespace).List(ctx, metav1.ListOptions{})
	if err != nil {
		return "", err
	}
	for _, d := range ds.Items {
		if named(d) {
			return d.Spec.Template.Spec.ServiceAccountName, nil
		}
	}
	return "", errors.New("the provider has no Deployment")
}

func named(d appsv1.Deployment) bool {
	return strings.Contains(d.Labels["pkg.crossplane.io/provider"]+d.Name, provider)
}

// object plays kind Object.
type object struct{ client *apply.Client }

// manifest is what is to be there. The name defaults to that of the Object, the namespace to
// nothing.
func manifest(r managed.Resource) *unstructured.Unstructured {
	m, _, _ := unstructured.NestedMap(r.Object, "spec", "forProvider", "manifest")
	u := &unstructured.Unstructured{Object: m}
	if u.GetName() == "" {
		u.SetName(r.ExternalName())
	}
	return u
}

func (o object) resource(u *unstructured.Unstructured) (dynamic.ResourceInterface, error) {
	return o.client.Resource(u.GroupVersionKind(), u.GetNamespace())
}

func (o object) Observe(ctx context.Context, r managed.Resource) (managed.Observation, error) {
	u := manifest(r)
	ri, err := o.resource(u)
	if err != nil {
		return managed.Observation{}, err
	}
	is, err := ri.Get(ctx, u.GetName(), metav1.GetOptions{})
	if kerrors.IsNotFound(err) {
		return managed.Observation{}, nil
	}
	if err != nil {
		return managed.Observation{}, fmt.Errorf("cannot get object: %w", err)
	}
	r.Observed(map[string]any{"manifest": bare(is)})
	if policy, _, _ := unstructured.NestedString(r.Object, "spec", "readiness", "policy"); policy != "" && policy != "SuccessfulCreate" {
		return managed.Observation{}, fmt.Errorf("nobody here plays readiness by %q", policy)
	}
	out := managed.Observation{Exists: true, Ready: true, UpToDate: true}
	if r.GetDeletionTimestamp() != nil {
		return out, nil
	}
	want, err := o.apply(ctx, r, metav1.DryRunAll)
	if err != nil {
		return managed.Observation{}, err
	}
	out.UpToDate = reflect.DeepEqual(bare(is), bare(want))
	return out, nil
}

// bare is an object without what changes by itself.
func bare(u *unstructured.Unstructured) map[string]any {
	c := u.DeepCopy()
	c.SetManagedFields(nil)
	c.SetResourceVersion("")
	return c.Object
}

func (o object) apply(ctx context.Context, r managed.Resource, dryRun ...string) (*unstructured.Unstructured, error) {
	u := manifest(r)
	ri, err := o.resource(u)
	if err != nil {
		return nil, err
	}
	return ri.Apply(ctx, u.GetName(), u, metav1.ApplyOptions{FieldManager: provider + "/" + r.GetName(), Force: true, DryRun: dryRun})
}

func (o object) Create(ctx context.Context, r managed.Resource) (managed.Details, error) {
	_, err := o.apply(ctx, r)
	return nil, err
}

func (o object) Update(ctx context.Context, r managed.Resource) (managed.Details, error) {
	return o.Create(ctx, r)
}

func (o object) Delete(ctx context.Context, r managed.Resource) error {
	u := manifest(r)
	ri, err := o.resource(u)
	if err != nil {
		return err
	}
	err = ri.Delete(ctx, u.GetName(), metav1.DeleteOptions{})
	if kerrors.IsNotFound(err) {
		return nil
	}
	return err
}
