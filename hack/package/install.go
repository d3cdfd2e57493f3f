package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// Where the packages are, as the Configurations' dependency on the function has it: Crossplane
// names the function after this path, and the Compositions call it by that name.
const canonical = "xpkg.crossplane.io/pipelinestack"

// The definition of classes. No package may hold one: of a Function's objects Crossplane takes
// none, and a Configuration has XRDs alone.
const classDefinition = "package/crds/pipelines.opendatahub.io_pipelinestackclasses.yaml"

// An install is the one file that a platform applies to have a flavour: what packages cannot hold,
// and the packages.
type install struct {
	name          string // of the file, without its ending
	configuration pkg
	sources       []string // YAML files that are part of it as they are
	// guards are such files that come last: kubectl delete -f goes from top to bottom, and lets
	// nothing through before they are gone.
	guards   []string
	provider string   // of the Configuration's dependencies, the one that is told how to run
	runtime  string   // how: the name of a DeploymentRuntimeConfig in sources
	kinds    []string // of the objects inside, sorted
}

var installs = []install{
	{
		name:          "install-claim",
		configuration: configurations[0],
		sources: []string{
			classDefinition, "package/rbac.yaml", "package/rbac-claim.yaml", "package/reads.yaml",
			"package/policies/bindings.yaml", "package/policies/machinery.yaml", "package/policies/volumes.yaml",
			"package/policies/workflow-pods.yaml",
		},
		guards: []string{"package/policies/deletion-claim.yaml"},
		kinds: slices.Concat(slices.Repeat([]string{"ClusterRole"}, 12), []string{
			"ConfigMap", "Configuration", "CustomResourceDefinition",
		}, withBindings(5)),
	},
	{
		name:          "install-namespaced",
		configuration: configurations[1],
		sources: []string{
			classDefinition, "package/rbac.yaml", "package/reads.yaml",
			"package/policies/bindings.yaml", "package/policies/machinery.yaml", "package/policies/managed.yaml",
			"package/policies/namespace-deletion.yaml", "package/policies/objects.yaml", "package/policies/volumes.yaml",
			"package/policies/workflow-pods.yaml", "package/provider-kubernetes.yaml",
		},
		guards:   []string{"package/policies/deletion-namespaced.yaml"},
		provider: "crossplane-contrib/provider-kubernetes",
		runtime:  "pipelinestack-provider-kubernetes",
		kinds: slices.Concat([]string{"ClusterProviderConfig"}, slices.Repeat([]string{"ClusterRole"}, 12), []string{
			"ClusterRoleBinding", "ConfigMap", "Configuration", "CustomResourceDefinition", "DeploymentRuntimeConfig", "Provider",
		}, withBindings(9)),
	},
}

// withBindings are the kinds of n admission policies, each with its binding.
func withBindings(n int) []string {
	return append(slices.Repeat([]string{"ValidatingAdmissionPolicy"}, n), slices.Repeat([]string{"ValidatingAdmissionPolicyBinding"}, n)...)
}

const headerDoc = `# PipelineStack %s, made by hack/package: the packages and what they cannot hold, for a cluster
# with Crossplane 2.4.0 or newer. docs/install.md says what else the cluster needs: the kinds of Argo
# and Kubeflow Pipelines, credentials, and a class. The class is a file of its own, since it has to
# be filled in: class-example.yaml.
#
#   kubectl apply --server-side -f %s.yaml
`

// Kubectl applies all else when it does not know a kind, says so, and fails.
const againDoc = `#
# Apply it once more when the Provider in it is healthy, which brings the kind
# ClusterProviderConfig. Until then kubectl says that there are no matches for that kind, and
# applies everything else.
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

const providerDoc = `# One of the Configuration's dependencies, under the name that Crossplane would give it, in the lowest version that will do. It is here to
# run under a service account with a known name: by itself it has one that nobody knows before.
apiVersion: pkg.crossplane.io/v1
kind: Provider
metadata:
  name: %s
spec:
  package: %s
  runtimeConfigRef:
    name: %s
`

const configurationDoc = `# It brings the XRD, the Composition, the function and the providers.
apiVersion: pkg.crossplane.io/v1
kind: Configuration
metadata:
  name: %s
spec:
  package: %s
`

// Render returns the file's content.
func (i install) render(version, registry string) ([]byte, error) {
	head := fmt.Sprintf(headerDoc, version, i.name)
	if i.provider != "" {
		head += againDoc
	}

	docs := []string{head}

	docs, err := i.read(docs, i.sources)
	if err != nil {
		return nil, err
	}

	if registry != canonical {
		docs = append(docs, fmt.Sprintf(mirrorDoc, canonical, registry))
	}

	if i.provider != "" {
		image, err := i.dependency(i.provider)
		if err != nil {
			return nil, err
		}

		docs = append(docs, fmt.Sprintf(providerDoc, strings.ReplaceAll(i.provider, "/", "-"), image, i.runtime))
	}

	docs = append(docs, fmt.Sprintf(configurationDoc, i.configuration.name, i.image(version)))

	docs, err = i.read(docs, i.guards)
	if err != nil {
		return nil, err
	}

	return []byte(strings.Join(docs, "---\n")), nil
}

// Read appends files as they are.
func (i install) read(docs, files []string) ([]string, error) {
	for _, file := range files {
		b, err := os.ReadFile(filepath.FromSlash(file))
		if err != nil {
			return nil, fmt.Errorf("%s lacks a part: %w", i.name, err)
		}

		docs = append(docs, string(b))
	}

	return docs, nil
}

// Image is the Configuration's.
func (i install) image(version string) string {
	return canonical + "/" + i.configuration.name + ":" + version
}

// Dependency returns the image of one of the Configuration's dependencies, in the lowest version
// that it allows.
func (i install) dependency(repository string) (string, error) {
	files, err := i.configuration.files()
	if err != nil {
		return "", err
	}

	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			return "", err
		}

		objects, err := decode(b)
		if err != nil {
			return "", fmt.Errorf("%s: %w", file, err)
		}

		for _, o := range objects {
			list, _, _ := unstructured.NestedSlice(o.Object, "spec", "dependsOn")
			for _, d := range list {
				m, ok := d.(map[string]any)
				if !ok {
					continue
				}

				source, _ := m["package"].(string)
				constraint, _ := m["version"].(string)
				_, path, _ := strings.Cut(source, "/")

				if lowest, ok := strings.CutPrefix(constraint, ">="); ok && path == repository {
					return source + ":" + lowest, nil
				}
			}
		}
	}

	return "", fmt.Errorf("%s depends on no %s from some version on", i.configuration.name, repository)
}

// Write writes the file, reads it again and returns an error that lists everything that is wrong
// with it.
func (i install) write(version, registry string) (string, error) {
	if strings.Contains(registry, "://") {
		return "", fmt.Errorf("%s: a registry is named without its scheme", registry)
	}

	for _, image := range []string{i.image(version), registry + "/" + i.configuration.name + ":" + version} {
		if _, err := name.NewTag(image, name.StrictValidation); err != nil {
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
