package apis

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/runtime"
)

func TestClasses(t *testing.T) {
	const (
		identity = `clusterID: demo, identitySalt: 0123456789abcdef`
		shared   = `database: {shared: {host: h}}`
		arn      = `arn:aws:iam::123456789012:oidc-provider/oidc.example.org/id/0A`
	)
	aws := func(fields string) string {
		return `{` + identity + `, objectStore: {aws: {region: eu-central-1, ` + fields + `}}}`
	}
	cases := map[string]struct {
		reason string
		spec   string
		want   []string // fields that are refused
	}{
		"Empty": {
			reason: "A class may leave all to what is built in.",
			spec:   `{}`,
		},
		"EmptyBlocks": {
			reason: "A block that says nothing is as good as none.",
			spec:   `{allowedNamespaces: {}, defaults: {}, constraints: {}, releases: {}, sizes: {}, podSecurity: {}, images: {}, database: {}, objectStore: {}, argo: {}, pipelineRunner: {}, auth: {}, exposure: {}, network: {kubernetesAPI: {}, dns: {}}, certificates: {}, monitoring: {}, ttl: {}}`,
		},
		"Full": {
			reason: "Every field together is one legal class.",
			spec:   read(t, "apis/testdata/class.yaml"),
		},
		"Unknown": {
			reason: "A field with a typo is not ignored by strict clients.",
			spec:   `{databse: {}}`,
			want:   []string{"spec.databse"},
		},
		"DefaultsOfOtherType": {
			reason: "The rules of a claim hold for what the class says for it.",
			spec:   `{defaults: {database: {type: Shared, embedded: {}}, objectStore: {type: External}, tls: {type: Secret}}}`,
			want:   []string{"spec.defaults.database", "spec.defaults.objectStore", "spec.defaults.tls"},
		},

		"NamespacesAll": {
			reason: "All needs no selector.",
			spec:   `{allowedNamespaces: {from: All}}`,
		},
		"NamespacesSelector": {
			reason: "A selector says which.",
			spec:   `{allowedNamespaces: {from: Selector, selector: {matchLabels: {team: a}}}}`,
		},
		"NamespacesWithoutSelector": {
			reason: "A selector that is forgotten must not mean all.",
			spec:   `{allowedNamespaces: {from: Selector}}`,
			want:   []string{"spec.allowedNamespaces"},
		},
		"NamespacesAllWithSelector": {
			reason: "A selector that is not asked would let everybody in.",
			spec:   `{allowedNamespaces: {from: All, selector: {matchLabels: {team: a}}}}`,
			want:   []string{"spec.allowedNamespaces"},
		},
		"NamespacesSelectorWithoutFrom": {
			reason: "Likewise where From is left out.",
			spec:   `{allowedNamespaces: {selector: {matchLabels: {team: a}}}}`,
			want:   []string{"spec.allowedNamespaces"},
		},

		"SharedDatabase": {
			reason: "Names in a shared server need what makes them this cluster's and hard to guess.",
			spec:   `{` + identity + `, ` + shared + `}`,
		},
		"SharedDatabaseWithoutSalt": {
			reason: "Names without a salt can be computed by others.",
			spec:   `{clusterID: demo, ` + shared + `}`,
			want:   []string{"spec"},
		},
		"SharedDatabaseWithoutCluster": {
			reason: "Two clusters with the same names would share data.",
			spec:   `{identitySalt: 0123456789abcdef, ` + shared + `}`,
			want:   []string{"spec"},
		},
		"SharedBucketsWithoutIdentity": {
			reason: "Buckets' names are derived, too.",
			spec:   `{objectStore: {aws: {region: eu-central-1}}}`,
			want:   []string{"spec"},
		},
		"ClaimedBucketsWithoutIdentity": {
			reason: "Buckets' names are derived, whoever makes them.",
			spec:   `{objectStore: {objectBucketClaim: {storageClassName: ceph}}}`,
			want:   []string{"spec"},
		},
		"ClaimedBuckets": {
			reason: "The cluster's storage makes buckets.",
			spec:   `{` + identity + `, objectStore: {objectBucketClaim: {storageClassName: ceph}}}`,
		},
		"TwoBackends": {
			reason: "A stack's bucket is in one place.",
			spec:   `{` + identity + `, objectStore: {aws: {region: eu-central-1}, objectBucketClaim: {storageClassName: ceph}}}`,
			want:   []string{"spec.objectStore"},
		},
		"NeedlessIdentity": {
			reason: "Stores may be shared later.",
			spec:   `{` + identity + `}`,
		},
		"ShortSalt": {
			reason: "Fifteen characters can be guessed.",
			spec:   `{identitySalt: 0123456789abcde}`,
			want:   []string{"spec.identitySalt"},
		},
		"SaltWithSpaces": {
			reason: "What a terminal wraps is copied wrongly.",
			spec:   `{identitySalt: "0123456789 abcdef"}`,
			want:   []string{"spec.identitySalt"},
		},
		"ClusterID": {
			reason: "It looks like a DNS label.",
			spec:   `{clusterID: Demo}`,
			want:   []string{"spec.clusterID"},
		},

		"SharedDatabaseWithoutHost": {
			reason: "A server has a name.",
			spec:   `{` + identity + `, database: {shared: {}}}`,
			want:   []string{"spec.database.shared.host"},
		},
		"Connections": {
			reason: "No connections at all would be no database.",
			spec:   `{` + identity + `, database: {shared: {host: h, maxUserConnections: 0}}}`,
			want:   []string{"spec.database.shared.maxUserConnections"},
		},
		"AllowedTypeTwice": {
			reason: "A set holds each once.",
			spec:   `{database: {allowedTypes: [Shared, Shared]}, objectStore: {allowedTypes: [External, External]}}`,
			want:   []string{"spec.database.allowedTypes[1]", "spec.objectStore.allowedTypes[1]"},
		},

		"AWSKeys": {
			reason: "Access keys need no more than a region.",
			spec:   `{` + identity + `, objectStore: {aws: {region: eu-central-1}}}`,
		},
		"AWSWithoutRegion": {
			reason: "A bucket is in a region.",
			spec:   `{` + identity + `, objectStore: {aws: {}}}`,
			want:   []string{"spec.objectStore.aws.region"},
		},
		"AWSRegion": {
			reason: "Zones are no regions.",
			spec:   `{` + identity + `, objectStore: {aws: {region: eu-central-1a}}}`,
			want:   []string{"spec.objectStore.aws.region"},
		},
		"AWSRegions": {
			reason: "Regions of other partitions have more parts.",
			spec:   `{` + identity + `, objectStore: {aws: {region: us-gov-east-1}}}`,
		},
		"IRSA": {
			reason: "The provider's ARN says account and partition.",
			spec:   aws(`irsa: {oidcProviderARN: "` + arn + `"}`),
		},
		"IRSAWithoutProvider": {
			reason: "Nobody can guess the cluster's issuer.",
			spec:   aws(`irsa: {}`),
			want:   []string{"spec.objectStore.aws.irsa.oidcProviderARN"},
		},
		"IRSAOfSomethingElse": {
			reason: "A role's ARN is no provider's.",
			spec:   aws(`irsa: {oidcProviderARN: "arn:aws:iam::123456789012:role/a"}`),
			want:   []string{"spec.objectStore.aws.irsa.oidcProviderARN"},
		},
		"PodIdentity": {
			reason: "Associations name the cluster.",
			spec:   aws(`podIdentity: {clusterName: research}`),
		},
		"PodIdentityWithoutCluster": {
			reason: "Nobody can guess the cluster's name in EKS.",
			spec:   aws(`podIdentity: {}`),
			want:   []string{"spec.objectStore.aws.podIdentity.clusterName"},
		},
		"TwoIdentities": {
			reason: "Pods have one identity.",
			spec:   aws(`irsa: {oidcProviderARN: "` + arn + `"}, podIdentity: {clusterName: research}`),
			want:   []string{"spec.objectStore.aws"},
		},
		"AWSAccount": {
			reason: "An account is twelve digits, and a number would lose the first zeros.",
			spec:   aws(`accountID: 123456789012`),
			want:   []string{"spec.objectStore.aws.accountID"},
		},
		"AWSEndpoint": {
			reason: "Keys go to the endpoint, so the connection is encrypted.",
			spec:   aws(`endpoint: "http://s3.example.org"`),
			want:   []string{"spec.objectStore.aws.endpoint"},
		},
		"IAMPath": {
			reason: "A path begins and ends with a slash.",
			spec:   aws(`iamPath: tenants`),
			want:   []string{"spec.objectStore.aws.iamPath"},
		},

		"FurtherReleaseIncomplete": {
			reason: "A release says what it is made of.",
			spec:   `{releases: {acme-1.0.0: {}}}`,
			want: []string{
				"spec.releases.acme-1.0.0.architectures", "spec.releases.acme-1.0.0.argo", "spec.releases.acme-1.0.0.images",
				"spec.releases.acme-1.0.0.kfpVersion", "spec.releases.acme-1.0.0.schema",
			},
		},
		"DefaultReleaseWithSlash": {
			reason: "No label may hold a slash.",
			spec:   `{defaults: {release: odh/2.18.0}}`,
			want:   []string{"spec.defaults.release"},
		},
		"NoReplicas": {
			reason: "Nobody could have a stack.",
			spec:   `{constraints: {replicas: 0}}`,
			want:   []string{"spec.constraints.replicas"},
		},
		"TooManyConstraints": {
			reason: "Lists end somewhere.",
			spec:   `{constraints: {allow: [` + repeat(`a#`, 65) + `]}}`,
			want:   []string{"spec.constraints.allow"},
		},
		"TTL": {
			reason: "A time has a unit.",
			spec:   `{ttl: {ready: "10"}}`,
			want:   []string{"spec.ttl.ready"},
		},
	}
	server := classServer(t)
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			errs := server.create(server.object("default", parse(t, tc.spec)))
			if diff := cmp.Diff(tc.want, paths(errs)); diff != "" {
				t.Errorf("%s\nrefused fields (-want +got):\n%s%v", tc.reason, diff, errs.ToAggregate())
			}
		})
	}
}

// A class may say for claims all that they may say, but for the class.
func TestClassesSayForClaims(t *testing.T) {
	server := classServer(t)
	defaults := parse(t, read(t, "apis/testdata/full.yaml"))
	refused := func() []string {
		return paths(server.create(server.object("default", map[string]any{"defaults": runtime.DeepCopyJSON(defaults)})))
	}
	if diff := cmp.Diff([]string{"spec.defaults.className"}, refused()); diff != "" {
		t.Errorf("refused fields of a whole claim (-want +got):\n%s", diff)
	}
	delete(defaults, "className")
	if diff := cmp.Diff([]string(nil), refused()); diff != "" {
		t.Errorf("refused fields of a claim but for its class (-want +got):\n%s", diff)
	}
}

func TestNamesOfClasses(t *testing.T) {
	cases := map[string]struct {
		reason string
		name   string
		want   []string
	}{
		"Default": {reason: "What stacks have that name none.", name: "default"},
		"Hyphens": {reason: "A DNS label may hold hyphens.", name: "team-a-2"},
		"One":     {reason: "A DNS label has a character at least.", name: "a"},
		"Longest": {reason: "A claim can name it.", name: strings.Repeat("a", 63)},
		"TooLong": {reason: "No claim could name it.", name: strings.Repeat("a", 64), want: []string{"metadata.name"}},
		"Dot":     {reason: "A claim names a DNS label, so it could not name this one.", name: "team.a", want: []string{"metadata.name"}},
	}
	server := classServer(t)
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			errs := server.create(server.object(tc.name, map[string]any{}))
			if diff := cmp.Diff(tc.want, paths(errs)); diff != "" {
				t.Errorf("%s\nrefused fields (-want +got):\n%s%v", tc.reason, diff, errs.ToAggregate())
			}
		})
	}
}
