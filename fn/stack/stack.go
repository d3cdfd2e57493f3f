package stack

import (
	"github.com/pipelinestack/function-pipelinestack/apis/platform/v1beta1"
	"github.com/pipelinestack/function-pipelinestack/apis/v1alpha1"
	"github.com/pipelinestack/function-pipelinestack/fn/managed"
)

// Claim is what a tenant asked for, in whichever flavour it came.
type Claim struct {
	// Name of the claim, or of the composite in the namespaced flavour. Never the name of a composite behind a claim: the
	// claim's author can choose that one.
	Name string
	// Namespace of the tenant.
	Namespace string
	// Namespaced is the flavour: true for a namespaced composite, false for a claim.
	Namespaced bool
	// Spec as the tenant wrote it, without any default.
	Spec v1alpha1.PipelineStackSpec
}

// Stack is a claim that has been found good, with every default filled in. Whoever holds one needs no nil check on a field that has a
// built-in default.
type Stack struct {
	Name      string
	Namespace string
	Scope     managed.Scope
	Spec      v1alpha1.PipelineStackSpec
	Platform  *Platform
	Release   *Release
	Size      Size
	// ID is the stack's name in every shared service.
	ID string
	// moves that the platform asks for and that the stack does not make.
	moves []move
	// was is what the composite's status remembers of settings, should they not be found.
	was struct{ versioned, expiring bool }
}

// move of data that the platform asks for and a stack does not make: from and to are values of a
// field below input.
type move struct{ path, condition, from, to string }

// Platform is a platform input that has been found good, with every default filled in. It is the same for every call until somebody
// edits the Composition.
type Platform struct {
	v1beta1.Platform
	// Defaults for claims: the platform's over the built-in ones.
	Defaults v1alpha1.PipelineStackSpec
	// Catalogue of releases.
	Catalogue Catalogue
}

// What is part of a stack.

// authProxyEnabled says whether the auth proxy stands before the API server.
func (s *Stack) authProxyEnabled() bool { return s.Spec.Auth.Type == v1alpha1.AuthKubeRBACProxy }

// policiesEnabled says whether network policies close the stack's pods to everything that is not
// named.
func (s *Stack) policiesEnabled() bool { return *s.Spec.NetworkPolicy.Enabled }

// hasWorkflowController says whether the stack brings Argo's controller, rather than the platform.
func (s *Stack) hasWorkflowController() bool { return s.Platform.Argo.Controller == v1beta1.ArgoStack }

// hasMetadata says whether the release has ML Metadata.
func (s *Stack) hasMetadata() bool { return s.Release.Has(Metadata) }

// hasEnvoy says whether browsers reach ML Metadata through envoy.
func (s *Stack) hasEnvoy() bool { return s.hasMetadata() && *s.Spec.Metadata.Envoy.Enabled }

// hasUI says whether the web interface is part of the stack.
func (s *Stack) hasUI() bool { return *s.Spec.UI.Enabled }

// monitoringEnabled says whether alerts and monitors are part of the stack. Many clusters lack
// their kinds, so the platform says by default.
func (s *Stack) monitoringEnabled() bool {
	if enabled := s.Spec.Monitoring.Enabled; enabled != nil {
		return *enabled
	}
	return s.Platform.Monitoring.PrometheusOperator
}

// fixedUserIDs says whether pods run as the user and group of upstream's manifests, rather than as
// those that admission assigns.
func (s *Stack) fixedUserIDs() bool { return s.Platform.PodSecurity.RunAsUser == v1beta1.RunAsFixed }

// adoptionAllowed says whether the stack may take over objects that nobody controls.
func (s *Stack) adoptionAllowed() bool { return s.Spec.Adopt != nil && *s.Spec.Adopt }

// complete says whether everything is there that the objects of the stack are made of.
func (s *Stack) complete() bool {
	return s.Release != nil && s.Size != nil && s.Platform.Database.Shared != nil && s.Platform.ObjectStore.AWS != nil
}
