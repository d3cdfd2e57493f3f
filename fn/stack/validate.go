package stack

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // the image has none, and a schedule's time zone is checked against it

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/pipelinestack/function-pipelinestack/apis/v1alpha1"
	"github.com/pipelinestack/function-pipelinestack/fn/fields"
	"github.com/pipelinestack/function-pipelinestack/fn/kube"
)

// validateClaim says everything that is wrong with a claim. The schema has been held against it already, so what is left is what one field
// says about another, about the platform, or about a release.
func validateClaim(s *Stack, c Claim, running pin) field.ErrorList {
	errs := validateName(s)
	errs = append(errs, validateLater(laterSpec, s.Spec, specPath)...)
	errs = append(errs, validateLimits(s, c)...)
	errs = append(errs, validateRelease(s, c)...)
	errs = append(errs, validateUpgrade(s, running)...)
	errs = append(errs, validateStores(s)...)
	errs = append(errs, validateComponents(s, c)...)
	errs = append(errs, validateAccess(s)...)
	return errs
}

func validateName(s *Stack) field.ErrorList {
	var errs field.ErrorList
	path := field.NewPath("metadata", "name")
	for _, msg := range validation.IsDNS1123Label(s.Name) {
		errs = append(errs, field.Invalid(path, s.Name, msg))
	}
	if len(s.Name) > maxNameLength {
		errs = append(errs, field.TooLong(path, s.Name, maxNameLength))
	}
	return errs
}

// validateLimits holds a claim, not the platform's defaults, against what the platform allows.
func validateLimits(s *Stack, c Claim) field.ErrorList {
	var errs field.ErrorList
	limits := s.Platform.Limits
	if r := c.Spec.Release; r != "" && limits.Releases != nil && !slices.Contains(limits.Releases, r) {
		errs = append(errs, field.NotSupported(specPath.Child("release"), r, limits.Releases))
	}
	if z := c.Spec.Size; z != "" && limits.Sizes != nil && !slices.Contains(limits.Sizes, z) {
		errs = append(errs, field.NotSupported(specPath.Child("size"), z, limits.Sizes))
	}
	for _, f := range limits.ForbiddenFields {
		for _, set := range fields.Find(c.Spec, f, specPath) {
			errs = append(errs, field.Forbidden(set.Path, "the platform does not let claims set it"))
		}
	}
	for _, ct := range containers {
		errs = append(errs, validateContainerLimits(s, c, ct)...)
	}
	return sortErrors(errs)
}

// validateContainerLimits holds what a claim says of a container against what the platform allows.
func validateContainerLimits(s *Stack, c Claim, ct configurable) field.ErrorList {
	var errs field.ErrorList
	limits, path := s.Platform.Limits, specPath.Child(ct.path)
	if ct.replicas != nil {
		if n := ct.replicas(&c.Spec); n != nil && *n > limits.Replicas {
			errs = append(errs, field.Invalid(path.Child("replicas"), *n, fmt.Sprintf("must be at most %d, the platform's limit", limits.Replicas)))
		}
	}
	asked := ct.claim(&c.Spec).Resources
	if limits.Resources == nil || asked == nil {
		return errs
	}
	both := resources(s.Size[ct.component], asked)
	path = path.Child("resources")
	errs = append(errs, validateBound(both.Requests, limits.Resources.Requests, path.Child("requests"))...)
	errs = append(errs, validateBound(both.Limits, limits.Resources.Limits, path.Child("limits"))...)
	for name := range limits.Resources.Limits {
		if _, ok := both.Limits[name]; !ok {
			errs = append(errs, field.Required(path.Child("limits").Key(string(name)), "the platform bounds it, so it cannot be left open"))
		}
	}
	return errs
}

func validateBound(asked, most corev1.ResourceList, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	for name, q := range asked {
		if m, ok := most[name]; ok && q.Cmp(m) > 0 {
			errs = append(errs, field.Invalid(path.Key(string(name)), q.String(), "must be at most "+m.String()+", the platform's limit"))
		}
	}
	return errs
}

// validateRelease holds a stack against what its release can do.
func validateRelease(s *Stack, c Claim) field.ErrorList {
	var errs field.ErrorList
	if s.Size == nil {
		errs = append(errs, field.NotSupported(specPath.Child("size"), s.Spec.Size, sizeNames(s.Platform)))
	}
	path := specPath.Child("release")
	if s.Release == nil {
		return append(errs, field.NotSupported(path, s.Spec.Release, s.Platform.Catalogue.Names()))
	}
	if s.hasUI() && !s.Release.Has(UI) {
		errs = append(errs, field.Forbidden(specPath.Child("ui", "enabled"), "release "+s.Release.Name+" has no web interface"))
	}
	if *s.Spec.APIServer.BlockV1Pipelines && !s.Release.Features.BlockV1Pipelines {
		errs = append(errs, field.Forbidden(specPath.Child("apiServer", "blockV1Pipelines"), "release "+s.Release.Name+" cannot refuse them"))
	}
	if !s.hasMetadata() {
		if !reflect.ValueOf(c.Spec.Metadata).IsZero() {
			errs = append(errs, field.Forbidden(specPath.Child("metadata"), "release "+s.Release.Name+" has no ML Metadata"))
		}
		return errs
	}
	shared := s.Platform.Database.Shared
	if s.Release.Features.MetadataNativePasswords && !nativePasswords(shared) {
		errs = append(errs, field.Invalid(path, s.Release.Name, "its ML Metadata logs in with mysql_native_password only, which the shared server does not offer: "+
			"have the platform make it the server's default plugin and declare database.shared.nativePasswords"+s.Platform.Catalogue.unbound()))
	}
	if shared.TLS == v1alpha1.DatabaseTLSVerify && shared.CABundle == "" {
		errs = append(errs, field.Required(field.NewPath("input", "database", "shared", "caBundle"),
			"ML Metadata of release "+s.Release.Name+" checks the server's certificate against a file only"))
	}
	return errs
}

// unbound ends a sentence with the releases whose ML Metadata, if they have one, can log in anywhere.
func (c Catalogue) unbound() string {
	names := slices.DeleteFunc(c.Names(), func(n string) bool { return c[n].Features.MetadataNativePasswords })
	if len(names) == 0 {
		return ""
	}
	return ", or choose another release: " + strings.Join(names, ", ")
}

func sizeNames(p *Platform) []string {
	names := map[string]bool{}
	for n := range sizes {
		names[n] = true
	}
	for n := range p.Sizes {
		names[n] = true
	}
	return slices.Sorted(maps.Keys(names))
}

func validateStores(s *Stack) field.ErrorList {
	var errs field.ErrorList
	path := specPath.Child("database")
	if !slices.Contains(s.Platform.Database.AllowedModes, s.Spec.Database.Mode) {
		errs = append(errs, field.NotSupported(path.Child("mode"), s.Spec.Database.Mode, s.Platform.Database.AllowedModes))
	}
	for _, name := range slices.Sorted(maps.Keys(s.Spec.Database.ExtraParams)) {
		if dsnReserved[name] {
			errs = append(errs, field.Forbidden(path.Child("extraParams").Key(name), "the stack sets it"))
		}
	}
	path = specPath.Child("objectStore")
	if !slices.Contains(s.Platform.ObjectStore.AllowedModes, s.Spec.ObjectStore.Mode) {
		errs = append(errs, field.NotSupported(path.Child("mode"), s.Spec.ObjectStore.Mode, s.Platform.ObjectStore.AllowedModes))
	}
	if e := s.Spec.ObjectStore.Encryption; e != nil {
		keys := s.Platform.ObjectStore.AWS.KMSKeys
		if _, ok := keys[e.Key]; !ok {
			errs = append(errs, field.NotSupported(path.Child("encryption", "key"), e.Key, slices.Sorted(maps.Keys(keys))))
		}
	}
	return errs
}

func validateComponents(s *Stack, c Claim) field.ErrorList {
	errs := validateContainers(s)
	api := specPath.Child("apiServer")
	if d := s.Spec.APIServer.StartupTimeout; d.Duration < minStartup {
		errs = append(errs, field.Invalid(api.Child("startupTimeout"), d.Duration.String(),
			"must be at least "+minStartup.String()+": the API server waits that long for its database before it says why it cannot have it"))
	}
	errs = append(errs, kube.ValidateDuration(s.Spec.APIServer.StartupTimeout, maxStartup, api.Child("startupTimeout"))...)
	errs = append(errs, kube.ValidateDuration(s.Spec.APIServer.RunTTL, maxTTL, api.Child("runTTL"))...)
	errs = append(errs, kube.ValidateDuration(s.Spec.PersistenceAgent.WorkflowTTL, maxTTL, specPath.Child("persistenceAgent", "workflowTTL"))...)
	if zone := s.Spec.ScheduledWorkflow.TimeZone; zone != "UTC" {
		if _, err := time.LoadLocation(zone); err != nil || zone == "Local" {
			errs = append(errs, field.Invalid(specPath.Child("scheduledWorkflow", "timeZone"), zone, "is not in the time zone database"))
		}
	}
	errs = append(errs, validateScheduling(s)...)
	if !s.hasWorkflowController() {
		errs = append(errs, validateForeignArgo(c)...)
	}
	return sortErrors(errs)
}

// Longest durations: what they become are 32-bit counts of seconds.
const (
	maxStartup = 24 * time.Hour
	maxTTL     = 10 * 365 * 24 * time.Hour
)

// minStartup outlasts the database's timeout, or the probe would kill the API server before it can say what is wrong.
const minStartup = (databaseTimeoutSeconds + 60) * time.Second

// validateForeignArgo refuses what only the stack's own controller could act upon.
func validateForeignArgo(c Claim) field.ErrorList {
	const why = "the platform runs Argo's controller itself"
	var errs field.ErrorList
	own := c.Spec.WorkflowController
	own.ArchiveLogs = nil // reaches the platform's controller through the namespace's artifact repository
	if !reflect.ValueOf(own).IsZero() {
		errs = append(errs, field.Forbidden(specPath.Child("workflowController"), why))
	}
	if c.Spec.APIServer.RunTTL != nil {
		errs = append(errs, field.Forbidden(specPath.Child("apiServer", "runTTL"), why))
	}
	return errs
}
