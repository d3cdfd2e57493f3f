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
			reason: "An empty spec gives the platform's defaults.",
			spec:   `{}`,
		},
		"EmptyBlocks": {
			reason: "A block that says nothing is as good as none.",
			spec:   `{database: {}, objectStore: {}, apiServer: {}, exposure: {}, auth: {}, tls: {}, networkPolicy: {}, quota: {}, proxy: {}, scheduling: {}, monitoring: {}}`,
		},
		"Full": {
			reason: "Every block together is one legal stack.",
			spec:   read(t, "apis/testdata/full.yaml"),
		},
		"Unknown": {
			reason: "A field with a typo is not ignored by strict clients.",
			spec:   `{databse: {mode: Shared}}`,
			want:   []string{"spec.databse"},
		},
		"Release": {
			reason: "A release is a version with perhaps a distribution before it.",
			spec:   `{release: latest}`,
			want:   []string{"spec.release"},
		},
		"Size": {
			reason: "A size is a name.",
			spec:   `{size: "2"}`,
			want:   []string{"spec.size"},
		},
		"DatabaseExternalWithoutBlock": {
			reason: "The External mode cannot guess the server.",
			spec:   `{database: {mode: External}}`,
			want:   []string{"spec.database"},
		},
		"DatabaseExternalIncomplete": {
			reason: "What names an existing database is compulsory.",
			spec:   `{database: {mode: External, external: {}}}`,
			want: []string{
				"spec.database.external.host", "spec.database.external.name",
				"spec.database.external.passwordSecretRef", "spec.database.external.usernameSecretRef",
			},
		},
		"DatabaseExternalName": {
			reason: "Kubeflow Pipelines does not quote the database's name.",
			spec:   `{database: {mode: External, external: {host: h, name: a-b, usernameSecretRef: {name: a, key: b}, passwordSecretRef: {name: a, key: b}}}}`,
			want:   []string{"spec.database.external.name"},
		},
		"DatabaseExternalBlockWithoutMode": {
			reason: "A block without its mode would be ignored silently.",
			spec:   `{database: {external: {host: h, name: a, usernameSecretRef: {name: a, key: b}, passwordSecretRef: {name: a, key: b}}}}`,
			want:   []string{"spec.database"},
		},
		"DatabaseDedicatedBlockWithoutMode": {
			reason: "A block without its mode would be ignored silently.",
			spec:   `{database: {dedicated: {storage: 10Gi}}}`,
			want:   []string{"spec.database"},
		},
		"DatabaseInClusterBlockOfOtherMode": {
			reason: "A block of another mode would be ignored silently.",
			spec:   `{database: {mode: Shared, inCluster: {storage: 10Gi}}}`,
			want:   []string{"spec.database"},
		},
		"DatabaseDedicated": {
			reason: "A mode may be refined by its block.",
			spec:   `{database: {mode: Dedicated, dedicated: {instanceClass: db.t4g.small}}}`,
		},
		"DatabaseDedicatedPlain": {
			reason: "A mode that can do without its block may.",
			spec:   `{database: {mode: Dedicated}}`,
		},
		"ObjectStoreExternalWithoutBlock": {
			reason: "The External mode cannot guess the bucket.",
			spec:   `{objectStore: {mode: External}}`,
			want:   []string{"spec.objectStore"},
		},
		"ObjectStoreExternalBlockWithoutMode": {
			reason: "A block without its mode would be ignored silently.",
			spec:   `{objectStore: {external: {endpoint: "https://s3", bucket: abc, accessKeySecretRef: {name: a, key: b}, secretKeySecretRef: {name: a, key: b}}}}`,
			want:   []string{"spec.objectStore"},
		},
		"ObjectStoreInClusterBlockOfOtherMode": {
			reason: "A block of another mode would be ignored silently.",
			spec:   `{objectStore: {mode: Managed, inCluster: {}}}`,
			want:   []string{"spec.objectStore"},
		},
		"ObjectStoreEndpointWithoutScheme": {
			reason: "The scheme says whether the connection is encrypted.",
			spec:   `{objectStore: {mode: External, external: {endpoint: s3.example.org, bucket: abc, accessKeySecretRef: {name: a, key: b}, secretKeySecretRef: {name: a, key: b}}}}`,
			want:   []string{"spec.objectStore.external.endpoint"},
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
		"TooManyRules": {
			reason: "Lists end somewhere.",
			spec:   `{pipelineRunner: {rules: [` + repeat(`{apiGroups: [""], resources: [r#], verbs: [get]}`, 33) + `]}}`,
			want:   []string{"spec.pipelineRunner.rules"},
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
		"ExposureWithoutGuard": {
			reason: "Without the proxy there is nothing that may be exposed.",
			spec:   `{exposure: {type: Route}, auth: {type: None}}`,
			want:   []string{"spec"},
		},
		"ExposureNoneWithoutGuard": {
			reason: "What is not exposed may go without the proxy.",
			spec:   `{exposure: {type: None}, auth: {type: None}}`,
		},
		"ExposureByDefault": {
			reason: "The proxy is there unless it is turned off.",
			spec:   `{exposure: {type: Ingress}, auth: {}}`,
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
