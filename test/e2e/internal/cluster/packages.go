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

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/apply"
	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/proc"
	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/registry"
	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/runtime"
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

// installPackages installs the flavour as a platform does, by its files. The package manager pulls
// from the registry on loopback instead. It waits until the new APIs are served.
func (c *Cluster) installPackages(ctx context.Context) error {
	packages, err := registry.ReadAll(c.packageDir())
	if err != nil {
		return err
	}
	m := &registry.Mirror{Addr: c.Addr("registry"), Packages: packages}
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
	if err := c.functionSecret(ctx); err != nil {
		return err
	}
	var all []*unstructured.Unstructured
	for _, file := range installFiles(c.State) {
		objects, err := c.read(file)
		if err != nil {
			return err
		}
		if err := m.Fill(ctx, objects); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		if err := c.client.YAML(ctx, "", m.ImageConfigs()); err != nil {
			return err
		}
		// A platform waits for the providers whose kinds are in the file.
		if err := c.wait(ctx, func(context.Context) error { return c.known(objects) }); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		if _, err := c.apply(ctx, objects); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		all = append(all, objects...)
	}
	for _, done := range []func(context.Context) error{func(ctx context.Context) error { return c.installed(ctx, m.Filled) }, c.offered} {
		if err := c.wait(ctx, done); err != nil {
			return err
		}
	}
	return c.repeat(ctx, all)
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

// installed tells what is still missing of the packages that were pushed.
func (c *Cluster) installed(ctx context.Context, packages []registry.Dependency) error {
	for _, p := range packages {
		us, err := c.client.List(ctx, pkgVersion, p.Kind, "", "")
		if err != nil {
			return err
		}
		there := slices.IndexFunc(us, func(u unstructured.Unstructured) bool {
			image, _, _ := unstructured.NestedString(u.Object, "spec", "package")
			return strings.HasPrefix(image, p.Source+":")
		})
		if there < 0 {
			return fmt.Errorf("there is no %s %s", p.Kind, p.Source)
		}
		if err := apply.True(&us[there], "Installed", "Healthy"); err != nil {
			return err
		}
	}
	return nil
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

// startProviders starts the program that plays the providers of AWS, as far as their kinds are there.
func (c *Cluster) startProviders(context.Context) error {
	return c.Start("providers", proc.Process{Env: []string{"KUBECONFIG=" + Kubeconfig(c.State)}, Args: []string{
		c.Bin("providers"), "-s3=http://" + c.Addr("s3"), "-iam=http://" + c.Addr("iam"),
	}})
}

func base64String(b []byte) string { return base64.StdEncoding.EncodeToString(b) }
