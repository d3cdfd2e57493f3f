package managed

// BucketParameters of S3's Bucket. ForceDestroy deletes what is in it, versions included, with the
// bucket.
type BucketParameters struct {
	Region       string            `json:"region"`
	ForceDestroy bool              `json:"forceDestroy,omitempty"`
	Tags         map[string]string `json:"tags,omitempty"`
}

// BucketPublicAccessBlockParameters of S3's BucketPublicAccessBlock.
type BucketPublicAccessBlockParameters struct {
	Region                string    `json:"region"`
	BucketRef             Reference `json:"bucketRef"`
	BlockPublicAcls       bool      `json:"blockPublicAcls"`
	BlockPublicPolicy     bool      `json:"blockPublicPolicy"`
	IgnorePublicAcls      bool      `json:"ignorePublicAcls"`
	RestrictPublicBuckets bool      `json:"restrictPublicBuckets"`
}

// BucketEncryptionParameters of S3's BucketServerSideEncryptionConfiguration.
type BucketEncryptionParameters struct {
	Region    string                 `json:"region"`
	BucketRef Reference              `json:"bucketRef"`
	Rule      []BucketEncryptionRule `json:"rule"`
}

// BucketEncryptionRule says how objects are encrypted that do not say it themselves.
type BucketEncryptionRule struct {
	ApplyServerSideEncryptionByDefault EncryptionByDefault `json:"applyServerSideEncryptionByDefault"`
	BucketKeyEnabled                   bool                `json:"bucketKeyEnabled,omitempty"`
}

// EncryptionByDefault names algorithm and key.
type EncryptionByDefault struct {
	SSEAlgorithm   string `json:"sseAlgorithm"`
	KMSMasterKeyID string `json:"kmsMasterKeyId,omitempty"`
}

// BucketVersioningParameters of S3's BucketVersioning.
type BucketVersioningParameters struct {
	Region                  string                  `json:"region"`
	BucketRef               Reference               `json:"bucketRef"`
	VersioningConfiguration VersioningConfiguration `json:"versioningConfiguration"`
}

// VersioningConfiguration is Enabled or Suspended.
type VersioningConfiguration struct {
	Status string `json:"status"`
}

// BucketLifecycleParameters of S3's BucketLifecycleConfiguration, whose blocks are lists of one in
// both scopes.
type BucketLifecycleParameters struct {
	Region    string          `json:"region"`
	BucketRef Reference       `json:"bucketRef"`
	Rule      []LifecycleRule `json:"rule"`
}

// LifecycleRule expires objects.
type LifecycleRule struct {
	ID                             string                 `json:"id"`
	Status                         string                 `json:"status"`
	Filter                         []LifecycleFilter      `json:"filter"`
	Expiration                     []LifecycleExpiration  `json:"expiration,omitempty"`
	NoncurrentVersionExpiration    []NoncurrentExpiration `json:"noncurrentVersionExpiration,omitempty"`
	AbortIncompleteMultipartUpload []AbortUpload          `json:"abortIncompleteMultipartUpload,omitempty"`
}

// LifecycleFilter selects objects; an empty prefix selects all, and has to be written.
type LifecycleFilter struct {
	Prefix string `json:"prefix"`
}

// LifecycleExpiration in days after an object was written.
type LifecycleExpiration struct {
	Days int32 `json:"days"`
}

// NoncurrentExpiration in days after a version was replaced.
type NoncurrentExpiration struct {
	NoncurrentDays int32 `json:"noncurrentDays"`
}

// AbortUpload in days after a multipart upload began.
type AbortUpload struct {
	DaysAfterInitiation int32 `json:"daysAfterInitiation"`
}

// IAMUserParameters of IAM's User. ForceDestroy lets a user go that still has keys or attachments.
type IAMUserParameters struct {
	Path                string            `json:"path,omitempty"`
	PermissionsBoundary string            `json:"permissionsBoundary,omitempty"`
	ForceDestroy        bool              `json:"forceDestroy,omitempty"`
	Tags                map[string]string `json:"tags,omitempty"`
}

// PolicyParameters of IAM's Policy.
type PolicyParameters struct {
	Path   string            `json:"path,omitempty"`
	Policy string            `json:"policy"`
	Tags   map[string]string `json:"tags,omitempty"`
}

// UserPolicyAttachmentParameters of IAM's UserPolicyAttachment.
type UserPolicyAttachmentParameters struct {
	UserRef      Reference `json:"userRef"`
	PolicyARNRef Reference `json:"policyArnRef"`
}

// AccessKeyParameters of IAM's AccessKey. Its connection Secret holds the key's id as username and
// the secret as password.
type AccessKeyParameters struct {
	UserRef Reference `json:"userRef"`
}
