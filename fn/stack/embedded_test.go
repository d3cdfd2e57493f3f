package stack

// Longer than others: both embedded servers, whose tests share what they observe.

import (
	"encoding/base64"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/pipelinestack/function-pipelinestack/fn/kube"
)

// ofSecret is what the cluster shows of a Secret of the stack's.
func ofSecret(t *testing.T, owner string, data map[string]string) kube.Observed {
	t.Helper()
	var text []string
	for k, v := range data {
		text = append(text, k+`: "`+base64.StdEncoding.EncodeToString([]byte(v))+`"`)
	}
	return found(t, `{apiVersion: v1, kind: Secret, metadata: {ownerReferences: [{controller: true, uid: `+owner+`}]}, data: {`+
		strings.Join(text, ", ")+`}}`)
}

// A password that nobody provides is made once. Whatever may have become of it, pods and server get
// the same, and nothing that breaks out of the SQL that it is written into.
func TestMadeSecretsAreKept(t *testing.T) {
	const kept, made = "keptkeptkeptkept1", "RRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRR"
	cases := map[string]struct {
		reason             string
		observed, answered kube.Observed
		want               string
	}{
		"New":     {"nothing is there", kube.Observed{}, kube.Observed{}, made},
		"Kept":    {"the stack's own", ofSecret(t, "u", map[string]string{keyPassword: kept}), kube.Observed{}, kept},
		"Unseen":  {"Crossplane lost sight of it", kube.Observed{}, ofSecret(t, "u", map[string]string{keyPassword: kept}), kept},
		"Foreign": {"somebody else's is not taken", kube.Observed{}, ofSecret(t, "other", map[string]string{keyPassword: kept}), made},
		"Emptied": {"somebody emptied it", ofSecret(t, "u", map[string]string{keyPassword: ""}), kube.Observed{}, made},
		"Injection": {
			"somebody edited it",
			ofSecret(t, "u", map[string]string{keyPassword: "x'; DROP DATABASE mysql; --"}),
			kube.Observed{},
			made,
		},
		"Short": {"what can be guessed is none", ofSecret(t, "u", map[string]string{keyPassword: "short"}), kube.Observed{}, made},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			s := newStack(t, embedded(t), func(g *given) {
				g.world.UID, g.world.Observed = "u", Observed{}
				if tc.observed.Exists() {
					g.world.Observed[resDatabaseSecret] = tc.observed
				}
				if tc.answered.Exists() {
					g.world.Required = map[string][]kube.Observed{askObject(resDatabaseSecret): {tc.answered}}
				}
			})
			got := databaseSecret(s).Data
			if string(got[keyPassword]) != tc.want || strings.Count(string(got[keyInitSQL]), "IDENTIFIED BY '"+tc.want+"'") != 2 {
				t.Errorf("%s: password %s, SQL:\n%s", tc.reason, got[keyPassword], got[keyInitSQL])
			}
		})
	}
	if data := databaseSecret(newStack(t, embedded(t), func(g *given) { g.world.Random = nil })).Data; data != nil {
		t.Errorf("without a source of randomness there is no password: %v", data)
	}
}

// ofServerWith is what the cluster shows of a server.
func ofServerWith(t *testing.T, line, storage, class string) kube.Observed {
	t.Helper()
	return found(t, `{kind: StatefulSet, metadata: {annotations: {`+annotationLine+`: "`+line+`"}}, spec: {
  persistentVolumeClaimRetentionPolicy: {whenDeleted: Delete},
  template: {spec: {securityContext: {runAsUser: 7}, containers: [{image: "mariadb:of-before"}]}},
  volumeClaimTemplates: [{spec: {storageClassName: "`+class+`", resources: {requests: {storage: `+storage+`}}}}]}}`)
}

// Size and class of a volume are read once: a default that changes is for new stacks, and a claim that
// changes hears how a volume grows.
func TestVolumesAreReadOnce(t *testing.T) {
	cases := map[string]struct {
		reason         string
		claim, class   string
		observed       string // size
		storage, named string
		refused        []string
		told           string
	}{
		"New": {reason: "the built-in size, the cluster's class", claim: `{}`, storage: "10Gi"},
		"Asked": {
			reason:  "as the claim says",
			claim:   `{database: {type: Embedded, embedded: {storage: 7Gi, storageClassName: fast}}}`,
			storage: "7Gi",
			named:   "fast",
		},
		"Class": {
			reason:  "as the class says",
			claim:   `{}`,
			class:   `{defaults: {database: {type: Embedded, embedded: {storage: 8Gi}}}}`,
			storage: "8Gi",
		},
		"Kept": {
			reason:   "another default is for new stacks",
			claim:    `{}`,
			class:    `{defaults: {database: {type: Embedded, embedded: {storage: 8Gi, storageClassName: slow}}}}`,
			observed: "10Gi",
			storage:  "10Gi",
			named:    "old",
		},
		"Same": {
			reason:   "the same in other words",
			claim:    `{database: {type: Embedded, embedded: {storage: 10240Mi}}}`,
			observed: "10Gi",
			storage:  "10Gi",
			named:    "old",
		},
		"Grown": {
			reason:   "a StatefulSet cannot",
			claim:    `{database: {type: Embedded, embedded: {storage: 20Gi}}}`,
			observed: "10Gi",
			storage:  "10Gi",
			named:    "old",
			told:     `kubectl -n team-a patch pvc demo-ml-pipeline-database-0 --type merge -p '{"spec":{"resources":{"requests":{"storage":"20Gi"}}}}'`,
		},
		"Shrunk": {
			reason:   "nobody can",
			claim:    `{database: {type: Embedded, embedded: {storage: 5Gi}}}`,
			observed: "10Gi",
			storage:  "10Gi",
			named:    "old",
			told:     "does not shrink",
		},
		"Moved": {
			reason:   "nor this",
			claim:    `{database: {type: Embedded, embedded: {storageClassName: other}}}`,
			observed: "10Gi",
			storage:  "10Gi",
			named:    "old",
			told:     "demo-ml-pipeline-database-0",
		},
		"Negative": {
			reason:  "no size",
			claim:   `{database: {type: Embedded, embedded: {storage: -1}}}`,
			refused: []string{"FieldValueInvalid spec.database.embedded.storage"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			mods := []mod{embedded(t), claims(t, tc.claim)}
			if tc.class != "" {
				mods = append(mods, classes(t, tc.class))
			}
			if tc.observed != "" {
				mods = append(mods, observing(Observed{resDatabaseServer: ofServerWith(t, mariadbLine, tc.observed, "old")}))
			}
			s, errs := tryStack(mods...)
			if diff := cmp.Diff(tc.refused, refusals(errs)); diff != "" {
				t.Fatalf("%s: -want, +got\n%s%v", tc.reason, diff, errs)
			}
			if len(errs) > 0 {
				return
			}
			if c := says(s, ConditionDatabase); !strings.Contains(c.Message, tc.told) || (c.Status == False) != (tc.told != "") {
				t.Errorf("%s: %+v, want %q", tc.reason, c, tc.told)
			}
			spec := databaseServer(s, s.world.Observed).Spec.VolumeClaimTemplates[0].Spec
			class := ""
			if spec.StorageClassName != nil {
				class = *spec.StorageClassName
			}
			if got := spec.Resources.Requests.Storage().String(); got != tc.storage || class != tc.named {
				t.Errorf("%s: %s of class %q, want %s of %q", tc.reason, got, class, tc.storage, tc.named)
			}
		})
	}
}

// What a StatefulSet cannot change never changes, whatever the claim and the class say.
func TestServersKeepWhatIsImmutable(t *testing.T) {
	immutable := func(set *appsv1.StatefulSet) appsv1.StatefulSetSpec {
		spec := *set.Spec.DeepCopy()
		spec.Replicas, spec.Template, spec.PersistentVolumeClaimRetentionPolicy = nil, corev1.PodTemplateSpec{}, nil
		return spec
	}
	plain := newStack(t, embedded(t))
	changed := newStack(t, embedded(t), withUI, hibernating, unfenced, claims(t, `{release: 2.17.2, size: Large,
  database: {deletionPolicy: Delete}, objectStore: {deletionPolicy: Delete, prefix: a}, scheduling: {nodeSelector: {a: b}}}`),
		classes(t, `{clusterDomain: other.local, podSecurity: {userIDs: Assigned}, images: {registry: mirror.example.org}}`))
	for _, build := range []func(*Stack, Observed) *appsv1.StatefulSet{databaseServer, objectStoreServer} {
		if diff := cmp.Diff(immutable(build(plain, nil)), immutable(build(changed, nil))); diff != "" {
			t.Errorf("-before, +after\n%s", diff)
		}
		if got := build(
			changed,
			nil,
		).Spec.PersistentVolumeClaimRetentionPolicy.WhenDeleted; got != appsv1.DeletePersistentVolumeClaimRetentionPolicyType {
			t.Errorf("the volume of a stack that says Delete is %s", got)
		}
		if p := build(changed, nil).Spec.Template.Spec; p.SecurityContext.RunAsUser != nil || p.SecurityContext.FSGroup != nil {
			t.Error("where admission assigns users, the pod names some")
		}
		p := build(plain, nil).Spec.Template
		if p.Annotations[safeToEvict] != "" || *p.Spec.TerminationGracePeriodSeconds < 60 {
			t.Error("an autoscaler may move the data's pod, or it is killed while it writes")
		}
		if p.Spec.SecurityContext.FSGroup == nil {
			t.Error("the server may not write to its volume")
		}
	}
}

// The line of MariaDB never goes down: an older function leaves a newer server alone.
func TestDatabaseLine(t *testing.T) {
	for running, want := range map[string]struct{ line, image string }{
		"":          {mariadbLine, serverImages[DatabaseServer]},
		"10.11":     {mariadbLine, serverImages[DatabaseServer]},
		mariadbLine: {mariadbLine, serverImages[DatabaseServer]},
		"12.3":      {"12.3", "mariadb:of-before"},
		"garbage":   {mariadbLine, serverImages[DatabaseServer]},
	} {
		o := Observed{resDatabaseServer: ofServerWith(t, running, "10Gi", "")}
		set := databaseServer(newStack(t, embedded(t), observing(o)), o)
		pod := set.Spec.Template.Spec
		got := []string{set.Annotations[annotationLine], pod.Containers[0].Image, pod.InitContainers[0].Image, pod.InitContainers[0].Env[0].Value}
		if diff := cmp.Diff([]string{want.line, want.image, want.image, want.line}, got); diff != "" {
			t.Errorf("running %q: -want, +got\n%s", running, diff)
		}
	}
}

// Exactly those pods roll that read what changed: the server for its SQL, its clients for the login.
func TestEmbeddedLoginRolls(t *testing.T) {
	login := map[string]string{keyUsername: "u", keyPassword: "p", keyEndpoint: "e", keyPort: "1", keyInitSQL: "s"}
	hashes := func(key, value string) []string {
		data := maps.Clone(login)
		data[key] = value
		o := Observed{resDatabaseSecret: ofSecret(t, "u", data)}
		s := newStack(t, embedded(t), observing(o))
		return []string{
			databaseServer(s, o).Spec.Template.Annotations[annotationDatabaseHash],
			apiServerDeployment(s, o).Spec.Template.Annotations[annotationDatabaseHash],
			metadataDeployment(s, o).Spec.Template.Annotations[annotationDatabaseHash],
		}
	}
	before := hashes(keyPassword, "p")
	if slices.Contains(before, "") {
		t.Fatalf("no hash: %v", before)
	}
	for key, rolls := range map[string][]bool{keyPassword: {true, true, true}, keyInitSQL: {true, false, false}, "other": {false, false, false}} {
		for i, after := range hashes(key, "other") {
			if (after != before[i]) != rolls[i] {
				t.Errorf("%s: pod %d rolls: %t", key, i, after != before[i])
			}
		}
	}
}

// Who reaches a server is who reads its description, and nobody else.
func TestServersLetIn(t *testing.T) {
	const noPipeline = "no " + labelWorkflow
	s := newStack(t, embedded(t), withUI)
	for name, tc := range map[string]struct {
		got  []string
		want []string
	}{
		"Database": {selected(t, databasePolicy(s).Spec.Ingress[0].From), []string{noPipeline, nameAPIServer, nameMetadata}},
		"Store":    {selected(t, objectStorePolicy(s).Spec.Ingress[0].From), []string{noPipeline, nameAPIServer, nameUI, labelWorkflow}},
		"Release":  {selected(t, databasePolicy(newStack(t, embedded(t), withoutMLMD)).Spec.Ingress[0].From), []string{nameAPIServer, noPipeline}},
	} {
		if diff := cmp.Diff(tc.want, tc.got); diff != "" {
			t.Errorf("%s: -want, +got\n%s", name, diff)
		}
	}
	if rules := databasePolicy(s).Spec.Egress; rules != nil {
		t.Errorf("a server calls nobody: %v", rules)
	}
}

// A volume that waits is told as such.
func TestPendingVolume(t *testing.T) {
	server := kube.Verdict{Reason: kube.ReasonUnavailable, Message: "0 of 1 replicas are ready"}
	for name, tc := range map[string]struct {
		claim string
		v     kube.Verdict
		want  string
	}{
		"Bound":   {`{status: {phase: Bound}}`, server, "0 of 1"},
		"Unknown": {`{}`, server, "0 of 1"},
		"NoClass": {`{metadata: {name: v}, status: {phase: Pending}}`, server, "no default StorageClass"},
		"Class":   {`{metadata: {name: v}, spec: {storageClassName: fast}, status: {phase: Pending}}`, server, "StorageClass fast"},
		"Ready":   {`{status: {phase: Pending}}`, kube.Verdict{Ready: true}, ""},
	} {
		if got := pendingVolume(tc.v, found(t, tc.claim)); !strings.Contains(got.Message, tc.want) || got.Ready != tc.v.Ready {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// What data on volumes means is said once.
func TestWarnings(t *testing.T) {
	if got := newStack(t).warnings(); got != nil {
		t.Errorf("shared data does not go with the namespace: %v", got)
	}
	s := newStack(t, embedded(t))
	if got := s.warnings(); len(got) != 1 || !strings.Contains(got[0], "volumes of this namespace") {
		t.Errorf("not said: %v", got)
	}
	s.world.Composite = found(t, `{status: {database: {identity: x}, objectStore: {identity: x}}}`)
	if got := s.warnings(); got != nil {
		t.Errorf("said again: %v", got)
	}
}

// An install file of before does not let Crossplane read what embedded stores and external ones need:
// the function says so rather than ask, which would hang the stack.
func TestTypesNeedTheInstallFile(t *testing.T) {
	installed := func(reads string) mod {
		return func(g *given) {
			g.world.Required = map[string][]kube.Observed{
				askCanary: {found(t, `{}`)}, askInstall: {found(t, `{data: {reads: "`+reads+`"}}`)},
			}
		}
	}
	both := []string{"FieldValueForbidden spec.database.type", "FieldValueForbidden spec.objectStore.type"}
	for name, tc := range map[string]struct {
		mods []mod
		want []string
	}{
		"Old":         {[]mod{embedded(t), installed("Namespace")}, both},
		"Half":        {[]mod{embedded(t), installed("StatefulSet.apps")}, both},
		"New":         {[]mod{embedded(t), installed("StatefulSet.apps PersistentVolumeClaim")}, nil},
		"Shared":      {[]mod{installed("Namespace")}, nil},
		"OldExternal": {[]mod{external(t, nil), installed("Namespace")}, both},
		"NewExternal": {[]mod{external(t, nil), installed("Secret")}, nil},
	} {
		_, errs := tryStack(tc.mods...)
		if diff := cmp.Diff(tc.want, refusals(errs)); diff != "" {
			t.Errorf("%s: -want, +got\n%s", name, diff)
		}
	}
}

// selected are the apps, or else the labels, of peers.
func selected(t *testing.T, peers []networkingv1.NetworkPolicyPeer) []string {
	t.Helper()
	var got []string
	for _, p := range peers {
		if app := p.PodSelector.MatchLabels[labelApp]; app != "" {
			got = append(got, app)
		}
		for _, e := range p.PodSelector.MatchExpressions {
			switch {
			case e.Operator == metav1.LabelSelectorOpDoesNotExist:
				got = append(got, "no "+e.Key)
			case e.Key != labelApp:
				got = append(got, e.Key)
			}
			got = append(got, e.Values...)
		}
	}
	return got
}
