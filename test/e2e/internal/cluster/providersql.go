package cluster

import (
	"context"
	"errors"

	authorizationv1 "k8s.io/api/authorization/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/build"
	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/pki"
	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/proc"
)

// ProviderSQL is the one provider that is not played: the last part of its package's name, and the
// name of its process.
const ProviderSQL = "provider-sql"

const providerSQLModule = "github.com/" + contrib + ProviderSQL

func (c *Cluster) buildProviderSQL(ctx context.Context) error {
	return build.Build(ctx, build.Program{
		Dir: c.e2e(ProviderSQL), Package: providerSQLModule + "/cmd/provider", Bin: c.Bin(ProviderSQL), Stamp: true,
	})
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
