package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	"sigs.k8s.io/yaml"
)

// Where the packages are, as the Configurations' dependency on the function has it: Crossplane
// names the function after this path, and the Compositions call it by that name.
const canonical = "xpkg.crossplane.io/pipelinestack"

// The definition of classes. No package may hold one: of a Function's objects Crossplane takes
// none, and a Configuration has XRDs alone.
const classDefinition = "package/crds/pipelines.opendatahub.io_pipelinestackclasses.yaml"

// What stacks need of Argo and Kubeflow Pipelines, as tests know it: of each kind one version, without
// prose and printer columns (internal/check/schemas).
var definitions = []string{
	generation + "4.0/argoproj.io_clusterworkflowtemplates.json",
	generation + "4.0/argoproj.io_cronworkflows.json",
	generation + "4.0/argoproj.io_workflowartifactgctasks.json",
	generation + "4.0/argoproj.io_workfloweventbindings.json",
	generation + "4.0/argoproj.io_workflows.json",
	generation + "4.0/argoproj.io_workflowtaskresults.json",
	generation + "4.0/argoproj.io_workflowtasksets.json",
	generation + "4.0/argoproj.io_workflowtemplates.json",
	generation + "kubeflow/scheduled-workflow-crd.json",
}

const generation = "internal/check/schemas/generations/"

// An install is a file that a platform applies: what packages cannot hold, and the packages. It names
// the function beside the Configuration that depends on it, so that applying the file of another
// version upgrades both, or goes back: Crossplane leaves a dependency as it is.
type install struct {
	name          string   // of the file, without its ending
	about         string   // comments at its head
	configuration pkg      // none, if it has no name
	function      bool     // whether the Configuration calls the function
	sources       []string // YAML files that are part of it as they are
	// guards are such files that come last: kubectl delete -f goes from top to bottom, and lets
	// nothing through before they are gone.
	guards []string
	kinds  []string // of the objects inside, sorted
}

// The flavours, of which a cluster has one, what each is for nothing but a cluster, and what it is for
// a cluster that has Argo's kinds.
var (
	flavours = []install{
		{
			name:          "install-claim",
			about:         platformDoc,
			configuration: claims,
			function:      true,
			sources: append(slices.Clone(definitions),
				classDefinition, "package/rbac.yaml", "package/rbac-claim.yaml", "package/reads.yaml",
				"package/policies/bindings.yaml", "package/policies/machinery.yaml", "package/policies/volumes.yaml",
				"package/policies/workflow-pods.yaml",
			),
			guards: []string{"package/policies/deletion-claim.yaml"},
			kinds: slices.Concat(slices.Repeat([]string{"ClusterRole"}, 12), []string{
				"ConfigMap", "Configuration",
			}, slices.Repeat([]string{"CustomResourceDefinition"}, 10), []string{"Function"}, withBindings(5)),
		},
		{
			name:          "install-namespaced",
			about:         platformDoc + kubernetesDoc,
			configuration: namespaced,
			function:      true,
			sources: append(slices.Clone(definitions),
				classDefinition, "package/rbac.yaml", "package/reads.yaml",
				"package/policies/bindings.yaml", "package/policies/machinery.yaml", "package/policies/managed.yaml",
				"package/policies/namespace-deletion.yaml", "package/policies/objects.yaml", "package/policies/volumes.yaml",
				"package/policies/workflow-pods.yaml", "package/provider-config.yaml",
			),
			guards: []string{"package/policies/deletion-namespaced.yaml"},
			kinds: slices.Concat([]string{"ClusterProviderConfig"}, slices.Repeat([]string{"ClusterRole"}, 11), []string{
				"ConfigMap", "Configuration",
			}, slices.Repeat([]string{"CustomResourceDefinition"}, 10), []string{"Function"}, withBindings(9)),
		},
	}
	installs = slices.Concat(flavours, variants(install.alone), variants(install.bare))
)

// Providers are files for platforms that want them.
var providers = []install{
	{name: "providers-sql", about: sqlDoc, configuration: providersSQL, kinds: []string{"Configuration"}},
	{name: "providers-aws", about: awsDoc, configuration: providersAWS, kinds: []string{"Configuration"}},
	{
		name:    "providers-kubernetes",
		sources: []string{"package/provider-kubernetes.yaml"},
		kinds:   []string{"ClusterRole", "ClusterRoleBinding", "DeploymentRuntimeConfig", "Provider"},
	},
}

// Alone is the same for nothing but a cluster.
func (i install) alone() install {
	i.name += standaloneSuffix
	i.about = strings.Replace(i.about, platformDoc, standaloneDoc, 1)
	i.configuration = i.configuration.alone()

	return i
}

// Bare is the same without the kinds of Argo and Kubeflow Pipelines, for a cluster that has them.
func (i install) bare() install {
	i.name += bareSuffix
	i.about += bareDoc
	i.sources = slices.DeleteFunc(slices.Clone(i.sources), func(source string) bool { return slices.Contains(definitions, source) })
	i.kinds = slices.Delete(slices.Clone(i.kinds), slices.Index(i.kinds, "CustomResourceDefinition"),
		slices.Index(i.kinds, "CustomResourceDefinition")+len(definitions))

	return i
}

// Variants are the flavours, changed.
func variants(change func(install) install) []install {
	changed := make([]install, 0, len(flavours))
	for _, i := range flavours {
		changed = append(changed, change(i))
	}

	return changed
}

// withBindings are the kinds of n admission policies, each with its binding.
func withBindings(n int) []string {
	return append(slices.Repeat([]string{"ValidatingAdmissionPolicy"}, n), slices.Repeat([]string{"ValidatingAdmissionPolicyBinding"}, n)...)
}

const headerDoc = `# PipelineStack %s, made by hack/package, for a cluster with Crossplane 2.4.0 or newer.
# docs/install.md says what else the cluster needs.
#
#   kubectl apply --server-side -f %s.yaml
`

const platformDoc = `#
# For platforms: a stack needs a class. The class is a file of its own, since it has to be filled in:
# class-example.yaml.
`

const standaloneDoc = `#
# For nothing but a cluster: a stack that names no class, where there is no class "default", has its
# database and its object store on volumes of its own namespace.
`

const bareDoc = `#
# It leaves the kinds of Argo and Kubeflow Pipelines alone, which the cluster has.
`

const kubernetesDoc = `#
# Apply it when provider-kubernetes is healthy, which brings the kind ClusterProviderConfig:
# providers-kubernetes.yaml.
`

const sqlDoc = `#
# For stacks whose databases are in a shared server.
`

const awsDoc = `#
# For stacks whose buckets are in AWS.
`

const mirrorDoc = `# The packages are in another registry than their dependencies on each other say.
apiVersion: pkg.crossplane.io/v1beta1
kind: ImageConfig
metadata:
  name: pipelinestack
spec:
  matchImages:
    - type: Prefix
      prefix: %s/
  rewriteImage:
    prefix: %s/
`

// By this name the Compositions call it.
const functionName = "pipelinestack-function-pipelinestack"

const packageDoc = `apiVersion: pkg.crossplane.io/v1
kind: %s
metadata:
  name: %s
spec:
  package: %s
`

// Render returns the file's content.
func (i install) render(version, registry string) ([]byte, error) {
	docs, err := i.read([]string{fmt.Sprintf(headerDoc, version, i.name) + i.about}, i.sources)
	if err != nil {
		return nil, err
	}

	if i.mirrored(registry) {
		docs = append(docs, fmt.Sprintf(mirrorDoc, canonical, registry))
	}

	if i.function {
		docs = append(docs, fmt.Sprintf(packageDoc, "Function", functionName, image(canonical, function, version)))
	}

	if i.configuration.name != "" {
		docs = append(docs, fmt.Sprintf(packageDoc, "Configuration", i.configuration.name, image(canonical, i.configuration, version)))
	}

	docs, err = i.read(docs, i.guards)
	if err != nil {
		return nil, err
	}

	return []byte(strings.Join(docs, "---\n")), nil
}

// Mirrored says whether the file's package is in another registry than its name says.
func (i install) mirrored(registry string) bool {
	return i.configuration.name != "" && registry != canonical
}

// Read appends files as they are, or as YAML.
func (i install) read(docs, files []string) ([]string, error) {
	for _, file := range files {
		b, err := os.ReadFile(filepath.FromSlash(file))
		if err == nil && filepath.Ext(file) == ".json" {
			b, err = yaml.JSONToYAML(b)
		}

		if err != nil {
			return nil, fmt.Errorf("%s lacks a part: %w", i.name, err)
		}

		docs = append(docs, string(b))
	}

	return docs, nil
}

// Image is a package's, in a registry.
func image(registry string, p pkg, version string) string {
	return registry + "/" + p.repository() + ":" + version
}

// Write writes the file, reads it again and returns an error that lists everything that is wrong
// with it.
func (i install) write(version, registry string) (string, error) {
	if strings.Contains(registry, "://") {
		return "", fmt.Errorf("%s: a registry is named without its scheme", registry)
	}

	for _, tag := range []string{image(canonical, function, version), image(registry, function, version)} {
		if _, err := name.NewTag(tag, name.StrictValidation); err != nil {
			return "", err
		}
	}

	b, err := i.render(version, registry)
	if err != nil {
		return "", err
	}

	file := filepath.Join(output, i.name+".yaml")
	if err := os.WriteFile(file, b, 0o644); err != nil {
		return "", err
	}

	if b, err = os.ReadFile(file); err != nil {
		return "", err
	}

	if err := i.inspect(b, version, registry); err != nil {
		return "", fmt.Errorf("%s is not what it should be: %w", file, err)
	}

	return file, nil
}
