// Package v1alpha1 holds the tenant's API and the platform team's. A PipelineStack is one
// single-user Kubeflow Pipelines stack in one namespace; a PipelineStackClass is what stacks have
// in common.
//
// The Go types are the single source of the schema of both XRDs (the claim
// flavour in xrd.yaml and the namespaced flavour in apis/namespaced/xrd.yaml);
// `make generate` writes them. Only types live here: no defaulting, no
// validation beyond what the schema says, no behaviour.
//
// No field carries a schema default. The order is built in < class < claim, and
// a default that the API server writes into the claim would win over the
// class's. What applies when a field is left out stands in its comment.
//
// +kubebuilder:object:generate=true
// +groupName=pipelines.opendatahub.io
package v1alpha1

import "k8s.io/apimachinery/pkg/runtime/schema"

// GroupVersion of the PipelineStack.
var GroupVersion = schema.GroupVersion{Group: "pipelines.opendatahub.io", Version: "v1alpha1"}

// Kinds under which a stack reaches the function.
const (
	// KindComposite is the composite behind a claim (claim flavour).
	KindComposite = "XPipelineStack"
	// KindStack is the claim, and the composite itself in the namespaced flavour.
	KindStack = "PipelineStack"
	// ResourceComposites is the plural of the composite behind a claim.
	ResourceComposites = "xpipelinestacks"
	// ResourceStacks is the plural that RBAC rules name; users of a stack are
	// granted its subresource SubresourceAPI.
	ResourceStacks = "pipelinestacks"
	// KindClass is what stacks have in common, and ResourceClasses its plural.
	KindClass       = "PipelineStackClass"
	ResourceClasses = "pipelinestackclasses"
	// SubresourceAPI is the virtual subresource that the auth proxy asks for.
	SubresourceAPI = "api"
)
