package stack

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
)

// Whatever a pod reads from a ConfigMap is in its template's hash, or a change of it would reach no
// pod until something else ends them.
func TestConfigurationRollsPods(t *testing.T) {
	rs := everything(t, newStack(t, withUI, verified(testCA)))
	configMaps := map[string]*corev1.ConfigMap{}
	for _, cm := range all[*corev1.ConfigMap](rs) {
		configMaps[cm.Name] = cm
	}
	hashed := 0
	for _, d := range all[*appsv1.Deployment](rs) {
		want, got := "", d.Spec.Template.Annotations[annotationHash]
		if read := configMapsOf(d); len(read) > 0 {
			contents := make([]string, len(read))
			for i, name := range read {
				contents[i] = contentOf(t, configMaps[name])
			}
			sum := sha256.Sum256([]byte(strings.Join(contents, "\x00")))
			want = hex.EncodeToString(sum[:12])
			hashed++
		}
		if got != want {
			t.Errorf("%s reads %v, and its hash is %q instead of %q: hand them to deployment as config", d.Name, configMapsOf(d), got, want)
		}
	}
	if hashed < 5 {
		t.Errorf("only %d Deployments read a ConfigMap", hashed)
	}
}

// configMapsOf a Deployment's pods, the last name first.
func configMapsOf(d *appsv1.Deployment) []string {
	var names []string
	for _, v := range d.Spec.Template.Spec.Volumes {
		if v.ConfigMap != nil {
			names = append(names, v.ConfigMap.Name)
		}
		if v.Projected != nil {
			for _, s := range v.Projected.Sources {
				if s.ConfigMap != nil {
					names = append(names, s.ConfigMap.Name)
				}
			}
		}
	}
	for _, c := range slices.Concat(d.Spec.Template.Spec.InitContainers, d.Spec.Template.Spec.Containers) {
		for _, e := range c.Env {
			if e.ValueFrom != nil && e.ValueFrom.ConfigMapKeyRef != nil {
				names = append(names, e.ValueFrom.ConfigMapKeyRef.Name)
			}
		}
		for _, e := range c.EnvFrom {
			if e.ConfigMapRef != nil {
				names = append(names, e.ConfigMapRef.Name)
			}
		}
		for _, a := range c.Args {
			if name, ok := strings.CutPrefix(a, "--configmap="); ok { // Argo's controller asks Kubernetes for it
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	names = slices.Compact(names)
	slices.Reverse(names)
	return names
}

func contentOf(t *testing.T, cm *corev1.ConfigMap) string {
	t.Helper()
	if cm == nil {
		t.Fatal("a pod reads a ConfigMap that the stack does not make")
	}
	if len(cm.Data) == 1 {
		for _, v := range cm.Data {
			return v
		}
	}
	raw, err := json.Marshal(cm.Data)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func TestConfigHash(t *testing.T) {
	of := func(name string, data map[string]string) config {
		cm := &corev1.ConfigMap{Data: data}
		cm.Name = name
		return config{"volume-" + name, cm}
	}
	a, b := of("a", map[string]string{"k": "1"}), of("b", map[string]string{"k": "2", "l": "3"})
	cases := map[string]struct {
		reason   string
		one, two []config
		same     bool
	}{
		"Order":   {reason: "code may be sorted without rolling pods", one: []config{a, b}, two: []config{b, a}, same: true},
		"Value":   {reason: "another value", one: []config{a}, two: []config{of("a", map[string]string{"k": "2"})}},
		"Several": {reason: "another value of several", one: []config{b}, two: []config{of("b", map[string]string{"k": "2", "l": "4"})}},
		"Between": {
			reason: "a value that moves from one to the next",
			one:    []config{of("a", map[string]string{"k": "12"}), of("b", map[string]string{"k": "3"})},
			two:    []config{of("a", map[string]string{"k": "1"}), of("b", map[string]string{"k": "23"})},
		},
		"More": {reason: "one more", one: []config{a}, two: []config{a, b}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if same := configHash(tc.one) == configHash(tc.two); same != tc.same {
				t.Errorf("%s: equal hashes: %t", tc.reason, same)
			}
		})
	}
	empty := of("c", map[string]string{"k": ""})
	if got := configHash([]config{empty}); got != "" {
		t.Errorf("nothing is read, and the hash is %s", got)
	}
	var volumes []string
	for _, v := range configVolumes([]config{a, empty, {object: b.object}}) {
		volumes = append(volumes, v.Name+" "+v.ConfigMap.Name)
	}
	if diff := cmp.Diff([]string{"volume-a a"}, volumes); diff != "" {
		t.Errorf("volumes: -want, +got\n%s", diff)
	}
}

// Programs that do not stop when asked are killed soon; the others have the time that Kubernetes
// gives them.
func TestKilledAfter(t *testing.T) {
	got := map[string]int64{}
	for _, d := range all[*appsv1.Deployment](everything(t, newStack(t, withUI))) {
		if grace := d.Spec.Template.Spec.TerminationGracePeriodSeconds; grace != nil {
			got[d.Name] = *grace
		}
	}
	if diff := cmp.Diff(map[string]int64{nameAPIServer: 10, nameWorkflowController: 10}, got); diff != "" {
		t.Errorf("seconds of grace: -want, +got\n%s", diff)
	}
}
