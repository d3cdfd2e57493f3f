// Package v1beta1 holds the input that a Composition hands to the function: the class of stacks
// that name none. All other settings of the platform team are in classes (apis/v1alpha1).
//
// Crossplane does not validate a function's input, so fn/stack does. Only types live here.
//
// +kubebuilder:object:generate=true
// +groupName=pipelinestack.fn.crossplane.io
package v1beta1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// GroupVersion of the function's input.
var GroupVersion = schema.GroupVersion{Group: "pipelinestack.fn.crossplane.io", Version: "v1beta1"}

// KindInput is the kind of the function's input.
const KindInput = "Input"

// Input names the class of stacks that name none, and says what happens where that class is
// missing.
// +kubebuilder:object:root=true
// +kubebuilder:storageversion
// +kubebuilder:resource:categories=crossplane
type Input struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// DefaultClassName names the PipelineStackClass of stacks that name none. Defaults to default.
	// +optional
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([-a-z0-9]*[a-z0-9])?$`
	// +kubebuilder:validation:MaxLength=63
	DefaultClassName string `json:"defaultClassName,omitempty"`

	// ClassResolution is Required, the default, or Optional. With Optional, a stack that names no
	// class does without one where the default class is missing: its stores are then embedded in
	// its namespace.
	// +optional
	ClassResolution ClassResolution `json:"classResolution,omitempty"`
}

// ClassResolution says what happens to a stack whose class is missing.
// +kubebuilder:validation:Enum=Required;Optional
type ClassResolution string

// What happens to a stack whose class is missing.
const (
	ClassRequired ClassResolution = "Required"
	ClassOptional ClassResolution = "Optional"
)
