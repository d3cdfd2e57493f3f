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

// A class adds releases to those that the function carries, and replaces none of them.
func TestReleasesOfTheClass(t *testing.T) {
	release := func(name string, change func(*v1alpha1.ReleaseSpec)) mod {
		return func(g *given) {
			r := *g.catalogue[DefaultRelease].DeepCopy()
			r.Images[APIServer] = "mirror.example.org/api-server:9.9.9"
			if change != nil {
				change(&r)
			}
			g.class.Releases = map[string]v1alpha1.ReleaseSpec{name: r}
		}
	}
	const path = "class/default: spec.releases[site-9.9.9]"
	cases := map[string]classCase{
		"Added": {reason: "claims may name it", mods: []mod{release("site-9.9.9", nil), claims(t, `release: site-9.9.9`)}},
		"Default": {
			reason: "and the class",
			class:  `{defaults: {release: site-9.9.9}, constraints: {releases: [site-9.9.9]}}`,
			mods:   []mod{release("site-9.9.9", nil)},
		},
		"Carried": {
			reason: "the function's own are as they were tested",
			mods:   []mod{release(DefaultRelease, nil)},
			want:   []string{"FieldValueForbidden class/default: spec.releases[" + DefaultRelease + "]"},
		},
		"Name": {
			reason: "it becomes a label",
			mods:   []mod{release("site/9.9.9", nil)},
			want:   []string{"FieldValueInvalid class/default: spec.releases[site/9.9.9]"},
		},
		"NoImage": {
			reason: "every stack has one",
			mods:   []mod{release("site-9.9.9", func(r *v1alpha1.ReleaseSpec) { delete(r.Images, driverImage) })},
			want:   []string{"FieldValueRequired " + path + ".images[driver]"},
		},
		"NoUI": {
			reason: "which a release may lack",
			mods:   []mod{release("site-9.9.9", func(r *v1alpha1.ReleaseSpec) { delete(r.Images, UI) })},
		},
		"HalfMLMD": {
			reason: "ML Metadata comes whole",
			mods:   []mod{release("site-9.9.9", func(r *v1alpha1.ReleaseSpec) { delete(r.Images, MLMDEnvoy) })},
			want:   []string{"FieldValueInvalid " + path + ".images"},
		},
		"Component": {
			reason: "a misspelt component would be missing",
			mods:   []mod{release("site-9.9.9", func(r *v1alpha1.ReleaseSpec) { r.Images["apiserver"] = "a" })},
			want:   []string{"FieldValueNotSupported " + path + ".images"},
		},
		"Image": {
			reason: "no image",
			mods:   []mod{release("site-9.9.9", func(r *v1alpha1.ReleaseSpec) { r.Images[UI] = "a b" })},
			want:   []string{"FieldValueInvalid " + path + ".images[ui]"},
		},
	}
	for name, tc := range cases {
		t.Run(name, tc.run)
	}
	before := Releases().Names()
	s := newStack(t, release("site-9.9.9", nil), claims(t, `release: site-9.9.9`))
	if got := s.image(
		APIServer,
		"",
	); got != "mirror.example.org/api-server:9.9.9" || s.status().Release != "site-9.9.9" ||
		s.status().KFPVersion != s.Release.KFPVersion {
		t.Errorf("runs %s, and the status says %s", got, s.status().Release)
	}
	if diff := cmp.Diff(before, Releases().Names()); diff != "" {
		t.Errorf("another class sees it: -before, +after\n%s", diff)
	}
}

func TestValidateClassDefaults(t *testing.T) {
	const huge = `sizes: {Huge: {components: {apiServer: {replicas: 5}}}}`
	cases := map[string]classCase{
		"Release": {reason: "in the catalogue", class: `defaults: {release: 2.16.1}`},
		"UnknownRelease": {
			reason: "every claim would trip over it",
			class:  `defaults: {release: 2.0.0}`,
			want:   []string{"FieldValueNotSupported class/default: spec.defaults.release"},
		},
		"Size":    {reason: "built in", class: `defaults: {size: Large}`},
		"OwnSize": {reason: "the class's own", class: `{defaults: {size: Huge}, ` + huge + `}`},
		"UnknownSize": {
			reason: "nobody's",
			class:  `defaults: {size: Huge}`,
			want:   []string{"FieldValueNotSupported class/default: spec.defaults.size"},
		},
		"LimitedSize": {reason: "constraints may speak of own sizes", class: `{constraints: {sizes: [Small, Huge]}, ` + huge + `}`},
		"LimitedToNone": {
			reason: "but not of unknown ones",
			class:  `constraints: {sizes: [Small, Huge]}`,
			want:   []string{"FieldValueNotSupported class/default: spec.constraints.sizes[1]"},
		},
		"LimitedRelease": {
			reason: "nor of unknown releases",
			class:  `constraints: {releases: [2.17.0, 2.0.0]}`,
			want:   []string{"FieldValueNotSupported class/default: spec.constraints.releases[1]"},
		},
		"Forbidden": {
			reason: "fields, blocks, and any step",
			class:  `constraints: {forbid: [hibernate, apiServer.env, "*.image", mlmd.envoy.enabled, pipelineRunner]}`,
		},
		"ForbiddenTypo": {
			reason: "a misspelt path would forbid nothing",
			class:  `constraints: {forbid: [apiServer.img, apiserver, "*.nothing", hibernate.never, ""]}`,
			want: []string{
				"FieldValueInvalid class/default: spec.constraints.forbid[0]",
				"FieldValueInvalid class/default: spec.constraints.forbid[1]",
				"FieldValueInvalid class/default: spec.constraints.forbid[2]",
				"FieldValueInvalid class/default: spec.constraints.forbid[3]",
				"FieldValueInvalid class/default: spec.constraints.forbid[4]",
			},
		},
	}
	for name, tc := range cases {
		t.Run(name, tc.run)
	}
}

func TestValidateClassSizes(t *testing.T) {
	cases := map[string]classCase{
		"Every": {
			reason: "every component has a name",
			class:  `sizes: {X: {components: {apiServer: {}, authProxy: {}, persistenceAgent: {}, scheduledWorkflow: {}, workflowController: {}, mlmd: {}, mlmdEnvoy: {}, ui: {}}}}`,
		},
		"Component": {
			reason: "a misspelt component would get Small's",
			class:  `sizes: {X: {components: {apiserver: {}}}}`,
			want:   []string{"FieldValueNotSupported class/default: spec.sizes[X].components"},
		},
		"Above": {
			reason: "no pod may be made that asks for more than its limit",
			class:  `sizes: {X: {components: {ui: {requests: {cpu: 2}, limits: {cpu: 1}}}}}`,
			want:   []string{"FieldValueInvalid class/default: spec.sizes[X].components[ui].requests[cpu]"},
		},
	}
	for name, tc := range cases {
		t.Run(name, tc.run)
	}
}

func TestValidateSharedDatabase(t *testing.T) {
	none := func(g *given) { g.class.Database.Shared = nil }
	cases := map[string]classCase{
		"None": {
			reason: "stacks need a server",
			mods:   []mod{none},
			want:   []string{"FieldValueRequired class/default: spec.database.shared"},
		},
		"Name":     {reason: "as DNS has it", class: `database: {shared: {host: db.eu-central-1.rds.amazonaws.com}}`},
		"Address":  {reason: "version 4", class: `database: {shared: {host: 10.0.0.1}}`},
		"Address6": {reason: "version 6", class: `database: {shared: {host: "fd00::1"}}`},
		"WithPort": {
			reason: "the port is a field of its own",
			class:  `database: {shared: {host: "db.example.org:3306"}}`,
			want:   []string{"FieldValueInvalid class/default: spec.database.shared.host"},
		},
		"URL": {
			reason: "a host is no URL",
			class:  `database: {shared: {host: "mysql://db.example.org"}}`,
			want:   []string{"FieldValueInvalid class/default: spec.database.shared.host"},
		},
		"CA":     {reason: "a certificate", mods: []mod{verified(testCA)}},
		"TwoCAs": {reason: "or several, with lines between", mods: []mod{verified(testCA + "\n\n" + testCA)}},
		"NoPEM": {
			reason: "ML Metadata would end at such a file",
			mods:   []mod{verified("certificate")},
			want:   []string{"FieldValueInvalid class/default: spec.database.shared.caBundle"},
		},
		"PEMAndMore": {
			reason: "and whatever else is in it would be shown to pods",
			mods:   []mod{verified(testCA + "password: x")},
			want:   []string{"FieldValueInvalid class/default: spec.database.shared.caBundle"},
		},
		"BrokenPEM": {
			reason: "a block that holds no certificate", mods: []mod{verified("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")},
			want: []string{"FieldValueInvalid class/default: spec.database.shared.caBundle"},
		},
		"KeyInPEM": {
			reason: "a private key must not land in a ConfigMap, whatever it holds",
			mods:   []mod{verified(testCA + strings.ReplaceAll(testCA, "CERTIFICATE", "PRIVATE KEY"))},
			want:   []string{"FieldValueInvalid class/default: spec.database.shared.caBundle"},
		},
		"CAUnused": {
			reason: "a file that nothing is checked against would give a false sense of safety",
			mods:   []mod{verified(testCA), withDatabase(func(d *v1alpha1.SharedDatabase) { d.TLS = "SkipVerify" })},
			want:   []string{"FieldValueForbidden class/default: spec.database.shared.caBundle"},
		},
	}
	for name, tc := range cases {
		t.Run(name, tc.run)
	}
}

func TestValidateAWS(t *testing.T) {
	none := func(g *given) { g.class.ObjectStore.AWS = nil }
	cases := map[string]classCase{
		"None": {
			reason: "stacks need a backend",
			mods:   []mod{none},
			want:   []string{"FieldValueRequired class/default: spec.objectStore.aws"},
		},
		"Boundary": {reason: "a policy's ARN", class: `objectStore: {aws: {permissionsBoundary: "arn:aws:iam::123456789012:policy/x"}}`},
		"BoundaryName": {
			reason: "a name is no ARN",
			class:  `objectStore: {aws: {permissionsBoundary: x}}`,
			want:   []string{"FieldValueInvalid class/default: spec.objectStore.aws.permissionsBoundary"},
		},
		"BoundaryChina": {
			reason: "of the partition",
			class:  `objectStore: {aws: {region: cn-north-1, permissionsBoundary: "arn:aws:iam::123456789012:policy/x"}}`,
			want:   []string{"FieldValueInvalid class/default: spec.objectStore.aws.permissionsBoundary"},
		},
		"Key": {reason: "a key's ARN", class: `objectStore: {aws: {kmsKeys: {a: "arn:aws:kms:eu-central-1:123456789012:key/1"}}}`},
		"KeyAlias": {
			reason: "an alias is no ARN",
			class:  `objectStore: {aws: {kmsKeys: {a: alias/a}}}`,
			want:   []string{"FieldValueInvalid class/default: spec.objectStore.aws.kmsKeys[a]"},
		},
		"KeyOtherRegion": {
			reason: "S3 takes keys of the bucket's region only",
			class:  `objectStore: {aws: {kmsKeys: {a: "arn:aws:kms:us-east-1:123456789012:key/1"}}}`,
			want:   []string{"FieldValueInvalid class/default: spec.objectStore.aws.kmsKeys[a]"},
		},
		"KeyOtherService": {
			reason: "an ARN of something else",
			class:  `objectStore: {aws: {kmsKeys: {a: "arn:aws:s3:::bucket"}}}`,
			want:   []string{"FieldValueInvalid class/default: spec.objectStore.aws.kmsKeys[a]"},
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
				"FieldValueInvalid class/default: spec.network.database",
				"FieldValueInvalid class/default: spec.network.kubernetesAPI.cidrs",
				"FieldValueInvalid class/default: spec.network.objectStore",
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

func TestDefaultsAreFilledIn(t *testing.T) {
	s := newStack(t)
	type filled struct {
		Port           int32
		ProviderConfig string
		Native         bool
		Domain, Path   string
		Release, Size  string
	}
	want := filled{3306, "default", true, "cluster.local", "/", DefaultRelease, DefaultSize}
	db, aws := s.Class.Database.Shared, s.Class.ObjectStore.AWS
	got := filled{db.Port, db.ProviderConfig, *db.NativePasswords, s.Class.ClusterDomain, aws.IAMPath, s.Spec.Release, s.Spec.Size}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want, +got\n%s", diff)
	}
}

func TestValidatePeers(t *testing.T) {
	cases := map[string]claimCase{
		"Good": {
			reason: "names of namespaces and labels of pods",
			class:  `network: {dns: {namespace: kube-system, podLabels: {k8s-app: kube-dns}}}`,
		},
		"Servers": {reason: "addresses need no namespace", class: `network: {dns: {cidrs: [10.96.0.10/32]}}`},
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
			want:   []string{"FieldValueInvalid class/default: spec.network.dns.cidrs"},
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
