package stack

import (
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/pipelinestack/function-pipelinestack/apis/v1alpha1"
	"github.com/pipelinestack/function-pipelinestack/fn/fields"
	"github.com/pipelinestack/function-pipelinestack/fn/managed"
)

// Claim is what a tenant asked for, in whichever flavour it came.
type Claim struct {
	// Name of the claim, or of the composite in the namespaced flavour. Never the name of a
	// composite behind a claim: the claim's author can choose that one.
	Name string
	// Namespace of the tenant.
	Namespace string
	// Namespaced is the flavour: true for a namespaced composite, false for a claim.
	Namespaced bool
	// Spec as the tenant wrote it, without any default.
	Spec v1alpha1.PipelineStackSpec
}

// Stack is a valid claim with every default filled in. A field that has a built-in default is never
// nil.
type Stack struct {
	Name      string
	Namespace string
	Scope     managed.Scope
	Spec      v1alpha1.PipelineStackSpec
	Class     *Class
	Release   *Release
	Size      Size
	// ID is the stack's name in every shared service.
	ID string
	// database and store in use. They are safe when zero: then another error says what is missing.
	database database
	store    store
	// world that the stack was made for.
	world World
	// moves that class or claim ask for and that the stack does not make.
	moves []move
	// keptKey is the ARN of the key that the bucket keeps although the class does not have it; empty
	// if it keeps none.
	keptKey string
	// said are the fields that the claim sets itself.
	said v1alpha1.StackSettings
}

// move of data that a stack does not make: the condition that says so, and its message, which names
// where the data is and where it would be.
type move struct {
	condition, message string
	// elsewhere says that the store's resources would be made in another place.
	elsewhere bool
}

// stays notes a move that the stack does not make.
func (s *Stack) stays(condition, message string) {
	s.moves = append(s.moves, move{condition: condition, message: message})
}

// saidAt is the field that says a setting: the claim's, or the class's default.
func (s *Stack) saidAt(path string) *field.Path {
	defaults := s.Class.path().Child("defaults")
	if len(fields.Find(s.said, path, nil)) == 0 && len(fields.Find(s.Class.Defaults, path, defaults)) > 0 {
		return defaults.Child(path)
	}
	return specPath.Child(path)
}

// What is part of a stack.

// authProxyEnabled says whether the auth proxy stands before the API server.
func (s *Stack) authProxyEnabled() bool { return s.Class.Auth.Type == v1alpha1.AuthKubeRBACProxy }

// policiesEnabled says whether network policies close the stack's pods to everything that is not
// named.
func (s *Stack) policiesEnabled() bool {
	return s.Class.Network.Policies == v1alpha1.NetworkPoliciesEnabled
}

// hasWorkflowController says whether the stack brings Argo's controller.
func (s *Stack) hasWorkflowController() bool { return s.Class.Argo.Controller == v1alpha1.ArgoStack }

// hasMLMD says whether the release has ML Metadata.
func (s *Stack) hasMLMD() bool { return s.Release.Has(MLMD) }

// hasEnvoy says whether browsers reach ML Metadata through envoy.
func (s *Stack) hasEnvoy() bool { return s.hasMLMD() && *s.Spec.MLMD.Envoy.Enabled }

// blocksV1Pipelines says whether the API server refuses to run pipelines of version 1, which become
// workflows unchanged: their authors decide how their pods run.
func (s *Stack) blocksV1Pipelines() bool {
	allowed := s.Spec.APIServer.AllowV1Pipelines
	return s.Release.Features.BlockV1Pipelines && (allowed == nil || !*allowed)
}

// hasUI says whether the web interface is part of the stack.
func (s *Stack) hasUI() bool { return *s.Spec.UI.Enabled }

// hasDatabaseServer says whether the stack has a database server of its own.
func (s *Stack) hasDatabaseServer() bool { return s.database.volume != "" }

// hasObjectStoreServer says whether the stack has an object store of its own.
func (s *Stack) hasObjectStoreServer() bool { return s.store.volume != "" }

// monitoringEnabled says whether alerts and monitors are part of the stack. Many clusters lack
// their kinds, so the class has the default.
func (s *Stack) monitoringEnabled() bool {
	if enabled := s.Spec.Monitoring.Enabled; enabled != nil {
		return *enabled
	}
	return s.Class.Monitoring.PrometheusOperator
}

// fixedUserIDs says whether pods run as the user and group of upstream's manifests, rather than as
// those that admission assigns.
func (s *Stack) fixedUserIDs() bool { return s.Class.PodSecurity.UserIDs == v1alpha1.UserIDsFixed }

// adoptionAllowed says whether the stack may take over objects that nobody controls.
func (s *Stack) adoptionAllowed() bool {
	return s.Spec.AdoptionPolicy == v1alpha1.AdoptIfUncontrolled
}

// complete says whether release and size are known, without which no object can be made.
func (s *Stack) complete() bool { return s.Release != nil && s.Size != nil }
