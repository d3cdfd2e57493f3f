package cluster

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/proc"
)

//go:embed manifests/crossplane.yaml
var crossplaneManifests []byte

// usageWebhook makes the API server ask core before it deletes what a Usage protects. Crossplane's
// chart names a Service there; a core outside of the cluster is reached by its URL.
const usageWebhook = `
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: crossplane-no-usages}
webhooks:
  - name: nousages.protection.crossplane.io
    admissionReviewVersions: [v1]
    clientConfig: {url: "https://%s/validate-no-usages", caBundle: "%s"}
    failurePolicy: Fail
    sideEffects: None
    objectSelector: {matchLabels: {crossplane.io/in-use: "true"}}
    rules: [{apiGroups: ["*"], apiVersions: ["*"], operations: [DELETE], resources: ["*"]}]
`

// crossplaneEnv is what the chart sets for core, in both of its containers.
func (c *Cluster) crossplaneEnv() []string {
	return []string{
		"KUBECONFIG=" + c.Path("crossplane.kubeconfig"), "POD_NAMESPACE=" + Namespace, "POD_SERVICE_ACCOUNT=crossplane",
		"TLS_CA_SECRET_NAME=crossplane-root-ca", "TLS_SERVER_SECRET_NAME=crossplane-tls-server", "TLS_CLIENT_SECRET_NAME=crossplane-tls-client",
	}
}

// initCrossplane does what the chart and the init container do.
func (c *Cluster) initCrossplane(ctx context.Context) error {
	if err := c.client.YAML(ctx, Namespace, crossplaneManifests); err != nil {
		return err
	}
	err := c.wait(ctx, func(ctx context.Context) error {
		r, err := c.client.Kube.RbacV1().ClusterRoles().Get(ctx, "crossplane", metav1.GetOptions{})
		if err == nil && len(r.Rules) == 0 {
			err = errors.New("ClusterRole crossplane has no rules yet")
		}
		return err
	})
	if err != nil {
		return err
	}
	// It races with its own CRDs; as a container it is simply restarted.
	return c.wait(ctx, func(ctx context.Context) error {
		cmd := exec.CommandContext(ctx, c.Bin("crossplane"), "core", "init", "--activation=*")
		cmd.Env = append(append(os.Environ(), c.crossplaneEnv()...), "ENABLE_WEBHOOKS=false", "CRDS_PATH="+c.crds)
		if b, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("%w: %s", err, b)
		}
		return nil
	})
}

func (c *Cluster) startCrossplane(ctx context.Context) error {
	for _, d := range []string{"xpkg-cache", "xfn-cache"} {
		if err := os.MkdirAll(c.Path(d), 0o755); err != nil {
			return err
		}
	}
	err := c.Start("crossplane", proc.Process{Env: c.crossplaneEnv(), Args: []string{
		c.Bin("crossplane"),
		"core",
		"start",
		// Providers get their Deployment. Its pod the kubelet plays, and the program itself runs
		// beside it; for provider-kubernetes the kubelet runs the program. The function runs as
		// a process that core can dial, and "function runtime" tells core where.
		"--package-runtime=Provider=Deployment;Function=External",
		"--webhook-port=" + c.port(
			"crossplane-webhook",
		),
		"--metrics-port=" + c.port("crossplane-metrics"),
		"--health-probe-port=" + c.port("crossplane-health"),
		"--tls-client-certs-dir=" + c.Path("pki", "crossplane-client"),
		"--tls-server-certs-dir=" + c.Path("pki", "crossplane-server"),
		"--xpkg-cache-dir=" + c.Path("xpkg-cache"),
		"--xfn-cache-dir=" + c.Path("xfn-cache"),
	}})
	if err != nil {
		return err
	}
	if err := c.wait(ctx, c.healthy("http://"+c.Addr("crossplane-health")+"/readyz")); err != nil {
		return err
	}
	ca, err := os.ReadFile(c.Path("pki", "ca.crt"))
	if err != nil {
		return err
	}
	return c.client.YAML(ctx, "", fmt.Appendf(nil, usageWebhook, c.Addr("crossplane-webhook"), base64String(ca)))
}

func (c *Cluster) startRBACManager(context.Context) error {
	return c.Start(
		"rbac-manager",
		proc.Process{Env: []string{"KUBECONFIG=" + c.Path("rbac-manager.kubeconfig"), "POD_NAMESPACE=" + Namespace}, Args: []string{
			c.Bin("crossplane"), "rbac", "start", "--provider-clusterrole=crossplane:allowed-provider-permissions",
		}},
	)
}

// healthy asks a URL for 200.
func (c *Cluster) healthy(url string) func(context.Context) error {
	return func(ctx context.Context) error {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return err
		}
		rsp, err := http.DefaultClient.Do(req)
		if err != nil {
			return err
		}
		defer func() { _ = rsp.Body.Close() }()
		if rsp.StatusCode != http.StatusOK {
			return fmt.Errorf("%s: %s", url, rsp.Status)
		}
		return nil
	}
}
