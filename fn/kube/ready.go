package kube

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// A Verdict is what a Check finds.
type Verdict struct {
	Ready bool

	// Reason is one of the constants below, or what a provider gave as the
	// reason of a condition. It is always CamelCase.
	Reason string

	// Message is a sentence to put after the object's name and a colon, as in
	// "app: 1 of 2 replicas are available": one line of at most 1024 bytes, with
	// the object's own words where it has any. It is empty if the reason says
	// it all, and equal for equal objects.
	Message string

	// Rolling says that a workload without enough replicas may never have had them since its last
	// change, so that it may get ready any moment. In an outage it does not.
	Rolling bool
}

// With adds a clause to the message.
func (v Verdict) With(words string) Verdict {
	message := words
	if v.Message != "" {
		message = strings.TrimSuffix(v.Message, ".") + "; " + words
	}
	bounded := notReady(v.Reason, message)
	bounded.Ready, bounded.Rolling = v.Ready, v.Rolling
	return bounded
}

// A Check says whether an observed object is ready for those who depend on it.
// It is a pure function of the object. What it cannot make sense of is not
// ready.
type Check func(Observed) Verdict

// Reasons of verdicts: what they mean and what to do.
const (
	// ReasonAvailable: the object does what it is there for.
	ReasonAvailable = "Available"
	// ReasonScaledToZero: no replicas are wanted and so none are missing; raise spec.replicas to
	// have some.
	ReasonScaledToZero = "ScaledToZero"

	// ReasonCreating: the object, or the first report on it, is not there yet; wait, and if it
	// lasts see whether its controller or provider runs.
	ReasonCreating = "Creating"
	// ReasonDeleting: somebody deleted the object; it comes back when it is gone, so if it lasts
	// see which finalizer holds it.
	ReasonDeleting = "Deleting"
	// ReasonProgressing: a change is being rolled out; wait, and if it lasts look at the new pods.
	ReasonProgressing = "Progressing"
	// ReasonUnavailable: the rollout is through but too few replicas work; look at the pods' events
	// and logs.
	ReasonUnavailable = "Unavailable"
	// ReasonProgressDeadlineExceeded: a rollout made no progress for too long; look at the new
	// pods' events and logs.
	ReasonProgressDeadlineExceeded = "ProgressDeadlineExceeded"
	// ReasonReplicaFailure: pods cannot be created; the message says what forbids it, often a quota
	// or an admission policy.
	ReasonReplicaFailure = "ReplicaFailure"

	// ReasonPending: somebody else has yet to act: a provisioner, issuer, router or gateway; wait,
	// and if it lasts see whether it runs.
	ReasonPending = "Pending"
	// ReasonRejected: a router or gateway refused the object; do what the message asks for.
	ReasonRejected = "Rejected"
	// ReasonFailed: the object cannot get ready without help; do what the message asks for.
	ReasonFailed = "Failed"

	// ReasonNotSynced: a provider cannot bring about what the object asks for; the message says
	// why.
	ReasonNotSynced = "NotSynced"
	// ReasonNotReady: a provider says that the resource exists but is not usable; the message says
	// why.
	ReasonNotReady = "NotReady"
	// ReasonEmptyConnectionSecret: the resource is ready but its connection Secret lacks values;
	// restore the Secret or make the resource anew.
	ReasonEmptyConnectionSecret = "EmptyConnectionSecret"

	// ReasonMalformed: a field does not hold what its API says; see who writes it.
	ReasonMalformed = "Malformed"
)

// maxMessage bounds a message, in bytes: some providers pass on whole answers of
// cloud APIs.
const maxMessage = 1024

// Exists is the check for what works as soon as it is there.
func Exists(o Observed) Verdict {
	if !o.Exists() {
		return notReady(ReasonCreating, "not created yet")
	}
	return available()
}

// WithDetails adds to check that the connection details must have a value at
// each of keys, because a provider may call a resource ready whose connection
// Secret was lost. It names the keys, never the values.
func WithDetails(check Check, keys ...string) Check {
	keys = slices.Sorted(slices.Values(keys))
	return func(o Observed) Verdict {
		v := check(o)
		if !v.Ready {
			return v
		}
		var missing []string
		for _, key := range keys {
			if len(o.Details[key]) == 0 {
				missing = append(missing, key)
			}
		}
		if missing == nil {
			return v
		}
		return notReady(ReasonEmptyConnectionSecret, fmt.Sprintf(
			"ready, but its connection Secret has no value for %s: restore the Secret or, only if no data goes with it, delete %s %s of %s to get a new one with a new Secret",
			strings.Join(missing, ", "),
			o.String("kind"),
			o.Name(),
			o.String("apiVersion"),
		))
	}
}

func available() Verdict { return Verdict{Ready: true, Reason: ReasonAvailable} }

// notReady makes a verdict of words that may come from any controller.
func notReady(reason, words string) Verdict {
	message := strings.Join(strings.Fields(words), " ")
	if len(message) > maxMessage {
		const ellipsis = "…"
		message = strings.ToValidUTF8(message[:maxMessage-len(ellipsis)], "") + ellipsis
	}
	return Verdict{Reason: reason, Message: message}
}

// missing is the verdict on an object that is not there, or is being deleted.
func missing(o Observed) (Verdict, bool) {
	if !o.Exists() {
		return Exists(o), true
	}
	if o.String("metadata", "deletionTimestamp") == "" {
		return Verdict{}, false
	}
	message := "being deleted"
	if c, _ := o.Condition("Synced"); c.Status == "False" {
		message += ": " + c.words()
	}
	return notReady(ReasonDeleting, message), true
}

// words are a condition's message, else its reason or status.
func (c Condition) words() string {
	switch {
	case c.Message != "":
		return c.Message
	case c.Reason != "":
		return "its condition " + c.Type + " says " + c.Reason
	default:
		return "its condition " + c.Type + " is " + cmp.Or(c.Status, "absent")
	}
}

// outdated says whether the condition is about an earlier state of the object.
func (c Condition) outdated(o Observed) bool {
	generation, _ := o.Int("metadata", "generation")
	return c.ObservedGeneration != 0 && c.ObservedGeneration < generation
}
