package stack

import (
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/utils/ptr"

	"github.com/pipelinestack/function-pipelinestack/apis/platform/v1beta1"
	"github.com/pipelinestack/function-pipelinestack/apis/v1alpha1"
	"github.com/pipelinestack/function-pipelinestack/fn/fields"
	"github.com/pipelinestack/function-pipelinestack/fn/managed"
)

// NewPlatform fills in a platform input's defaults and checks it. Errors carry paths below input.
func NewPlatform(in v1beta1.Platform, catalogue Catalogue) (*Platform, field.ErrorList) {
	p := &Platform{Platform: fields.Overlay(in, builtinPlatform()), Catalogue: catalogue}
	if p.Database.Shared != nil {
		p.Database.Shared = ptr.To(fields.Overlay(*p.Database.Shared, builtinSharedDatabase(p.Database.Shared.Engine)))
	}
	if p.ObjectStore.AWS != nil {
		p.ObjectStore.AWS = ptr.To(fields.Overlay(*p.ObjectStore.AWS, builtinAWS()))
	}
	p.Defaults = builtinDefaults()
	if in.Defaults != nil {
		p.Defaults = fields.Overlay(*in.Defaults, p.Defaults)
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
		Spec:      fields.Overlay(c.Spec, p.Defaults),
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

// validateEmptyClaim finds in a platform that is good by itself what a claim with an empty spec would trip over. What is said of a release is
// left to the claims: one may name another.
func validateEmptyClaim(p *Platform) field.ErrorList {
	var errs field.ErrorList
	_, found := New(Claim{Name: "a", Namespace: "a"}, p, World{})
	for _, e := range found {
		below, ok := strings.CutPrefix(e.Field, specPath.String()+".")
		if ok && below != "release" {
			e.Field = inputPath.Child("defaults").String() + "." + below
			errs = append(errs, e)
		}
	}
	return errs
}
