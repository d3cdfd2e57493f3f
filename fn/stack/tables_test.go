package stack

import (
	"maps"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"

	"github.com/pipelinestack/function-pipelinestack/fn/kube"
)

// seen is a Deployment as the cluster shows it after it was applied.
func seen(t *testing.T, d *appsv1.Deployment, status string) kube.Observed {
	t.Helper()
	object, err := kube.Struct(d)
	if err != nil {
		t.Fatal(err)
	}
	o := kube.Observed{Object: object}
	if status != "" {
		object.Fields["status"] = content(t, "status: "+status).GetFields()["status"]
	}
	return o
}

const (
	oneAvailable = `{replicas: 1, updatedReplicas: 1, availableReplicas: 1, conditions: [{type: Available, status: "True"}]}`
	twoAvailable = `{replicas: 2, updatedReplicas: 2, availableReplicas: 2, conditions: [{type: Available, status: "True"}]}`
	oneDown      = `{replicas: 1, updatedReplicas: 1, conditions: [{type: Available, status: "False"}]}`
	twoDown      = `{replicas: 2, updatedReplicas: 2, conditions: [{type: Available, status: "False"}]}`
)

// makers of tables, all that a stack has.
var makers = map[string]struct {
	resource string
	make     func(*Stack, Observed) *appsv1.Deployment
}{
	"APIServer": {resAPIServerDeployment, apiServerDeployment},
	"MLMD":      {resMetadataDeployment, metadataDeployment},
}

// Two programs that make tables in one empty database at once leave it half made, for good.
func TestOnePodMakesTables(t *testing.T) {
	type look struct {
		Replicas int32
		Strategy appsv1.DeploymentStrategyType
	}
	const rolling, replaced = appsv1.RollingUpdateDeploymentStrategyType, appsv1.RecreateDeploymentStrategyType
	large, other := claims(t, `size: Large`), claims(t, `{size: Large, apiServer: {image: "other:2"}, mlmd: {image: "other:2"}}`)
	byField := claims(t, `{apiServer: {replicas: 3}, mlmd: {replicas: 3}}`)
	asleep := claims(t, `{size: Large, hibernate: true}`)
	edited := claims(t, `{size: Large, apiServer: {env: [{name: A, value: b}]}, mlmd: {env: [{name: A, value: b}]}}`)
	type step struct {
		claim  mod
		status string // of the Deployment as it was made by the step before
		want   look
	}
	cases := map[string]struct {
		reason string
		steps  []step
	}{
		"New": {"one alone, and the size's when the tables are there", []step{
			{large, "", look{1, replaced}},
			{large, oneDown, look{1, replaced}},
			{large, oneAvailable, look{2, rolling}},
			{large, twoAvailable, look{2, rolling}},
		}},
		"ByField": {"replicas that a claim asks for itself", []step{
			{byField, "", look{1, replaced}},
			{byField, oneAvailable, look{3, rolling}},
		}},
		"Outage": {"an outage takes nothing back", []step{
			{large, "", look{1, replaced}},
			{large, oneAvailable, look{2, rolling}},
			{large, twoDown, look{2, rolling}},
			{edited, twoDown, look{2, rolling}},
		}},
		"EditWhileMaking": {"an edit starts no second one", []step{
			{large, "", look{1, replaced}},
			{edited, oneDown, look{1, replaced}},
			{edited, oneDown, look{1, replaced}},
			{edited, oneAvailable, look{2, rolling}},
		}},
		"Migration": {"a program that may migrate tables runs once beside the older one", []step{
			{large, "", look{1, replaced}},
			{large, oneAvailable, look{2, rolling}},
			{other, twoAvailable, look{1, rolling}},
			{other, oneDown, look{1, rolling}},
			{other, oneAvailable, look{2, rolling}},
			{other, twoDown, look{2, rolling}},
		}},
		"OutageWhileMigrating": {"what was available before is no word about the new program", []step{
			{large, "", look{1, replaced}},
			{large, oneAvailable, look{2, rolling}},
			{other, twoDown, look{1, rolling}},
			{other, twoDown, look{1, rolling}},
		}},
		"Hibernated": {"sleep is neither a sign that tables are there nor that they are gone", []step{
			{asleep, "", look{0, replaced}},
			{asleep, `{replicas: 0}`, look{0, replaced}},
			{large, `{replicas: 0}`, look{1, replaced}},
			{large, oneAvailable, look{2, rolling}},
			{asleep, twoAvailable, look{0, rolling}},
			{large, `{replicas: 0}`, look{2, rolling}},
		}},
	}
	for name, tc := range cases {
		for maker, m := range makers {
			t.Run(name+"/"+maker, func(t *testing.T) {
				var observed Observed
				for i, step := range tc.steps {
					if step.status != "" {
						observed[m.resource].Object.Fields["status"] = content(t, "status: "+step.status).GetFields()["status"]
					}
					d := m.make(newStack(t, imagesAllowed, step.claim), observed)
					if diff := cmp.Diff(step.want, look{*d.Spec.Replicas, d.Spec.Strategy.Type}); diff != "" {
						t.Fatalf("%s: step %d: -want, +got\n%s", tc.reason, i, diff)
					}
					observed = Observed{m.resource: seen(t, d, "")}
				}
			})
		}
	}
}

// The same claim in another database is a stack with other tables.
func TestTablesAreOfADatabase(t *testing.T) {
	large := claims(t, `size: Large`)
	for maker, m := range makers {
		d := m.make(newStack(t, large), nil)
		was := Observed{m.resource: seen(t, m.make(newStack(t, large), Observed{m.resource: seen(t, d, oneAvailable)}), twoAvailable)}
		if n := *m.make(newStack(t, large), was).Spec.Replicas; n != 2 {
			t.Errorf("%s: %d replicas where the tables are there", maker, n)
		}
		moved := newStack(t, large, classes(t, `database: {shared: {host: other.example.org}}`))
		if n := *m.make(moved, was).Spec.Replicas; n != 1 {
			t.Errorf("%s: %d replicas where nobody knows of tables", maker, n)
		}
	}
}

// A mirror of the same image migrates nothing.
func TestMirrorsMigrateNothing(t *testing.T) {
	large := claims(t, `size: Large`)
	for maker, m := range makers {
		d := m.make(newStack(t, large), nil)
		was := Observed{m.resource: seen(t, m.make(newStack(t, large), Observed{m.resource: seen(t, d, oneAvailable)}), twoDown)}
		mirrored := newStack(t, large, classes(t, `images: {registry: mirror.example.org}`))
		if n := *m.make(mirrored, was).Spec.Replicas; n != 2 {
			t.Errorf("%s: %d replicas", maker, n)
		}
	}
}

// A stack of an earlier version of the function has Deployments that say nothing of tables.
func TestEarlierStacksHaveTables(t *testing.T) {
	cases := map[string]struct {
		reason   string
		image    string
		replicas int32
		status   string
		want     int32
	}{
		"Ready":      {"it is available", "", 1, oneAvailable, 2},
		"Outage":     {"it ran twice already", "", 2, twoDown, 2},
		"Making":     {"it may be making them now", "", 1, oneDown, 1},
		"OtherImage": {"of another program's tables nobody knows", "other:1", 2, twoAvailable, 1},
	}
	for name, tc := range cases {
		for maker, m := range makers {
			t.Run(name+"/"+maker, func(t *testing.T) {
				s := newStack(t, claims(t, `size: Large`))
				d := m.make(s, nil)
				maps.DeleteFunc(d.Annotations, func(key, _ string) bool { return key == annotationTables || key == annotationTablesMade })
				*d.Spec.Replicas, d.Spec.Strategy.Type = tc.replicas, appsv1.RollingUpdateDeploymentStrategyType
				if tc.image != "" {
					d.Spec.Template.Spec.Containers[0].Image = tc.image
				}
				got := m.make(s, Observed{m.resource: seen(t, d, tc.status)})
				if *got.Spec.Replicas != tc.want || got.Spec.Strategy.Type != appsv1.RollingUpdateDeploymentStrategyType {
					t.Errorf("%s: %d replicas, %s, want %d that roll", tc.reason, *got.Spec.Replicas, got.Spec.Strategy.Type, tc.want)
				}
			})
		}
	}
}

// A stack that shows as ready with one replica would stop to be while the others start.
func TestScaledUpIsReady(t *testing.T) {
	large := claims(t, `size: Large`)
	made := seen(t, apiServerDeployment(newStack(t, large), nil), oneAvailable)
	for replicas, want := range map[int32]string{1: kube.ReasonProgressing, 2: kube.ReasonAvailable} {
		s := newStack(t, large)
		d := apiServerDeployment(s, Observed{resAPIServerDeployment: made})
		*d.Spec.Replicas = replicas
		status := map[int32]string{1: oneAvailable, 2: twoAvailable}[replicas]
		plan, errs := newStack(t, large, observing(Observed{resAPIServerDeployment: seen(t, d, status)})).Plan()
		if len(errs) > 0 {
			t.Fatal(errs.ToAggregate())
		}
		for _, r := range plan.Resources {
			if r.Name == resAPIServerDeployment && r.Verdict.Reason != want {
				t.Errorf("with %d of 2 replicas it is %v, want %s", replicas, r.Verdict, want)
			}
		}
	}
}
