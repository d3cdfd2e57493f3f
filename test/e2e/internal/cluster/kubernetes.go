package cluster

import (
	"context"
	"os"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/apply"
	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/proc"
)

// wait waits for a step's own sign of readiness, and no longer when some process of the control
// plane ends by itself.
func (c *Cluster) wait(ctx context.Context, try func(context.Context) error) error {
	return apply.Wait(ctx, patience, c.Dead, try)
}

func (c *Cluster) startEtcd(context.Context) error {
	client, peer := "https://"+c.Addr("etcd"), "http://"+c.Addr("etcd-peer")
	return c.Start("etcd", proc.Process{Args: []string{
		c.Bin("kube"), "etcd", "--data-dir=" + c.Path("etcd"), "--log-level=warn",
		"--listen-client-urls=" + client, "--advertise-client-urls=" + client,
		"--listen-peer-urls=" + peer, "--initial-advertise-peer-urls=" + peer, "--initial-cluster=default=" + peer,
		"--cert-file=" + c.Path("pki", "etcd", "tls.crt"), "--key-file=" + c.Path("pki", "etcd", "tls.key"),
		"--trusted-ca-file=" + c.Path("pki", "ca.crt"), "--client-cert-auth",
		"--unsafe-no-fsync", // a crash of the machine may lose the data: it is a test's
		"--quota-backend-bytes=4294967296",
	}})
}

func (c *Cluster) startAPIServer(ctx context.Context) error {
	err := c.Start("kube-apiserver", proc.Process{Args: []string{
		c.Bin("kube"),
		"kube-apiserver",
		"--etcd-servers=https://" + c.Addr("etcd"),
		"--etcd-cafile=" + c.Path(
			"pki",
			"ca.crt",
		),
		"--etcd-certfile=" + c.Path("pki", "etcd", "tls.crt"),
		"--etcd-keyfile=" + c.Path("pki", "etcd", "tls.key"),
		"--bind-address=127.0.0.1",
		"--advertise-address=127.0.0.1",
		"--secure-port=" + c.port("apiserver"),
		"--endpoint-reconciler-type=none", // endpoints on loopback are refused otherwise
		"--tls-cert-file=" + c.Path("pki", "apiserver", "tls.crt"),
		"--tls-private-key-file=" + c.Path("pki", "apiserver", "tls.key"),
		"--client-ca-file=" + c.Path("pki", "ca.crt"),
		"--service-account-key-file=" + c.Path(
			"pki",
			"serviceaccounts.key",
		),
		"--service-account-signing-key-file=" + c.Path("pki", "serviceaccounts.key"),
		"--service-account-issuer=https://kubernetes.default.svc",
		"--service-cluster-ip-range=10.96.0.0/16",
		"--authorization-mode=RBAC",
		"--kubelet-certificate-authority=" + c.Path("pki", "ca.crt"),
		"--kubelet-client-certificate=" + c.Path("pki", "admin", "tls.crt"),
		"--kubelet-client-key=" + c.Path("pki", "admin", "tls.key"),
		"--profiling=false",
	}})
	if err != nil {
		return err
	}
	if c.client, err = apply.New(Kubeconfig(c.State)); err != nil {
		return err
	}
	return c.wait(ctx, func(ctx context.Context) error {
		return c.client.Kube.Discovery().RESTClient().Get().AbsPath("/readyz").Do(ctx).Error()
	})
}

func (c *Cluster) startControllerManager(ctx context.Context) error {
	err := c.Start("kube-controller-manager", proc.Process{Args: []string{
		c.Bin("kube"),
		"kube-controller-manager",
		"--kubeconfig=" + c.Path("controller-manager.kubeconfig"),
		// Without it the aggregation controller may not change ClusterRoles, and Crossplane never
		// gets its own.
		"--use-service-account-credentials",
		"--leader-elect=false",
		"--resource-quota-sync-period=30s", // rather than five minutes
		"--secure-port=0",
		"--root-ca-file=" + c.Path("pki", "ca.crt"),
		"--service-account-private-key-file=" + c.Path("pki", "serviceaccounts.key"),
		// No nodes, no clouds, no volumes; what would declare the one played node dead is off too.
		"--controllers=*,-nodeipam,-cloud-node-lifecycle,-attachdetach,-persistentvolume-binder,-bootstrapsigner,-tokencleaner,-node-lifecycle-controller,-taint-eviction-controller",
		// Its default of 20 requests per second makes namespaces, which are deleted one request per
		// kind, pile up for minutes.
		"--kube-api-qps=500",
		"--kube-api-burst=1000",
	}})
	if err != nil {
		return err
	}
	return c.wait(ctx, func(ctx context.Context) error {
		_, err := c.client.Kube.CoreV1().ServiceAccounts("default").Get(ctx, "default", metav1.GetOptions{})
		return err
	})
}

// self is a part of the control plane that this program plays itself.
func (c *Cluster) self(args ...string) (proc.Process, error) {
	exe, err := c.ownBinary()
	return proc.Process{Args: append([]string{exe}, args...), Env: []string{"KUBECONFIG=" + Kubeconfig(c.State), "E2E_STATE=" + c.Dir}}, err
}

// ownBinary copies the running program to a place that stays: "go run" removes what it built.
func (c *Cluster) ownBinary() (string, error) {
	exe, err := os.Executable()
	if err != nil {
		return "", err
	}
	to := c.Bin("controlplane")
	if exe == to {
		return to, nil
	}
	b, err := os.ReadFile(exe)
	if err != nil {
		return "", err
	}
	c.copyOnce.Do(func() {
		if err = os.WriteFile(to+".new", b, 0o755); err == nil {
			err = os.Rename(to+".new", to) // a running copy of the old one stays as it is
		}
	})
	return to, err
}
