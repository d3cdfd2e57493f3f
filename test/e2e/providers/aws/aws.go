// Package aws plays the kinds of provider-upjet-aws 2.6 that a PipelineStack with an AWS bucket
// uses, on an S3 server and an IAM service that speak AWS's protocols and enforce what policies
// say. What those cannot do is recorded and not enforced: managed policies become inline ones when
// they are attached; access block, encryption and lifecycle are remembered only, and conditions on
// the account are decided here, since the gateway knows none. For tests only.
package aws

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/pipelinestack/function-pipelinestack/test/e2e/providers/managed"
)

// Account is the number of the one AWS account that is played, Region its one region.
const (
	Account = "000000000000"
	Region  = "eu-central-1"
)

// Endpoints are the URLs of the servers.
type Endpoints struct{ S3, IAM string }

// A session talks to both services with the keys of one ProviderConfig.
type session struct {
	s3     *s3.Client
	iam    *iam.Client
	client *managed.Client
	group  string // API group of the resource at hand, to find its siblings
}

type provider struct {
	client    *managed.Client
	endpoints Endpoints

	mu       sync.Mutex
	sessions map[string]*session // by access key
}

// Kinds returns the kinds that are played, cluster-scoped and namespaced.
func Kinds(c *managed.Client, e Endpoints) []managed.Kind {
	p := &provider{client: c, endpoints: e, sessions: map[string]*session{}}
	return append(p.kinds("aws.upbound.io", false), p.kinds("aws.m.upbound.io", true)...)
}

func (p *provider) kinds(suffix string, namespaced bool) []managed.Kind {
	// Cluster-scoped S3 kinds have moved on to v1beta2, most of them.
	newer := "v1beta2"
	if namespaced {
		newer = "v1beta1"
	}
	resource := func(service, version, plural string) schema.GroupVersionResource {
		return schema.GroupVersionResource{Group: service + "." + suffix, Version: version, Resource: plural}
	}
	kind := func(
		r schema.GroupVersionResource, nameIsExternal bool, open func(*session) managed.External, refs ...managed.Reference,
	) managed.Kind {
		return managed.Kind{Resource: r, Namespaced: namespaced, NameIsExternal: nameIsExternal, References: refs,
			Connect: func(ctx context.Context, mr managed.Resource) (managed.External, error) {
				s, err := p.connect(ctx, mr)
				if err != nil {
					return nil, err
				}
				return open(s), nil
			}}
	}
	buckets, users, policies := resource("s3", newer, "buckets"), resource("iam", "v1beta1", "users"), resource("iam", "v1beta1", "policies")
	ofBucket := managed.Reference{Field: "bucket", To: buckets}
	ofUser := managed.Reference{Field: "user", To: users}
	arn := func(r managed.Resource) string { return r.At("arn") }
	setting := func(s *session) managed.External { return setting{s} }
	return []managed.Kind{
		kind(buckets, true, func(s *session) managed.External { return bucket{s} }),
		kind(resource("s3", newer, "bucketversionings"), false, func(s *session) managed.External { return versioning{s} }, ofBucket),
		kind(resource("s3", "v1beta1", "bucketpublicaccessblocks"), false, setting, ofBucket),
		kind(resource("s3", newer, "bucketserversideencryptionconfigurations"), false, setting, ofBucket),
		kind(resource("s3", "v1beta1", "bucketlifecycleconfigurations"), false, setting, ofBucket),
		kind(users, true, func(s *session) managed.External { return user{s} }),
		kind(policies, true, func(s *session) managed.External { return policy{s} }),
		kind(resource("iam", "v1beta1", "userpolicyattachments"), false, func(s *session) managed.External { return attachment{s, policies} },
			ofUser, managed.Reference{Field: "policyArn", To: policies, Value: arn}),
		kind(resource("iam", "v1beta1", "accesskeys"), false, func(s *session) managed.External { return accessKey{s} }, ofUser),
	}
}

// connect reads the keys from the Secret of the resource's ProviderConfig.
func (p *provider) connect(ctx context.Context, r managed.Resource) (*session, error) {
	group := r.GroupVersionKind().Group
	_, suffix, _ := strings.Cut(group, ".")
	name, _, _ := unstructured.NestedString(r.Object, "spec", "providerConfigRef", "name")
	kind, _, _ := unstructured.NestedString(r.Object, "spec", "providerConfigRef", "kind")
	plural := schema.GroupVersionResource{Group: suffix, Version: "v1beta1", Resource: "providerconfigs"}
	configs := p.client.Dynamic.Resource(plural)
	var pc *unstructured.Unstructured
	var err error
	switch {
	case r.GetNamespace() == "":
		pc, err = configs.Get(ctx, name, metav1.GetOptions{})
	case kind == "ProviderConfig":
		pc, err = configs.Namespace(r.GetNamespace()).Get(ctx, name, metav1.GetOptions{})
	default:
		plural.Resource = "clusterproviderconfigs"
		pc, err = p.client.Dynamic.Resource(plural).Get(ctx, name, metav1.GetOptions{})
	}
	if err != nil {
		return nil, fmt.Errorf("cannot get referenced ProviderConfig: %w", err)
	}
	at := func(field string) string {
		s, _, _ := unstructured.NestedString(pc.Object, "spec", "credentials", "secretRef", field)
		return s
	}
	secret, err := p.client.Kube.CoreV1().Secrets(at("namespace")).Get(ctx, at("name"), metav1.GetOptions{})
	if err != nil {
		return nil, fmt.Errorf("cannot get credentials secret: %w", err)
	}
	s := *p.session(parse(string(secret.Data[at("key")])))
	s.group = group
	return &s, nil
}

func (p *provider) session(id, key string) *session {
	p.mu.Lock()
	defer p.mu.Unlock()
	if s, ok := p.sessions[id+key]; ok {
		return s
	}
	c := credentials.NewStaticCredentialsProvider(id, key, "")
	s := &session{
		client: p.client,
		s3:     s3.New(s3.Options{BaseEndpoint: &p.endpoints.S3, Region: Region, Credentials: c, UsePathStyle: true}),
		iam: iam.New(
			iam.Options{BaseEndpoint: &p.endpoints.IAM, Region: "us-east-1", Credentials: c},
		), // IAM is signed for this region wherever it is
	}
	p.sessions[id+key] = s
	return s
}

// parse reads the credentials file of the AWS tools.
func parse(ini string) (id, key string) {
	for sc := bufio.NewScanner(strings.NewReader(ini)); sc.Scan(); {
		k, v, _ := strings.Cut(sc.Text(), "=")
		switch strings.TrimSpace(k) {
		case "aws_access_key_id":
			id = strings.TrimSpace(v)
		case "aws_secret_access_key":
			key = strings.TrimSpace(v)
		}
	}
	return id, key
}

// is tells whether err is one of AWS's errors by code.
func is(err error, codes ...string) bool {
	var e smithy.APIError
	if !errors.As(err, &e) {
		return false
	}
	return slices.Contains(codes, e.ErrorCode())
}

func text(s string) *string { return aws.String(s) }
