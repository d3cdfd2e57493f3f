package stack

import (
	"github.com/pipelinestack/function-pipelinestack/fn/managed"
)

// The identity that reaches a stack's bucket: a user, its key, and a policy.

func iamUser(s *Stack) *managed.Resource[managed.IAMUserParameters] {
	return awsManaged(s, managed.KindIAMUser, managed.IAMUserParameters{
		Path:                s.Class.ObjectStore.AWS.IAMPath,
		PermissionsBoundary: s.Class.ObjectStore.AWS.PermissionsBoundary,
		ForceDestroy:        true, // keys and attachments go with their user, in whatever order they are deleted
		Tags:                s.tags(),
	}).Named(s.ID)
}

func iamPolicy(s *Stack) *managed.Resource[managed.PolicyParameters] {
	return awsManaged(s, managed.KindPolicy, managed.PolicyParameters{
		Path:   s.Class.ObjectStore.AWS.IAMPath,
		Policy: s.bucketPolicy(s.awsAccount()),
		Tags:   s.tags(),
	}).Named(s.ID)
}

func iamPolicyAttachment(s *Stack) *managed.Resource[managed.UserPolicyAttachmentParameters] {
	return awsManaged(s, managed.KindUserPolicyAttachment, managed.UserPolicyAttachmentParameters{
		UserRef:      managed.Reference{Name: s.ID},
		PolicyARNRef: managed.Reference{Name: s.ID},
	})
}

func iamAccessKey(s *Stack) *managed.Resource[managed.AccessKeyParameters] {
	return awsManaged(s, managed.KindAccessKey, managed.AccessKeyParameters{UserRef: managed.Reference{Name: s.ID}}).
		Connects(s.Scope, secretObjectStoreKey)
}

// bucketPolicy lets its holder use the objects of one bucket and nothing else: not make it public,
// not delete it, not change its settings. Bucket names are global, so the bucket has to be in the
// account: artifacts never go to somebody who took the name first.
func (s *Stack) bucketPolicy(account string) string {
	var owned map[string]map[string]string
	if account != "" {
		owned = map[string]map[string]string{"StringEquals": {"aws:ResourceAccount": account}}
	}
	arn := "arn:" + partitionOf(s.region()) + ":s3:::" + s.ID
	statements := []statement{
		{"Bucket", "Allow", []string{"s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"}, arn, owned},
		{
			"Objects",
			"Allow",
			[]string{"s3:AbortMultipartUpload", "s3:DeleteObject", "s3:GetObject", "s3:ListMultipartUploadParts", "s3:PutObject"},
			arn + "/*",
			owned,
		},
	}
	statements = append(statements, s.keyStatements()...)
	return compactJSON(struct {
		Version   string
		Statement []statement
	}{"2012-10-17", statements})
}
