package stack

import (
	"strings"
	"testing"

	"github.com/pipelinestack/function-pipelinestack/fn/kube"
)

// A name that is taken shows as such, with what to do. Everything else is the provider's own word.
func TestTakenNames(t *testing.T) {
	report := func(condition string) kube.Observed {
		return found(
			t,
			`{metadata: {annotations: {crossplane.io/external-name: kfpname}}, status: {conditions: [{type: Ready, status: "False", reason: Creating}, `+condition+`]}}`,
		)
	}
	const async = `{type: Synced, status: "True"}, {type: LastAsyncOperation, status: "False", reason: AsyncCreateFailure, message: "async create failed: creating S3 Bucket (kfpname): operation error S3: CreateBucket, https response error StatusCode: 409, `
	cases := map[string]struct {
		reason   string
		bucket   kube.Observed
		why      string
		contains []string
	}{
		"Stranger": {"another account has it", report(async + `BucketAlreadyExists: "}`), ReasonNameTaken,
			[]string{"kfpname", "another AWS account", "identitySalt", "another name", "CreateBucket"}},
		"Region": {"our own, elsewhere", report(async + `BucketAlreadyOwnedByYou: "}`), ReasonNameTaken, []string{"kfpname", "another region"}},
		"Redirect": {
			"our own, elsewhere, and the provider looks first",
			report(
				`{type: Synced, status: "False", reason: ReconcileError, message: "observe failed: reading S3 Bucket (kfpname): operation error S3: HeadBucket, https response error StatusCode: 301, "}`,
			),
			ReasonNameTaken,
			[]string{"another region"},
		},
		"Forbidden": {
			"perhaps another account's",
			report(
				`{type: Synced, status: "False", reason: ReconcileError, message: "observe failed: reading S3 Bucket (kfpname): operation error S3: HeadBucket, https response error StatusCode: 403, "}`,
			),
			"ReconcileError",
			[]string{"s3:ListBucket", "another AWS account", "identitySalt"},
		},
		"Denied": {"something else", report(async + `AccessDenied: no"}`), "AsyncCreateFailure", []string{"async create failed"}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			v := Observed{resBucket: tc.bucket}.verdict(resBucket, bucket(newStack(t)).GroupVersionKind().GroupKind())
			if v.Ready || v.Reason != tc.why {
				t.Errorf("%s: %+v", tc.reason, v)
			}
			for _, words := range tc.contains {
				if !strings.Contains(v.Message, words) {
					t.Errorf("%s: %q is not said: %s", tc.reason, words, v.Message)
				}
			}
			if tc.why == "AsyncCreateFailure" && strings.Contains(v.Message, "identitySalt") {
				t.Errorf("%s: %s", tc.reason, v.Message)
			}
		})
	}
	ready := found(t, `{status: {conditions: [{type: Ready, status: "True"}, {type: Synced, status: "True"}]}}`)
	if v := (Observed{resBucket: ready}).verdict(resBucket, bucket(newStack(t)).GroupVersionKind().GroupKind()); !v.Ready {
		t.Errorf("a bucket that is there: %+v", v)
	}
}
