package stack

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pipelinestack/function-pipelinestack/apis/v1alpha1"
)

// classCase is a class, and what is wrong with it: type and field of each error.
type classCase struct {
	reason string
	class  string
	mods   []mod
	want   []string
}

func (tc classCase) run(t *testing.T) {
	t.Helper()
	_, errs := tryStack(append([]mod{classes(t, tc.class)}, tc.mods...)...)
	if diff := cmp.Diff(tc.want, refusals(errs)); diff != "" {
		t.Errorf("%s: -want, +got\n%s\n%v", tc.reason, diff, errs)
	}
}

func TestValidateClass(t *testing.T) {
	cases := map[string]classCase{
		"Small": {reason: "what every class has to say suffices"},
		"NoSalt": {
			reason: "anybody could compute the name of a bucket",
			class:  `identitySalt: ""`,
			want:   []string{"FieldValueRequired class/default: spec.identitySalt"},
		},
		"NoClusterID": {
			reason: "two clusters must not derive the same names",
			class:  `clusterID: ""`,
			want:   []string{"FieldValueRequired class/default: spec.clusterID"},
		},
		"ClusterDomain": {reason: "as clusters are called", class: `clusterDomain: corp.example.org`},
		"NoDomain": {
			reason: "hosts end in it",
			class:  `clusterDomain: .cluster.local`,
			want:   []string{"FieldValueInvalid class/default: spec.clusterDomain"},
		},
		"Registry": {reason: "a host with a path", class: `images: {registry: "mirror.example.org:5000/kfp"}`},
		"RegistryURL": {
			reason: "an image's name has no scheme",
			class:  `images: {registry: "https://mirror.example.org"}`,
			want:   []string{"FieldValueInvalid class/default: spec.images.registry"},
		},
		"TTL": {reason: "any time", class: `ttl: {ready: 1h, progressing: 1s}`},
		"NoTTL": {
			reason: "Crossplane would never call again by itself",
			class:  `ttl: {ready: 0s, progressing: 0s}`,
			want:   []string{"FieldValueInvalid class/default: spec.ttl.progressing", "FieldValueInvalid class/default: spec.ttl.ready"},
		},
		"All": {
			reason: "everything is said at once",
			class:  `{clusterID: "", clusterDomain: A, images: {registry: "x://"}}`,
			want: []string{
				"FieldValueInvalid class/default: spec.clusterDomain",
				"FieldValueInvalid class/default: spec.images.registry",
				"FieldValueRequired class/default: spec.clusterID",
			},
		},
	}
	for name, tc := range cases {
		t.Run(name, tc.run)
	}
}

// A class's name stands in labels and in what is asked of Crossplane.
func TestValidateClassName(t *testing.T) {
	spec := v1alpha1.PipelineStackClassSpec{}
	read(
		t,
		`{clusterID: demo, identitySalt: `+testSalt+`, database: {shared: {host: a, engine: MariaDB, tls: SkipVerify}}, objectStore: {aws: {region: eu-central-1}}}`,
		&spec,
	)
	for name, good := range map[string]bool{"default": true, "gold-2": true, "a.b": false, "": false, "A": false, strings.Repeat("a", 64): false} {
		if _, errs := NewClass(name, spec, Releases()); (len(errs) == 0) != good {
			t.Errorf("%q: %v", name, errs)
		}
	}
}

func TestValidateAllowedNamespaces(t *testing.T) {
	const path = "class/default: spec.allowedNamespaces.selector"
	cases := map[string]classCase{
		"All": {reason: "the default", class: `allowedNamespaces: {from: All}`},
		"Selector": {
			reason: "a selector as Kubernetes has it",
			class:  `allowedNamespaces: {from: Selector, selector: {matchLabels: {a: b}, matchExpressions: [{key: c, operator: Exists}]}}`,
		},
		"NoSelector": {
			reason: "nobody would be let in",
			class:  `allowedNamespaces: {from: Selector}`,
			want:   []string{"FieldValueInvalid " + path},
		},
		"NotUsed": {
			reason: "a selector that is not looked at would let everybody in",
			class:  `allowedNamespaces: {selector: {matchLabels: {a: b}}}`,
			want:   []string{"FieldValueInvalid " + path},
		},
		"Nonsense": {
			reason: "no operator",
			class:  `allowedNamespaces: {from: Selector, selector: {matchExpressions: [{key: a, operator: Like}]}}`,
			want:   []string{"FieldValueInvalid " + path + ".matchExpressions[0].operator"},
		},
	}
	for name, tc := range cases {
		t.Run(name, tc.run)
	}
}

func TestValidateNetwork(t *testing.T) {
	cases := map[string]classCase{
		"Ranges": {
			reason: "ranges of both versions",
			class:  `network: {kubernetesAPI: {cidrs: [10.0.0.1/32], ports: [6443]}, database: ["fd00::/8"], objectStore: [0.0.0.0/0], pipelines: [{cidr: 10.0.0.0/8, ports: [443]}]}`,
		},
		"NoRange": {
			reason: "an address is no range",
			class:  `network: {kubernetesAPI: {cidrs: [10.0.0.1]}, database: [x], objectStore: [10.0.0.1/8]}`,
			want: []string{
				"FieldValueInvalid class/default: spec.network.database[0]",
				"FieldValueInvalid class/default: spec.network.kubernetesAPI.cidrs[0]",
				"FieldValueInvalid class/default: spec.network.objectStore[0]",
			},
		},
		"Pipelines": {
			reason: "the same for pipelines",
			class:  `network: {pipelines: [{cidr: x}, {cidr: 10.0.0.0/8, ports: [0]}]}`,
			want: []string{
				"FieldValueInvalid class/default: spec.network.pipelines[0].cidr",
				"FieldValueInvalid class/default: spec.network.pipelines[1].ports[0]",
			},
		},
	}
	for name, tc := range cases {
		t.Run(name, tc.run)
	}
}

// Errors come in one order whatever the order of Go's maps, or the same mistake would make another
// event at each call.
func TestErrorsAreStable(t *testing.T) {
	cases := map[string][]mod{
		"Claim": {
			classes(t, `constraints: {replicas: 1, resources: {limits: {memory: 1Mi, cpu: 1m}}}`),
			claims(
				t,
				`{apiServer: {replicas: 2, resources: {limits: {memory: 1Gi, cpu: 1}}}, mlmd: {replicas: 2, resources: {limits: {memory: 1Gi, cpu: 1}}},
  ui: {replicas: 2, resources: {requests: {memory: 2Gi, cpu: 2}, limits: {memory: 1Gi, cpu: 1}}}, database: {extraParams: {tls: x, loc: x}}}`,
			),
		},
		"Class": {
			classes(
				t,
				`{objectStore: {aws: {kmsKeys: {a: x, b: x, c: x, d: x}}}, network: {kubernetesAPI: {cidrs: [x]}, database: [x], objectStore: [x]}}`,
			),
		},
	}
	for name, mods := range cases {
		t.Run(name, func(t *testing.T) {
			_, errs := tryStack(mods...)
			first := errs.ToAggregate().Error()
			for range 20 {
				if _, errs := tryStack(mods...); errs.ToAggregate().Error() != first {
					t.Fatalf("first\n%s\nthen\n%v", first, errs.ToAggregate())
				}
			}
		})
	}
}

func TestValidatePeers(t *testing.T) {
	cases := map[string]claimCase{
		"Good": {
			reason: "names of namespaces and labels of pods",
			class:  `network: {dns: {namespace: kube-system, podLabels: {k8s-app: kube-dns}}}`,
		},
		"Servers": {reason: "addresses need no namespace", class: `network: {dns: {cidrs: [10.96.0.10/32]}}`},
		"Cluster": {
			reason: "the ranges of pods, Services and nodes, but for the Kubernetes API",
			class:  `network: {cluster: [10.0.0.0/8, "fd00::/8"], kubernetesAPI: {cidrs: [10.0.0.1/32]}}`,
		},
		"ClusterNone": {reason: "nothing is closed", class: `network: {cluster: []}`},
		"ClusterRange": {
			reason: "no range",
			class:  `network: {cluster: [10.0.0.1/8], kubernetesAPI: {cidrs: [10.0.0.1/32]}}`,
			want:   []string{"FieldValueInvalid class/default: spec.network.cluster[0]"},
		},
		"ClusterAPI": {
			reason: "pipelines cannot do without the Kubernetes API, which lies in the cluster",
			class:  `network: {cluster: [10.0.0.0/8]}`,
			want:   []string{"FieldValueRequired class/default: spec.network.kubernetesAPI.cidrs"},
		},
		"Nowhere": {
			reason: "a block that says nothing would open every address",
			class:  `network: {dns: {}}`,
			want:   []string{"FieldValueRequired class/default: spec.network.dns.namespace"},
		},
		"PodsOnly": {
			reason: "labels without a namespace would be those of the stack's own",
			class:  `network: {dns: {podLabels: {a: b}, cidrs: [10.96.0.10/32]}}`,
			want:   []string{"FieldValueRequired class/default: spec.network.dns.namespace"},
		},
		"Server": {
			reason: "an address is no range",
			class:  `network: {dns: {cidrs: [10.96.0.10]}}`,
			want:   []string{"FieldValueInvalid class/default: spec.network.dns.cidrs[0]"},
		},
		"DNS": {
			reason: "no namespace",
			class:  `network: {dns: {namespace: "kube system"}}`,
			want:   []string{"FieldValueInvalid class/default: spec.network.dns.namespace"},
		},
		"Pods": {
			reason: "no label",
			class:  `network: {dns: {namespace: a, podLabels: {a b: c}}}`,
			want:   []string{"FieldValueInvalid class/default: spec.network.dns.podLabels"},
		},
		"Ports": {
			reason: "no port",
			class:  `network: {kubernetesAPI: {ports: [6443, 0, 65536]}}`,
			want: []string{
				"FieldValueInvalid class/default: spec.network.kubernetesAPI.ports[1]",
				"FieldValueInvalid class/default: spec.network.kubernetesAPI.ports[2]",
			},
		},
		"Monitoring": {
			reason: "no namespace",
			class:  `monitoring: {namespace: A}`,
			want:   []string{"FieldValueInvalid class/default: spec.monitoring.namespace"},
		},
		"Labels": {
			reason: "no label",
			class:  `monitoring: {labels: {release: a b}}`,
			want:   []string{"FieldValueInvalid class/default: spec.monitoring.labels"},
		},
		"Accounts": {
			reason: "a comma would part it in two",
			class:  `pipelineRunner: {serviceAccounts: [trainer, "a,admin"]}`,
			want:   []string{"FieldValueInvalid class/default: spec.pipelineRunner.serviceAccounts[1]"},
		},
	}
	for name, tc := range cases {
		t.Run(name, tc.run)
	}
}
