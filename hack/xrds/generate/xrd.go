package generate

import (
	"encoding/json"
	"errors"

	xrdv1 "github.com/crossplane/crossplane/apis/v2/apiextensions/v1"
	xrdv2 "github.com/crossplane/crossplane/apis/v2/apiextensions/v2"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"
	extv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

const (
	group   = "pipelines.opendatahub.io"
	version = "v1alpha1"

	// composition is what a stack gets that names none. Both flavours call it
	// so; a cluster has one of them.
	composition = "pipelinestack"
)

var (
	// compositeNames are those of the composite behind a claim.
	compositeNames = extv1.CustomResourceDefinitionNames{
		Kind:     "XPipelineStack",
		ListKind: "XPipelineStackList",
		Plural:   "xpipelinestacks",
		Singular: "xpipelinestack",
	}

	// stackNames are those that tenants meet: of the claim, and of the
	// composite where there are no claims.
	stackNames = extv1.CustomResourceDefinitionNames{
		Kind:       "PipelineStack",
		ListKind:   "PipelineStackList",
		Plural:     "pipelinestacks",
		Singular:   "pipelinestack",
		ShortNames: []string{"pls"},
	}

	// columns stand before those that Crossplane adds by itself, among them
	// SYNCED, READY and AGE.
	columns = []extv1.CustomResourceColumnDefinition{
		{Name: "RELEASE", Type: "string", JSONPath: ".status.release"},
		{Name: "DATABASE", Type: "string", JSONPath: ".status.database.type"},
		{Name: "STORE", Type: "string", JSONPath: ".status.objectStore.type"},
		{Name: "STATUS", Type: "string", JSONPath: `.status.conditions[?(@.type=="StackReady")].message`},
		{Name: "URL", Type: "string", JSONPath: ".status.components.apiServer.url", Priority: 1},
	}
)

// stackSchema is the schema that both XRDs carry: what the type says of its
// spec, its status and, in rules, its name.
func stackSchema(def *extv1.CustomResourceDefinition) (runtime.RawExtension, error) {
	if len(def.Spec.Versions) != 1 {
		return runtime.RawExtension{}, errors.New("a stack has exactly one version")
	}
	schema := def.Spec.Versions[0].Schema.OpenAPIV3Schema

	// Crossplane brings these itself.
	for _, name := range []string{"apiVersion", "kind", "metadata"} {
		delete(schema.Properties, name)
	}
	delete(schema.Properties["status"].Properties, "conditions")

	raw, err := json.Marshal(schema)
	return runtime.RawExtension{Raw: raw}, err
}

// claimXRD defines the claim and the cluster-scoped composite behind it. Only
// the first version of the kind, although deprecated, knows claims.
func claimXRD(schema runtime.RawExtension) *xrdv1.CompositeResourceDefinition {
	scope := xrdv1.CompositeResourceScopeLegacyCluster
	foreground := xpv2.CompositeDeleteForeground
	claims := stackNames
	return &xrdv1.CompositeResourceDefinition{
		TypeMeta: metav1.TypeMeta{
			APIVersion: xrdv1.SchemeGroupVersion.String(),
			Kind:       xrdv1.CompositeResourceDefinitionKind,
		},
		ObjectMeta: metav1.ObjectMeta{Name: compositeNames.Plural + "." + group},
		Spec: xrdv1.CompositeResourceDefinitionSpec{
			Group:      group,
			Names:      compositeNames,
			ClaimNames: &claims,
			Scope:      &scope,
			// The claim goes last, when nothing of the stack is left.
			DefaultCompositeDeletePolicy: &foreground,
			DefaultCompositionRef:        &xrdv1.CompositionReference{Name: composition},
			Versions: []xrdv1.CompositeResourceDefinitionVersion{{
				Name:                     version,
				Served:                   true,
				Referenceable:            true,
				AdditionalPrinterColumns: columns,
				Schema:                   &xrdv1.CompositeResourceValidation{OpenAPIV3Schema: schema},
			}},
		},
	}
}

// namespacedXRD defines the composite that lives in the tenant's namespace.
func namespacedXRD(schema runtime.RawExtension) *xrdv2.CompositeResourceDefinition {
	return &xrdv2.CompositeResourceDefinition{
		TypeMeta: metav1.TypeMeta{
			APIVersion: xrdv2.SchemeGroupVersion.String(),
			Kind:       xrdv2.CompositeResourceDefinitionKind,
		},
		ObjectMeta: metav1.ObjectMeta{Name: stackNames.Plural + "." + group},
		Spec: xrdv2.CompositeResourceDefinitionSpec{
			Group:                 group,
			Names:                 stackNames,
			Scope:                 xrdv2.CompositeResourceScopeNamespaced,
			DefaultCompositionRef: &xrdv2.CompositionReference{Name: composition},
			Versions: []xrdv2.CompositeResourceDefinitionVersion{{
				Name:                     version,
				Served:                   true,
				Referenceable:            true,
				AdditionalPrinterColumns: columns,
				Schema:                   &xrdv2.CompositeResourceValidation{OpenAPIV3Schema: schema},
			}},
		},
	}
}
