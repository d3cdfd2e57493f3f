package stack

import (
	"embed"
	"fmt"
	"maps"
	"path"
	"slices"
	"sort"
	"strings"
	"sync"

	"k8s.io/apimachinery/pkg/util/validation/field"
	"sigs.k8s.io/yaml"

	"github.com/pipelinestack/function-pipelinestack/apis/v1alpha1"
	"github.com/pipelinestack/function-pipelinestack/fn/kube"
)

// DefaultRelease runs where neither claim nor class names a release: the newest release whose
// sources were read and whose programs were run with these objects.
const DefaultRelease = "2.17.0"

// Component names a part of a stack, in releases, sizes and labels alike.
type Component = v1alpha1.Component

// Components of a stack. Sizes and releases know them by these names.
const (
	APIServer          Component = "apiServer"
	AuthProxy          Component = "authProxy"
	PersistenceAgent   Component = "persistenceAgent"
	ScheduledWorkflow  Component = "scheduledWorkflow"
	WorkflowController Component = "workflowController"
	MLMD               Component = "mlmd"
	MLMDEnvoy          Component = "mlmdEnvoy"
	UI                 Component = "ui"
	DatabaseServer     Component = "databaseServer"
	ObjectStoreServer  Component = "objectStoreServer"
)

// Step is the main container of a pipeline pod. Sizes know it too; its image is the pipeline's.
const Step Component = "step"

// serverImages are those of embedded stores. They are the same for all releases: data outlives a
// release.
var serverImages = map[Component]string{
	DatabaseServer:    "docker.io/library/mariadb:" + mariadbLine + ".12",
	ObjectStoreServer: "ghcr.io/versity/versitygw:v1.8.0",
}

// serverArchitectures are what those images are built for.
var serverArchitectures = map[Component][]v1alpha1.Architecture{
	DatabaseServer:    {"amd64", "arm64", "ppc64le", "s390x"},
	ObjectStoreServer: {"amd64", "arm64"},
}

// mariadbLine is the long-term line of MariaDB that embedded databases run. A newer line migrates
// the data as it starts, and there is no way back.
const mariadbLine = "11.4"

// Images that run in pipeline pods, in the same table of a release.
const (
	executorImage Component = "executor"
	driverImage   Component = "driver"
	launcherImage Component = "launcher"
)

// inEveryRelease lists all images, with true for those that every release has; the others may be
// missing.
var inEveryRelease = map[Component]bool{
	APIServer: true, AuthProxy: true, PersistenceAgent: true, ScheduledWorkflow: true, WorkflowController: true,
	executorImage: true, driverImage: true, launcherImage: true,
	MLMD: false, MLMDEnvoy: false, UI: false,
}

// Release is one release of Kubeflow Pipelines. Code never asks for a release's
// name: it asks whether an image is there, or a feature.
type Release struct {
	// Name by which claims ask for the release; a distribution's carries the distribution, as in
	// odh-2.18.0.
	Name string
	v1alpha1.ReleaseSpec
}

// Has says whether the release has a component at all.
func (r *Release) Has(c Component) bool { return r.Images[c] != "" }

// ArchitecturesOf a component's image.
func (r *Release) ArchitecturesOf(c Component) []v1alpha1.Architecture {
	if own, ok := r.ArchitectureExceptions[c]; ok {
		return own
	}
	if own, ok := serverArchitectures[c]; ok {
		return own
	}
	return r.Architectures
}

// commonArchitectures are those that the images of all components are built for, sorted.
func (r *Release) commonArchitectures(components ...Component) []v1alpha1.Architecture {
	common := slices.Clone(r.ArchitecturesOf(components[0]))
	for _, c := range components[1:] {
		common = slices.DeleteFunc(common, func(a v1alpha1.Architecture) bool { return !slices.Contains(r.ArchitecturesOf(c), a) })
	}
	slices.Sort(common)
	return common
}

// Catalogue holds releases by name.
type Catalogue map[string]*Release

// Names of the catalogue's releases, sorted.
func (c Catalogue) Names() []string {
	names := make([]string, 0, len(c))
	for n := range c {
		names = append(names, n)
	}
	sort.Strings(names)
	return names
}

//go:embed releases/*.yaml
var releaseFiles embed.FS

// Releases is the catalogue that the function carries: one file per release in
// releases/. It panics if a file is not a release, which a test rules out.
var Releases = sync.OnceValue(func() Catalogue {
	c, err := loadReleases(releaseFiles)
	if err != nil {
		panic(err)
	}
	return c
})

func loadReleases(fs embed.FS) (Catalogue, error) {
	entries, err := fs.ReadDir("releases")
	if err != nil {
		return nil, err
	}
	c := Catalogue{}
	for _, e := range entries {
		raw, err := fs.ReadFile(path.Join("releases", e.Name()))
		if err != nil {
			return nil, err
		}
		r := &Release{Name: strings.TrimSuffix(e.Name(), ".yaml")}
		if err := yaml.UnmarshalStrict(raw, &r.ReleaseSpec); err != nil {
			return nil, fmt.Errorf("release file %s: %w", e.Name(), err)
		}
		if errs := validateReleaseSpec(r, field.NewPath("releases").Key(r.Name)); len(errs) > 0 {
			return nil, fmt.Errorf("release file %s: %w", e.Name(), errs.ToAggregate())
		}
		c[r.Name] = r
	}
	return c, nil
}

// validateReleaseSpec says what is wrong with a release.
func validateReleaseSpec(r *Release, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	known := slices.Sorted(maps.Keys(inEveryRelease))
	for c, image := range r.Images {
		if !slices.Contains(known, c) {
			errs = append(errs, field.NotSupported(path.Child("images"), c, known))
		}
		errs = append(errs, kube.ValidateImage(image, path.Child("images").Key(string(c)))...)
	}
	for c := range r.Commands {
		if !slices.Contains(known, c) {
			errs = append(errs, field.NotSupported(path.Child("commands"), c, known))
		}
	}
	for c := range r.ArchitectureExceptions {
		if !slices.Contains(known, c) {
			errs = append(errs, field.NotSupported(path.Child("architectureExceptions"), c, known))
		}
	}
	for _, c := range known {
		if inEveryRelease[c] && !r.Has(c) {
			errs = append(errs, field.Required(path.Child("images").Key(string(c)), "every stack has it"))
		}
	}
	if r.Has(MLMD) != r.Has(MLMDEnvoy) {
		errs = append(errs, field.Invalid(path.Child("images"), field.OmitValueType{}, "mlmd and mlmdEnvoy go together"))
	}
	for _, together := range [][]Component{{APIServer, AuthProxy}, {driverImage, launcherImage, executorImage}} {
		if len(r.commonArchitectures(together...)) == 0 {
			errs = append(errs, field.Invalid(path.Child("architectureExceptions"), field.OmitValueType{},
				fmt.Sprintf("%v run on one node and have no architecture in common: give them one", together)))
		}
	}
	return errs
}

// mirrored replaces the registry host of an image, where the class names a mirror.
func mirrored(image, registry string) string {
	if registry == "" {
		return image
	}
	if _, rest, ok := strings.Cut(image, "/"); ok {
		return strings.TrimSuffix(registry, "/") + "/" + rest
	}
	return strings.TrimSuffix(registry, "/") + "/" + image
}
