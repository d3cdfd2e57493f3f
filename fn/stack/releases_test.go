package stack

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pipelinestack/function-pipelinestack/apis/v1alpha1"
)

var (
	allComponents = []Component{APIServer, AuthProxy, PersistenceAgent, ScheduledWorkflow, WorkflowController, MLMD, MLMDEnvoy, UI}
	pipelineParts = []Component{executorImage, driverImage, launcherImage}
	// serverComponents are of no release.
	serverComponents = []Component{DatabaseServer, ObjectStoreServer}
	// sizedParts are the containers that a size knows.
	sizedParts = slices.Concat([]Component{executorImage, Step}, allComponents, serverComponents)
)

// optionalComponents are those that a release may lack; elsewhere a missing image is a mistake.
var optionalComponents = []Component{UI, MLMD, MLMDEnvoy}

// ownEntrypoint are images that start by themselves what they hold.
var ownEntrypoint = append([]Component{AuthProxy}, pipelineParts...)

func TestReleases(t *testing.T) {
	pinned := regexp.MustCompile(`^[a-z0-9.-]+\.[a-z]+/[a-z0-9_./-]+(:v?[0-9]+\.[0-9]+\.[0-9]+|@sha256:[0-9a-f]{64})$`)
	for name, r := range Releases() {
		t.Run(name, func(t *testing.T) {
			for _, c := range slices.Concat(allComponents, pipelineParts) {
				if !r.Has(c) && !slices.Contains(optionalComponents, c) {
					t.Errorf("%s has no image", c)
				}
				if r.Has(c) && !pinned.MatchString(r.Images[c]) {
					t.Errorf("%s: %s is neither a digest nor the tag of a version", c, r.Images[c])
				}
				wanted := r.Has(c) && !slices.Contains(ownEntrypoint, c)
				if command := r.Commands[c]; (command != "") != wanted {
					t.Errorf("%s: command is %q, though one is wanted: %t", c, command, wanted)
				}
			}
			for c := range r.Images {
				if !slices.Contains(allComponents, c) && !slices.Contains(pipelineParts, c) {
					t.Errorf("%s is no component", c)
				}
			}
			for c := range r.Commands {
				if !r.Has(c) {
					t.Errorf("%s has a command and no image", c)
				}
			}
		})
	}
}

func TestReleaseFacts(t *testing.T) {
	for name, r := range Releases() {
		t.Run(name, func(t *testing.T) {
			if r.Schema < 1 {
				t.Errorf("schema is %d: the first generation is 1", r.Schema)
			}
			if !strings.HasPrefix(r.Argo, "v") {
				t.Errorf("argo is %q, not a version of it", r.Argo)
			}
			for _, c := range []Component{WorkflowController, executorImage} {
				if _, tag, ok := strings.Cut(r.Images[c], ":v"); ok && "v"+tag != r.Argo {
					t.Errorf("%s is %s, argo is %s: controller and executor are of one version", c, r.Images[c], r.Argo)
				}
			}
			if r.KFPVersion == "" {
				t.Error("kfpVersion is empty: the status tells it")
			}
			if len(r.Architectures) == 0 {
				t.Error("architectures are empty: there is no node for its pods")
			}
			for c, own := range r.ArchitectureExceptions {
				if !r.Has(c) || len(own) == 0 || slices.Equal(own, r.Architectures) {
					t.Errorf("architectureExceptions: %s is %v, which is no exception", c, own)
				}
			}
			modes := []v1alpha1.KeylessMode{"", v1alpha1.KeylessFull, v1alpha1.KeylessSameRegion, v1alpha1.KeylessNoArtifactAPI}
			if !slices.Contains(modes, r.Features.Keyless) {
				t.Errorf("keyless is %q, want one of %q", r.Features.Keyless, modes)
			}
			if r.Has(MLMD) != r.Has(MLMDEnvoy) {
				t.Error("ML Metadata and its envoy come together")
			}
			if r.Features.MLMDNativePasswords && !r.Has(MLMD) {
				t.Error("there is no ML Metadata whose login could be limited")
			}
		})
	}
}

func TestCatalogue(t *testing.T) {
	if _, ok := Releases()[DefaultRelease]; !ok {
		t.Errorf("the default release %s is not in the catalogue", DefaultRelease)
	}
	files, err := releaseFiles.ReadDir("releases")
	if err != nil {
		t.Fatal(err)
	}
	names := Releases().Names()
	if len(names) != len(files) || !slices.IsSorted(names) {
		t.Errorf("names are %v, want one for each of %d files, sorted", names, len(files))
	}
}

func TestArchitectures(t *testing.T) {
	r := Release{ReleaseSpec: v1alpha1.ReleaseSpec{
		Architectures:          []v1alpha1.Architecture{"amd64", "arm64"},
		ArchitectureExceptions: map[Component]v1alpha1.Architectures{MLMD: {"amd64"}},
	}}
	for c, want := range map[Component][]v1alpha1.Architecture{APIServer: {"amd64", "arm64"}, MLMD: {"amd64"}} {
		if diff := cmp.Diff(want, r.ArchitecturesOf(c)); diff != "" {
			t.Errorf("%s: -want, +got\n%s", c, diff)
		}
	}
}

func TestMirrored(t *testing.T) {
	cases := map[string]struct {
		reason                string
		image, registry, want string
	}{
		"None":     {"without a mirror the image stays", "ghcr.io/kubeflow/kfp-api-server:2.17.0", "", "ghcr.io/kubeflow/kfp-api-server:2.17.0"},
		"Host":     {"a mirror replaces the host", "ghcr.io/kubeflow/x:1", "mirror.example.org", "mirror.example.org/kubeflow/x:1"},
		"Folder":   {"a mirror may have a folder", "ghcr.io/kubeflow/x:1", "mirror.example.org/kfp", "mirror.example.org/kfp/kubeflow/x:1"},
		"Slash":    {"a slash at its end does no harm", "ghcr.io/kubeflow/x:1", "mirror.example.org/kfp/", "mirror.example.org/kfp/kubeflow/x:1"},
		"Port":     {"a mirror may have a port", "quay.io/x@sha256:00", "localhost:5000", "localhost:5000/x@sha256:00"},
		"Hostless": {"an image without a host moves as a whole", "x:1", "mirror.example.org", "mirror.example.org/x:1"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if got := mirrored(tc.image, tc.registry); got != tc.want {
				t.Errorf("%s: got %s, want %s", tc.reason, got, tc.want)
			}
		})
	}
}
