package stack

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pipelinestack/function-pipelinestack/apis/platform/v1beta1"
)

// inputCase is a platform's input, and what is wrong with it: type and field of each error.
type inputCase struct {
	reason string
	input  string
	mods   []mod
	want   []string
}

func (tc inputCase) run(t *testing.T) {
	t.Helper()
	_, errs := tryStack(append([]mod{inputs(t, tc.input)}, tc.mods...)...)
	if diff := cmp.Diff(tc.want, refusals(errs)); diff != "" {
		t.Errorf("%s: -want, +got\n%s\n%v", tc.reason, diff, errs)
	}
}

func TestValidatePlatform(t *testing.T) {
	cases := map[string]inputCase{
		"Small":         {reason: "what every platform has to say suffices"},
		"NoClusterID":   {reason: "two clusters must not derive the same names", input: `clusterID: ""`, want: []string{"FieldValueRequired input.clusterID"}},
		"ClusterDomain": {reason: "as clusters are called", input: `clusterDomain: corp.example.org`},
		"NoDomain":      {reason: "hosts end in it", input: `clusterDomain: .cluster.local`, want: []string{"FieldValueInvalid input.clusterDomain"}},
		"Registry":      {reason: "a host with a path", input: `images: {registry: "mirror.example.org:5000/kfp"}`},
		"RegistryURL":   {reason: "an image's name has no scheme", input: `images: {registry: "https://mirror.example.org"}`, want: []string{"FieldValueInvalid input.images.registry"}},
		"TTL":           {reason: "any time", input: `ttl: {ready: 1h, progressing: 1s}`},
		"NoTTL":         {reason: "Crossplane would never call again by itself", input: `ttl: {ready: 0s, progressing: 0s}`, want: []string{"FieldValueInvalid input.ttl.progressing", "FieldValueInvalid input.ttl.ready"}},
		"All": {
			reason: "everything is said at once", input: `{clusterID: "", clusterDomain: A, images: {registry: "x://"}}`,
			want: []string{"FieldValueInvalid input.clusterDomain", "FieldValueInvalid input.images.registry", "FieldValueRequired input.clusterID"},
		},
	}
	for name, tc := range cases {
		t.Run(name, tc.run)
	}
}

func TestValidatePlatformDefaults(t *testing.T) {
	const huge = `sizes: {Huge: {components: {apiServer: {replicas: 5}}}}`
	cases := map[string]inputCase{
		"Release":        {reason: "in the catalogue", input: `defaults: {release: 2.16.1}`},
		"UnknownRelease": {reason: "every claim would trip over it", input: `defaults: {release: 2.0.0}`, want: []string{"FieldValueNotSupported input.defaults.release"}},
		"Size":           {reason: "built in", input: `defaults: {size: Large}`},
		"OwnSize":        {reason: "the platform's own", input: `{defaults: {size: Huge}, ` + huge + `}`},
		"UnknownSize":    {reason: "nobody's", input: `defaults: {size: Huge}`, want: []string{"FieldValueNotSupported input.defaults.size"}},
		"LimitedSize":    {reason: "limits may speak of own sizes", input: `{limits: {sizes: [Small, Huge]}, ` + huge + `}`},
		"LimitedToNone":  {reason: "but not of unknown ones", input: `limits: {sizes: [Small, Huge]}`, want: []string{"FieldValueNotSupported input.limits.sizes[1]"}},
		"LimitedRelease": {reason: "nor of unknown releases", input: `limits: {releases: [2.17.0, 2.0.0]}`, want: []string{"FieldValueNotSupported input.limits.releases[1]"}},
		"Forbidden":      {reason: "fields, blocks, and any step", input: `limits: {forbiddenFields: [hibernate, apiServer.env, "*.image", metadata.envoy.enabled, pipelineRunner]}`},
		"ForbiddenTypo":  {reason: "a misspelt path would forbid nothing", input: `limits: {forbiddenFields: [apiServer.img, apiserver, "*.nothing", hibernate.never, ""]}`, want: []string{"FieldValueInvalid input.limits.forbiddenFields[0]", "FieldValueInvalid input.limits.forbiddenFields[1]", "FieldValueInvalid input.limits.forbiddenFields[2]", "FieldValueInvalid input.limits.forbiddenFields[3]", "FieldValueInvalid input.limits.forbiddenFields[4]"}},
	}
	for name, tc := range cases {
		t.Run(name, tc.run)
	}
}

func TestValidatePlatformSizes(t *testing.T) {
	cases := map[string]inputCase{
		"Every":     {reason: "every component has a name", input: `sizes: {X: {components: {apiServer: {}, authProxy: {}, persistenceAgent: {}, scheduledWorkflow: {}, workflowController: {}, metadata: {}, metadataEnvoy: {}, ui: {}}}}`},
		"Component": {reason: "a misspelt component would get Small's", input: `sizes: {X: {components: {apiserver: {}}}}`, want: []string{"FieldValueNotSupported input.sizes[X].components"}},
		"Above":     {reason: "no pod may be made that asks for more than its limit", input: `sizes: {X: {components: {ui: {requests: {cpu: 2}, limits: {cpu: 1}}}}}`, want: []string{"FieldValueInvalid input.sizes[X].components[ui].requests[cpu]"}},
	}
	for name, tc := range cases {
		t.Run(name, tc.run)
	}
}

func TestValidateSharedDatabase(t *testing.T) {
	none := func(g *given) { g.platform.Database.Shared = nil }
	cases := map[string]inputCase{
		"None":       {reason: "stacks need a server", mods: []mod{none}, want: []string{"FieldValueRequired input.database.shared"}},
		"Name":       {reason: "as DNS has it", input: `database: {shared: {host: db.eu-central-1.rds.amazonaws.com}}`},
		"Address":    {reason: "version 4", input: `database: {shared: {host: 10.0.0.1}}`},
		"Address6":   {reason: "version 6", input: `database: {shared: {host: "fd00::1"}}`},
		"WithPort":   {reason: "the port is a field of its own", input: `database: {shared: {host: "db.example.org:3306"}}`, want: []string{"FieldValueInvalid input.database.shared.host"}},
		"URL":        {reason: "a host is no URL", input: `database: {shared: {host: "mysql://db.example.org"}}`, want: []string{"FieldValueInvalid input.database.shared.host"}},
		"CA":         {reason: "a certificate", mods: []mod{verified(testCA)}},
		"TwoCAs":     {reason: "or several, with lines between", mods: []mod{verified(testCA + "\n\n" + testCA)}},
		"NoPEM":      {reason: "ML Metadata would end at such a file", mods: []mod{verified("certificate")}, want: []string{"FieldValueInvalid input.database.shared.caBundle"}},
		"PEMAndMore": {reason: "and whatever else is in it would be shown to pods", mods: []mod{verified(testCA + "password: x")}, want: []string{"FieldValueInvalid input.database.shared.caBundle"}},
		"BrokenPEM": {
			reason: "a block that holds no certificate", mods: []mod{verified("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")},
			want: []string{"FieldValueInvalid input.database.shared.caBundle"},
		},
		"KeyInPEM": {
			reason: "a private key must not land in a ConfigMap, whatever it holds", mods: []mod{verified(testCA + strings.ReplaceAll(testCA, "CERTIFICATE", "PRIVATE KEY"))},
			want: []string{"FieldValueInvalid input.database.shared.caBundle"},
		},
		"CAUnused": {
			reason: "a file that nothing is checked against would give a false sense of safety",
			mods:   []mod{verified(testCA), withDatabase(func(d *v1beta1.SharedDatabase) { d.TLS = "SkipVerify" })},
			want:   []string{"FieldValueForbidden input.database.shared.caBundle"},
		},
	}
	for name, tc := range cases {
		t.Run(name, tc.run)
	}
}

func TestValidateAWS(t *testing.T) {
	none := func(g *given) { g.platform.ObjectStore.AWS = nil }
	cases := map[string]inputCase{
		"None":            {reason: "stacks need a backend", mods: []mod{none}, want: []string{"FieldValueRequired input.objectStore.aws"}},
		"Boundary":        {reason: "a policy's ARN", input: `objectStore: {aws: {permissionsBoundary: "arn:aws:iam::123456789012:policy/x"}}`},
		"BoundaryName":    {reason: "a name is no ARN", input: `objectStore: {aws: {permissionsBoundary: x}}`, want: []string{"FieldValueInvalid input.objectStore.aws.permissionsBoundary"}},
		"BoundaryChina":   {reason: "of the partition", input: `objectStore: {aws: {partition: aws-cn, permissionsBoundary: "arn:aws:iam::123456789012:policy/x"}}`, want: []string{"FieldValueInvalid input.objectStore.aws.permissionsBoundary"}},
		"Key":             {reason: "a key's ARN", input: `objectStore: {aws: {kmsKeys: {a: "arn:aws:kms:eu-central-1:123456789012:key/1"}}}`},
		"KeyAlias":        {reason: "an alias is no ARN", input: `objectStore: {aws: {kmsKeys: {a: alias/a}}}`, want: []string{"FieldValueInvalid input.objectStore.aws.kmsKeys[a]"}},
		"KeyOtherRegion":  {reason: "S3 takes keys of the bucket's region only", input: `objectStore: {aws: {kmsKeys: {a: "arn:aws:kms:us-east-1:123456789012:key/1"}}}`, want: []string{"FieldValueInvalid input.objectStore.aws.kmsKeys[a]"}},
		"KeyOtherService": {reason: "an ARN of something else", input: `objectStore: {aws: {kmsKeys: {a: "arn:aws:s3:::bucket"}}}`, want: []string{"FieldValueInvalid input.objectStore.aws.kmsKeys[a]"}},
	}
	for name, tc := range cases {
		t.Run(name, tc.run)
	}
}

func TestValidateNetwork(t *testing.T) {
	cases := map[string]inputCase{
		"Ranges":    {reason: "ranges of both versions", input: `network: {apiServer: [10.0.0.1/32], database: ["fd00::/8"], objectStore: [0.0.0.0/0], pipelines: [{cidr: 10.0.0.0/8, ports: [443]}]}`},
		"NoRange":   {reason: "an address is no range", input: `network: {apiServer: [10.0.0.1], database: [x], objectStore: [10.0.0.1/8]}`, want: []string{"FieldValueInvalid input.network.apiServer", "FieldValueInvalid input.network.database", "FieldValueInvalid input.network.objectStore"}},
		"Pipelines": {reason: "the same for pipelines", input: `network: {pipelines: [{cidr: x}, {cidr: 10.0.0.0/8, ports: [0]}]}`, want: []string{"FieldValueInvalid input.network.pipelines[0].cidr", "FieldValueInvalid input.network.pipelines[1].ports[0]"}},
	}
	for name, tc := range cases {
		t.Run(name, tc.run)
	}
}

// Errors come in one order whatever the order of Go's maps, or the same mistake would make another event at each call.
func TestErrorsAreStable(t *testing.T) {
	cases := map[string][]mod{
		"Claim": {
			inputs(t, `limits: {replicas: 1, resources: {limits: {memory: 1Mi, cpu: 1m}}}`),
			claims(t, `{apiServer: {replicas: 2, resources: {limits: {memory: 1Gi, cpu: 1}}}, metadata: {replicas: 2, resources: {limits: {memory: 1Gi, cpu: 1}}},
  ui: {replicas: 2, resources: {requests: {memory: 2Gi, cpu: 2}, limits: {memory: 1Gi, cpu: 1}}}, database: {extraParams: {tls: x, loc: x}}}`),
		},
		"Platform": {inputs(t, `{objectStore: {aws: {kmsKeys: {a: x, b: x, c: x, d: x}}}, network: {apiServer: [x], database: [x], objectStore: [x]}}`)},
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
		Identity       v1beta1.AWSIdentity
		Release, Size  string
	}
	want := filled{3306, "default", true, "cluster.local", "/", v1beta1.AWSAccessKey, DefaultRelease, DefaultSize}
	db, aws := s.Platform.Database.Shared, s.Platform.ObjectStore.AWS
	got := filled{db.Port, db.ProviderConfig, *db.NativePasswords, s.Platform.ClusterDomain, aws.IAMPath, aws.Identity, s.Spec.Release, s.Spec.Size}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want, +got\n%s", diff)
	}
}

func TestValidatePeers(t *testing.T) {
	cases := map[string]claimCase{
		"Good":       {reason: "names of namespaces and labels of pods", platform: `network: {dns: {namespace: kube-system, podLabels: {k8s-app: kube-dns}}}`},
		"DNS":        {reason: "no namespace", platform: `network: {dns: {namespace: "kube system"}}`, want: []string{"FieldValueInvalid input.network.dns.namespace"}},
		"Pods":       {reason: "no label", platform: `network: {dns: {namespace: a, podLabels: {a b: c}}}`, want: []string{"FieldValueInvalid input.network.dns.podLabels"}},
		"Monitoring": {reason: "no namespace", platform: `monitoring: {namespace: A}`, want: []string{"FieldValueInvalid input.monitoring.namespace"}},
	}
	for name, tc := range cases {
		t.Run(name, tc.run)
	}
}
