package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
)

// providerKinds are definitions that come and go in a life, in either flavour.
var providerKinds = []string{
	"databases.mysql.sql.crossplane.io", "users.mysql.sql.crossplane.io", "grants.mysql.sql.crossplane.io",
	"buckets.s3.aws.upbound.io", "bucketversionings.s3.aws.upbound.io", "accesskeys.iam.aws.upbound.io",
	"databases.mysql.sql.m.crossplane.io", "users.mysql.sql.m.crossplane.io", "grants.mysql.sql.m.crossplane.io",
	"buckets.s3.aws.m.upbound.io", "bucketversionings.s3.aws.m.upbound.io", "accesskeys.iam.aws.m.upbound.io",
	"objects.kubernetes.m.crossplane.io", "podmonitors.monitoring.coreos.com", "prometheusrules.monitoring.coreos.com",
}

// happen lets one thing happen to the stack, and says what.
func (l *life) happen() string {
	all := slices.Sorted(maps.Keys(l.objects))
	for _, name := range all {
		l.report(name, l.fate[name]) // controllers act, sooner or later
	}
	happened := l.event(all)
	if l.otherCluster && !l.namedOutside() && l.identity() == "" {
		l.otherCluster = false // without anything that has a name already it would be a new stack
	}
	return happened
}

func (l *life) event(all []string) string {
	some := func() string { return pick(l.random, append(all, "database")...) }
	switch n := l.random.IntN(20); {
	case n < 8:
		before := l.wishes
		l.editOnce(l.random)
		return fmt.Sprintf("edit of %+v", before)
	case n < 10:
		name, fate := some(), pick(l.random, sick, mute)
		l.fate[name] = fate
		return fmt.Sprintf("%s gets %s", name, []string{"well", "sick", "mute"}[fate])
	case n < 13:
		clear(l.fate)
		return "all get well"
	case n == 13:
		name, other := some(), some()
		l.unseen[name], l.unseen[other] = true, true
		return name + " and " + other + " are not found"
	case n == 14:
		for _, name := range all {
			l.unseen[name] = true
		}
		return "nothing is found"
	case n < 17:
		clear(l.unseen)
		return "all is found"
	case n == 17:
		for name := range l.details {
			l.details[name] = map[string][]byte{"username": []byte("left")}
		}
		return "logins are lost"
	case n == 18:
		return l.comeAndGo()
	default:
		l.remembers = !l.remembers
		return "another Crossplane"
	}
}

// comeAndGo installs a provider, or removes one of which nothing is there: with anything there,
// Crossplane itself fails before it calls.
func (l *life) comeAndGo() string {
	if len(l.missing) > 0 && l.random.IntN(2) == 0 {
		clear(l.missing)
		return "all providers are installed"
	}
	kind := pick(l.random, providerKinds...)
	for _, o := range l.objects {
		if kind == definitionOf(o) {
			return kind + " is kept"
		}
	}
	l.missing[kind] = true
	return kind + " is removed"
}

// namedOutside says whether an observed object stands for something outside the cluster that the
// function gave a name.
func (l *life) namedOutside() bool {
	for name := range l.objects {
		if !l.unseen[name] && !strings.HasSuffix(l.born[name], " ") {
			return true
		}
	}
	return false
}

// identity of the database that the status remembers.
func (l *life) identity() string {
	return fields(l.composite, "status", "database")["identity"].GetStringValue()
}

// recover mends everything, and wants the stack to get ready within a few steps, and to stay as it
// is then.
func (l *life) recover(t *testing.T) {
	t.Helper()
	l.mistake, l.platformFault, l.release, l.otherCluster, l.monitoring = "", "", "", false, ""
	l.ui, l.noEnvoy = false, false
	clear(l.fate)
	clear(l.unseen)
	clear(l.missing)
	for name, d := range l.details {
		if len(d["password"]) == 0 {
			l.publish(name, "again")
		}
	}
	var rsp *fnv1.RunFunctionResponse
	for range 8 {
		l.heal()
		rsp = l.step(t)
	}
	if refusal(rsp) != "" || !compositeReady(rsp) {
		t.Fatalf("not ready though nothing is wrong: %v", rsp.GetConditions())
	}
	if n := len(rsp.GetResults()); n > 0 {
		t.Errorf("%d events though nothing happens any more: %v", n, rsp.GetResults())
	}
}

// compositeReady is Crossplane's rule: what the function says of the composite, or else of all that
// it desires.
func compositeReady(rsp *fnv1.RunFunctionResponse) bool {
	if r := rsp.GetDesired().GetComposite().GetReady(); r != fnv1.Ready_READY_UNSPECIFIED {
		return r == fnv1.Ready_READY_TRUE
	}
	for _, r := range rsp.GetDesired().GetResources() {
		if r.GetReady() != fnv1.Ready_READY_TRUE {
			return false
		}
	}
	return true
}

// checkReadiness wants the composite ready if, and only if, all that is wanted was observed in good
// shape.
func (l *life) checkReadiness(t *testing.T, before moment, rsp *fnv1.RunFunctionResponse) {
	t.Helper()
	bad := ""
	for name := range l.born {
		if l.unwanted(name, l.catalogue[l.effective(l.catalogue, before.running)]) == "" && !l.fine(name, before) {
			bad = name
		}
	}
	if ready := compositeReady(rsp); ready != (bad == "") {
		t.Errorf("ready is %v, and the object that is not in order is %q", ready, bad)
	}
	if bad == "" {
		l.seen["ready"]++
	}
}

func (l *life) fine(name string, before moment) bool {
	o := before.observed[name]
	spec, status := fields(o, "spec"), fields(o, "status")
	switch {
	case o == nil:
		return false
	case o.GetFields()["kind"].GetStringValue() == "Deployment":
		if status["observedGeneration"].GetNumberValue() != fields(o, "metadata")["generation"].GetNumberValue() {
			return false
		}
		if spec["replicas"].GetNumberValue() == 0 {
			return l.hibernate
		}
		return status["availableReplicas"].GetNumberValue() == spec["replicas"].GetNumberValue()
	case spec["providerConfigRef"] == nil:
		return true
	case spec["writeConnectionSecretToRef"] != nil && len(l.details[name]["password"]) == 0:
		return false
	default:
		for _, c := range status["conditions"].GetListValue().GetValues() {
			if c.GetStructValue().GetFields()["status"].GetStringValue() != "True" {
				return false
			}
		}
		return status["conditions"] != nil
	}
}
