package kube

import "testing"

func TestDeploymentAvailable(t *testing.T) {
	const available = `{type: Available, status: "True"}`
	testCheck(t, DeploymentAvailable, map[string]checkCase{
		"Available": {
			reason: "everything is rolled out and available",
			object: `{metadata: {generation: 2}, spec: {replicas: 2}, status: {observedGeneration: 2, replicas: 2, updatedReplicas: 2, availableReplicas: 2, conditions: [` + available + `, {type: Progressing, status: "True"}]}}`,
			want:   readyVerdict,
		},
		"DefaultReplicas": {
			reason: "the API's default is one replica",
			object: `{status: {conditions: [` + available + `]}}`,
			want:   notReadyVerdict("Progressing", "0 of 1 replicas are updated"),
		},
		"ScaledToZero": {
			reason: "none are wanted, so none are missing",
			object: `{metadata: {generation: 2}, spec: {replicas: 0}, status: {observedGeneration: 2}}`,
			want:   Verdict{Ready: true, Reason: "ScaledToZero", Message: "no replicas are wanted"},
		},
		"NoStatus": {
			reason: "the controller has not seen it",
			object: `{metadata: {generation: 1}, spec: {replicas: 1}}`,
			want:   notReadyVerdict("Progressing", "its controller has not acted on the last change yet"),
		},
		"OldStatus": {
			reason: "the status is about what was before the last change, even if it says zero now",
			object: `{metadata: {generation: 3}, spec: {replicas: 0}, status: {observedGeneration: 2, replicas: 1, updatedReplicas: 1, conditions: [` + available + `]}}`,
			want:   notReadyVerdict("Progressing", "its controller has not acted on the last change yet"),
		},
		"ProgressDeadlineExceeded": {
			reason: "a stuck rollout says so in its own words, though old replicas are available",
			object: `{spec: {replicas: 1}, status: {replicas: 2, updatedReplicas: 1, conditions: [` + available + `, {type: Progressing, status: "False", reason: ProgressDeadlineExceeded, message: 'ReplicaSet "a-1" has timed out progressing.'}]}}`,
			want:   notReadyVerdict("ProgressDeadlineExceeded", `ReplicaSet "a-1" has timed out progressing.`),
		},
		"ReplicaSetCreateError": {
			reason: "not even the ReplicaSet can be made",
			object: `{spec: {replicas: 1}, status: {conditions: [{type: Progressing, status: "False", reason: ReplicaSetCreateError, message: forbidden}]}}`,
			want:   notReadyVerdict("ReplicaFailure", "forbidden"),
		},
		"ReplicaFailure": {
			reason: "a quota forbids pods",
			object: `{spec: {replicas: 2}, status: {replicas: 1, updatedReplicas: 1, conditions: [{type: Progressing, status: "True"}, {type: ReplicaFailure, status: "True", reason: FailedCreate, message: "exceeded quota: q"}]}}`,
			want:   notReadyVerdict("ReplicaFailure", "exceeded quota: q"),
		},
		"Updating": {
			reason: "the rollout goes on, though old replicas are available",
			object: `{spec: {replicas: 3}, status: {replicas: 4, updatedReplicas: 1, availableReplicas: 3, conditions: [` + available + `]}}`,
			want:   notReadyVerdict("Progressing", "1 of 3 replicas are updated"),
		},
		"OldReplicas": {
			reason: "the new pod exists but the old one still does the work",
			object: `{spec: {replicas: 1}, status: {replicas: 2, updatedReplicas: 1, availableReplicas: 1, conditions: [` + available + `]}}`,
			want:   notReadyVerdict("Progressing", "1 of 2 replicas are from before the last change"),
		},
		"Unavailable": {
			reason: "too few replicas work",
			object: `{spec: {replicas: 2}, status: {replicas: 2, updatedReplicas: 2, availableReplicas: 1, conditions: [{type: Available, status: "False", message: no}]}}`,
			want:   rolling("1 of 2 replicas are available"),
		},
		"Outage": {
			reason: "a rollout that has ended is not under way again when pods fail",
			object: `{spec: {replicas: 1}, status: {replicas: 1, updatedReplicas: 1, conditions: [
				{type: Available, status: "False"}, {type: Progressing, status: "True", reason: NewReplicaSetAvailable}]}}`,
			want: notReadyVerdict("Unavailable", "0 of 1 replicas are available"),
		},
		"Starting": {
			reason: "the pods of a rollout are made, and do not work yet",
			object: `{spec: {replicas: 1}, status: {replicas: 1, updatedReplicas: 1, conditions: [
				{type: Available, status: "False"}, {type: Progressing, status: "True", reason: ReplicaSetUpdated}]}}`,
			want: rolling("0 of 1 replicas are available"),
		},
		"NoConditions": {
			reason: "without a word on availability there is none",
			object: `{spec: {replicas: 1}, status: {replicas: 1, updatedReplicas: 1, availableReplicas: 1}}`,
			want:   rolling("1 of 1 replicas are available"),
		},
		"Deleting": {
			reason: "what is on its way out is not ready",
			object: `{metadata: {deletionTimestamp: "2026-01-01T00:00:00Z"}, spec: {replicas: 1}, status: {replicas: 1, updatedReplicas: 1, conditions: [` + available + `]}}`,
			want:   notReadyVerdict("Deleting", "being deleted"),
		},
		"MalformedReplicas": {
			reason: "no guess at what is wanted",
			object: `{spec: {replicas: two}, status: {replicas: 1, updatedReplicas: 1, conditions: [` + available + `]}}`,
			want:   notReadyVerdict("Malformed", "spec.replicas is not a whole number"),
		},
		"MalformedGeneration": {
			reason: "no guess at whether the status is about the last change",
			object: `{metadata: {generation: 1.5}, spec: {replicas: 1}, status: {replicas: 1, updatedReplicas: 1, conditions: [` + available + `]}}`,
			want:   notReadyVerdict("Malformed", "metadata.generation is not a whole number"),
		},
		"MalformedStatus": {
			reason: "a status that is none says nothing",
			object: `{spec: {replicas: 1}, status: fine}`,
			want:   notReadyVerdict("Progressing", "0 of 1 replicas are updated"),
		},
	})
}

func TestStatefulSetReady(t *testing.T) {
	testCheck(t, StatefulSetReady, map[string]checkCase{
		"Ready": {
			reason: "all replicas are updated and ready",
			object: `{metadata: {generation: 1}, spec: {replicas: 1}, status: {observedGeneration: 1, replicas: 1, updatedReplicas: 1, readyReplicas: 1}}`,
			want:   readyVerdict,
		},
		"ScaledToZero": {
			reason: "none are wanted, so none are missing",
			object: `{spec: {replicas: 0}}`,
			want:   Verdict{Ready: true, Reason: "ScaledToZero", Message: "no replicas are wanted"},
		},
		"OldStatus": {
			reason: "the status is about what was before the last change",
			object: `{metadata: {generation: 2}, status: {observedGeneration: 1, updatedReplicas: 1, readyReplicas: 1}}`,
			want:   notReadyVerdict("Progressing", "its controller has not acted on the last change yet"),
		},
		"Updating": {
			reason: "a ready replica of before does not count",
			object: `{spec: {replicas: 1}, status: {replicas: 1, updatedReplicas: 0, readyReplicas: 1}}`,
			want:   notReadyVerdict("Progressing", "0 of 1 replicas are updated"),
		},
		"Unready": {
			reason: "too few replicas work",
			object: `{spec: {replicas: 2}, status: {replicas: 2, updatedReplicas: 2, readyReplicas: 1}}`,
			want:   rolling("1 of 2 replicas are ready"),
		},
		"Malformed": {
			reason: "no guess at how many are ready",
			object: `{spec: {replicas: 2}, status: {replicas: 2, updatedReplicas: 2, readyReplicas: [2]}}`,
			want:   notReadyVerdict("Malformed", "status.readyReplicas is not a whole number"),
		},
	})
}

func TestBound(t *testing.T) {
	for name, check := range map[string]Check{"PersistentVolumeClaim": PersistentVolumeClaimBound, "Other": Bound} {
		t.Run(name, func(t *testing.T) {
			testCheck(t, check, map[string]checkCase{
				"Bound": {reason: "bound is ready", object: `{status: {phase: Bound}}`, want: readyVerdict},
				"NoPhase": {
					reason: "nobody has looked at it",
					object: `{metadata: {name: a}}`,
					want:   notReadyVerdict("Pending", "it has no phase yet"),
				},
				"Pending": {
					reason: "somebody works on it",
					object: `{status: {phase: Pending}}`,
					want:   notReadyVerdict("Pending", "its phase is Pending"),
				},
				"Lost": {
					reason: "what it was bound to is gone",
					object: `{status: {phase: Lost}}`,
					want:   notReadyVerdict("Failed", "its phase is Lost"),
				},
				"Odd": {reason: "no phase at all", object: `{status: {phase: {}}}`, want: notReadyVerdict("Pending", "it has no phase yet")},
				"Deleting": {
					reason: "a claim may be bound for long while it waits for its last pod",
					object: `{metadata: {deletionTimestamp: "2026-01-01T00:00:00Z"}, status: {phase: Bound}}`,
					want:   notReadyVerdict("Deleting", "being deleted"),
				},
			})
		})
	}
}

func rolling(message string) Verdict {
	v := notReadyVerdict(ReasonUnavailable, message)
	v.Rolling = true
	return v
}
