// Package v1beta1 holds the platform's API: the input that a Composition hands
// to the function. It says once, for every stack of a cluster, where the shared
// server and the object store are, which releases and sizes exist, and what
// tenants may set.
//
// Crossplane does not validate a function's input, so fn/stack does, with the
// field paths of these types. Only types live here.
//
// +kubebuilder:object:generate=true
// +groupName=pipelinestack.fn.crossplane.io
package v1beta1

import "k8s.io/apimachinery/pkg/runtime/schema"

// GroupVersion of the function's input.
var GroupVersion = schema.GroupVersion{Group: "pipelinestack.fn.crossplane.io", Version: "v1beta1"}

// KindPlatform is the kind of the function's input.
const KindPlatform = "Platform"
