package stack

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"

	"github.com/pipelinestack/function-pipelinestack/apis/v1alpha1"
	"github.com/pipelinestack/function-pipelinestack/fn/kube"
	"github.com/pipelinestack/function-pipelinestack/fn/managed"
)

const kmsKeyARN = "arn:aws:kms:eu-central-1:123456789012:key/1"

func withKey(t *testing.T) mod {
	t.Helper()
	return func(g *given) {
		classes(t, `objectStore: {aws: {kmsKeys: {team: "`+kmsKeyARN+`", other: "arn:aws:kms:eu-central-1:123456789012:key/2"}}}`)(g)
		claims(t, `objectStore: {encryption: {key: team}}`)(g)
	}
}

func TestBucketPolicy(t *testing.T) {
	bucketActions := []string{"s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"}
	objectActions := []string{"s3:AbortMultipartUpload", "s3:DeleteObject", "s3:GetObject", "s3:ListMultipartUploadParts", "s3:PutObject"}
	cases := map[string]struct {
		reason    string
		mods      []mod
		partition string
		key       *statement
		observed  string // resource that has an ARN
	}{
		"Plain": {"one bucket and its objects", nil, "aws", nil, ""},
		"Key": {
			"and the one key that the claim names, in whichever account", []mod{withKey(t)}, "aws",
			&statement{"Key", "Allow", []string{"kms:Decrypt", "kms:GenerateDataKey"}, kmsKeyARN, throughS3}, resBucketUser,
		},
		"China":      {"in its partition", []mod{withAWS(func(a *v1alpha1.AWSObjectStore) { a.Region = "cn-north-1" })}, "aws-cn", nil, ""},
		"Account":    {"a bucket of that name in another account is none of the stack's", nil, "aws", nil, resBucketUser},
		"Remembered": {"the account stays known while the user is made anew", nil, "aws", nil, resBucketPolicy},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			observed := Observed{}
			s := newStack(t, append(tc.mods, observing(observed))...)
			arn := "arn:" + tc.partition + ":s3:::" + s.ID
			var owned map[string]map[string]string
			if tc.observed != "" {
				owned = map[string]map[string]string{"StringEquals": {"aws:ResourceAccount": "123456789012"}}
				observed[tc.observed] = kube.Observed{Object: content(t, `{status: {atProvider: {arn: "arn:aws:iam::123456789012:user/x/y"}}}`)}
			}
			want := []statement{{"Bucket", "Allow", bucketActions, arn, owned}, {"Objects", "Allow", objectActions, arn + "/*", owned}}
			if tc.key != nil {
				want = append(want, *tc.key)
			}
			var got struct {
				Version   string
				Statement []statement
			}
			if err := json.Unmarshal([]byte(iamPolicy(s).Spec.ForProvider.Policy), &got); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got.Statement); diff != "" || got.Version != "2012-10-17" {
				t.Errorf("%s: version %s, statements: -want, +got\n%s", tc.reason, got.Version, diff)
			}
			if strings.Contains(iamPolicy(s).Spec.ForProvider.Policy, `:*"`) {
				t.Error("an action or a resource is left open")
			}
		})
	}
}

// throughS3 is the condition under which keys of the small class's region may be used.
var throughS3 = map[string]map[string]string{"StringEquals": {"kms:ViaService": "s3.eu-central-1.amazonaws.com"}}

func TestBucketEncryption(t *testing.T) {
	plain := bucketEncryption(newStack(t)).Spec.ForProvider.Rule[0]
	if diff := cmp.Diff(managed.EncryptionByDefault{SSEAlgorithm: "AES256"}, plain.ApplyServerSideEncryptionByDefault); diff != "" {
		t.Errorf("the store's own keys unless the claim names one: -want, +got\n%s", diff)
	}
	keyed := bucketEncryption(newStack(t, withKey(t))).Spec.ForProvider.Rule[0]
	want := managed.BucketEncryptionRule{
		ApplyServerSideEncryptionByDefault: managed.EncryptionByDefault{
			SSEAlgorithm:   "aws:kms",
			KMSMasterKeyID: kmsKeyARN,
		},
		BucketKeyEnabled: true,
	}
	if diff := cmp.Diff(want, keyed); diff != "" {
		t.Errorf("the key that the claim names: -want, +got\n%s", diff)
	}
}

func TestBucketIsNeverPublic(t *testing.T) {
	got := bucketPublicAccessBlock(newStack(t)).Spec.ForProvider
	if !got.BlockPublicAcls || !got.BlockPublicPolicy || !got.IgnorePublicAcls || !got.RestrictPublicBuckets {
		t.Errorf("one of the four is off: %+v", got)
	}
}

func TestBucketSettings(t *testing.T) {
	cases := map[string]struct {
		reason   string
		spec     string
		observed []string
		want     []string
	}{
		"None":       {"settings that nobody asks for are not there", `{}`, nil, nil},
		"Versioning": {"on", `objectStore: {versioning: Enabled}`, nil, []string{"bucket-versioning"}},
		"Suspended": {
			"off is a setting too: it suspends what was on",
			`objectStore: {versioning: Suspended}`,
			nil,
			[]string{"bucket-versioning"},
		},
		"Lifecycle":      {"expiry", `objectStore: {lifecycle: {expireAfterDays: 30}}`, nil, []string{"bucket-lifecycle"}},
		"VersioningGone": {"S3 would keep versions of everything for ever", `{}`, []string{"bucket-versioning"}, []string{"bucket-versioning"}},
		"LifecycleGone":  {"S3 would go on deleting", `{}`, []string{"bucket-lifecycle"}, []string{"bucket-lifecycle"}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			observed := Observed{}
			for _, n := range tc.observed {
				observed[n] = kube.Observed{Object: content(t, `{}`)}
			}
			got := names(objectStoreResources(newStack(t, claims(t, tc.spec), observing(observed)), observed))
			got = slices.DeleteFunc(got, func(n string) bool { return n != "bucket-versioning" && n != "bucket-lifecycle" })
			if diff := cmp.Diff(tc.want, got, cmp.Transformer("nil", func(s []string) []string { return append([]string{}, s...) })); diff != "" {
				t.Errorf("%s: -want, +got\n%s", tc.reason, diff)
			}
		})
	}
	for spec, want := range map[string]string{`objectStore: {versioning: Enabled}`: "Enabled", `objectStore: {versioning: Suspended}`: "Suspended", `{}`: "Suspended"} {
		if got := bucketVersioning(newStack(t, claims(t, spec))).Spec.ForProvider.VersioningConfiguration.Status; got != want {
			t.Errorf("%s gives %s, want %s", spec, got, want)
		}
	}
}

func TestBucketLifecycle(t *testing.T) {
	base := managed.LifecycleRule{ID: "pipelinestack", Status: "Enabled", Filter: []managed.LifecycleFilter{{}}}
	cases := map[string]struct {
		reason string
		spec   string
		want   func(*managed.LifecycleRule)
	}{
		"Expire": {
			"current objects",
			`objectStore: {lifecycle: {expireAfterDays: 30}}`,
			func(r *managed.LifecycleRule) { r.Expiration = []managed.LifecycleExpiration{{Days: 30}} },
		},
		"Noncurrent": {"replaced ones", `objectStore: {lifecycle: {expireNoncurrentAfterDays: 7}}`, func(r *managed.LifecycleRule) {
			r.NoncurrentVersionExpiration = []managed.NoncurrentExpiration{{NoncurrentDays: 7}}
		}},
		"Uploads": {"unfinished ones", `objectStore: {lifecycle: {abortUploadsAfterDays: 1}}`, func(r *managed.LifecycleRule) {
			r.AbortIncompleteMultipartUpload = []managed.AbortUpload{{DaysAfterInitiation: 1}}
		}},
		"Gone": {"nothing expires any more, and S3 wants an action of a rule that does nothing", `{}`, func(r *managed.LifecycleRule) {
			r.Status, r.AbortIncompleteMultipartUpload = "Disabled", []managed.AbortUpload{{DaysAfterInitiation: 7}}
		}},
		"Prefix": {
			"below the stack's folder alone",
			`objectStore: {prefix: a/b, lifecycle: {expireAfterDays: 1}}`,
			func(r *managed.LifecycleRule) {
				r.Filter, r.Expiration = []managed.LifecycleFilter{{Prefix: "a/b/"}}, []managed.LifecycleExpiration{{Days: 1}}
			},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			want := base
			tc.want(&want)
			if diff := cmp.Diff([]managed.LifecycleRule{want}, bucketLifecycle(newStack(t, claims(t, tc.spec))).Spec.ForProvider.Rule); diff != "" {
				t.Errorf("%s: -want, +got\n%s", tc.reason, diff)
			}
		})
	}
}

// inRegion observes a bucket of the stack, and a status that says more of it.
func inRegion(t *testing.T, region, more string) mod {
	t.Helper()
	return func(g *given) {
		name := identity(testSalt, "demo", "team-a", "demo")
		g.world.Composite = found(t, `{status: {objectStore: {identity: AWS/aws//`+region+`/`+name+more+`}}}`)
		g.world.Observed = Observed{resBucket: found(t, `{apiVersion: s3.aws.upbound.io/v1beta1, kind: Bucket,
			metadata: {annotations: {crossplane.io/external-name: `+name+`}},
			spec: {forProvider: {region: `+region+`}}, status: {conditions: [{type: Ready, status: "True"}]}}`)}
	}
}

// Argo's client keeps a host or replaces it, as it was seen to with the versions that the releases'
// Argos have (minio-go 7.0.89, 7.0.92, 7.0.100): what it is given has to be what it goes to.
func TestArgoKeepsItsHost(t *testing.T) {
	for host, want := range map[string]string{
		"s3.eu-central-1.amazonaws.com":                                 "s3.dualstack.eu-central-1.amazonaws.com",
		"s3.cn-north-1.amazonaws.com.cn":                                "s3.dualstack.cn-north-1.amazonaws.com.cn",
		"s3.us-gov-west-1.amazonaws.com":                                "s3.dualstack.us-gov-west-1.amazonaws.com",
		"s3.dualstack.eu-central-1.amazonaws.com":                       "",
		"s3-fips.us-east-1.amazonaws.com":                               "",
		"s3-fips.dualstack.us-gov-west-1.amazonaws.com":                 "",
		"bucket.vpce-1a2b3c4d-5e6f.s3.eu-central-1.vpce.amazonaws.com":  "",
		"bucket.vpce-1a2b3c4d-5e6f.s3.cn-north-1.vpce.amazonaws.com.cn": "",
		"s3.example.org": "",
		"store.team-a":   "",
	} {
		if want == "" {
			want = host
		}
		if got := (store{host: host, port: portHTTPS, secure: true}).argoHost(); got != want {
			t.Errorf("%s: Argo is given %s, and goes to %s", host, got, want)
		}
	}
}

// TestEndpointReachesEverybody wants one name of the store wherever one is written.
func TestEndpointReachesEverybody(t *testing.T) {
	const host = "bucket.vpce-1a2b3c4d-5e6f.s3.eu-central-1.vpce.amazonaws.com"
	s := newStack(t, withUI, classes(t, `objectStore: {aws: {endpoint: "https://`+host+`"}}`))
	server, ui, plain := values(apiServerEnv(s)), values(uiEnv(s)), newStack(t)
	got := []string{server["OBJECTSTORECONFIG_HOST"], ui["AWS_S3_ENDPOINT"], ui["MINIO_HOST"]}
	for _, document := range []string{launcherConfig(s).Data[keyProviders], controllerConfig(s).Data[keyArtifactRepo]} {
		if strings.Contains(document, "https://"+host) || strings.Contains(document, `"endpoint": "`+host) {
			got = append(got, host)
		}
	}
	got = append(got, strings.TrimPrefix(s.status().ObjectStore.Endpoint, "https://"))
	if diff := cmp.Diff(slices.Repeat([]string{host}, 6), got); diff != "" {
		t.Errorf("-want, +got\n%s", diff)
	}
	if s.store.identity != plain.store.identity {
		t.Errorf("the same bucket by another name is the same data: %s and %s", s.store.identity, plain.store.identity)
	}
}

func TestStorePaths(t *testing.T) {
	cases := map[string]struct {
		reason             string
		mods               []mod
		host, root, prefix string
	}{
		"Plain": {"the whole bucket", nil, "s3.eu-central-1.amazonaws.com", "/v2/artifacts", ""},
		"Prefix": {
			"a folder of it",
			[]mod{claims(t, `objectStore: {prefix: a/b}`)},
			"s3.eu-central-1.amazonaws.com",
			"/a/b/v2/artifacts",
			"a/b/",
		},
		"FIPS": {
			"the class's endpoint",
			[]mod{classes(t, `objectStore: {aws: {region: us-east-1, endpoint: "https://s3-fips.us-east-1.amazonaws.com"}}`)},
			"s3-fips.us-east-1.amazonaws.com",
			"/v2/artifacts",
			"",
		},
		"Stays": {
			"a stack that stays in its region stays at its endpoint",
			[]mod{
				classes(t, `objectStore: {aws: {region: us-east-1, endpoint: "https://s3-fips.us-east-1.amazonaws.com"}}`),
				inRegion(t, "eu-central-1", `, endpoint: "https://s3.dualstack.eu-central-1.amazonaws.com"`),
			},
			"s3.dualstack.eu-central-1.amazonaws.com",
			"/v2/artifacts",
			"",
		},
		"StaysSilent": {
			"even if nobody knows which it was",
			[]mod{
				classes(t, `objectStore: {aws: {region: us-east-1, endpoint: "https://s3-fips.us-east-1.amazonaws.com"}}`),
				inRegion(t, "eu-central-1", ""),
			},
			"s3.eu-central-1.amazonaws.com",
			"/v2/artifacts",
			"",
		},
		"China": {
			"another domain",
			[]mod{classes(t, `objectStore: {aws: {region: cn-north-1}}`)},
			"s3.cn-north-1.amazonaws.com.cn",
			"/v2/artifacts",
			"",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			s := newStack(t, tc.mods...)
			st := s.store
			want := []string{tc.host, "https://" + tc.host, "s3://" + s.ID + tc.root, tc.prefix + "private-artifacts/{{workflow.namespace}}/"}
			got := []string{st.host, st.endpoint(), st.pipelineRoot(), st.keyFormat()[:min(len(want[3]), len(st.keyFormat()))]}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s: -want, +got\n%s", tc.reason, diff)
			}
		})
	}
}

func TestObjectStoreSecret(t *testing.T) {
	key := func(id, secret string) kube.Observed {
		return kube.Observed{Details: map[string][]byte{keyUsername: []byte(id), keyPassword: []byte(secret)}}
	}
	kept := kube.Observed{Object: content(t, `{kind: Secret, data: {accesskey: b2xkaWQ=, secretkey: b2xka2V5}}`)}
	broken := kube.Observed{Object: content(t, `{kind: Secret, data: {accesskey: b2xkaWQ=, secretkey: "%"}}`)}
	made, old := map[string][]byte{
		keyAccessKey: []byte("id"),
		keySecretKey: []byte("key"),
	}, map[string][]byte{
		keyAccessKey: []byte("oldid"),
		keySecretKey: []byte("oldkey"),
	}
	cases := map[string]struct {
		reason   string
		observed Observed
		want     map[string][]byte
	}{
		"New":      {"no key is there yet", nil, nil},
		"Made":     {"the provider's key", Observed{resBucketAccessKey: key("id", "key")}, made},
		"Replaced": {"a new key replaces the old one", Observed{resBucketAccessKey: key("id", "key"), resObjectStoreSecret: kept}, made},
		"Lost": {
			"keys that were seen stay when the provider's Secret goes missing",
			Observed{resBucketAccessKey: key("", ""), resObjectStoreSecret: kept},
			old,
		},
		"Half":   {"half a key is none", Observed{resBucketAccessKey: key("id", ""), resObjectStoreSecret: kept}, old},
		"Broken": {"nor is what is not base64", Observed{resObjectStoreSecret: broken}, nil},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got := objectStoreSecret(newStack(t, observing(tc.observed)), tc.observed)
			if diff := cmp.Diff(tc.want, got.Data); diff != "" || got.Type != corev1.SecretTypeOpaque || got.Name != secretObjectStore {
				t.Errorf("%s: %s of type %s: -want, +got\n%s", tc.reason, got.Name, got.Type, diff)
			}
		})
	}
}
