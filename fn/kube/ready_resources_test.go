package kube

import (
	"strings"
	"testing"
)

func TestManagedReady(t *testing.T) {
	const (
		synced = `{type: Synced, status: "True", reason: ReconcileSuccess}`
		ready  = `{type: Ready, status: "True", reason: Available}`
	)
	testCheck(t, ManagedReady, map[string]checkCase{
		"Ready": {reason: "both conditions hold", object: `{status: {conditions: [` + synced + `, ` + ready + `]}}`, want: readyVerdict},
		"NoConditions": {
			reason: "the provider has not come to it",
			object: `{metadata: {name: a}}`,
			want:   notReadyVerdict("Creating", "its provider has not reported on it yet"),
		},
		"NotSynced": {
			reason: "the provider's words on what it cannot do come first, on one line",
			object: `{status: {conditions: [{type: Synced, status: "False", reason: ReconcileError, message: "create failed:\n\tError 1045:  denied\n"}, ` + ready + `]}}`,
			want:   notReadyVerdict("ReconcileError", "create failed: Error 1045: denied"),
		},
		"OddReason": {
			reason: "a reason that is none is replaced",
			object: `{status: {conditions: [{type: Synced, status: "False", reason: "not good"}]}}`,
			want:   notReadyVerdict("NotSynced", "its condition Synced says not good"),
		},
		"NotReady": {
			reason: "the provider's words on why it is not usable",
			object: `{status: {conditions: [` + synced + `, {type: Ready, status: "False", reason: Creating}]}}`,
			want:   notReadyVerdict("Creating", "its condition Ready says Creating"),
		},
		"NotReadyMute": {
			reason: "a condition without words",
			object: `{status: {conditions: [` + synced + `, {type: Ready, status: "False"}]}}`,
			want:   notReadyVerdict("NotReady", "its condition Ready is False"),
		},
		"OnlySynced": {
			reason: "nobody said that it is ready",
			object: `{status: {conditions: [` + synced + `]}}`,
			want:   notReadyVerdict("NotReady", "its condition Ready is absent"),
		},
		"OnlyReady": {
			reason: "nobody said that it is as it should be",
			object: `{status: {conditions: [` + ready + `]}}`,
			want:   notReadyVerdict("NotSynced", "its condition Synced is absent"),
		},
		"Async": {
			reason: "the words of what failed in the background are better than Creating",
			object: `{status: {conditions: [` + synced + `, {type: Ready, status: "False", reason: Creating}, {type: LastAsyncOperation, status: "False", reason: AsyncCreateFailure, message: no such subnet}]}}`,
			want:   notReadyVerdict("AsyncCreateFailure", "no such subnet"),
		},
		"AsyncUpdate": {
			reason: "an update that failed in the background shows, though all else is well",
			object: `{status: {conditions: [` + synced + `, ` + ready + `, {type: LastAsyncOperation, status: "False", reason: AsyncUpdateFailure, message: no such key}]}}`,
			want:   notReadyVerdict("AsyncUpdateFailure", "no such key"),
		},
		"AsyncMute": {
			reason: "even without a word on why",
			object: `{status: {conditions: [` + synced + `, ` + ready + `, {type: LastAsyncOperation, status: "False"}]}}`,
			want:   notReadyVerdict("NotSynced", "its condition LastAsyncOperation is False"),
		},
		"AsyncAndSynced": {
			reason: "a provider that says both says it in Synced",
			object: `{status: {conditions: [{type: Synced, status: "False", reason: ReconcileError, message: update failed}, ` + ready + `, {type: LastAsyncOperation, status: "False", reason: AsyncUpdateFailure, message: no such key}]}}`,
			want:   notReadyVerdict("ReconcileError", "update failed"),
		},
		"AsyncDone": {
			reason: "what has gone well since",
			object: `{status: {conditions: [` + synced + `, ` + ready + `, {type: LastAsyncOperation, status: "True", reason: Success}, {type: AsyncOperation, status: "False", reason: Ongoing}]}}`,
			want:   readyVerdict,
		},
		"Deleting": {
			reason: "what holds up the deletion is worth knowing",
			object: `{metadata: {deletionTimestamp: "2026-01-01T00:00:00Z"}, status: {conditions: [` + ready + `, {type: Synced, status: "False", message: bucket not empty}]}}`,
			want:   notReadyVerdict("Deleting", "being deleted: bucket not empty"),
		},
		"Malformed": {
			reason: "conditions that are no list are none",
			object: `{status: {conditions: {Ready: "True", Synced: "True"}}}`,
			want:   notReadyVerdict("Creating", "its provider has not reported on it yet"),
		},
	})
}

func TestCertificateReady(t *testing.T) {
	testCheck(t, CertificateReady, map[string]checkCase{
		"Ready": {
			reason: "issued for the current spec; a failing renewal is not a failure yet",
			object: `{metadata: {generation: 2}, status: {conditions: [{type: Ready, status: "True", observedGeneration: 2}, {type: Issuing, status: "False", message: later}]}}`,
			want:   readyVerdict,
		},
		"NoConditions": {
			reason: "nobody has looked at it",
			object: `{kind: Certificate}`,
			want:   notReadyVerdict("Pending", "cert-manager has not reported on it yet"),
		},
		"Outdated": {
			reason: "issued, but for names of before the last change",
			object: `{metadata: {generation: 3}, status: {conditions: [{type: Ready, status: "True", observedGeneration: 2}]}}`,
			want:   notReadyVerdict("Pending", "cert-manager has not acted on the last change yet"),
		},
		"Issuing": {
			reason: "cert-manager's own words",
			object: `{status: {conditions: [{type: Ready, status: "False", reason: DoesNotExist, message: Issuing certificate as Secret does not exist}, {type: Issuing, status: "True", message: also}]}}`,
			want:   notReadyVerdict("Pending", "Issuing certificate as Secret does not exist"),
		},
		"Failed": {
			reason: "why the last attempt failed says more",
			object: `{status: {conditions: [{type: Ready, status: "False", message: Issuing certificate as Secret does not exist}, {type: Issuing, status: "False", reason: Failed, message: no such issuer}]}}`,
			want:   notReadyVerdict("Failed", "no such issuer"),
		},
	})
}

func TestAdmitted(t *testing.T) {
	kinds := map[string]struct {
		check           Check
		list, condition string
	}{
		"Route":     {RouteAdmitted, "ingress", "Admitted"},
		"HTTPRoute": {HTTPRouteAccepted, "parents", "Accepted"},
	}
	for name, k := range kinds {
		object := func(answers string) string {
			return `{metadata: {generation: 2}, status: {` + k.list + `: ` + strings.ReplaceAll(answers, "TYPE", k.condition) + `}}`
		}
		pending := notReadyVerdict("Pending", "no answer yet on whether it is "+strings.ToLower(k.condition))
		t.Run(name, func(t *testing.T) {
			testCheck(t, k.check, map[string]checkCase{
				"Yes": {
					reason: "one admits it",
					object: object(`[{conditions: [{type: Other, status: "False"}, {type: TYPE, status: "True", observedGeneration: 2}]}]`),
					want:   readyVerdict,
				},
				"NoStatus": {reason: "nobody has answered", object: `{kind: Any}`, want: pending},
				"Nobody":   {reason: "nobody has answered", object: object(`[]`), want: pending},
				"Undecided": {
					reason: "somebody is still at it",
					object: object(`[{conditions: [{type: TYPE, status: "True"}]}, {conditions: [{type: TYPE, status: Unknown, message: hm}]}]`),
					want:   pending,
				},
				"Outdated": {
					reason: "the answer is about what was before the last change",
					object: object(`[{conditions: [{type: TYPE, status: "True", observedGeneration: 1}]}]`),
					want:   pending,
				},
				"Refused": {
					reason: "refusals count, in an order of their own and each once",
					object: object(
						`[{conditions: [{type: TYPE, status: "True"}]}, {conditions: [{type: TYPE, status: "False", message: taken}]}, {conditions: [{type: TYPE, status: "False", message: forbidden}]}, {conditions: [{type: TYPE, status: "False", message: taken}]}]`,
					),
					want: notReadyVerdict("Rejected", "forbidden; taken"),
				},
				"Malformed": {reason: "an answer that is none", object: object(`[yes, {conditions: yes}]`), want: pending},
			})
		})
	}
}
