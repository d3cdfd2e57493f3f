package stack

import (
	"cmp"
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

// validateClaim says everything that is wrong with a claim. The schema has been checked already;
// what is left depends on other fields, on the class or on the release.
func validateClaim(s *Stack, c Claim, running pin) field.ErrorList {
	errs := validateName(s)
	errs = append(errs, validateLater(laterSettings, s.Spec.StackSettings, specPath)...)
	errs = append(errs, validateAsked(s, c)...)
	errs = append(errs, validateRelease(s, c)...)
	errs = append(errs, validateUpgrade(s, running)...)
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

// validateAsked checks a claim, not the class's defaults, against what the class allows.
func validateAsked(s *Stack, c Claim) field.ErrorList {
	var errs field.ErrorList
	most := s.Class.Constraints
	if r := c.Spec.Release; r != "" && most.Releases != nil && !slices.Contains(most.Releases, r) {
		errs = append(errs, field.NotSupported(specPath.Child("release"), r, most.Releases))
	}
	if z := c.Spec.Size; z != "" && most.Sizes != nil && !slices.Contains(most.Sizes, z) {
		errs = append(errs, field.NotSupported(specPath.Child("size"), z, most.Sizes))
	}
	for _, closed := range s.Class.closed {
		for _, set := range fields.Find(c.Spec.StackSettings, closed, specPath) {
			errs = append(errs, field.Forbidden(set.Path, notAllowed))
		}
	}
	for _, ct := range containers {
		errs = append(errs, validateContainerAsked(s, c, ct)...)
	}
	for _, ct := range podContainers {
		errs = append(errs, validateResourcesAsked(s, ct.component, ct.resources(&c.Spec), specPath.Child(ct.path))...)
	}
	errs = append(errs, validateNames(s, c)...)
	bound := s.Class.egressBound()
	for i, t := range c.Spec.NetworkPolicy.Egress {
		if bound != nil && !kube.InRanges(t.CIDR, bound) {
			errs = append(errs, field.Forbidden(specPath.Child("networkPolicy", "egress").Index(i).Child("cidr"),
				"must lie inside what the class allows: "+cmp.Or(strings.Join(bound, ", "), "nothing")))
		}
	}
	if allowed := c.Spec.APIServer.AllowV1Pipelines; allowed != nil && *allowed && !s.Class.AllowV1Pipelines {
		errs = append(errs, field.Forbidden(specPath.Child("apiServer", "allowV1Pipelines"), notAllowed))
	}
	return sortErrors(errs)
}

const notAllowed = "the class does not let claims set it"

// validateNames checks the names that a claim uses against those that the class allows.
func validateNames(s *Stack, c Claim) field.ErrorList {
	var errs field.ErrorList
	most := s.Class.Constraints
	path := specPath.Child("scheduling", "priorityClassName")
	if name := c.Spec.Scheduling.PriorityClassName; most.PriorityClassNames == nil && strings.HasPrefix(name, "system-") {
		errs = append(errs, field.Forbidden(path,
			"the system's priority classes are for stacks only if the class's constraints.priorityClassNames lists them"))
	} else if name != "" && most.PriorityClassNames != nil && !slices.Contains(most.PriorityClassNames, name) {
		errs = append(errs, field.NotSupported(path, name, most.PriorityClassNames))
	}
	path = specPath.Child("pipelineRunner", "roles")
	for i, role := range c.Spec.PipelineRunner.Roles {
		if !slices.Contains(s.Class.PipelineRunner.Roles, role) {
			errs = append(errs, field.NotSupported(path.Index(i), role, s.Class.PipelineRunner.Roles))
		}
	}
	path = specPath.Child("pipelineRunner", "serviceAccountAnnotations")
	for key := range c.Spec.PipelineRunner.ServiceAccountAnnotations {
		listed := func(pattern string) bool { return matchesKey(pattern, key) }
		switch {
		case most.AnnotationKeys == nil && slices.ContainsFunc(closedAnnotations, listed):
			errs = append(errs, field.Forbidden(path.Key(key),
				"it gives the account more than its RBAC, so it is for pipelines only if the class's constraints.annotationKeys lists it"))
		case most.AnnotationKeys != nil && !slices.ContainsFunc(most.AnnotationKeys, listed):
			errs = append(errs, field.NotSupported(path, key, most.AnnotationKeys))
		}
	}
	return errs
}

// matchesKey says whether a pattern covers a key; a * at its end stands for any rest.
func matchesKey(pattern, key string) bool {
	if start, ok := strings.CutSuffix(pattern, "*"); ok {
		return strings.HasPrefix(key, start)
	}
	return pattern == key
}

// validateContainerAsked checks a claim's settings of a container against what the class allows.
func validateContainerAsked(s *Stack, c Claim, ct configurable) field.ErrorList {
	var errs field.ErrorList
	most, path := s.Class.Constraints, specPath.Child(ct.path)
	if ct.replicas != nil {
		if n := ct.replicas(&c.Spec); n != nil && *n > most.Replicas {
			errs = append(errs, field.Invalid(path.Child("replicas"), *n, fmt.Sprintf("must be at most %d, the class's limit", most.Replicas)))
		}
	}
	return append(errs, validateResourcesAsked(s, ct.component, ct.claim(&c.Spec).Resources, path.Child("resources"))...)
}

// validateResourcesAsked checks a claim's resources of a container, with what the size adds,
// against the class's bounds.
func validateResourcesAsked(s *Stack, component Component, asked *v1alpha1.Resources, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	most := s.Class.Constraints
	if most.Resources == nil || asked == nil {
		return nil
	}
	both := resources(s.Size[component], asked)
	errs = append(errs, validateBound(both.Requests, most.Resources.Requests, path.Child("requests"))...)
	errs = append(errs, validateBound(both.Limits, most.Resources.Limits, path.Child("limits"))...)
	for name := range most.Resources.Limits {
		if _, ok := both.Limits[name]; !ok {
			errs = append(errs, field.Required(path.Child("limits").Key(string(name)), "the class limits it, so the claim must set it"))
		}
	}
	return errs
}

func validateBound(asked, most corev1.ResourceList, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	for name, q := range asked {
		if m, ok := most[name]; ok && q.Cmp(m) > 0 {
			errs = append(errs, field.Invalid(path.Key(string(name)), q.String(), "must be at most "+m.String()+", the class's limit"))
		}
	}
	return errs
}

// validateRelease checks a stack against what its release can do.
func validateRelease(s *Stack, c Claim) field.ErrorList {
	var errs field.ErrorList
	if s.Size == nil {
		errs = append(errs, field.NotSupported(specPath.Child("size"), s.Spec.Size, sizeNames(s.Class)))
	}
	path := specPath.Child("release")
	if s.Release == nil && s.said.Release == "" && s.Spec.Release != s.Class.Defaults.Release {
		return append(errs, field.Required(s.Class.path().Child("releases").Key(s.Spec.Release),
			"the stack runs it, and neither the function nor the class has it any more: add it to the class, or name another release in "+
				path.String()+": "+strings.Join(s.Class.Catalogue.Names(), ", ")))
	}
	if s.Release == nil {
		return append(errs, field.NotSupported(path, s.Spec.Release, s.Class.Catalogue.Names()))
	}
	if s.hasUI() && !s.Release.Has(UI) {
		errs = append(errs, field.Forbidden(specPath.Child("ui", "enabled"), "release "+s.Release.Name+" has no web interface"))
	}
	if allowed := s.Spec.APIServer.AllowV1Pipelines; allowed != nil && !*allowed && !s.Release.Features.BlockV1Pipelines {
		errs = append(errs, field.Forbidden(specPath.Child("apiServer", "allowV1Pipelines"),
			"release "+s.Release.Name+" cannot refuse pipelines of version 1: leave the field out"))
	}
	if !s.hasMLMD() {
		if !reflect.ValueOf(c.Spec.MLMD).IsZero() {
			errs = append(errs, field.Forbidden(specPath.Child("mlmd"), "release "+s.Release.Name+" has no ML Metadata"))
		}
		return errs
	}
	db := s.database
	if db.at == nil {
		return errs // another error says what is wrong with the database
	}
	if s.Release.Features.MLMDNativePasswords && !db.nativePasswords {
		errs = append(errs, field.Invalid(path, s.Release.Name,
			"its ML Metadata logs in with mysql_native_password only, which the database does not offer: ask the platform team to make it "+
				"the server's default plugin and to set "+db.at.Child("nativePasswords").String()+s.Class.Catalogue.unbound()))
	}
	if db.tls == v1alpha1.DatabaseTLSVerify && !db.ownCA {
		errs = append(errs, field.Required(db.at.Child("caBundle"),
			"ML Metadata of release "+s.Release.Name+" checks the server's certificate against a file only"))
	}
	return errs
}

// unbound ends a sentence with the releases whose ML Metadata, if they have one, can log in
// anywhere.
func (c Catalogue) unbound() string {
	names := slices.DeleteFunc(c.Names(), func(n string) bool { return c[n].Features.MLMDNativePasswords })
	if len(names) == 0 {
		return ""
	}
	return ", or choose another release: " + strings.Join(names, ", ")
}

func sizeNames(c *Class) []string {
	names := map[string]bool{}
	for n := range sizes {
		names[n] = true
	}
	for n := range c.Sizes {
		names[n] = true
	}
	return slices.Sorted(maps.Keys(names))
}

func validateComponents(s *Stack, c Claim) field.ErrorList {
	errs := validateContainers(s)
	api := specPath.Child("apiServer")
	if d := s.Spec.APIServer.StartupTimeout; d.Duration < minStartup {
		errs = append(errs, field.Invalid(api.Child("startupTimeout"), d.Duration.String(),
			"must be at least "+minStartup.String()+", longer than the API server waits for its database before it reports an error"))
	}
	errs = append(errs, kube.ValidateDuration(s.Spec.APIServer.StartupTimeout, maxStartup, api.Child("startupTimeout"))...)
	errs = append(errs, kube.ValidateDuration(s.Spec.APIServer.RunTTL, maxTTL, api.Child("runTTL"))...)
	if zone := s.Spec.ScheduledWorkflow.TimeZone; zone != "UTC" {
		if _, err := time.LoadLocation(zone); err != nil || zone == "Local" {
			errs = append(errs, field.Invalid(specPath.Child("scheduledWorkflow", "timeZone"), zone, "is not in the time zone database"))
		}
	}
	errs = append(errs, validateWorkspace(s.Spec.APIServer.Workspace, api.Child("workspace"))...)
	errs = append(errs, validateScheduling(s)...)
	if !s.hasWorkflowController() {
		errs = append(errs, validateForeignArgo(c)...)
	}
	return sortErrors(errs)
}

// Longest durations: they become 32-bit counts of seconds.
const (
	maxStartup = 24 * time.Hour
	maxTTL     = 10 * 365 * 24 * time.Hour
)

// minStartup is longer than the database's timeout: otherwise the probe would kill the API server
// before it reports what is wrong.
const minStartup = (databaseTimeoutSeconds + 60) * time.Second

// validateForeignArgo refuses settings that only the stack's own controller acts upon.
func validateForeignArgo(c Claim) field.ErrorList {
	const why = "the class says that the platform runs Argo's controller: leave it out"
	own := c.Spec.WorkflowController
	own.ArchiveLogs = nil // reaches the platform's controller through the namespace's artifact repository
	var errs field.ErrorList
	for _, f := range []struct {
		path  *field.Path
		value any
	}{
		{specPath.Child("workflowController"), own},
		{specPath.Child("apiServer", "runTTL"), c.Spec.APIServer.RunTTL},
		{specPath.Child("pipelineRunner", "scheduling"), c.Spec.PipelineRunner.Scheduling},
		{specPath.Child("pipelineRunner", "resources"), c.Spec.PipelineRunner.Resources},
	} {
		if !reflect.ValueOf(f.value).IsZero() {
			errs = append(errs, field.Forbidden(f.path, why))
		}
	}
	return errs
}
