// Package cluster is the start-up graph: which programs make up the control plane, how each is
// started and how one knows that it is ready. It starts what other packages build, and knows
// nothing of the product beyond its packages.
package cluster

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/apply"
	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/build"
	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/graph"
	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/needs"
	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/pki"
	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/registry"
	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/state"
)

// Namespace is Crossplane's.
const Namespace = "crossplane-system"

// Region is the one that the object store answers for.
const Region = "eu-central-1"

// patience is how long any single step may take. The slowest, Crossplane's first start, takes some
// seconds on an idle laptop.
const patience = 3 * time.Minute

// Cluster is a control plane in the making.
type Cluster struct {
	*state.State

	client *apply.Client
	crds   string // folder with Crossplane's CRDs

	copyOnce sync.Once
}

// Kubeconfig is the path of the administrator's kubeconfig.
func Kubeconfig(s *state.State) string { return s.Path("admin.kubeconfig") }

// Up starts everything that is not running yet and installs the packages. It is safe to call again.
func (c *Cluster) Up(ctx context.Context, out io.Writer) error {
	if err := needs.All(); err != nil {
		return err
	}
	if err := c.ChoosePorts("etcd", "etcd-peer", "apiserver", "kubelet", "crossplane-health", "crossplane-metrics", "crossplane-webhook",
		"registry", "function", "function-metrics", patchAndTransform, "mariadb", "iam", "iam-private", "s3", ProviderSQL); err != nil {
		return err
	}
	for _, name := range []string{"mariadb-admin", "s3-admin", "identity-salt"} {
		if _, err := c.SetSecret(name, rand.Text()); err != nil {
			return err
		}
	}
	shared := []graph.Step{
		{Name: "mariadb", Run: c.startMariaDB},
		{Name: "iam", Needs: []string{"build s3", "certificates"}, Run: c.startIAM},
		{Name: "s3", Needs: []string{"iam"}, Run: c.startS3},
		{Name: "provider configs", Needs: []string{"packages", "mariadb", "s3"}, Run: c.configureProviders},
		{Name: ProviderSQL, Needs: []string{"provider configs", "build " + ProviderSQL}, Run: c.startProviderSQL},
	}
	if c.Class == state.NoClass {
		shared = nil
	}
	return graph.Run(ctx, out, slices.Concat(c.builds(), shared, []graph.Step{
		{Name: "unpack function", Run: c.unpackFunction},
		{Name: "certificates", Run: c.certificates},

		{Name: "etcd", Needs: []string{"build kube", "certificates"}, Run: c.startEtcd},
		{Name: "kube-apiserver", Needs: []string{"etcd"}, Run: c.startAPIServer},
		{Name: "kube-controller-manager", Needs: []string{"kube-apiserver"}, Run: c.startControllerManager},
		{
			Name:  "kubelet",
			Needs: []string{"kube-apiserver", "build " + workflowController, "build " + providerKubernetes, "build " + objectStore},
			Run:   c.startKubelet,
		},

		{Name: "crossplane init", Needs: []string{"kube-controller-manager", "build crossplane"}, Run: c.initCrossplane},
		{Name: "crossplane", Needs: []string{"crossplane init"}, Run: c.startCrossplane},
		{Name: "rbac-manager", Needs: []string{"crossplane init"}, Run: c.startRBACManager},

		{Name: "registry", Run: c.startRegistry},
		{Name: "function", Needs: []string{"unpack function", "certificates"}, Run: c.startFunction},
		{Name: patchAndTransform, Needs: []string{"build " + patchAndTransform, "certificates"}, Run: c.startPatchAndTransform},
		{Name: patchAndTransform + " package", Needs: []string{"registry", "build " + patchAndTransform}, Run: c.pushPatchAndTransform},
		{Name: "function runtime", Needs: []string{"crossplane", "function", patchAndTransform}, Run: c.startRuntime},
		{Name: "packages", Needs: []string{"registry", "rbac-manager", "function runtime", "kubelet"}, Run: c.installPackages},
		{Name: "providers", Needs: []string{"packages", "build providers"}, Run: c.startProviders},
	}))
}

// Build builds the programs, which takes minutes the first time, and starts nothing.
func (c *Cluster) Build(ctx context.Context, out io.Writer) error {
	return graph.Run(ctx, out, c.builds())
}

func (c *Cluster) builds() []graph.Step {
	return []graph.Step{ // one after the other: each uses all CPUs
		{Name: "build kube", Run: c.buildKube},
		{Name: "build crossplane", Needs: []string{"build kube"}, Run: c.buildCrossplane},
		{Name: "build s3", Needs: []string{"build crossplane"}, Run: c.buildS3},
		{Name: "build " + objectStore, Needs: []string{"build s3"}, Run: c.buildObjectStore},
		{Name: "build " + patchAndTransform, Needs: []string{"build " + objectStore}, Run: c.buildPatchAndTransform},
		{Name: "build " + ProviderSQL, Needs: []string{"build " + patchAndTransform}, Run: c.buildProvider(ProviderSQL)},
		{Name: "build " + providerKubernetes, Needs: []string{"build " + ProviderSQL}, Run: c.buildProvider(providerKubernetes)},
		{Name: "build " + workflowController, Needs: []string{"build " + providerKubernetes}, Run: c.buildWorkflowController},
		{Name: "build providers", Needs: []string{"build " + workflowController}, Run: c.buildProviders},
	}
}

func (c *Cluster) e2e(elem ...string) string {
	return filepath.Join(append([]string{c.Root, "test", "e2e"}, elem...)...)
}

// pinned is the version of a module, by the folder with its source.
func pinned(dir string) string {
	_, version, _ := strings.Cut(filepath.Base(dir), "@")
	return version
}

func (c *Cluster) buildKube(ctx context.Context) error {
	return build.Build(ctx, build.Program{Dir: c.e2e("kube"), Package: ".", Bin: c.Bin("kube"), Stamp: true})
}

func (c *Cluster) buildCrossplane(ctx context.Context) error {
	var err error
	if c.crds, err = build.ModuleDir(ctx, c.e2e("crossplane"), "github.com/crossplane/crossplane/v2"); err != nil {
		return err
	}
	version := pinned(c.crds) // packages ask for a range of versions, so the binary has to know its own
	c.crds = filepath.Join(c.crds, "cluster", "crds")
	return build.Crossplane(ctx, build.Program{
		Dir: c.e2e("crossplane"), Bin: c.Bin("crossplane"), Stamp: true,
		LDFlags: "-X=github.com/crossplane/crossplane-runtime/v2/pkg/version.version=" + version,
	}, filepath.Join(c.Root, "_output", "e2e", "src"))
}

func (c *Cluster) buildS3(ctx context.Context) error {
	return build.Build(ctx, build.Program{Dir: c.e2e("s3"), Package: ".", Bin: c.Bin("s3"), Stamp: true})
}

func (c *Cluster) buildProviders(ctx context.Context) error {
	return build.Build(ctx, build.Program{Dir: c.e2e(), Package: "./providers", Bin: c.Bin("providers")})
}

// unpackFunction takes the function out of its package, so that what runs is what a cluster would
// run.
func (c *Cluster) unpackFunction(context.Context) error {
	files, err := registry.ReadAll(c.packageDir())
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(c.Bin("function")), 0o755); err != nil {
		return err
	}
	for _, f := range files {
		if f.Kind != "Function" {
			continue
		}
		if ours, err := f.Runtime(c.Bin("function")); ours || err != nil {
			return err
		}
	}
	return fmt.Errorf("no package of a function for %s", runtime.GOARCH)
}

// certificates are made once per state folder, like the authority that signs them and is then
// forgotten.
func (c *Cluster) certificates(context.Context) error {
	dir := c.Path("pki")
	if _, err := os.Stat(Kubeconfig(c.State)); err == nil {
		return nil
	}
	a, err := pki.New(dir)
	if err != nil {
		return err
	}
	if err := a.WriteKey("serviceaccounts.key"); err != nil {
		return err
	}
	err = a.Issue(
		pki.Leaf{
			Name:       "apiserver",
			CommonName: "kube-apiserver",
			Hosts:      []string{"localhost", "kubernetes.default.svc", "127.0.0.1", "10.96.0.1"},
		},
		pki.Leaf{Name: "kubelet", CommonName: "kubelet", Hosts: []string{"127.0.0.1"}},
		pki.Leaf{Name: "etcd", CommonName: "etcd", Hosts: []string{"localhost", "127.0.0.1"}},
		pki.Leaf{Name: "admin", CommonName: "admin", Organizations: []string{"system:masters"}},
		pki.Leaf{Name: "controller-manager", CommonName: "system:kube-controller-manager"},
		pki.Leaf{Name: "crossplane-client", CommonName: "crossplane"},
		pki.Leaf{Name: "crossplane-server", CommonName: "crossplane", Hosts: []string{"localhost", "127.0.0.1"}},
		pki.Leaf{Name: "function", CommonName: "function", Hosts: []string{"localhost", "127.0.0.1"}},
		pki.Leaf{Name: "iam", CommonName: "iam", Hosts: []string{"localhost", "127.0.0.1"}},
	)
	if err != nil {
		return err
	}
	server := "https://" + c.Addr("apiserver")
	for _, k := range []struct{ file, leaf, as string }{
		{"controller-manager.kubeconfig", "controller-manager", ""},
		{"crossplane.kubeconfig", "admin", "system:serviceaccount:" + Namespace + ":crossplane"},
		{"rbac-manager.kubeconfig", "admin", "system:serviceaccount:" + Namespace + ":rbac-manager"},
		{"admin.kubeconfig", "admin", ""}, // last: that it exists says that all is there
	} {
		if err := pki.Kubeconfig(c.Path(k.file), server, dir, k.leaf, k.as); err != nil {
			return err
		}
	}
	return nil
}
