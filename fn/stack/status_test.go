package stack

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pipelinestack/function-pipelinestack/apis/v1alpha1"
	"github.com/pipelinestack/function-pipelinestack/fn/kube"
)

func TestSummary(t *testing.T) {
	good := kube.Verdict{Ready: true, Reason: kube.ReasonAvailable}
	bad := kube.Verdict{Reason: kube.ReasonUnavailable, Message: "0 of 1 replicas are available"}
	worse := kube.Verdict{Reason: kube.ReasonFailed, Message: "no"}
	cases := map[string]struct {
		reason string
		found  []finding
		want   Condition
	}{
		"Nothing": {"a component without objects has nothing that could fail", nil, Condition{"X", True, kube.ReasonAvailable, ""}},
		"Good":    {"all are ready", []finding{{"a", good}, {"b", good}}, Condition{"X", True, kube.ReasonAvailable, ""}},
		"One": {
			"the failing object's own words, after its name",
			[]finding{{"a", good}, {"b", bad}},
			Condition{"X", False, kube.ReasonUnavailable, "b: 0 of 1 replicas are available"},
		},
		"More": {
			"the first of the plan, since the others may wait for it",
			[]finding{{"a", bad}, {"b", good}, {"c", worse}, {"d", worse}},
			Condition{"X", False, kube.ReasonUnavailable, "a: 0 of 1 replicas are available"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, summary("X", tc.found)); diff != "" {
				t.Errorf("%s: -want, +got\n%s", tc.reason, diff)
			}
		})
	}
}

func bare(t *testing.T, kind string) kube.Observed {
	t.Helper()
	return kube.Observed{Object: content(t, `{kind: `+kind+`, metadata: {name: x}}`)}
}

func conditionIn(t *testing.T, conditions []Condition, typ string) Condition {
	t.Helper()
	for _, c := range conditions {
		if c.Type == typ {
			return c
		}
	}
	t.Fatalf("there is no condition %s", typ)
	return Condition{}
}

func TestConditionsOfAPlan(t *testing.T) {
	order := []string{
		ConditionDatabase, ConditionObjectStore, ConditionAPIServer, ConditionPersistenceAgent, ConditionScheduledWorkflow,
		ConditionWorkflowController, ConditionMLMD, ConditionUI, ConditionExposure, ConditionStack, ConditionPipelinesFenced,
	}
	notApplicable := func(typ, message string) Condition { return Condition{typ, True, ReasonNotApplicable, message} }
	cases := map[string]struct {
		reason string
		mods   []mod
		want   []Condition // that are no part of the stack
	}{
		"Default": {
			"the web interface is a wish",
			nil,
			[]Condition{notApplicable(ConditionUI, "spec.ui.enabled is not set"), notApplicable(ConditionExposure, "spec.exposure.type is None")},
		},
		"UI": {"which can be granted", []mod{withUI}, []Condition{notApplicable(ConditionExposure, "spec.exposure.type is None")}},
		"NoMetadata": {
			"a release may lack ML Metadata",
			[]mod{withoutMLMD, withUI},
			[]Condition{
				notApplicable(ConditionMLMD, "release 3.0.0 has no ML Metadata"),
				notApplicable(ConditionExposure, "spec.exposure.type is None"),
			},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			plan, errs := newStack(t, tc.mods...).Plan()
			if len(errs) > 0 {
				t.Fatal(errs.ToAggregate())
			}
			var types []string
			var off []Condition
			for _, c := range plan.Conditions {
				types = append(types, c.Type)
				if c.Reason == ReasonNotApplicable {
					off = append(off, c)
				}
			}
			if diff := cmp.Diff(order, types); diff != "" {
				t.Errorf("every condition once, in the order in which one needs the other: -want, +got\n%s", diff)
			}
			if diff := cmp.Diff(tc.want, off); diff != "" {
				t.Errorf("%s: -want, +got\n%s", tc.reason, diff)
			}
			if plan.Ready {
				t.Error("nothing is there, and the plan calls itself ready")
			}
		})
	}
}

func TestInvalidConditions(t *testing.T) {
	refused := Condition{ConditionSpecValid, False, ReasonInvalid, "what is wrong"}
	unknown := Condition{ConditionPersistenceAgent, Unknown, ReasonNotComposed, "nothing is composed while the spec is invalid"}
	works := Condition{ConditionPersistenceAgent, True, kube.ReasonAvailable, ""}
	failing := kube.Observed{
		Object: content(t, `{apiVersion: apps/v1, kind: Deployment, metadata: {labels: {`+LabelCondition+`: `+ConditionPersistenceAgent+`}}}`),
	}
	before := func(c Condition) map[string]Condition { return map[string]Condition{c.Type: c} }
	sleeps := Condition{ConditionPersistenceAgent, False, ReasonHibernated, "scaled to zero by spec.hibernate"}
	waits := Condition{ConditionPersistenceAgent, False, ReasonWaiting, "persistence-agent-deployment: waits for APIServerReady"}
	cases := map[string]struct {
		reason string
		world  World
		want   Condition
	}{
		"New":   {"nothing was ever composed", World{}, unknown},
		"Works": {"what runs goes on running", World{Observed: Observed{"d": deploymentScaledTo(t, "1")}}, works},
		"Fails": {
			"and is still seen to fail",
			World{Observed: Observed{"d": failing}},
			Condition{ConditionPersistenceAgent, False, kube.ReasonProgressing, "d: 0 of 1 replicas are updated"},
		},
		"FailMore": {
			"in one order, whatever the order of Go's maps",
			World{Observed: Observed{"d": failing, "b": failing, "a": failing, "e": failing, "c": failing}},
			Condition{ConditionPersistenceAgent, False, kube.ReasonProgressing, "a: 0 of 1 replicas are updated"},
		},
		"Foreign":   {"objects of other conditions do not count", World{Observed: Observed{"x": bare(t, "ConfigMap")}}, unknown},
		"NotWanted": {"a part without objects stays as it was", World{Conditions: before(works)}, works},
		"Asleep": {
			"a refusal does not wake a stack",
			World{Observed: Observed{"d": deploymentScaledTo(t, "0")}, Conditions: before(sleeps)},
			sleeps,
		},
		"HeldBack": {
			"what exists does not show that something else is held back",
			World{Observed: Observed{"d": deploymentScaledTo(t, "1")}, Conditions: before(waits), Held: true},
			waits,
		},
		"Recovered": {
			"but what was broken and works again is said to",
			World{
				Observed:   Observed{"d": deploymentScaledTo(t, "1")},
				Conditions: before(Condition{ConditionPersistenceAgent, False, kube.ReasonUnavailable, ""}),
			},
			works,
		},
		"NoVersion": {
			"an object without a version is none of ours",
			World{
				Observed: Observed{
					"d": {Object: content(t, `{apiVersion: a/b/c, metadata: {labels: {`+LabelCondition+`: `+ConditionPersistenceAgent+`}}}`)},
				},
			},
			unknown,
		},
		"ScaledDown": {
			"somebody scaled it to zero, which says nothing of the object's health",
			World{Observed: Observed{"d": deploymentScaledTo(t, "0")}},
			works,
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got := InvalidConditions("what is wrong", tc.world)
			if got[0] != refused || len(got) != len(components)+3 {
				t.Fatalf("the refusal comes first, then one condition of each of %d components, the stack's and the fence's: %v",
					len(components), got)
			}
			if diff := cmp.Diff(tc.want, conditionIn(t, got, ConditionPersistenceAgent)); diff != "" {
				t.Errorf("%s: -want, +got\n%s", tc.reason, diff)
			}
		})
	}
}

func TestWhole(t *testing.T) {
	refused := Condition{ConditionSpecValid, False, ReasonInvalid, "what is wrong"}
	works := Condition{ConditionDatabase, True, kube.ReasonAvailable, ""}
	starts := Condition{ConditionAPIServer, False, kube.ReasonProgressing, "api-server-deployment: 0 of 1 replicas are updated"}
	unknown := Condition{ConditionUI, Unknown, ReasonNotComposed, "nothing is composed"}
	cases := map[string]struct {
		reason string
		parts  []Condition
		want   Condition
	}{
		"Works": {"each part does", []Condition{works}, Condition{ConditionStack, True, kube.ReasonAvailable, "Ready"}},
		"One": {
			"the first part that does not is named",
			[]Condition{works, starts, unknown},
			Condition{ConditionStack, False, kube.ReasonProgressing, "APIServerReady/Progressing"},
		},
		"Unknown": {
			"nobody knows whether it works",
			[]Condition{works, unknown},
			Condition{ConditionStack, False, ReasonNotComposed, "UIReady/NotComposed"},
		},
		"Refused": {
			"a refused spec changes nothing that works",
			[]Condition{refused, works},
			Condition{ConditionStack, True, kube.ReasonAvailable, "SpecValid/Invalid"},
		},
		"RefusedMore": {
			"nor what does not",
			[]Condition{refused, works, starts},
			Condition{ConditionStack, False, kube.ReasonProgressing, "SpecValid/Invalid"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, whole(tc.parts)); diff != "" {
				t.Errorf("%s: -want, +got\n%s", tc.reason, diff)
			}
		})
	}
}

func TestStatus(t *testing.T) {
	s := newStack(t, withUI)
	want := v1alpha1.PipelineStackStatus{
		ClassName:  "default",
		Release:    DefaultRelease,
		KFPVersion: DefaultRelease,
		Components: &v1alpha1.ComponentsStatus{
			APIServer: &v1alpha1.ComponentStatus{URL: "https://ds-pipeline-demo.team-a.svc.cluster.local:8443",
				CABundle: &v1alpha1.LocalConfigMapKey{Name: "ml-pipeline-auth-proxy-ca", Key: "ca.crt"}},
			UI: &v1alpha1.ComponentStatus{URL: "http://ml-pipeline-ui.team-a.svc.cluster.local"},
		},
		Database: &v1alpha1.DatabaseStatus{
			Type:       "Shared",
			Identity:   "Shared/mysql.example.org/" + s.ID,
			Name:       s.ID,
			Host:       "mysql.example.org",
			Port:       3306,
			SecretName: "ml-pipeline-database",
		},
		ObjectStore: &v1alpha1.ObjectStoreStatus{
			Type:         "Shared",
			Identity:     "AWS/aws//eu-central-1/" + s.ID,
			Bucket:       s.ID,
			Endpoint:     "https://s3.eu-central-1.amazonaws.com",
			Region:       "eu-central-1",
			PipelineRoot: "s3://" + s.ID + "/v2/artifacts",
			SecretName:   "mlpipeline-minio-artifact",
		},
		WorkflowPods: &v1alpha1.WorkflowPodsStatus{
			PodSecurity: v1alpha1.WorkflowPodsRestricted, ServiceAccounts: []string{"pipeline-runner"},
		},
	}
	if diff := cmp.Diff(want, s.status()); diff != "" {
		t.Errorf("-want, +got\n%s", diff)
	}
	open := newStack(t, unguarded).status().Components
	if diff := cmp.Diff(
		&v1alpha1.ComponentsStatus{APIServer: &v1alpha1.ComponentStatus{URL: "http://ml-pipeline.team-a.svc.cluster.local:8888"}},
		open,
	); diff != "" {
		t.Errorf("without a guard the open address, and no web interface that is not there: -want, +got\n%s", diff)
	}
}

// What the status says of data is what the provider would do, not what was asked of the stack a
// moment ago.
func TestDeletionPolicyOfStatus(t *testing.T) {
	const retain, del = v1alpha1.DeletionRetain, v1alpha1.DeletionDelete
	cases := map[string]struct {
		reason string
		spec   string // of the managed resource; empty if there is none
		want   v1alpha1.DeletionPolicy
	}{
		"Absent":        {"nothing is there to be deleted", ``, ""},
		"Bare":          {"an object that does not say is not guessed about", `{}`, ""},
		"Orphan":        {"cluster-scoped, as Retain is written", `{deletionPolicy: Orphan}`, retain},
		"OrphanDefault": {"and as the server completes it", `{deletionPolicy: Orphan, managementPolicies: ["*"]}`, retain},
		"Default":       {"cluster-scoped, as the server completes it", `{deletionPolicy: Delete, managementPolicies: ["*"]}`, del},
		"Delete":        {"cluster-scoped, alone", `{deletionPolicy: Delete}`, del},
		"Everything":    {"namespaced, as the server completes it", `{managementPolicies: ["*"]}`, del},
		"Undeleted":     {"namespaced, as Retain is written", `{managementPolicies: [Observe, Create, Update, LateInitialize]}`, retain},
		"ListedDelete":  {"listed actions count alone", `{deletionPolicy: Orphan, managementPolicies: [Observe, Delete]}`, del},
		"ListedRetain":  {"listed actions count alone", `{deletionPolicy: Delete, managementPolicies: [Observe]}`, retain},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			w := World{Observed: Observed{}}
			if tc.spec != "" {
				w.Observed[resDatabase] = kube.Observed{Object: content(t, `{spec: `+tc.spec+`}`)}
			}
			p, errs := newStack(t, observing(w.Observed)).Plan()
			if len(errs) > 0 {
				t.Fatal(errs)
			}
			if got := p.Status.Database.DeletionPolicy; got != tc.want {
				t.Errorf("%s: %q, want %q", tc.reason, got, tc.want)
			}
			w.Observed[resBucket] = w.Observed[resDatabase]
			delete(w.Observed, resDatabase)
			if p, errs = newStack(t, observing(w.Observed)).Plan(); len(errs) > 0 {
				t.Fatal(errs)
			}
			if got := p.Status.ObjectStore.DeletionPolicy; got != tc.want {
				t.Errorf("%s: %q for the bucket, want %q", tc.reason, got, tc.want)
			}
		})
	}
}

// A managed resource is ready only when its provider says so, so none may fall through to mere
// existence.
func TestEveryManagedKindIsChecked(t *testing.T) {
	for _, mods := range [][]mod{nil, {namespaced}} {
		s := newStack(t, append(mods, claims(t, everySetting))...)
		for _, r := range append(databaseResources(s, nil), objectStoreResources(s, nil)...) {
			gk := r.Object.GetObjectKind().GroupVersionKind().GroupKind()
			if gk.Group == "" {
				continue // Kubernetes' own
			}
			if v := (Observed{r.Name: bare(t, gk.Kind)}).verdict(r.Name, gk); v.Ready {
				t.Errorf("%s of %s is ready before its provider has said anything", gk.Kind, gk.Group)
			}
		}
	}
}
