package stack

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"
)

func TestAffinity(t *testing.T) {
	const both = `{key: kubernetes.io/arch, operator: In, values: [amd64, arm64]}`
	const linux = `{key: kubernetes.io/os, operator: In, values: [linux]}`
	required := func(terms string) string {
		return `{nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [` + terms + `]}}}`
	}
	cases := map[string]struct {
		reason     string
		scheduling string
		programs   []program
		want       string
	}{
		"Own": {
			reason:   "nodes for which the image is built",
			programs: []program{{component: APIServer}},
			want:     required(`{matchExpressions: [` + both + `, ` + linux + `]}`),
		},
		"Exception": {
			reason:   "ML Metadata's is for amd64 alone",
			programs: []program{{component: MLMD}},
			want:     required(`{matchExpressions: [{key: kubernetes.io/arch, operator: In, values: [amd64]}, ` + linux + `]}`),
		},
		"Together": {
			reason:   "one node runs all containers of a pod",
			programs: []program{{component: APIServer}, {component: MLMD}},
			want:     required(`{matchExpressions: [{key: kubernetes.io/arch, operator: In, values: [amd64]}, ` + linux + `]}`),
		},
		"Other": {reason: "nobody knows what another image is built for", programs: []program{{MLMD, "mine:1"}}, want: `null`},
		"OneOther": {
			reason:   "the release's own among them still counts",
			programs: []program{{component: APIServer}, {AuthProxy, "mine:1"}},
			want:     required(`{matchExpressions: [` + both + `, ` + linux + `]}`),
		},
		"NamedBySelector": {
			reason:     "the claim decides about a label that it names",
			scheduling: `{nodeSelector: {kubernetes.io/arch: s390x}}`,
			programs:   []program{{component: APIServer}},
			want:       required(`{matchExpressions: [` + linux + `]}`),
		},
		"NamedByAffinity": {
			reason:     "likewise in a rule",
			scheduling: `{affinity: ` + required(`{matchExpressions: [{key: kubernetes.io/arch, operator: Exists}]}`) + `}`,
			programs:   []program{{component: APIServer}},
			want:       required(`{matchExpressions: [{key: kubernetes.io/arch, operator: Exists}, ` + linux + `]}`),
		},
		"BothNamed": {
			reason:     "then nothing is left to say",
			scheduling: `{nodeSelector: {kubernetes.io/arch: arm64, kubernetes.io/os: linux}}`,
			programs:   []program{{component: APIServer}},
			want:       `null`,
		},
		"EveryTerm": {
			reason: "a node has to match one term only; an empty one matches none",
			scheduling: `{affinity: ` + required(
				`{matchExpressions: [{key: a, operator: Exists}]}, {}, {matchFields: [{key: metadata.name, operator: In, values: [b]}]}`,
			) + `}`,
			programs: []program{{component: APIServer}},
			want: required(`{matchExpressions: [{key: a, operator: Exists}, ` + both + `, ` + linux + `]}, {}, ` +
				`{matchFields: [{key: metadata.name, operator: In, values: [b]}], matchExpressions: [` + both + `, ` + linux + `]}`),
		},
		"Preferred": {
			reason: "what is only preferred decides nothing, and stays",
			scheduling: `{affinity: {nodeAffinity: {preferredDuringSchedulingIgnoredDuringExecution: [
{weight: 1, preference: {matchExpressions: [{key: kubernetes.io/arch, operator: In, values: [arm64]}]}}]}}}`,
			programs: []program{{component: APIServer}},
			want: `{nodeAffinity: {preferredDuringSchedulingIgnoredDuringExecution: [
{weight: 1, preference: {matchExpressions: [{key: kubernetes.io/arch, operator: In, values: [arm64]}]}}],
requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchExpressions: [` + both + `, ` + linux + `]}]}}}`,
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			s := newStack(t)
			var want *corev1.Affinity
			read(t, tc.want, &want)
			read(t, tc.scheduling, &s.Spec.Scheduling)
			before := s.Spec.Scheduling.Affinity.DeepCopy()
			got := s.affinity(s.Spec.Scheduling.Affinity, s.Spec.Scheduling.NodeSelector, tc.programs...)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s: -want, +got\n%s", tc.reason, diff)
			}
			if diff := cmp.Diff(before, s.Spec.Scheduling.Affinity); diff != "" {
				t.Errorf("the claim itself changed, which other pods read:\n%s", diff)
			}
		})
	}
}

// Every pod runs where all its images can, and only there; a mirror changes nothing of an image.
func TestPodsRunWhereTheirImagesCan(t *testing.T) {
	for name, mods := range map[string][]mod{"Plain": {withUI}, "Mirrored": {withUI, classes(t, `images: {registry: mirror.example.org}`)}} {
		for _, d := range all[*appsv1.Deployment](everything(t, newStack(t, mods...))) {
			want := []string{"amd64", "arm64"}
			if d.Name == nameMetadata {
				want = want[:1]
			}
			var got []string
			if a := d.Spec.Template.Spec.Affinity; a != nil {
				got = a.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution.NodeSelectorTerms[0].MatchExpressions[0].Values
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s: %s: -want, +got\n%s", name, d.Name, diff)
			}
		}
	}
}

// So do servers of embedded stores, whose images are no release's.
func TestServersRunWhereTheirImagesCan(t *testing.T) {
	const one = `releases: {site-1.0.0: {kfpVersion: 1.0.0, argo: v4.0.5, schema: 2, architectures: [ppc64le],
images: {apiServer: a.io/a:1, authProxy: a.io/a:1, persistenceAgent: a.io/a:1, scheduledWorkflow: a.io/a:1, workflowController: a.io/a:1,
executor: a.io/a:1, driver: a.io/a:1, launcher: a.io/a:1}}}`
	for name, mods := range map[string][]mod{"Release": nil, "Other": {classes(t, one), claims(t, `release: site-1.0.0`)}} {
		servers := all[*appsv1.StatefulSet](everything(t, newStack(t, append(mods, embedded(t))...)))
		if len(servers) != 2 {
			t.Fatalf("%s: %d servers, want 2", name, len(servers))
		}
		for _, server := range servers {
			var want *corev1.Affinity
			built := map[string]string{nameDatabase: `amd64, arm64, ppc64le, s390x`, nameObjectStore: `amd64, arm64`}[server.Name]
			read(t, `{nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchExpressions: [
{key: kubernetes.io/arch, operator: In, values: [`+built+`]}, {key: kubernetes.io/os, operator: In, values: [linux]}]}]}}}`, &want)
			if diff := cmp.Diff(want, server.Spec.Template.Spec.Affinity); diff != "" {
				t.Errorf("%s: %s: -want, +got\n%s", name, server.Name, diff)
			}
		}
	}
}

// What a claim's or the class's own image is built for is nobody else's matter.
func TestOtherImagesRunAnywhere(t *testing.T) {
	for _, c := range containers {
		if c.server {
			continue // no claim names its image
		}
		t.Run(c.path, func(t *testing.T) {
			mods := []mod{withUI, imagesAllowed, claims(t, nested(c.path, `{image: "mine:1"}`)), classes(t, `images: {authProxy: "mine:2"}`)}
			for _, d := range all[*appsv1.Deployment](everything(t, newStack(t, mods...))) {
				if got := d.Spec.Template.Spec.Affinity; (d.Name == c.deployment) != (got == nil) {
					raw, _ := yaml.Marshal(got)
					t.Errorf("%s: %s", d.Name, raw)
				}
			}
		})
	}
}

func TestReleasesHaveNodes(t *testing.T) {
	release := func(exceptions string) string {
		return `releases: {site-1.0.0: {kfpVersion: 1.0.0, argo: v4.0.5, schema: 2, architectures: [amd64],
architectureExceptions: ` + exceptions + `,
images: {apiServer: a, authProxy: a, persistenceAgent: a, scheduledWorkflow: a, workflowController: a,
executor: a, driver: a, launcher: a}}}`
	}
	cases := map[string]claimCase{
		"Same": {reason: "one node runs them all", class: release(`{persistenceAgent: [arm64]}`)},
		"Split": {
			reason: "no node runs a pod whose images have no architecture in common",
			class:  release(`{authProxy: [arm64], launcher: [s390x]}`),
			want: []string{
				"FieldValueInvalid class/default: spec.releases[site-1.0.0].architectureExceptions",
				"FieldValueInvalid class/default: spec.releases[site-1.0.0].architectureExceptions",
			},
		},
	}
	for name, tc := range cases {
		t.Run(name, tc.run)
	}
}

func TestNoMeshTakesPods(t *testing.T) {
	for _, d := range all[*appsv1.Deployment](everything(t, newStack(t, withUI))) {
		meta := d.Spec.Template.ObjectMeta
		got := []string{
			meta.Labels["sidecar.istio.io/inject"], meta.Labels["istio.io/dataplane-mode"], meta.Labels["kuma.io/sidecar-injection"],
			meta.Annotations["linkerd.io/inject"], meta.Annotations["consul.hashicorp.com/connect-inject"],
		}
		if diff := cmp.Diff([]string{"false", "none", "disabled", "disabled", "false"}, got); diff != "" {
			t.Errorf("%s: a sidecar would be cut off by the policies: -want, +got\n%s", d.Name, diff)
		}
		for key := range noMeshLabels {
			if _, ok := d.Spec.Selector.MatchLabels[key]; ok {
				t.Errorf("%s: %s in a selector, which cannot change, would bind every later version", d.Name, key)
			}
		}
	}
}

// A Deployment that gives up while the API server migrates would report a fault that is none.
func TestProgressDeadline(t *testing.T) {
	for spec, want := range map[string]int32{`{}`: 900, `apiServer: {startupTimeout: 1h}`: 3900} {
		s := newStack(t, claims(t, spec))
		d := apiServerDeployment(s, nil)
		start := d.Spec.Template.Spec.Containers[0].StartupProbe
		if got := d.Spec.ProgressDeadlineSeconds; got == nil || *got != want || *got <= start.PeriodSeconds*start.FailureThreshold {
			t.Errorf("%s: the deadline is %v, want %d, longer than the start", spec, got, want)
		}
		if got := metadataDeployment(s, nil).Spec.ProgressDeadlineSeconds; got != nil {
			t.Errorf("%s: ML Metadata starts within Kubernetes' own deadline: %d", spec, *got)
		}
	}
}
