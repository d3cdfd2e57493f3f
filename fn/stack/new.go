package stack

import (
	"maps"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/utils/ptr"

	"github.com/pipelinestack/function-pipelinestack/apis/v1alpha1"
	"github.com/pipelinestack/function-pipelinestack/fn/fields"
	"github.com/pipelinestack/function-pipelinestack/fn/managed"
)

// NewClass fills in a class's defaults and checks it. Errors carry the class's name and paths below
// its spec.
func NewClass(name string, in v1alpha1.PipelineStackClassSpec, catalogue Catalogue) (*Class, field.ErrorList) {
	c := &Class{Name: name, PipelineStackClassSpec: fields.Overlay(in, builtinClass()), Catalogue: catalogue}
	if c.Database.Shared != nil {
		c.Database.Shared = ptr.To(fields.Overlay(*c.Database.Shared, builtinSharedDatabase(c.Database.Shared.Engine)))
	}
	if c.ObjectStore.AWS != nil {
		c.ObjectStore.AWS = ptr.To(fields.Overlay(*c.ObjectStore.AWS, builtinAWS()))
	}
	c.Defaults = builtinDefaults()
	if t := c.Database.AllowedTypes; len(t) > 0 {
		c.Defaults.Database.Type = t[0]
	}
	if t := c.ObjectStore.AllowedTypes; len(t) > 0 {
		c.Defaults.ObjectStore.Type = t[0]
	}
	if in.Defaults != nil {
		c.Defaults = fields.Overlay(*in.Defaults, c.Defaults)
	}
	if len(in.Releases) > 0 {
		c.Catalogue = maps.Clone(catalogue)
		for name, r := range in.Releases {
			c.Catalogue[name] = &Release{Name: name, ReleaseSpec: r}
		}
	}
	c.closed = closedFields(c.Constraints)
	errs := validateClass(c, in, catalogue)
	if len(errs) == 0 && in.Defaults != nil {
		errs = validateEmptyClaim(c, in.Defaults.Release != "")
	}
	return c, errs
}

// New makes a Stack of a claim, its class and the world, or reports every error. An error that the
// tenant can fix has a path below spec; one that only the author of the class can fix has a path
// below the class's.
func New(c Claim, class *Class, w World) (*Stack, field.ErrorList) {
	s := &Stack{
		Name:      c.Name,
		Namespace: c.Namespace,
		Scope:     managed.Scope{Namespaced: c.Namespaced, Namespace: c.Namespace},
		Spec: v1alpha1.PipelineStackSpec{
			ClassName:     class.Name,
			StackSettings: fields.Overlay(c.Spec.StackSettings, class.Defaults),
		},
		Class: class,
		said:  c.Spec.StackSettings,
		ID:    identity(class.IdentitySalt, class.ClusterID, c.Namespace, c.Name, class.ownerOf(w)...),
		world: w,
	}
	if t := c.Spec.TLS.Type; t != "" && t != v1alpha1.TLSSecret {
		s.Spec.TLS.SecretName = c.Spec.TLS.SecretName // the class's goes with the class's type
	}
	// A new default of the class's is for new stacks.
	was, running := w.remembered(), class.running(w)
	if c.Spec.Release == "" && running.release != "" {
		s.Spec.Release = running.release
	}
	s.Release = class.Catalogue[s.Spec.Release]
	s.stayMigrated(running)
	s.Size, _ = sizeNamed(class.Sizes, s.Spec.Size)
	s.stayInClass(c.Spec.ClassName)
	s.stayInTypes(was)
	s.Spec.Database.Embedded = s.stayOnVolume(ConditionDatabase, "database.embedded", nameDatabase, resDatabaseServer,
		c.Spec.Database.Embedded, s.Spec.Database.Embedded)
	s.Spec.ObjectStore.Embedded = s.stayOnVolume(ConditionObjectStore, "objectStore.embedded", nameObjectStore, resObjectStoreServer,
		c.Spec.ObjectStore.Embedded, s.Spec.ObjectStore.Embedded)
	s.stay(was)
	errs := validateStores(s, c, was)
	if len(errs) == 0 {
		s.database = databaseTypes[s.Spec.Database.Type].describe(s)
		s.store = storeTypes[s.Spec.ObjectStore.Type].describe(s)
	}
	return s, append(errs, validateClaim(s, c, running)...)
}

// validateEmptyClaim reports why a class that is valid by itself would refuse a claim with an empty
// spec. What the built-in release lacks is left out: a claim may name another. A release that the
// class names itself is the class's own mistake. A claim has to name external stores itself.
func validateEmptyClaim(class *Class, named bool) field.ErrorList {
	var errs field.ErrorList
	_, found := New(Claim{Name: "a", Namespace: "a"}, class, World{})
	for _, e := range found {
		below, ofClaim := strings.CutPrefix(e.Field, specPath.String()+".")
		if strings.HasSuffix(below, ".external") {
			continue
		}
		if ofRelease := !ofClaim || below == "release"; ofRelease && !named || !ofClaim && e.Type == field.ErrorTypeRequired {
			continue
		}
		if ofClaim {
			e.Field = class.path().Child("defaults").String() + "." + below
		}
		errs = append(errs, e)
	}
	return errs
}
