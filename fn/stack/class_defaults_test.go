package stack

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pipelinestack/function-pipelinestack/apis/v1alpha1"
)

// A class adds releases to those that the function carries, and replaces none of them.
func TestReleasesOfTheClass(t *testing.T) {
	release := func(name string, change func(*v1alpha1.ReleaseSpec)) mod {
		return func(g *given) {
			r := *g.catalogue[DefaultRelease].DeepCopy()
			r.Images[APIServer] = "mirror.example.org/api-server:9.9.9"
			if change != nil {
				change(&r)
			}
			g.class.Releases = map[string]v1alpha1.ReleaseSpec{name: r}
		}
	}
	const path = "class/default: spec.releases[site-9.9.9]"
	cases := map[string]classCase{
		"Added": {reason: "claims may name it", mods: []mod{release("site-9.9.9", nil), claims(t, `release: site-9.9.9`)}},
		"Default": {
			reason: "and the class",
			class:  `{defaults: {release: site-9.9.9}, constraints: {releases: [site-9.9.9]}}`,
			mods:   []mod{release("site-9.9.9", nil)},
		},
		"Carried": {
			reason: "the function's own are as they were tested",
			mods:   []mod{release(DefaultRelease, nil)},
			want:   []string{"FieldValueForbidden class/default: spec.releases[" + DefaultRelease + "]"},
		},
		"Name": {
			reason: "it becomes a label",
			mods:   []mod{release("site/9.9.9", nil)},
			want:   []string{"FieldValueInvalid class/default: spec.releases[site/9.9.9]"},
		},
		"NoImage": {
			reason: "every stack has one",
			mods:   []mod{release("site-9.9.9", func(r *v1alpha1.ReleaseSpec) { delete(r.Images, driverImage) })},
			want:   []string{"FieldValueRequired " + path + ".images[driver]"},
		},
		"NoUI": {
			reason: "which a release may lack",
			mods:   []mod{release("site-9.9.9", func(r *v1alpha1.ReleaseSpec) { delete(r.Images, UI) })},
		},
		"HalfMLMD": {
			reason: "ML Metadata comes whole",
			mods:   []mod{release("site-9.9.9", func(r *v1alpha1.ReleaseSpec) { delete(r.Images, MLMDEnvoy) })},
			want:   []string{"FieldValueInvalid " + path + ".images"},
		},
		"Component": {
			reason: "a misspelt component would be missing",
			mods:   []mod{release("site-9.9.9", func(r *v1alpha1.ReleaseSpec) { r.Images["apiserver"] = "a" })},
			want:   []string{"FieldValueNotSupported " + path + ".images"},
		},
		"Command": {
			reason: "likewise its command",
			mods: []mod{release("site-9.9.9", func(r *v1alpha1.ReleaseSpec) {
				r.Commands = map[Component]string{"apiserver": "a"}
				r.ArchitectureExceptions = map[Component]v1alpha1.Architectures{"apiserver": {"amd64"}}
			})},
			want: []string{"FieldValueNotSupported " + path + ".architectureExceptions", "FieldValueNotSupported " + path + ".commands"},
		},
		"Image": {
			reason: "no image",
			mods:   []mod{release("site-9.9.9", func(r *v1alpha1.ReleaseSpec) { r.Images[UI] = "a b" })},
			want:   []string{"FieldValueInvalid " + path + ".images[ui]"},
		},
	}
	for name, tc := range cases {
		t.Run(name, tc.run)
	}
	before := Releases().Names()
	s := newStack(t, release("site-9.9.9", nil), claims(t, `release: site-9.9.9`))
	if got := s.image(
		APIServer,
		"",
	); got != "mirror.example.org/api-server:9.9.9" || s.status().Release != "site-9.9.9" ||
		s.status().KFPVersion != s.Release.KFPVersion {
		t.Errorf("runs %s, and the status says %s", got, s.status().Release)
	}
	if diff := cmp.Diff(before, Releases().Names()); diff != "" {
		t.Errorf("another class sees it: -before, +after\n%s", diff)
	}
}

func TestValidateClassDefaults(t *testing.T) {
	const huge = `sizes: {Huge: {components: {apiServer: {replicas: 5}}}}`
	cases := map[string]classCase{
		"Release": {reason: "in the catalogue", class: `defaults: {release: 2.16.1}`},
		"UnknownRelease": {
			reason: "every claim would trip over it",
			class:  `defaults: {release: 2.0.0}`,
			want:   []string{"FieldValueNotSupported class/default: spec.defaults.release"},
		},
		"ReleaseWithoutServer": {
			reason: "its ML Metadata cannot log in, and every claim that names none would trip over it",
			class:  `{defaults: {release: 2.17.0}, database: {shared: {nativePasswords: false}}}`,
			want:   []string{"FieldValueInvalid class/default: spec.defaults.release"},
		},
		"ReleaseWithoutAuthority": {
			reason: "its ML Metadata checks certificates against a file only",
			class:  `{defaults: {release: 2.17.0}, database: {shared: {tls: Verify}}}`,
			want:   []string{"FieldValueRequired class/default: spec.database.shared.caBundle"},
		},
		"BuiltInReleaseWithoutServer": {
			reason: "claims may name a release that can",
			class:  `{defaults: {size: Small}, database: {shared: {nativePasswords: false}}}`,
			want:   []string{"FieldValueInvalid spec.release"},
		},
		"Sizes": {
			reason: "no claim can ask for such a name",
			class:  `sizes: {2x: {components: {}}, "a b": {components: {}}}`,
			want:   []string{"FieldValueInvalid class/default: spec.sizes[2x]", "FieldValueInvalid class/default: spec.sizes[a b]"},
		},
		"Bounds": {
			reason: "a misspelt resource bounds nothing",
			class:  `constraints: {resources: {requests: {cpus: 1}, limits: {memory: 1Gi, example.org/gpu: 1}}}`,
			want:   []string{"FieldValueInvalid class/default: spec.constraints.resources.requests[cpus]"},
		},
		"Size":    {reason: "built in", class: `defaults: {size: Large}`},
		"OwnSize": {reason: "the class's own", class: `{defaults: {size: Huge}, ` + huge + `}`},
		"UnknownSize": {
			reason: "nobody's",
			class:  `defaults: {size: Huge}`,
			want:   []string{"FieldValueNotSupported class/default: spec.defaults.size"},
		},
		"LimitedSize": {reason: "constraints may speak of own sizes", class: `{constraints: {sizes: [Small, Huge]}, ` + huge + `}`},
		"LimitedToNone": {
			reason: "but not of unknown ones",
			class:  `constraints: {sizes: [Small, Huge]}`,
			want:   []string{"FieldValueNotSupported class/default: spec.constraints.sizes[1]"},
		},
		"LimitedRelease": {
			reason: "nor of unknown releases",
			class:  `constraints: {releases: [2.17.0, 2.0.0]}`,
			want:   []string{"FieldValueNotSupported class/default: spec.constraints.releases[1]"},
		},
		"Forbidden": {
			reason: "fields, blocks, and any step",
			class:  `constraints: {forbid: [hibernate, apiServer.env, "*.image", mlmd.envoy.enabled, pipelineRunner]}`,
		},
		"ForbiddenTypo": {
			reason: "a misspelt path would forbid nothing",
			class:  `constraints: {forbid: [apiServer.img, apiserver, "*.nothing", hibernate.never, ""]}`,
			want: []string{
				"FieldValueInvalid class/default: spec.constraints.forbid[0]",
				"FieldValueInvalid class/default: spec.constraints.forbid[1]",
				"FieldValueInvalid class/default: spec.constraints.forbid[2]",
				"FieldValueInvalid class/default: spec.constraints.forbid[3]",
				"FieldValueInvalid class/default: spec.constraints.forbid[4]",
			},
		},
	}
	for name, tc := range cases {
		t.Run(name, tc.run)
	}
}

func TestValidateClassSizes(t *testing.T) {
	cases := map[string]classCase{
		"Every": {
			reason: "every component has a name",
			class:  `sizes: {X: {components: {apiServer: {}, authProxy: {}, persistenceAgent: {}, scheduledWorkflow: {}, workflowController: {}, mlmd: {}, mlmdEnvoy: {}, ui: {}}}}`,
		},
		"Component": {
			reason: "a misspelt component would get Small's",
			class:  `sizes: {X: {components: {apiserver: {}}}}`,
			want:   []string{"FieldValueNotSupported class/default: spec.sizes[X].components"},
		},
		"Above": {
			reason: "no pod may be made that asks for more than its limit",
			class:  `sizes: {X: {components: {ui: {requests: {cpu: 2}, limits: {cpu: 1}}}}}`,
			want:   []string{"FieldValueInvalid class/default: spec.sizes[X].components[ui].requests[cpu]"},
		},
	}
	for name, tc := range cases {
		t.Run(name, tc.run)
	}
}

func TestDefaultsAreFilledIn(t *testing.T) {
	s := newStack(t)
	type filled struct {
		Port           int32
		ProviderConfig string
		Native         bool
		Domain, Path   string
		Release, Size  string
	}
	want := filled{3306, "default", true, "cluster.local", "/", DefaultRelease, DefaultSize}
	db, aws := s.Class.Database.Shared, s.Class.ObjectStore.AWS
	got := filled{db.Port, db.ProviderConfig, *db.NativePasswords, s.Class.ClusterDomain, aws.IAMPath, s.Spec.Release, s.Spec.Size}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want, +got\n%s", diff)
	}
}
