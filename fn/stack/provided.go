package stack

import (
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/pipelinestack/function-pipelinestack/fn/kube"
)

// External stores are opened by Secrets that a person writes. Crossplane is asked for them by a kind
// and in a namespace that the function chooses, and by the claim's name. Their content goes nowhere:
// a MAC of the keys that pods read rolls those pods when it changes, and a condition says what is
// missing.

// Requires is what has to be asked of Crossplane before the stack can be planned, and whether all of
// it has been answered.
func (s *Stack) Requires() (asked []Requirement, answered bool) {
	answered = true
	for _, p := range slices.Concat(s.database.provided, s.store.provided) {
		r := Requirement{Key: askProvided(p), APIVersion: "v1", Kind: p.kind, Name: p.name, Namespace: s.Namespace}
		if !slices.ContainsFunc(asked, func(other Requirement) bool { return other.Key == r.Key }) {
			asked = append(asked, r)
		}
		if _, answer := s.world.answer(r.Key); answer == unanswered {
			answered = false
		}
	}
	return asked, answered
}

// merged adds what a person provides to a list, with the keys of one object together.
func merged(all []provided, more provided) []provided {
	for i, p := range all {
		if p.kind == more.kind && p.name == more.name {
			all[i].keys = slices.Concat(p.keys, more.keys)
			return all
		}
	}
	return append(all, more)
}

// secretsOf what a person provides, by name.
func secretsOf(all []provided) []string {
	var names []string
	for _, p := range all {
		if p.kind == typeSecret.Kind {
			names = append(names, p.name)
		}
	}
	return names
}

func validateProvided(p provided, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	for _, msg := range validation.IsDNS1123Subdomain(p.name) {
		errs = append(errs, field.Invalid(path, p.name, "the name of a "+p.kind+": "+msg))
	}
	for _, key := range p.keys {
		for _, msg := range validation.IsConfigMapKey(key) {
			errs = append(errs, field.Invalid(path, key, "a key of "+p.kind+" "+p.name+": "+msg))
		}
	}
	return errs
}

// missing says what a person still has to provide, one finding for each object.
func (w World) missing(all []provided) []finding {
	var found []finding
	for _, p := range all {
		object, answer := w.answer(askProvided(p))
		if answer == unanswered {
			continue // nobody can say
		}
		message := ""
		if answer == absent {
			message = "the spec names it, and the stack's namespace has none of that name: make it, with " + strings.Join(p.keys, ", ")
		} else if keys := emptyKeys(object, p); len(keys) > 0 {
			message = "the spec names keys that hold nothing of use: " + strings.Join(keys, ", ")
		}
		if message != "" {
			found = append(found, finding{p.kind + " " + p.name, kube.Verdict{Reason: ReasonNotProvided, Message: message}})
		}
	}
	return found
}

// emptyKeys of an object that hold nothing of use.
func emptyKeys(object kube.Observed, p provided) []string {
	var empty []string
	for _, key := range p.keys {
		if p.kind == typeSecret.Kind && secretData(object, key) == nil ||
			p.kind == typeConfigMap.Kind && !kube.IsCertificates(object.String("data", key)) {
			empty = append(empty, key)
		}
	}
	return empty
}

// macOf the Secrets among what a person provides; empty while one of them lacks something.
func (w World) macOf(all []provided) string {
	var macs []string
	for _, p := range all {
		if p.kind != typeSecret.Kind {
			continue // rolls pods by its content
		}
		found, _ := w.answer(askProvided(p))
		one := mac(found, p.keys...)
		if one == "" {
			return ""
		}
		macs = append(macs, one)
	}
	return strings.Join(macs, "-")
}

// proven is the identity of external data once the stack has worked with it. Until then nothing is
// known of it: a host that was mistyped may be changed.
func (s *Stack) proven(identity, was dataIdentity) dataIdentity {
	if was == "" && s.world.Conditions[ConditionAPIServer].Status != True {
		return ""
	}
	return identity
}

// movedAway refuses a claim that names other data than the stack has.
func movedAway(path *field.Path, was dataIdentity) *field.Error {
	return field.Forbidden(
		path,
		"the stack has data in "+string(was)+", and this names another place: set it back, or make another stack and copy the data",
	)
}

// cannotRead says why the function may not ask Crossplane for a kind; empty if it may.
func (w World) cannotRead(kind schema.GroupKind) string {
	if _, canary := w.answer(askCanary); canary != present {
		return ""
	}
	install, _ := w.answer(askInstall)
	if mayRead(install, kind) {
		return ""
	}
	return "Crossplane may not read " + kind.String() + ", as the ConfigMap " + installName + " in " + installNamespace +
		" says: apply the install file of this version"
}
