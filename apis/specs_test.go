package apis

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSpecs(t *testing.T) {
	cases := map[string]struct {
		reason string
		spec   string
		want   []string // fields that are refused
	}{
		"Empty": {
			reason: "An empty spec gives the defaults of the class that is called default.",
			spec:   `{}`,
		},
		"EmptyBlocks": {
			reason: "A block that says nothing is as good as none.",
			spec:   `{database: {}, objectStore: {}, apiServer: {}, mlmd: {}, pipelineRunner: {}, exposure: {}, tls: {}, networkPolicy: {}, proxy: {}, scheduling: {}, monitoring: {}}`,
		},
		"Full": {
			reason: "Every block together is one legal stack.",
			spec:   read(t, "apis/testdata/full.yaml"),
		},
		"Unknown": {
			reason: "A field with a typo is not ignored by strict clients.",
			spec:   `{databse: {type: Shared}}`,
			want:   []string{"spec.databse"},
		},
		"ClassName": {
			reason: "A class's name is a DNS label, so it names a class and nothing else.",
			spec:   `{className: team-a.v2}`,
			want:   []string{"spec.className"},
		},
		"ClassNameOfHyphen": {
			reason: "A DNS label has a letter or digit at both ends.",
			spec:   `{className: team-}`,
			want:   []string{"spec.className"},
		},
		"ClassNamePath": {
			reason: "A name is no way out of the kind.",
			spec:   `{className: ../secrets}`,
			want:   []string{"spec.className"},
		},
		"LongestClassName": {
			reason: "A DNS label has up to 63 characters.",
			spec:   `{className: ` + strings.Repeat("a", 63) + `}`,
		},
		"ClassNameTooLong": {
			reason: "A DNS label has up to 63 characters.",
			spec:   `{className: ` + strings.Repeat("a", 64) + `}`,
			want:   []string{"spec.className"},
		},
		"Release": {
			reason: "A release is a version with perhaps a distribution before it.",
			spec:   `{release: latest}`,
			want:   []string{"spec.release"},
		},
		"ReleaseOfUpstream": {
			reason: "Upstream's releases are plain versions.",
			spec:   `{release: 2.17.0}`,
		},
		"ReleaseCandidate": {
			reason: "A version may carry more than three numbers.",
			spec:   `{release: 2.18.0-rc.1}`,
		},
		"ReleaseOfDistribution": {
			reason: "A distribution stands before its version, with a hyphen between: a label may hold that.",
			spec:   `{release: odh-2.18.0}`,
		},
		"ReleaseWithSlash": {
			reason: "No label may hold a slash.",
			spec:   `{release: odh/2.18.0}`,
			want:   []string{"spec.release"},
		},
		"ReleaseTooLong": {
			reason: "No label may be longer than 63 characters.",
			spec:   `{release: 2.17.0-` + strings.Repeat("a", 57) + `}`,
			want:   []string{"spec.release"},
		},
		"Size": {
			reason: "A size is a name.",
			spec:   `{size: "2"}`,
			want:   []string{"spec.size"},
		},
		"DatabaseExternalWithoutBlock": {
			reason: "The type External cannot guess the server.",
			spec:   `{database: {type: External}}`,
			want:   []string{"spec.database"},
		},
		"DatabaseExternalIncomplete": {
			reason: "What names an existing database is compulsory.",
			spec:   `{database: {type: External, external: {}}}`,
			want: []string{
				"spec.database.external.host", "spec.database.external.name", "spec.database.external.passwordSecretRef",
			},
		},
		"DatabaseExternalWithoutUser": {
			reason: "Somebody logs in.",
			spec:   `{database: {type: External, external: {host: h, name: a, passwordSecretRef: {name: a, key: b}}}}`,
			want:   []string{"spec.database.external"},
		},
		"DatabaseExternalWithUser": {
			reason: "A user's name is no secret.",
			spec:   `{database: {type: External, external: {host: h, name: a, username: u, passwordSecretRef: {name: a, key: b}}}}`,
		},
		"DatabaseExternalWithUserInSecret": {
			reason: "Who keeps it in a Secret all the same may.",
			spec:   `{database: {type: External, external: {host: h, name: a, usernameSecretRef: {name: a, key: u}, passwordSecretRef: {name: a, key: b}}}}`,
		},
		"DatabaseExternalWithTwoUsers": {
			reason: "One of two would be ignored silently.",
			spec:   `{database: {type: External, external: {host: h, name: a, username: u, usernameSecretRef: {name: a, key: u}, passwordSecretRef: {name: a, key: b}}}}`,
			want:   []string{"spec.database.external"},
		},
		"DatabaseExternalName": {
			reason: "Kubeflow Pipelines does not quote the database's name.",
			spec:   `{database: {type: External, external: {host: h, name: a-b, username: u, passwordSecretRef: {name: a, key: b}}}}`,
			want:   []string{"spec.database.external.name"},
		},
		"DatabaseExternalBlockWithoutType": {
			reason: "A block without its type would be ignored silently.",
			spec:   `{database: {external: {host: h, name: a, username: u, passwordSecretRef: {name: a, key: b}}}}`,
			want:   []string{"spec.database"},
		},
		"DatabaseExternalBlockOfOtherType": {
			reason: "A block of another type would be ignored silently.",
			spec:   `{database: {type: Shared, external: {host: h, name: a, username: u, passwordSecretRef: {name: a, key: b}}}}`,
			want:   []string{"spec.database"},
		},
		"DatabaseEmbeddedBlockWithoutType": {
			reason: "A block without its type would be ignored silently.",
			spec:   `{database: {embedded: {storage: 10Gi}}}`,
			want:   []string{"spec.database"},
		},
		"DatabaseEmbeddedBlockOfOtherType": {
			reason: "A block of another type would be ignored silently.",
			spec:   `{database: {type: Shared, embedded: {storage: 10Gi}}}`,
			want:   []string{"spec.database"},
		},
		"DatabaseEmbedded": {
			reason: "A type may be refined by its block.",
			spec:   `{database: {type: Embedded, embedded: {storage: 10Gi, storageClassName: fast, resources: {requests: {cpu: 1}}}}}`,
		},
		"DatabaseEmbeddedPlain": {
			reason: "A type that can do without its block may.",
			spec:   `{database: {type: Embedded}}`,
		},
		"ObjectStoreExternalWithoutBlock": {
			reason: "The type External cannot guess the bucket.",
			spec:   `{objectStore: {type: External}}`,
			want:   []string{"spec.objectStore"},
		},
		"ObjectStoreExternalIncomplete": {
			reason: "What names an existing bucket is compulsory; credentials are not, since pods may have an identity.",
			spec:   `{objectStore: {type: External, external: {}}}`,
			want:   []string{"spec.objectStore.external.bucket", "spec.objectStore.external.endpoint"},
		},
		"ObjectStoreExternalWithoutCredentials": {
			reason: "Pods may prove who they are by their service accounts.",
			spec:   `{objectStore: {type: External, external: {endpoint: "https://s3.example.org", bucket: abc}}}`,
		},
		"ObjectStoreExternalBlockWithoutType": {
			reason: "A block without its type would be ignored silently.",
			spec:   `{objectStore: {external: {endpoint: "https://s3", bucket: abc}}}`,
			want:   []string{"spec.objectStore"},
		},
		"ObjectStoreExternalBlockOfOtherType": {
			reason: "A block of another type would be ignored silently.",
			spec:   `{objectStore: {type: Shared, external: {endpoint: "https://s3", bucket: abc}}}`,
			want:   []string{"spec.objectStore"},
		},
		"ObjectStoreEmbeddedBlockWithoutType": {
			reason: "A block without its type would be ignored silently.",
			spec:   `{objectStore: {embedded: {}}}`,
			want:   []string{"spec.objectStore"},
		},
		"ObjectStoreEmbeddedBlockOfOtherType": {
			reason: "A block of another type would be ignored silently.",
			spec:   `{objectStore: {type: Shared, embedded: {}}}`,
			want:   []string{"spec.objectStore"},
		},
		"ObjectStoreEmbedded": {
			reason: "A type may be refined by its block.",
			spec:   `{objectStore: {type: Embedded, embedded: {storage: 10Gi}}}`,
		},
		"ObjectStoreEmbeddedPlain": {
			reason: "A type that can do without its block may.",
			spec:   `{objectStore: {type: Embedded}}`,
		},
		"ObjectStoreEndpointWithoutScheme": {
			reason: "The scheme says whether the connection is encrypted.",
			spec:   `{objectStore: {type: External, external: {endpoint: s3.example.org, bucket: abc}}}`,
			want:   []string{"spec.objectStore.external.endpoint"},
		},
		"FurtherBucketTwice": {
			reason: "The second of two would win without a word.",
			spec:   `{objectStore: {type: External, external: {endpoint: "https://s3", bucket: abc, furtherBuckets: [{bucket: old}, {bucket: old}]}}}`,
			want:   []string{"spec.objectStore.external.furtherBuckets[1]"},
		},
		"VersioningOfOldWord": {
			reason: "Versioning has S3's words, which are no booleans.",
			spec:   `{objectStore: {versioning: true}}`,
			want:   []string{"spec.objectStore.versioning"},
		},
		"ObjectStorePrefix": {
			reason: "A slash at an end would give empty folders.",
			spec:   `{objectStore: {prefix: team/}}`,
			want:   []string{"spec.objectStore.prefix"},
		},
		"EmptyLifecycle": {
			reason: "A lifecycle that expires nothing is a mistake.",
			spec:   `{objectStore: {lifecycle: {}}}`,
			want:   []string{"spec.objectStore.lifecycle"},
		},
		"Replicas": {
			reason: "Zero replicas is what hibernate is for.",
			spec:   `{apiServer: {replicas: 0}, ui: {replicas: 11}}`,
			want:   []string{"spec.apiServer.replicas", "spec.ui.replicas"},
		},
		"Quantity": {
			reason: "A quantity that cannot be read is refused where it stands.",
			spec:   `{apiServer: {resources: {requests: {memory: 1 GB}}}}`,
			want:   []string{"spec.apiServer.resources.requests.memory"},
		},
		"EnvValueAndValueFrom": {
			reason: "A variable has one value.",
			spec:   `{ui: {env: [{name: A, value: x, valueFrom: {secretKeyRef: {name: a, key: b}}}]}}`,
			want:   []string{"spec.ui.env[0]"},
		},
		"EnvValueFromNothing": {
			reason: "valueFrom without a source would be an empty variable.",
			spec:   `{ui: {env: [{name: A, valueFrom: {}}]}}`,
			want:   []string{"spec.ui.env[0].valueFrom"},
		},
		"EnvValueFromBoth": {
			reason: "A variable has one source.",
			spec:   `{ui: {env: [{name: A, valueFrom: {secretKeyRef: {name: a, key: b}, configMapKeyRef: {name: a, key: b}}}]}}`,
			want:   []string{"spec.ui.env[0].valueFrom"},
		},
		"EnvTwice": {
			reason: "The second of two would win without a word.",
			spec:   `{ui: {env: [{name: A}, {name: A}]}}`,
			want:   []string{"spec.ui.env[1]"},
		},
		"EnvName": {
			reason: "A variable's name is one that shells can read.",
			spec:   `{ui: {env: [{name: a-b}]}}`,
			want:   []string{"spec.ui.env[0].name"},
		},
		"TooManyEnv": {
			reason: "Lists end somewhere, so that rules stay cheap.",
			spec:   `{ui: {env: [` + repeat(`{name: A#}`, 65) + `]}}`,
			want:   []string{"spec.ui.env"},
		},
		"TooManyNoProxy": {
			reason: "Lists end somewhere.",
			spec:   `{proxy: {noProxy: [` + repeat(`a#`, 65) + `]}}`,
			want:   []string{"spec.proxy.noProxy"},
		},
		"TooManyRoles": {
			reason: "Lists end somewhere.",
			spec:   `{pipelineRunner: {roles: [` + repeat(`r#`, 17) + `]}}`,
			want:   []string{"spec.pipelineRunner.roles"},
		},
		"RoleTwice": {
			reason: "A set holds each once.",
			spec:   `{pipelineRunner: {roles: [view, view]}}`,
			want:   []string{"spec.pipelineRunner.roles[1]"},
		},
		"TooManyParams": {
			reason: "Maps end somewhere.",
			spec:   `{database: {extraParams: {` + repeat(`p#: x`, 17) + `}}}`,
			want:   []string{"spec.database.extraParams"},
		},
		"LongImage": {
			reason: "Texts end somewhere.",
			spec:   `{apiServer: {image: ` + strings.Repeat("a", 513) + `}}`,
			want:   []string{"spec.apiServer.image"},
		},
		"Fence": {
			reason: "Whether there is a fence, and a guard, is the class's to say.",
			spec:   `{networkPolicy: {enabled: false}, auth: {type: None}}`,
			want:   []string{"spec.auth", "spec.networkPolicy.enabled"},
		},
		"Rights": {
			reason: "A claim makes no rules of its own: Crossplane would have to hold them.",
			spec:   `{pipelineRunner: {rules: [{apiGroups: [""], resources: [secrets], verbs: [get]}]}}`,
			want:   []string{"spec.pipelineRunner.rules"},
		},
		"TLSSecretWithoutName": {
			reason: "A given certificate has a name.",
			spec:   `{tls: {type: Secret}}`,
			want:   []string{"spec.tls"},
		},
		"TLSNameOfOtherType": {
			reason: "A Secret that is not used is a mistake.",
			spec:   `{tls: {type: SelfSigned, secretName: mine}}`,
			want:   []string{"spec.tls"},
		},
		"TLSNameWithoutType": {
			reason: "A Secret that is not used is a mistake.",
			spec:   `{tls: {secretName: mine}}`,
			want:   []string{"spec.tls"},
		},
		"ClientsWithoutLabels": {
			reason: "No labels would select every pod of the namespace.",
			spec:   `{networkPolicy: {clients: [{podLabels: {}}]}}`,
			want:   []string{"spec.networkPolicy.clients[0].podLabels"},
		},
	}
	servers := stackServers(t)
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			for shape, s := range servers {
				errs := s.create(s.object("pipelines", parse(t, tc.spec)))
				if diff := cmp.Diff(tc.want, paths(errs)); diff != "" {
					t.Errorf("%s\n%s: refused fields (-want +got):\n%s%v", tc.reason, shape, diff, errs.ToAggregate())
				}
			}
		})
	}
}

// repeat makes a list of n items, each with its number for #.
func repeat(item string, n int) string {
	var items []string
	for i := range n {
		items = append(items, strings.ReplaceAll(item, "#", string(rune('A'+i/26))+string(rune('A'+i%26))))
	}
	return strings.Join(items, ", ")
}
