package stack

import (
	"maps"
	"strings"

	"github.com/pipelinestack/function-pipelinestack/fn/managed"
)

// Where in AWS the resources of a stack are, and the identity that reaches its bucket: a user, its
// key, and a policy.

// awsDomains by partition.
var awsDomains = map[string]string{"aws": "amazonaws.com", "aws-us-gov": "amazonaws.com", "aws-cn": "amazonaws.com.cn"}

// partitionOf a region.
func partitionOf(region string) string {
	for prefix, partition := range map[string]string{"cn-": "aws-cn", "us-gov-": "aws-us-gov"} {
		if strings.HasPrefix(region, prefix) {
			return partition
		}
	}
	return "aws"
}

// awsAccount that the bucket is in: what the class says, else what the provider has reported of the
// stack's identity; empty before.
func (s *Stack) awsAccount() string {
	if id := s.Class.ObjectStore.AWS.AccountID; id != "" {
		return id
	}
	return reportedAccount(s.world.Observed)
}

// reportedAccount is the AWS account that the provider has reported of the stack's identity.
func reportedAccount(o Observed) string {
	for _, name := range []string{resBucketUser, resBucketPolicy} {
		if arn := strings.Split(o[name].String("status", "atProvider", "arn"), ":"); len(arn) > 4 && arn[4] != "" {
			return arn[4]
		}
	}
	return ""
}

// awsManaged makes a managed resource in the class's account.
func awsManaged[P any](s *Stack, k managed.Kind, params P) *managed.Resource[P] {
	return managed.New(s.Scope, k, s.ID, s.Class.ObjectStore.AWS.ProviderConfig, params)
}

func (s *Stack) region() string { return s.Class.ObjectStore.AWS.Region }

// tags tell a cloud administrator whose resource this is.
func (s *Stack) tags() map[string]string {
	tags := map[string]string{}
	maps.Copy(tags, s.Class.ObjectStore.AWS.Tags)
	tags["pipelinestack.cluster"] = s.Class.ClusterID
	tags["pipelinestack.namespace"] = s.Namespace
	tags["pipelinestack.name"] = s.Name
	return tags
}

// kmsKey is the ARN behind the key that the claim names, or empty.
func (s *Stack) kmsKey() string {
	if s.Spec.ObjectStore.Encryption == nil {
		return ""
	}
	return s.Class.ObjectStore.AWS.KMSKeys[s.Spec.ObjectStore.Encryption.Key]
}

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

type statement struct {
	Sid       string
	Effect    string
	Action    []string
	Resource  string
	Condition map[string]map[string]string `json:",omitempty"`
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
	if key := s.kmsKey(); key != "" {
		statements = append(statements, statement{"Key", "Allow", []string{"kms:Decrypt", "kms:GenerateDataKey"}, key, nil})
	}
	return compactJSON(struct {
		Version   string
		Statement []statement
	}{"2012-10-17", statements})
}
