package stack

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/pipelinestack/function-pipelinestack/apis/v1alpha1"
	"github.com/pipelinestack/function-pipelinestack/fn/kube"
	"github.com/pipelinestack/function-pipelinestack/fn/managed"
)

// validateAWS says what is wrong with a class's AWS block.
func validateAWS(c *Class) field.ErrorList {
	path, aws := c.path().Child("objectStore", "aws"), c.ObjectStore.AWS
	if aws == nil {
		return field.ErrorList{field.Required(path, "buckets of type Shared need a backend: name it, or take Shared out of allowedTypes")}
	}
	var errs field.ErrorList
	if strings.Contains(aws.Region, "-iso") {
		errs = append(errs, field.Invalid(path.Child("region"), aws.Region,
			"its partition is none of aws, aws-cn and aws-us-gov, which the function knows"))
	}
	errs = append(errs, validateAWSEndpoint(aws.Endpoint, aws.Region, path.Child("endpoint"))...)
	errs = append(errs, validateARNs(aws, path)...)
	return append(errs, validateTags(aws.Tags, path.Child("tags"))...)
}

// awsStore is a bucket of the stack's own in S3, opened by the keys of an IAM user that reaches
// nothing else.
func awsStore(s *Stack) store {
	aws, o := s.Class.ObjectStore.AWS, s.world.Observed
	partition := partitionOf(aws.Region)
	keys := s.kmsKeys()
	return store{
		identity: newIdentity(identityAWS, partition, s.awsAccount(), aws.Region, s.ID),
		host:     awsHost(aws),
		port:     portHTTPS,
		secure:   true,
		region:   aws.Region,
		bucket:   s.ID,
		prefix:   s.prefix(),
		keys: &storeKeys{
			secret: secretObjectStore, id: keyAccessKey, key: keySecretKey,
			hash: fingerprint(o[resBucketAccessKey].Details, keyUsername, keyPassword),
		},
		encryptionKeys: keys,
		note:           s.encryptionNote(keys),
		fate:           deletionPolicy(o[resBucket]),
		at:             s.Class.path().Child("objectStore", "aws"),
	}
}

// awsResources makes a bucket of the stack's own in S3, an identity that reaches nothing else, and
// the Secret that pods read.
func awsResources(s *Stack, o Observed) []Resource {
	rs := []Resource{
		{Name: resBucket, Object: bucket(s)},
		{Name: resBucketPublicAccessBlock, Object: bucketPublicAccessBlock(s)},
		{Name: resBucketEncryption, Object: bucketEncryption(s)},
	}
	// A setting whose field is removed is turned off, not deleted: a deleted resource that is
	// retained leaves its setting in S3. The status remembers settings that are not observed.
	if s.Spec.ObjectStore.Versioning != "" || o[resBucketVersioning].Exists() || s.world.remembers("versioning") {
		rs = append(rs, Resource{Name: resBucketVersioning, Object: bucketVersioning(s)})
	}
	if s.Spec.ObjectStore.Lifecycle != nil || o[resBucketLifecycle].Exists() || s.world.remembers("lifecycle") {
		rs = append(rs, Resource{Name: resBucketLifecycle, Object: bucketLifecycle(s)})
	}
	return append(rs,
		Resource{Name: resBucketUser, Object: iamUser(s)},
		Resource{Name: resBucketPolicy, Object: iamPolicy(s), Needs: []string{resBucketUser}}, // whose ARN holds the account
		Resource{Name: resBucketPolicyAttachment, Object: iamPolicyAttachment(s)},
		Resource{Name: resBucketAccessKey, Object: iamAccessKey(s)},
		Resource{Name: resObjectStoreSecret, Object: objectStoreSecret(s, o), Needs: []string{resBucketAccessKey}}, // never written without keys
	)
}

// withDeletionPolicy keeps the data, and what protects it, when the stack is deleted, unless the
// claim says Delete.
func withDeletionPolicy[P any](s *Stack, r *managed.Resource[P]) *managed.Resource[P] {
	if s.Spec.ObjectStore.DeletionPolicy == v1alpha1.DeletionRetain {
		return r.Retained(s.Scope)
	}
	return r
}

func (s *Stack) bucketRef() managed.Reference { return managed.Reference{Name: s.ID} }

func bucket(s *Stack) *managed.Resource[managed.BucketParameters] {
	return withDeletionPolicy(s, awsManaged(s, managed.KindBucket, managed.BucketParameters{
		Region:       s.region(),
		ForceDestroy: s.Spec.ObjectStore.DeletionPolicy == v1alpha1.DeletionDelete, // else a bucket with objects is never deleted
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

func bucketVersioning(s *Stack) *managed.Resource[managed.BucketVersioningParameters] {
	status := cmp.Or(s.Spec.ObjectStore.Versioning, v1alpha1.VersioningSuspended)
	return withDeletionPolicy(s, awsManaged(s, managed.KindBucketVersioning, managed.BucketVersioningParameters{
		Region:                  s.region(),
		BucketRef:               s.bucketRef(),
		VersioningConfiguration: managed.VersioningConfiguration{Status: string(status)},
	}))
}

// bucketLifecycle is deleted with the stack even if the bucket is kept: data that is kept must not
// expire unnoticed.
func bucketLifecycle(s *Stack) *managed.Resource[managed.BucketLifecycleParameters] {
	l := s.Spec.ObjectStore.Lifecycle
	rule := managed.LifecycleRule{
		ID:     "pipelinestack",
		Status: "Enabled",
		Filter: []managed.LifecycleFilter{{Prefix: s.store.prefix}},
	}
	if l == nil {
		rule.Status = "Disabled"
		l = &v1alpha1.ObjectLifecycle{AbortUploadsAfterDays: 7} // S3 needs an action in every rule; this one deletes no object
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

// objectStoreSecret holds the provider's keys. Keys that were observed stay when the provider's
// Secret is lost.
func objectStoreSecret(s *Stack, o Observed) *corev1.Secret {
	details := o[resBucketAccessKey].Details
	id, key := details[keyUsername], details[keyPassword]
	if len(id) > 0 && len(key) > 0 {
		return storeSecret(s, map[string][]byte{keyAccessKey: id, keySecretKey: key})
	}
	return storeSecret(s, secretData(o[resObjectStoreSecret], keyAccessKey, keySecretKey))
}

// keptBackend is what a class said of the backend that has the stack's bucket; nil if that is not
// known.
func (s *Stack) keptBackend(was remembered) *v1alpha1.AWSObjectStore {
	o := s.world.Observed
	aws := v1alpha1.AWSObjectStore{
		Region:              was.ours.store.awsRegion(),
		AccountID:           cmp.Or(reportedAccount(o), was.ours.store.awsAccount()),
		ProviderConfig:      was.providerConfig(awsConfigured...),
		Endpoint:            s.world.Composite.String("status", "objectStore", "endpoint"),
		IAMPath:             cmp.Or(o[resBucketUser].String("spec", "forProvider", "path"), "/"),
		PermissionsBoundary: o[resBucketUser].String("spec", "forProvider", "permissionsBoundary"),
		Tags:                classTags(o[resBucket]),
	}
	if aws.Region == "" || aws.ProviderConfig == "" {
		return nil
	}
	s.keptBlock(ConditionObjectStore, "objectStore.aws", was.store)
	return &aws
}

// classTags are those of a bucket that neither the stack nor its provider sets.
func classTags(bucket kube.Observed) map[string]string {
	tags := bucket.StringMap("spec", "forProvider", "tags")
	maps.DeleteFunc(tags, func(key, _ string) bool {
		return slices.ContainsFunc(ownTags, func(own string) bool { return strings.HasPrefix(strings.ToLower(key), own) })
	})
	return tags
}
