package stack

import (
	"maps"
	"strings"

	"github.com/pipelinestack/function-pipelinestack/apis/v1alpha1"
	"github.com/pipelinestack/function-pipelinestack/fn/managed"
)

// objectStoreResources makes a bucket of the stack's own in S3, an identity that reaches nothing else, and the Secret that pods read.
func objectStoreResources(s *Stack, o Observed) []Resource {
	rs := []Resource{
		{Name: resBucket, Object: bucket(s)},
		{Name: resBucketPublicAccessBlock, Object: bucketPublicAccessBlock(s)},
		{Name: resBucketEncryption, Object: bucketEncryption(s)},
	}
	// A setting whose field goes is turned off rather than withdrawn: the provider forgets what is withdrawn and kept, and S3 goes on by it.
	if s.Spec.ObjectStore.Versioning != nil || o[resBucketVersioning].Exists() || s.was.versioned {
		rs = append(rs, Resource{Name: resBucketVersioning, Object: bucketVersioning(s)})
	}
	if s.Spec.ObjectStore.Lifecycle != nil || o[resBucketLifecycle].Exists() || s.was.expiring {
		rs = append(rs, Resource{Name: resBucketLifecycle, Object: bucketLifecycle(s)})
	}
	return append(rs,
		Resource{Name: resBucketUser, Object: iamUser(s)},
		Resource{Name: resBucketPolicy, Object: iamPolicy(s, o), Needs: []string{resBucketUser}}, // whose ARN says the account
		Resource{Name: resBucketPolicyAttachment, Object: iamPolicyAttachment(s)},
		Resource{Name: resBucketAccessKey, Object: iamAccessKey(s)},
		Resource{Name: resObjectStoreSecret, Object: objectStoreSecret(s, o), Needs: []string{resBucketAccessKey}}, // never written without keys
	)
}

// awsManaged makes a managed resource in the platform's account.
func awsManaged[P any](s *Stack, k managed.Kind, params P) *managed.Resource[P] {
	return managed.New(s.Scope, k, s.ID, s.Platform.ObjectStore.AWS.ProviderConfig, params)
}

// withDeletionPolicy keeps the data, and what protects it, when the stack is deleted, unless the
// claim says Delete.
func withDeletionPolicy[P any](s *Stack, r *managed.Resource[P]) *managed.Resource[P] {
	if s.Spec.ObjectStore.DeletionPolicy == v1alpha1.DeletionRetain {
		return r.Retained(s.Scope)
	}
	return r
}

func (s *Stack) region() string { return s.Platform.ObjectStore.AWS.Region }

func (s *Stack) bucketRef() managed.Reference { return managed.Reference{Name: s.ID} }

// tags tell a cloud administrator whose resource this is.
func (s *Stack) tags() map[string]string {
	tags := map[string]string{}
	maps.Copy(tags, s.Platform.ObjectStore.AWS.Tags)
	tags["pipelinestack.cluster"] = s.Platform.ClusterID
	tags["pipelinestack.namespace"] = s.Namespace
	tags["pipelinestack.name"] = s.Name
	return tags
}

func bucket(s *Stack) *managed.Resource[managed.BucketParameters] {
	return withDeletionPolicy(s, awsManaged(s, managed.KindBucket, managed.BucketParameters{
		Region:       s.region(),
		ForceDestroy: s.Spec.ObjectStore.DeletionPolicy == v1alpha1.DeletionDelete, // else a bucket with objects never goes
		Tags:         s.tags(),
	}).Named(s.ID))
}

func bucketPublicAccessBlock(s *Stack) *managed.Resource[managed.BucketPublicAccessBlockParameters] {
	return withDeletionPolicy(s, awsManaged(s, managed.KindBucketPublicAccessBlock, managed.BucketPublicAccessBlockParameters{
		Region:                s.region(),
		BucketRef:             s.bucketRef(),
		BlockPublicAcls:       true,
		BlockPublicPolicy:     true,
		IgnorePublicAcls:      true,
		RestrictPublicBuckets: true,
	}))
}

func bucketEncryption(s *Stack) *managed.Resource[managed.BucketEncryptionParameters] {
	rule := managed.BucketEncryptionRule{ApplyServerSideEncryptionByDefault: managed.EncryptionByDefault{SSEAlgorithm: "AES256"}}
	if arn := s.kmsKey(); arn != "" {
		rule = managed.BucketEncryptionRule{
			ApplyServerSideEncryptionByDefault: managed.EncryptionByDefault{SSEAlgorithm: "aws:kms", KMSMasterKeyID: arn},
			BucketKeyEnabled:                   true, // one call to the key service per bucket and hour rather than per object
		}
	}
	return withDeletionPolicy(s, awsManaged(s, managed.KindBucketEncryption, managed.BucketEncryptionParameters{
		Region:    s.region(),
		BucketRef: s.bucketRef(),
		Rule:      []managed.BucketEncryptionRule{rule},
	}))
}

// kmsKey is the ARN behind the key that the claim names, or empty.
func (s *Stack) kmsKey() string {
	if s.Spec.ObjectStore.Encryption == nil {
		return ""
	}
	return s.Platform.ObjectStore.AWS.KMSKeys[s.Spec.ObjectStore.Encryption.Key]
}

func bucketVersioning(s *Stack) *managed.Resource[managed.BucketVersioningParameters] {
	status := "Suspended"
	if v := s.Spec.ObjectStore.Versioning; v != nil && *v {
		status = "Enabled"
	}
	return withDeletionPolicy(s, awsManaged(s, managed.KindBucketVersioning, managed.BucketVersioningParameters{
		Region:                  s.region(),
		BucketRef:               s.bucketRef(),
		VersioningConfiguration: managed.VersioningConfiguration{Status: status},
	}))
}

// bucketLifecycle goes with the stack, whatever becomes of the bucket: data that is kept does not expire behind everybody's back.
func bucketLifecycle(s *Stack) *managed.Resource[managed.BucketLifecycleParameters] {
	l := s.Spec.ObjectStore.Lifecycle
	rule := managed.LifecycleRule{
		ID:     "pipelinestack",
		Status: "Enabled",
		Filter: []managed.LifecycleFilter{{Prefix: s.store().prefix}},
	}
	if l == nil {
		rule.Status = "Disabled"
		l = &v1alpha1.ObjectLifecycle{AbortUploadsAfterDays: 7} // S3 wants an action of every rule; this one deletes no object
	}
	if l.ExpireAfterDays > 0 {
		rule.Expiration = []managed.LifecycleExpiration{{Days: l.ExpireAfterDays}}
	}
	if l.ExpireNoncurrentAfterDays > 0 {
		rule.NoncurrentVersionExpiration = []managed.NoncurrentExpiration{{NoncurrentDays: l.ExpireNoncurrentAfterDays}}
	}
	if l.AbortUploadsAfterDays > 0 {
		rule.AbortIncompleteMultipartUpload = []managed.AbortUpload{{DaysAfterInitiation: l.AbortUploadsAfterDays}}
	}
	return awsManaged(s, managed.KindBucketLifecycle, managed.BucketLifecycleParameters{
		Region:    s.region(),
		BucketRef: s.bucketRef(),
		Rule:      []managed.LifecycleRule{rule},
	})
}

func iamUser(s *Stack) *managed.Resource[managed.IAMUserParameters] {
	return awsManaged(s, managed.KindIAMUser, managed.IAMUserParameters{
		Path:                s.Platform.ObjectStore.AWS.IAMPath,
		PermissionsBoundary: s.Platform.ObjectStore.AWS.PermissionsBoundary,
		ForceDestroy:        true, // keys and attachments go with their user, in whatever order they are deleted
		Tags:                s.tags(),
	}).Named(s.ID)
}

func iamPolicy(s *Stack, o Observed) *managed.Resource[managed.PolicyParameters] {
	return awsManaged(s, managed.KindPolicy, managed.PolicyParameters{
		Path:   s.Platform.ObjectStore.AWS.IAMPath,
		Policy: s.bucketPolicy(account(o)),
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

// account that the stack's identity is in, by the ARN that the provider has reported of it; empty before.
func account(o Observed) string {
	for _, name := range []string{resBucketUser, resBucketPolicy} {
		if arn := strings.Split(o[name].String("status", "atProvider", "arn"), ":"); len(arn) > 4 && arn[4] != "" {
			return arn[4]
		}
	}
	return ""
}

// bucketPolicy lets its holder use the objects of one bucket and nothing else: not make it public, not delete it, not change its settings.
// Names of buckets are the whole world's, so the bucket has to be in the account: artifacts never go to somebody who took the name first.
func (s *Stack) bucketPolicy(account string) string {
	var owned map[string]map[string]string
	if account != "" {
		owned = map[string]map[string]string{"StringEquals": {"aws:ResourceAccount": account}}
	}
	arn := "arn:" + s.Platform.ObjectStore.AWS.Partition + ":s3:::" + s.ID
	statements := []statement{
		{"Bucket", "Allow", []string{"s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"}, arn, owned},
		{"Objects", "Allow", []string{"s3:AbortMultipartUpload", "s3:DeleteObject", "s3:GetObject", "s3:ListMultipartUploadParts", "s3:PutObject"}, arn + "/*", owned},
	}
	if key := s.kmsKey(); key != "" {
		statements = append(statements, statement{"Key", "Allow", []string{"kms:Decrypt", "kms:GenerateDataKey"}, key, nil})
	}
	return compactJSON(struct {
		Version   string
		Statement []statement
	}{"2012-10-17", statements})
}
