package aws

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/pipelinestack/function-pipelinestack/test/e2e/providers/managed"
)

// bucket plays kind Bucket.
type bucket struct{ *session }

func (b bucket) Observe(ctx context.Context, r managed.Resource) (managed.Observation, error) {
	name := r.ExternalName()
	if ok, err := b.exists(ctx, name); err != nil || !ok {
		return managed.Observation{}, err
	}
	arn, region := "arn:aws:s3:::"+name, r.Text("region")
	r.Observed(map[string]any{"id": name, "arn": arn, "region": region})
	return managed.Observation{Exists: true, Ready: true, UpToDate: true,
		Details: managed.Details{"id": []byte(name), "arn": []byte(arn), "region": []byte(region)}}, nil
}

func (s *session) exists(ctx context.Context, name string) (bool, error) {
	_, err := s.s3.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: &name})
	if is(err, "NotFound", "NoSuchBucket") {
		return false, nil
	}
	return err == nil, err
}

func (b bucket) Create(ctx context.Context, r managed.Resource) (managed.Details, error) {
	_, err := b.s3.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: text(r.ExternalName()),
		CreateBucketConfiguration: &types.CreateBucketConfiguration{LocationConstraint: types.BucketLocationConstraint(r.Text("region"))}})
	if is(err, "BucketAlreadyOwnedByYou") {
		err = nil
	}
	return nil, err
}

func (b bucket) Update(context.Context, managed.Resource) (managed.Details, error) { return nil, nil }

// Delete fails on a bucket that has objects unless forceDestroy is set, which takes objects and
// versions away.
func (b bucket) Delete(ctx context.Context, r managed.Resource) error {
	name := r.ExternalName()
	if r.Value("forceDestroy") == true {
		if err := b.empty(ctx, name); err != nil {
			return err
		}
	}
	_, err := b.s3.DeleteBucket(ctx, &s3.DeleteBucketInput{Bucket: &name})
	if is(err, "NoSuchBucket") {
		return nil
	}
	return err
}

func (b bucket) empty(ctx context.Context, name string) error {
	pages := s3.NewListObjectVersionsPaginator(b.s3, &s3.ListObjectVersionsInput{Bucket: &name})
	for pages.HasMorePages() {
		p, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, v := range p.Versions {
			if err := b.drop(ctx, name, v.Key, v.VersionId); err != nil {
				return err
			}
		}
		for _, m := range p.DeleteMarkers {
			if err := b.drop(ctx, name, m.Key, m.VersionId); err != nil {
				return err
			}
		}
	}
	return nil
}

func (b bucket) drop(ctx context.Context, bucket string, key, version *string) error {
	_, err := b.s3.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &bucket, Key: key, VersionId: version})
	return err
}

// versioning plays kind BucketVersioning.
type versioning struct{ *session }

func (v versioning) Observe(ctx context.Context, r managed.Resource) (managed.Observation, error) {
	if r.ExternalName() == "" {
		return managed.Observation{}, nil
	}
	out, err := v.s3.GetBucketVersioning(ctx, &s3.GetBucketVersioningInput{Bucket: text(r.Text("bucket"))})
	if is(err, "NoSuchBucket") {
		return managed.Observation{}, nil
	}
	if err != nil {
		return managed.Observation{}, err
	}
	r.Observed(map[string]any{"id": r.ExternalName()})
	return managed.Observation{Exists: true, Ready: true, UpToDate: string(out.Status) == wanted(r)}, nil
}

func (v versioning) Create(ctx context.Context, r managed.Resource) (managed.Details, error) {
	r.SetExternalName(r.Text("bucket"))
	return nil, v.put(ctx, r, wanted(r))
}

func (v versioning) Update(ctx context.Context, r managed.Resource) (managed.Details, error) {
	return nil, v.put(ctx, r, wanted(r))
}

// Delete suspends: versioning cannot be taken back. The resource is gone then, so its name goes
// too.
func (v versioning) Delete(ctx context.Context, r managed.Resource) error {
	err := v.put(ctx, r, string(types.BucketVersioningStatusSuspended))
	if is(err, "NoSuchBucket") {
		err = nil
	}
	return forget(r, err)
}

func (v versioning) put(ctx context.Context, r managed.Resource, status string) error {
	_, err := v.s3.PutBucketVersioning(ctx, &s3.PutBucketVersioningInput{Bucket: text(r.Text("bucket")),
		VersioningConfiguration: &types.VersioningConfiguration{Status: types.BucketVersioningStatus(status)}})
	return err
}

// wanted reads versioningConfiguration, a list of one in old versions of the kind.
func wanted(r managed.Resource) string {
	v := r.Value("versioningConfiguration")
	if l, ok := v.([]any); ok && len(l) > 0 {
		v = l[0]
	}
	m, _ := v.(map[string]any)
	s, _ := m["status"].(string)
	return s
}

// setting plays those kinds that set something on a bucket which the S3 server does not know. It
// demands the bucket.
type setting struct{ *session }

func (s setting) Observe(ctx context.Context, r managed.Resource) (managed.Observation, error) {
	if r.ExternalName() == "" {
		return managed.Observation{}, nil
	}
	if ok, err := s.exists(ctx, r.Text("bucket")); err != nil || !ok {
		return managed.Observation{}, err
	}
	r.Observed(map[string]any{"id": r.ExternalName()})
	return managed.Observation{Exists: true, Ready: true, UpToDate: true}, nil
}

func (s setting) Create(ctx context.Context, r managed.Resource) (managed.Details, error) {
	name := r.Text("bucket")
	if _, err := s.s3.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: &name}); err != nil {
		return nil, err
	}
	r.SetExternalName(name)
	return nil, nil
}

func (s setting) Update(context.Context, managed.Resource) (managed.Details, error) { return nil, nil }
func (s setting) Delete(_ context.Context, r managed.Resource) error                { return forget(r, nil) }

// forget marks a resource without a trace outside as deleted: the next look finds no external name,
// so it does not exist.
func forget(r managed.Resource, err error) error {
	if err == nil {
		unstructured.RemoveNestedField(r.Object, "metadata", "annotations", "crossplane.io/external-name")
	}
	return err
}
