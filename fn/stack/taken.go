package stack

import (
	"cmp"
	"slices"
	"strings"

	"github.com/pipelinestack/function-pipelinestack/fn/kube"
	"github.com/pipelinestack/function-pipelinestack/fn/managed"
)

// Names of buckets are unique in the world, and S3's errors about them say neither whose a name is
// nor how to get another.

// takenName is an error of S3 that may mean that a bucket's name is taken.
type takenName struct {
	words  []string // all of which the provider's message holds
	reason string   // empty for the provider's own: it may mean something else
	means  string
}

const (
	anotherName = "Give the class an identitySalt of its own, unless it has one; then delete this stack, and make it again under another name"
	otherRegion = "a bucket of this name is in another region of S3, perhaps that of an earlier stack. Set the class's region to that bucket's, " +
		"delete the bucket, or make the stack under another name"
)

var takenNames = []takenName{
	{[]string{"BucketAlreadyExists"}, ReasonNameTaken, "another AWS account has a bucket of this name. " + anotherName},
	{[]string{"BucketAlreadyOwnedByYou"}, ReasonNameTaken, otherRegion},
	{[]string{"HeadBucket", "StatusCode: 301"}, ReasonNameTaken, otherRegion},
	{[]string{"HeadBucket", "StatusCode: 403"}, "", "S3 answers so if the provider's credentials lack s3:ListBucket, and if another " +
		"AWS account has a bucket of this name. In that case: " + strings.ToLower(anotherName[:1]) + anotherName[1:]},
}

// bucketReady says what to do when the bucket's name is taken.
func bucketReady(o kube.Observed) kube.Verdict {
	v := kube.ManagedReady(o)
	for _, t := range takenNames {
		missing := func(word string) bool { return !strings.Contains(v.Message, word) }
		if !v.Ready && !slices.ContainsFunc(t.words, missing) {
			return kube.Verdict{Reason: cmp.Or(t.reason, v.Reason), Message: "bucket " + o.Annotation(managed.AnnotationExternalName) + ": " +
				t.means + ". The provider says: " + v.Message}
		}
	}
	return v
}
