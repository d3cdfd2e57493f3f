package cluster

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/apply"
	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/proc"
	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/registry"
	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/runtime"
	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/state"
)

const pkgVersion = "pkg.crossplane.io/v1"

// providerConfigs is the platform's part: where the shared servers are and who administers them
// there.
const providerConfigs = `
apiVersion: v1
kind: Secret
metadata: {name: mysql-admin, namespace: crossplane-system}
type: Opaque
stringData: {endpoint: 127.0.0.1, port: "%[1]d", username: %[2]s, password: %[3]s}
---
apiVersion: mysql.sql.crossplane.io/v1alpha1
kind: ProviderConfig
metadata: {name: default}
spec: {tls: preferred, credentials: {source: MySQLConnectionSecret, connectionSecretRef: {namespace: crossplane-system, name: mysql-admin}}}
---
apiVersion: mysql.sql.m.crossplane.io/v1alpha1
kind: ClusterProviderConfig
metadata: {name: default}
spec: {tls: preferred, credentials: {source: MySQLConnectionSecret, connectionSecretRef: {namespace: crossplane-system, name: mysql-admin}}}
---
apiVersion: v1
kind: Secret
metadata: {name: aws-admin, namespace: crossplane-system}
type: Opaque
stringData:
  credentials: |
    [default]
    aws_access_key_id = %[2]s
    aws_secret_access_key = %[4]s
---
apiVersion: aws.upbound.io/v1beta1
kind: ProviderConfig
metadata: {name: default}
spec: {credentials: {source: Secret, secretRef: {namespace: crossplane-system, name: aws-admin, key: credentials}}}
---
apiVersion: aws.m.upbound.io/v1beta1
kind: ClusterProviderConfig
metadata: {name: default}
spec: {credentials: {source: Secret, secretRef: {namespace: crossplane-system, name: aws-admin, key: credentials}}}
---
# The class of stacks that name none.
apiVersion: pipelines.opendatahub.io/v1alpha1
kind: PipelineStackClass
metadata: {name: default}
spec:
  clusterID: e2e
  identitySalt: %[5]s
  database: {shared: {host: 127.0.0.1, port: %[1]d, engine: MariaDB, tls: SkipVerify}}
  objectStore: {aws: {region: eu-central-1}}
`

// installPackages installs the flavour as a platform does, by its install file. The package manager
// pulls from the registry on loopback instead. It waits until the new APIs are served.
func (c *Cluster) installPackages(ctx context.Context) error {
	files, conf, err := c.packages()
	if err != nil {
		return err
	}
	m := &registry.Mirror{Addr: c.Addr("registry")}
	if m.Real, err = c.real(ctx); err != nil {
		return err
	}
	for _, glob := range []string{
		filepath.Join(c.Root, "internal", "check", "schemas", "*.json"),
		c.e2e("providers", "crds", "*.yaml"),
	} {
		found, err := filepath.Glob(glob)
		if err != nil {
			return err
		}
		m.CRDs = append(m.CRDs, found...)
	}
	file, image, err := c.installFile()
	if err != nil {
		return err
	}
	if err := m.Fill(ctx, conf, image, files); err != nil {
		return err
	}
	if err := c.client.YAML(ctx, "", m.ImageConfigs()); err != nil {
		return err
	}
	if err := c.functionSecret(ctx); err != nil {
		return err
	}
	_, unknown, err := c.apply(ctx, file)
	if err != nil {
		return err
	}
	// The documentation promises that one kind alone has to wait for a provider, and in one
	// flavour.
	if len(unknown) > 0 && (c.Flavour != state.Namespaced || !slices.Equal(unknown, []string{"ClusterProviderConfig"})) {
		return fmt.Errorf("the install file holds kinds that nobody knows: %v", unknown)
	}
	if err := c.wait(ctx, func(ctx context.Context) error { return c.installed(ctx, conf) }); err != nil {
		return err
	}
	return c.repeat(ctx, file)
}

// packages returns all package files and the Configuration to install.
func (c *Cluster) packages() ([]registry.Package, registry.Package, error) {
	dir := c.packageDir()
	paths, err := filepath.Glob(filepath.Join(dir, "*.xpkg"))
	if err != nil {
		return nil, registry.Package{}, err
	}
	if len(paths) == 0 {
		return nil, registry.Package{}, fmt.Errorf("no package files in %s: run make package", dir)
	}
	var files []registry.Package
	var conf *registry.Package
	for _, p := range paths {
		f, err := registry.Read(p)
		if err != nil {
			return nil, registry.Package{}, err
		}
		files = append(files, f)
		if f.Kind == "Configuration" && strings.Contains(f.Name, "namespaced") == (c.Flavour == state.Namespaced) {
			conf = &f
		}
	}
	if conf == nil {
		return nil, registry.Package{}, fmt.Errorf("no Configuration of the wanted flavour among %s", strings.Join(paths, ", "))
	}
	return files, *conf, nil
}

// functionSecret is what the runtime names in the function's revisions.
func (c *Cluster) functionSecret(ctx context.Context) error {
	var b strings.Builder
	_, _ = fmt.Fprintf(
		&b,
		"apiVersion: v1\nkind: Secret\nmetadata: {name: %s, namespace: %s}\ntype: Opaque\ndata:\n",
		runtime.Secret,
		Namespace,
	)
	for _, f := range []string{"ca.crt", "tls.crt", "tls.key"} {
		data, err := os.ReadFile(c.Path("pki", "function", f))
		if err != nil {
			return err
		}
		_, _ = fmt.Fprintf(&b, "  %s: %s\n", f, base64String(data))
	}
	return c.client.YAML(ctx, Namespace, []byte(b.String()))
}

// installed tells what is still missing.
func (c *Cluster) installed(ctx context.Context, conf registry.Package) error {
	u, err := c.client.Get(ctx, pkgVersion, "Configuration", "", conf.Name)
	if err != nil {
		return err
	}
	if err := apply.True(u, "Installed", "Healthy"); err != nil {
		return err
	}
	for _, kind := range []string{"Function", "Provider"} {
		want := 0
		for _, d := range conf.DependsOn {
			if d.Kind == kind {
				want++
			}
		}
		us, err := c.client.List(ctx, pkgVersion, kind, "", "")
		if err != nil {
			return err
		}
		if len(us) < want {
			return fmt.Errorf("%d of %d packages of kind %s are there", len(us), want, kind)
		}
		for _, u := range us {
			if err := apply.True(&u, "Installed", "Healthy"); err != nil {
				return err
			}
		}
	}
	return c.offered(ctx)
}

// offered tells whether every XRD is served, with its claim if it has one.
func (c *Cluster) offered(ctx context.Context) error {
	xrds, err := c.client.List(ctx, "apiextensions.crossplane.io/v1", "CompositeResourceDefinition", "", "")
	if err != nil {
		return err
	}
	if len(xrds) == 0 {
		return errors.New("no CompositeResourceDefinition yet")
	}
	for _, x := range xrds {
		conditions := []string{"Established"}
		if spec, _ := x.Object["spec"].(map[string]any); spec["claimNames"] != nil {
			conditions = append(conditions, "Offered")
		}
		if err := apply.True(&x, conditions...); err != nil {
			return err
		}
	}
	return nil
}

// configureProviders does it as a platform team would.
func (c *Cluster) configureProviders(ctx context.Context) error {
	yaml := fmt.Appendf(
		nil,
		providerConfigs,
		c.Ports["mariadb"],
		AdminUser,
		c.Secrets["mariadb-admin"],
		c.Secrets["s3-admin"],
		c.Secrets["identity-salt"],
	)
	return c.wait(ctx, func(ctx context.Context) error { return c.client.YAML(ctx, Namespace, yaml) })
}

// startProviders starts the program that plays the providers of AWS.
func (c *Cluster) startProviders(context.Context) error {
	return c.Start("providers", proc.Process{Env: []string{"KUBECONFIG=" + Kubeconfig(c.State)}, Args: []string{
		c.Bin("providers"), "-s3=http://" + c.Addr("s3"), "-iam=http://" + c.Addr("iam"),
	}})
}

func base64String(b []byte) string { return base64.StdEncoding.EncodeToString(b) }
