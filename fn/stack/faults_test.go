package stack

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pipelinestack/function-pipelinestack/fn/kube"
)

func TestWhyPodsFail(t *testing.T) {
	const (
		none     = `replicas: 1, updatedReplicas: 1, conditions: [{type: Available, status: "False"}]`
		rolling  = `replicas: 2, updatedReplicas: 1, conditions: [{type: Available, status: "True"}]`
		stuck    = `replicas: 2, updatedReplicas: 1, conditions: [{type: Progressing, status: "False", reason: ProgressDeadlineExceeded, message: timed out}]`
		denied   = `replicas: 0, conditions: [{type: ReplicaFailure, status: "True", reason: FailedCreate, message: "exceeded quota: q"}]`
		database = "; it works only while its database answers, mysql.example.org:3306"
		look     = "; see kubectl -n team-a describe pods -l app=ml-pipeline, and kubectl -n team-a logs -l app=ml-pipeline --all-containers"
		crash    = `{name: api-server, ready: false, state: {waiting: {reason: CrashLoopBackOff}}, lastState: {terminated: {exitCode: 1, reason: Error}}}`
		pull     = `{name: api-server, ready: false, state: {waiting: {reason: ImagePullBackOff}}}`
		unready  = `{name: api-server, ready: false, started: true, state: {running: {}}}`
	)
	pod := func(name, app, status string) kube.Observed {
		return found(t, `{kind: Pod, metadata: {name: `+name+`, labels: {app: `+app+`}}, status: {containerStatuses: [`+status+`]}}`)
	}
	deployment := func(app, status string) kube.Observed {
		return found(
			t,
			`{apiVersion: apps/v1, kind: Deployment, metadata: {name: `+app+`, namespace: team-a, labels: {`+LabelCondition+`: `+ConditionAPIServer+`}}, spec: {replicas: 1}, status: {`+status+`}}`,
		)
	}
	cases := map[string]struct {
		reason   string
		resource string
		status   string
		reads    string
		pods     []kube.Observed
		want     string
		asks     bool
	}{
		"NoRights": {
			reason: "where Crossplane may not read pods nobody asks for them, and people are told how to look",
			status: none, pods: []kube.Observed{pod("p", "ml-pipeline", crash)},
			want: "0 of 1 replicas are available" + database + look,
		},
		"OtherRights": {
			reason: "nor where it may read something else",
			status: none,
			reads:  "Namespace PodTemplate",
			want:   "0 of 1 replicas are available" + database + look,
		},
		"Unanswered": {
			reason: "the answer comes with the next call",
			status: none,
			reads:  "Namespace Pod",
			want:   "0 of 1 replicas are available" + database + look,
			asks:   true,
		},
		"Crash": {
			reason: "the pod says why, and its last logs say more",
			status: none,
			reads:  "Pod",
			pods:   []kube.Observed{pod("p", "ml-pipeline", crash)},
			want: "0 of 1 replicas are available; container api-server of pod p is in CrashLoopBackOff, last exit 1 (Error)" + database +
				"; see kubectl -n team-a logs --previous p -c api-server",
			asks: true,
		},
		"Outage": {
			reason: "nothing has ended, and the database may be gone",
			status: none,
			reads:  "Pod",
			pods:   []kube.Observed{pod("p", "ml-pipeline", unready)},
			want: "0 of 1 replicas are available; container api-server of pod p runs, and its readiness probe fails" + database +
				"; see kubectl -n team-a logs p -c api-server",
			asks: true,
		},
		"Pull": {
			reason: "an image has nothing to do with the database, and nothing was logged",
			status: stuck, reads: "Pod", pods: []kube.Observed{pod("p", "ml-pipeline", pull)},
			want: "timed out; container api-server of pod p is in ImagePullBackOff",
			asks: true,
		},
		"Others": {
			reason: "pods of other Deployments say nothing about this one",
			status: none, reads: "Pod", pods: []kube.Observed{pod("p", "ml-pipeline-ui", crash)},
			want: "0 of 1 replicas are available" + database + look, asks: true,
		},
		"Rolling": {
			reason: "a roll-out that is under way says what holds it up",
			status: rolling,
			reads:  "Pod",
			pods:   []kube.Observed{pod("p", "ml-pipeline", crash)},
			want:   "1 of 2 replicas are from before the last change; container api-server of pod p is in CrashLoopBackOff, last exit 1 (Error)",
			asks:   true,
		},
		"RollingWell": {
			reason: "and nothing where nothing does", status: rolling,
			want: "1 of 2 replicas are from before the last change",
		},
		"Denied": {reason: "no pod is there to ask", status: denied, want: "exceeded quota: q"},
		"NoDatabase": {
			reason: "the agents reach no database", resource: resPersistenceAgentDeployment, status: none,
			want: "0 of 1 replicas are available; see kubectl -n team-a describe pods -l app=ml-pipeline-persistenceagent, " +
				"and kubectl -n team-a logs -l app=ml-pipeline-persistenceagent --all-containers",
		},
		"Ready": {
			reason: "nobody asks for the pods of what works", reads: "Pod",
			status: `replicas: 1, updatedReplicas: 1, availableReplicas: 1, conditions: [{type: Available, status: "True"}]`,
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			app := namePersistenceAgent
			if tc.resource == "" {
				tc.resource, app = resAPIServerDeployment, nameAPIServer
			}
			s := newStack(t, observing(Observed{tc.resource: deployment(app, tc.status)}), func(g *given) {
				g.world.Required = map[string][]kube.Observed{askInstall: {found(t, `{kind: ConfigMap, data: {reads: `+tc.reads+`}}`)}}
				if tc.pods != nil {
					g.world.Required[askPods] = tc.pods
				}
			})
			plan, errs := s.Plan()
			if len(errs) > 0 {
				t.Fatal(errs.ToAggregate())
			}
			for _, r := range plan.Resources {
				if diff := cmp.Diff(tc.want, r.Verdict.Message); r.Name == tc.resource && diff != "" {
					t.Errorf("%s: -want, +got\n%s", tc.reason, diff)
				}
			}
			var asked []Requirement
			for _, r := range plan.Requires {
				if r.Kind == "Pod" {
					asked = append(asked, r)
				}
			}
			var want []Requirement
			if tc.asks { // those of this stack, and of no other namespace
				want = []Requirement{{Key: askPods, APIVersion: "v1", Kind: "Pod", Namespace: "team-a", Labels: map[string]string{LabelStack: "demo"}}}
			}
			if diff := cmp.Diff(want, asked); diff != "" {
				t.Errorf("%s: asked: -want, +got\n%s", tc.reason, diff)
			}
		})
	}
}

// TestWhyServersFail wants the same of the StatefulSets of embedded stores, which need no database.
func TestWhyServersFail(t *testing.T) {
	const (
		status = `replicas: 1, updatedReplicas: 1, readyReplicas: 0`
		pull   = `{name: mariadb, ready: false, state: {waiting: {reason: ImagePullBackOff}}}`
		crash  = `{name: mariadb, ready: false, state: {waiting: {reason: CrashLoopBackOff}}, lastState: {terminated: {exitCode: 1, reason: Error}}}`
	)
	cases := map[string]struct {
		reason, reads, container, want string
	}{
		"NoRights": {
			"people are told how to look", "", crash,
			"0 of 1 replicas are ready; see kubectl -n team-a describe pods -l app=ml-pipeline-database, " +
				"and kubectl -n team-a logs -l app=ml-pipeline-database --all-containers",
		},
		"Crash": {
			"the pod says why", "Pod", crash,
			"0 of 1 replicas are ready; container mariadb of pod p is in CrashLoopBackOff, last exit 1 (Error)" +
				"; see kubectl -n team-a logs --previous p -c mariadb",
		},
		"Pull": {
			"nothing was logged", "Pod", pull,
			"0 of 1 replicas are ready; container mariadb of pod p is in ImagePullBackOff",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			s := newStack(t, embedded(t), observing(Observed{resDatabaseServer: found(t, `{apiVersion: apps/v1, kind: StatefulSet,
				metadata: {name: ml-pipeline-database, namespace: team-a}, spec: {replicas: 1}, status: {`+status+`}}`)}), func(g *given) {
				g.world.Required = map[string][]kube.Observed{
					askInstall: {found(t, `{kind: ConfigMap, data: {reads: "`+tc.reads+`"}}`)},
					askPods: {found(t, `{kind: Pod, metadata: {name: p, labels: {app: ml-pipeline-database}}, status: {containerStatuses: [`+
						tc.container+`]}}`)},
				}
			})
			plan, errs := s.Plan()
			if len(errs) > 0 {
				t.Fatal(errs.ToAggregate())
			}
			at := slices.IndexFunc(plan.Resources, func(r Planned) bool { return r.Name == resDatabaseServer })
			if at < 0 {
				t.Fatal("the stack has no server")
			}
			if diff := cmp.Diff(tc.want, plan.Resources[at].Verdict.Message); diff != "" {
				t.Errorf("%s: -want, +got\n%s", tc.reason, diff)
			}
		})
	}
}

// TestWhyPodsFailWhileTheSpecIsInvalid wants the same words where there is no stack to plan.
func TestWhyPodsFailWhileTheSpecIsInvalid(t *testing.T) {
	w := World{
		Composite: found(t, `{status: {database: {host: mysql.example.org, port: 3306}}}`),
		Observed: Observed{resAPIServerDeployment: found(t, `{apiVersion: apps/v1, kind: Deployment,
			metadata: {name: ml-pipeline, namespace: team-a, labels: {`+LabelCondition+`: `+ConditionAPIServer+`}},
			spec: {replicas: 1}, status: {replicas: 1, updatedReplicas: 1, conditions: [{type: Available, status: "False"}]}}`)},
	}
	want := Condition{
		ConditionAPIServer, False, kube.ReasonUnavailable, resAPIServerDeployment + ": 0 of 1 replicas are available; " +
			"it works only while its database answers, mysql.example.org:3306; see kubectl -n team-a describe pods -l app=ml-pipeline, " +
			"and kubectl -n team-a logs -l app=ml-pipeline --all-containers",
	}
	if diff := cmp.Diff(want, conditionIn(t, InvalidConditions("no", w), ConditionAPIServer)); diff != "" {
		t.Errorf("-want, +got\n%s", diff)
	}
}
