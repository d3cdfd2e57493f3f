package kube

import "fmt"

// DeploymentAvailable is the check of apps/v1 Deployments: the last change is
// rolled out, no pod of an earlier one is left, and the Deployment calls itself
// available. A Deployment that wants no replicas is ready with the reason
// ScaledToZero; whether that is good is for the caller to know.
func DeploymentAvailable(o Observed) Verdict {
	r, v, done := readRollout(o, "availableReplicas")
	if done {
		return v
	}
	progress, _ := o.Condition("Progressing")
	if c := progress; c.Status == "False" {
		if c.Reason == ReasonProgressDeadlineExceeded {
			return notReady(ReasonProgressDeadlineExceeded, c.words())
		}
		return notReady(ReasonReplicaFailure, c.words())
	}
	if c, _ := o.Condition("ReplicaFailure"); c.Status == "True" {
		return notReady(ReasonReplicaFailure, c.words())
	}
	if r.updated < r.want {
		return notReady(ReasonProgressing, fmt.Sprintf("%d of %d replicas are updated", r.updated, r.want))
	}
	if r.total > r.updated {
		return notReady(ReasonProgressing, fmt.Sprintf("%d of %d replicas are from before the last change", r.total-r.updated, r.total))
	}
	if c, _ := o.Condition("Available"); c.Status != "True" {
		v := notReady(ReasonUnavailable, fmt.Sprintf("%d of %d replicas are available", r.working, r.want))
		// The reason that a rollout ends with stays when pods fail later.
		v.Rolling = progress.Reason != "NewReplicaSetAvailable"
		return v
	}
	return available()
}

// StatefulSetReady is the check of apps/v1 StatefulSets: all replicas are
// updated and ready. StatefulSets have no conditions, so that the pods' events
// tell what keeps them.
func StatefulSetReady(o Observed) Verdict {
	r, v, done := readRollout(o, "readyReplicas")
	if done {
		return v
	}
	if r.updated < r.want {
		return notReady(ReasonProgressing, fmt.Sprintf("%d of %d replicas are updated", r.updated, r.want))
	}
	if r.working < r.want {
		v := notReady(ReasonUnavailable, fmt.Sprintf("%d of %d replicas are ready", r.working, r.want))
		v.Rolling = true // for all that it says
		return v
	}
	return available()
}

// A rollout counts the replicas of a workload.
type rollout struct {
	want, total, updated, working int64
}

// readRollout counts the replicas of o, of which those work that the named field
// of its status counts. If there is no need to look at them, it returns the
// verdict and true.
func readRollout(o Observed, working string) (rollout, Verdict, bool) {
	if v, done := missing(o); done {
		return rollout{}, v, true
	}
	malformed := ""
	number := func(absent int64, parent, name string) int64 {
		n, ok := o.Int(parent, name)
		if ok {
			return n
		}
		if o.value([]string{parent, name}) != nil {
			malformed = parent + "." + name
		}
		return absent
	}
	generation := number(0, "metadata", "generation")
	observed := number(0, "status", "observedGeneration")
	r := rollout{
		want:    number(1, "spec", "replicas"), // One is the API's default.
		total:   number(0, "status", "replicas"),
		updated: number(0, "status", "updatedReplicas"),
		working: number(0, "status", working),
	}
	switch {
	case malformed != "":
		return r, notReady(ReasonMalformed, malformed+" is not a whole number"), true
	case observed < generation:
		return r, notReady(ReasonProgressing, "its controller has not acted on the last change yet"), true
	case r.want == 0:
		return r, Verdict{Ready: true, Reason: ReasonScaledToZero, Message: "no replicas are wanted"}, true
	default:
		return r, Verdict{}, false
	}
}

// PersistentVolumeClaimBound is the check of v1 PersistentVolumeClaims. A class
// that waits for the first consumer leaves the claim pending until a pod uses
// it.
func PersistentVolumeClaimBound(o Observed) Verdict { return Bound(o) }

// Bound is the check of claims that report in status.phase, such as the
// ObjectBucketClaims of objectbucket.io.
func Bound(o Observed) Verdict {
	if v, done := missing(o); done {
		return v
	}
	switch phase := o.String("status", "phase"); phase {
	case "Bound":
		return available()
	case "":
		return notReady(ReasonPending, "it has no phase yet")
	case "Pending":
		return notReady(ReasonPending, "its phase is "+phase)
	default: // Lost, Released, Failed.
		return notReady(ReasonFailed, "its phase is "+phase)
	}
}
