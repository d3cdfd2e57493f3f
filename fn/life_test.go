package main

import (
	"bytes"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/pipelinestack/function-pipelinestack/fn/stack"
)

var lifeSeed = flag.Uint64("life.seed", 1, "seed of TestNeverWithdraw")

// TestNeverWithdraw leads stacks through random lives: edits that are right and wrong, classes that
// are lost, objects that are not found, fail, or are reported on by nobody, providers that are not
// there, logins that vanish. Whatever happens, an object that was composed is withdrawn only by a
// rule that names it. A life of fifty steps that fails is repeated by its seed.
func TestNeverWithdraw(t *testing.T) {
	t.Parallel()
	lives := 20
	if os.Getenv("CI") == "true" {
		lives = 200
	}
	all := make([]map[string]int, lives)
	t.Run("Lives", func(t *testing.T) {
		for i := range all {
			seed := *lifeSeed + uint64(i)
			all[i] = map[string]int{}
			t.Run(fmt.Sprintf("Seed%d", seed), func(t *testing.T) {
				t.Parallel()
				newLife(seed, all[i]).lead(t, 50)
			})
		}
	})
	if t.Failed() {
		t.Fatal("a life ended badly: go test ./fn/ -run TestNeverWithdraw -life.seed=<its seed> repeats it")
	}
	seen := map[string]int{}
	for _, one := range all {
		for what, n := range one {
			seen[what] += n
		}
	}
	for _, r := range rules {
		if seen["removed: "+r.why] == 0 {
			t.Errorf("no object ever went because %s: the lives are too dull to prove anything", r.why)
		}
	}
	for _, what := range append(prefixed("refused: mistake: ", names(mistakes)), append(prefixed("refused: platform: ", names(platformFaults)),
		"refused: unknown release", "release kept", "refused: another name", "held: Waiting", "held: KindMissing", "ready")...) {
		if seen[what] == 0 {
			t.Errorf("never seen: %s: the lives are too dull to prove anything", what)
		}
	}
}

func prefixed(prefix string, words []string) []string {
	for i := range words {
		words[i] = prefix + words[i]
	}
	return words
}

// A life of one stack.
type life struct {
	*cluster
	wishes
	catalogue stack.Catalogue
	random    *rand.Rand
	fate      map[string]wellbeing // of objects, by resource name
	born      map[string]string    // what each resource name that was ever wanted stood for when it was first desired
	seen      map[string]int       // how often something happened
	log       []string
}

func newLife(seed uint64, seen map[string]int) *life {
	l := &life{
		catalogue: fixtures(),
		random:    rand.New(rand.NewPCG(seed, 0)),
		fate:      map[string]wellbeing{},
		born:      map[string]string{},
		seen:      seen,
	}
	l.cluster = newCluster(l.catalogue, seed%2 == 0, l.spec(), l.class())
	return l
}

func (l *life) lead(t *testing.T, steps int) {
	t.Helper()
	for step := range steps {
		for range 1 + l.random.IntN(3) {
			l.log = append(l.log, fmt.Sprintf("%d: %s", step, l.happen()))
		}
		l.step(t)
		if step == steps-1 {
			l.recover(t)
		}
	}
}

// step reconciles once and holds the answer against what was there before.
func (l *life) step(t *testing.T) *fnv1.RunFunctionResponse {
	t.Helper()
	defer func() {
		if t.Failed() {
			t.Fatalf("%+v\nwhat led to it:\n%s", l.wishes, strings.Join(l.log[max(len(l.log)-12, 0):], "\n"))
		}
	}()
	l.claim(l.spec())
	l.setClass(l.class())
	before := l.snapshot()
	expected := l.expectedRefusal(before)
	rsp := l.reconcile(t)

	l.checkConditions(t, before, rsp)
	if bytes.Contains(encoded(rsp), []byte(madeUp)) {
		t.Fatal("a password stands in the answer")
	}
	if message := refusal(rsp); (message != "") != (expected != "") {
		t.Fatalf("expected refusal %q, got %q", expected, message)
	}
	if expected != "" {
		l.seen["refused: "+expected]++
		return rsp
	}
	l.checkObjects(t, before, rsp)
	l.checkReadiness(t, before, rsp)
	return rsp
}

// moment is what Crossplane knew when it called.
type moment struct {
	observed   map[string]*structpb.Struct
	conditions map[string]map[string]*structpb.Value
	held       int
	running    string
}

func (l *life) snapshot() moment {
	m := moment{observed: map[string]*structpb.Struct{}, conditions: map[string]map[string]*structpb.Value{}}
	for name, o := range l.objects {
		if !l.unseen[name] {
			m.observed[name] = o
		}
	}
	status := fields(l.composite, "status")
	for _, c := range status["conditions"].GetListValue().GetValues() {
		m.conditions[c.GetStructValue().GetFields()["type"].GetStringValue()] = c.GetStructValue().GetFields()
	}
	m.held = len(status["pendingResources"].GetListValue().GetValues())
	m.running = running(
		l.catalogue,
		fields(m.observed["api-server-deployment"], "metadata", "annotations")[stack.AnnotationRelease].GetStringValue(),
		status["release"].GetStringValue(),
	)
	return m
}

// running is the release that the Deployment carries, or else the status; the far side of a one-way
// migration if only one is.
func running(catalogue stack.Catalogue, deployed, status string) string {
	d, s := catalogue[deployed], catalogue[status]
	if deployed == "" || d != nil && s != nil && s.Schema > d.Schema {
		return status
	}
	return deployed
}

func (l *life) expectedRefusal(before moment) string {
	if why := l.refusal(l.catalogue, before.running); why != "" {
		return why
	}
	if l.otherCluster && before.observed["database"] == nil && before.observed["bucket"] == nil {
		return "another name" // and nothing that says the one that the data has
	}
	return ""
}

// checkObjects holds what is desired against what was observed.
func (l *life) checkObjects(t *testing.T, before moment, rsp *fnv1.RunFunctionResponse) {
	t.Helper()
	release := l.catalogue[l.effective(l.catalogue, before.running)]
	status := fields(rsp.GetDesired().GetComposite().GetResource(), "status")
	if got := status["release"].GetStringValue(); got != release.Name {
		t.Errorf("release %s, want %s", got, release.Name)
	}
	if l.release != "" && l.release != release.Name {
		l.seen["release kept"]++
	}
	desired := rsp.GetDesired().GetResources()
	held := map[string]bool{}
	for _, h := range status["pendingResources"].GetListValue().GetValues() {
		name := h.GetStructValue().GetFields()["resource"].GetStringValue()
		held[name] = true
		l.born[name] += "" // known, though nothing is said of it yet
		l.seen["held: "+h.GetStructValue().GetFields()["reason"].GetStringValue()]++
		if before.observed[name] != nil {
			t.Errorf("%s is observed and held back: gates are for what is not there yet", name)
		}
	}
	for name, r := range desired {
		l.checkIdentity(t, name, r.GetResource())
	}
	for name := range l.born {
		rule := l.unwanted(name, release)
		switch {
		case rule != "" && desired[name] != nil:
			t.Errorf("%s is desired though %s", name, rule)
		case rule != "" && before.observed[name] != nil:
			l.seen["removed: "+rule]++
		case rule == "" && before.observed[name] != nil && desired[name] == nil:
			t.Errorf("%s is withdrawn, and no rule says why", name)
		case rule == "" && desired[name] == nil && !held[name]:
			t.Errorf("%s is forgotten: neither desired nor held back", name)
		}
	}
	l.checkKeys(t, desired)
}

// checkIdentity wants a resource name to stand for the same object for ever, inside the cluster and
// outside.
func (l *life) checkIdentity(t *testing.T, name string, o *structpb.Struct) {
	t.Helper()
	is := o.GetFields()["apiVersion"].GetStringValue() + " " + place(o) + " " +
		fields(o, "metadata", "annotations")[annotationExternalName].GetStringValue()
	if l.born[name] == "" {
		l.born[name] = is
	}
	if l.born[name] != is {
		t.Errorf("%s was %s and is %s", name, l.born[name], is)
	}
}

// checkKeys wants the Secret that pods read never to be written without its keys.
func (l *life) checkKeys(t *testing.T, desired map[string]*fnv1.Resource) {
	t.Helper()
	const name = "object-store-secret"
	if r := desired[name]; r != nil && len(fields(r.GetResource(), "data")) != 2 {
		t.Errorf("%s holds no keys", name)
	}
}

// checkConditions wants every condition once in every answer, events for transitions of parts only,
// and no good news from a refusal.
func (l *life) checkConditions(t *testing.T, before moment, rsp *fnv1.RunFunctionResponse) {
	t.Helper()
	var types []string
	transitions := 0
	for _, c := range rsp.GetConditions() {
		types = append(types, c.GetType())
		was := before.conditions[c.GetType()]
		if was != nil && was["status"].GetStringValue() != conditionWords[c.GetStatus()] && c.GetType() != stack.ConditionStack {
			transitions++
		}
		turned := was != nil && was["status"].GetStringValue() != "True" && c.GetStatus() == fnv1.Status_STATUS_CONDITION_TRUE
		if refusal(rsp) != "" && turned && (before.held > 0 || was["reason"].GetStringValue() == stack.ReasonHibernated) {
			t.Errorf("%s turns True by a refusal; it was %s: %s", c.GetType(), was["reason"].GetStringValue(), was["message"].GetStringValue())
		}
	}
	slices.Sort(types)
	if !slices.Equal(types, allConditions) {
		t.Errorf("conditions %v, want %v", types, allConditions)
	}
	events := 0
	for _, r := range rsp.GetResults() {
		if r.GetSeverity() != fnv1.Severity_SEVERITY_FATAL {
			events++
		}
	}
	if events != transitions {
		t.Errorf("%d events for %d transitions", events, transitions)
	}
}

var allConditions = []string{
	"APIServerReady", "DatabaseReady", "ExposureReady", "MLMDReady", "ObjectStoreReady", "PersistenceAgentReady", "PipelinesFenced",
	"ScheduledWorkflowReady",
	"SpecValid", "StackReady", "UIReady", "WorkflowControllerReady",
}
