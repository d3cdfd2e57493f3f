package stack

import (
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/utils/ptr"

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

// Platform is a platform input that has been found good, with every default filled in. It is the same for every call until somebody
// edits the Composition.
type Platform struct {
	v1beta1.Platform
	// Defaults for claims: the platform's over the built-in ones.
	Defaults v1alpha1.PipelineStackSpec
	// Catalogue of releases.
	Catalogue Catalogue
}

// builtinDefaults apply where neither claim nor platform says anything. Fields that are not here default to their zero value, or to
// something that depends on the rest of the stack.
func builtinDefaults() v1alpha1.PipelineStackSpec {
	return v1alpha1.PipelineStackSpec{
		Release:   DefaultRelease,
		Size:      DefaultSize,
		Hibernate: ptr.To(false),
		Database: v1alpha1.DatabaseSpec{
			Mode:           v1alpha1.DatabaseShared,
			DeletionPolicy: v1alpha1.DeletionRetain,
		},
		ObjectStore: v1alpha1.ObjectStoreSpec{
			Mode:           v1alpha1.ObjectStoreManaged,
			DeletionPolicy: v1alpha1.DeletionRetain,
		},
		APIServer: v1alpha1.APIServerSpec{
			LogLevel:       v1alpha1.LogInfo,
			CacheEnabled:   ptr.To(true),
			StartupTimeout: duration("10m"),
		},
		PersistenceAgent: v1alpha1.PersistenceAgentSpec{
			LogLevel:    v1alpha1.LogInfo,
			Workers:     2,
			WorkflowTTL: duration("24h"),
		},
		ScheduledWorkflow:  v1alpha1.ScheduledWorkflowSpec{LogLevel: v1alpha1.LogInfo, TimeZone: "UTC"},
		WorkflowController: v1alpha1.WorkflowControllerSpec{LogLevel: v1alpha1.LogInfo, ArchiveLogs: ptr.To(true)},
		Metadata:           v1alpha1.MetadataSpec{Envoy: v1alpha1.MetadataEnvoySpec{Enabled: ptr.To(true)}},
		UI:                 v1alpha1.UISpec{Enabled: ptr.To(false)},
		Exposure:           v1alpha1.ExposureSpec{Type: v1alpha1.ExposureNone},
		Auth:               v1alpha1.AuthSpec{Type: v1alpha1.AuthKubeRBACProxy},
		TLS:                v1alpha1.TLSSpec{Type: v1alpha1.TLSSelfSigned},
		NetworkPolicy:      v1alpha1.NetworkPolicySpec{Enabled: ptr.To(true)},
	}
}

// builtinPlatform applies where the platform says nothing.
func builtinPlatform() v1beta1.Platform {
	return v1beta1.Platform{
		IdentityFrom:  v1beta1.IdentityNamespaceName,
		ClusterDomain: "cluster.local",
		Limits:        v1beta1.Limits{Replicas: 10},
		PodSecurity:   v1beta1.PodSecurity{RunAsUser: v1beta1.RunAsFixed},
		Database:      v1beta1.Database{AllowedModes: []v1alpha1.DatabaseMode{v1alpha1.DatabaseShared}},
		ObjectStore:   v1beta1.ObjectStore{AllowedModes: []v1alpha1.ObjectStoreMode{v1alpha1.ObjectStoreManaged}},
		Argo:          v1beta1.Argo{Controller: v1beta1.ArgoStack},
		TTL:           v1beta1.TTL{Ready: duration("10m"), Progressing: duration("10s")},
	}
}

// builtinSharedDatabase applies to a shared server's block where it says nothing.
func builtinSharedDatabase(engine v1beta1.DatabaseEngine) v1beta1.SharedDatabase {
	return v1beta1.SharedDatabase{
		ProviderConfig:  defaultProviderConfig,
		Port:            3306,
		Engine:          v1beta1.EngineMySQL,
		NativePasswords: ptr.To(engine == v1beta1.EngineMariaDB),
		TLS:             v1alpha1.DatabaseTLSVerify,
	}
}

// builtinAWS applies to an AWS block where it says nothing.
func builtinAWS() v1beta1.AWSObjectStore {
	return v1beta1.AWSObjectStore{
		ProviderConfig: defaultProviderConfig,
		Partition:      "aws",
		Identity:       v1beta1.AWSAccessKey,
		IAMPath:        "/",
	}
}

const defaultProviderConfig = "default"

// NewPlatform fills in a platform input's defaults and checks it. Errors carry paths below input.
func NewPlatform(in v1beta1.Platform, catalogue Catalogue) (*Platform, field.ErrorList) {
	p := &Platform{Platform: overlay(in, builtinPlatform()), Catalogue: catalogue}
	if p.Database.Shared != nil {
		p.Database.Shared = ptr.To(overlay(*p.Database.Shared, builtinSharedDatabase(p.Database.Shared.Engine)))
	}
	if p.ObjectStore.AWS != nil {
		p.ObjectStore.AWS = ptr.To(overlay(*p.ObjectStore.AWS, builtinAWS()))
	}
	p.Defaults = builtinDefaults()
	if in.Defaults != nil {
		p.Defaults = overlay(*in.Defaults, p.Defaults)
	}
	errs := validatePlatform(p, in)
	if len(errs) == 0 && in.Defaults != nil {
		errs = validateEmptyClaim(p)
	}
	return p, errs
}

// New makes a Stack of a claim on a platform, or says everything that is wrong with it. Errors carry paths below spec for what the
// tenant can mend, and below input for what only the platform can.
func New(c Claim, p *Platform, w World) (*Stack, field.ErrorList) {
	s := &Stack{
		Name:      c.Name,
		Namespace: c.Namespace,
		Scope:     managed.Scope{Namespaced: c.Namespaced, Namespace: c.Namespace},
		Spec:      overlay(c.Spec, p.Defaults),
		Platform:  p,
		ID:        identity(p.ClusterID, c.Namespace, c.Name),
	}
	if t := c.Spec.TLS.Type; t != "" && t != v1alpha1.TLSSecret {
		s.Spec.TLS.SecretName = c.Spec.TLS.SecretName // the platform's goes with the platform's type
	}
	s.stay(w)
	s.was.versioned, s.was.expiring = w.remembers("versioning"), w.remembers("lifecycle")
	running := p.running(w)
	if c.Spec.Release == "" && running.release != "" {
		s.Spec.Release = running.release // a new default of the platform's is for new stacks
	}
	s.Release = p.Catalogue[s.Spec.Release]
	if s.Spec.APIServer.BlockV1Pipelines == nil {
		s.Spec.APIServer.BlockV1Pipelines = ptr.To(s.Release != nil && s.Release.Features.BlockV1Pipelines)
	}
	s.Size, _ = sizeNamed(p.Sizes, s.Spec.Size)
	return s, validateClaim(s, c, running)
}
