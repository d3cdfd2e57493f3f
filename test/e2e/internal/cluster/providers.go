package cluster

import (
	"context"
	"errors"
	"path/filepath"

	authorizationv1 "k8s.io/api/authorization/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/build"
	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/pki"
	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/proc"
)

// The providers that are not played, by the last part of their packages' names.
const (
	// ProviderSQL is also the name of its process.
	ProviderSQL = "provider-sql"
	// providerKubernetes reaches nothing but the API server. So it runs in its own pod.
	providerKubernetes = "provider-kubernetes"
)

func (c *Cluster) buildProvider(name string) func(context.Context) error {
	return func(ctx context.Context) error {
		return build.Build(ctx, build.Program{
			Dir: c.e2e(name), Package: "github.com/" + contrib + name + "/cmd/provider", Bin: c.Bin(name), Stamp: true,
		})
	}
}

// real are the folders with the packages of the providers that are not played.
func (c *Cluster) real(ctx context.Context) (map[string]string, error) {
	out := map[string]string{}
	for _, name := range []string{ProviderSQL, providerKubernetes} {
		dir, err := c.provider(ctx, name)
		if err != nil {
			return nil, err
		}
		out[name] = filepath.Join(dir, "package")
	}
	return out, nil
}

// provider is the folder with the source of a provider that is not played. Its name ends with its
// version.
func (c *Cluster) provider(ctx context.Context, name string) (string, error) {
	return build.ModuleDir(ctx, c.e2e(name), "github.com/"+contrib+name)
}

// startProviderSQL starts it with nothing but what its pod would have: the account that the package
// manager made for it, the rights that the RBAC manager gave that, and its own defaults, such as a
// poll every ten minutes.
func (c *Cluster) startProviderSQL(ctx context.Context) error {
	var account string
	if err := c.wait(ctx, func(ctx context.Context) (err error) {
		account, err = c.providerAccount(ctx, "crossplane-contrib-"+ProviderSQL, "mysql.sql.crossplane.io", "users")
		return err
	}); err != nil {
		return err
	}
	kubeconfig := c.Path(ProviderSQL + ".kubeconfig")
	if err := pki.Kubeconfig(kubeconfig, "https://"+c.Addr("apiserver"), c.Path("pki"), "admin", account); err != nil {
		return err
	}
	return c.Start(ProviderSQL, proc.Process{
		Env:  []string{"KUBECONFIG=" + kubeconfig},
		Args: []string{c.Bin(ProviderSQL), "--metrics-bind-address=" + c.Addr(ProviderSQL)},
	})
}

// providerAccount is the user as whom the pods of an installed provider run. It complains until that
// user may watch one of the provider's kinds.
func (c *Cluster) providerAccount(ctx context.Context, name, group, resource string) (string, error) {
	p, err := c.client.Get(ctx, pkgVersion, "Provider", "", name)
	if err != nil {
		return "", err
	}
	revision, _, _ := unstructured.NestedString(p.Object, "status", "currentRevision")
	d, err := c.client.Kube.AppsV1().Deployments(Namespace).Get(ctx, revision, metav1.GetOptions{})
	if err != nil {
		return "", err
	}
	account := "system:serviceaccount:" + Namespace + ":" + d.Spec.Template.Spec.ServiceAccountName
	review, err := c.client.Kube.AuthorizationV1().SubjectAccessReviews().Create(ctx, &authorizationv1.SubjectAccessReview{
		Spec: authorizationv1.SubjectAccessReviewSpec{
			User:               account,
			ResourceAttributes: &authorizationv1.ResourceAttributes{Verb: "watch", Group: group, Resource: resource},
		},
	}, metav1.CreateOptions{})
	if err == nil && !review.Status.Allowed {
		err = errors.New(account + " has no rights yet")
	}
	return account, err
}
