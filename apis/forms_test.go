package apis

import (
	"slices"
	"strings"
	"testing"
)

// What can never work is refused as it is written, and what works is not.
func TestForms(t *testing.T) {
	const (
		digest = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
		key    = "arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
	)
	images := []string{"x", "kfp/ui:2.17.0", "registry.example.org:5000/kfp/ui:1.0@" + digest, "localhost:5000/a__b/c.d-e"}
	noImages := []string{"", "https://example.org/kfp", "example.org/KFP/ui", "a b", "example.org//kfp", "kfp@sha256:abc", "kfp:"}
	objects, noObjects := []string{"a", "a.b-c", "1"}, []string{"", "A", "a_b", "-a", "a-", "a..b", "a/b", strings.Repeat("a", 254)}
	times, noTimes := []string{"90s", "1h30m", "1.5h", "24h0m0s", "100ms"}, []string{"", "1", "1d", "-1s", "1m1h", "99999999999h", "1us", "h"}
	hosts, noHosts := []string{
		"db.example.org",
		"db",
		"10.0.0.1",
	}, []string{
		"",
		"DB.example.org",
		"2001:db8::5",
		"[2001:db8::5]",
		"db:3306",
		"mysql://db",
		"db.",
		"a_b",
	}
	cases := map[string]struct {
		shape     string
		good, bad []string
	}{
		"apiServer.image":                      {"claim", images, noImages},
		"apiServer.driverImage":                {"claim", images, noImages},
		"workflowController.executorImage":     {"claim", images, noImages},
		"apiServer.runTTL":                     {"claim", times, noTimes},
		"apiServer.workspace.storageClassName": {"claim", objects, noObjects},
		"apiServer.workspace.accessModes[]": {
			"claim",
			[]string{"ReadWriteOnce", "ReadWriteMany", "ReadWriteOncePod"},
			[]string{"RWX", "ReadOnlyMany", ""},
		},
		"apiServer.env[].valueFrom.secretKeyRef.name": {"claim", objects, noObjects},
		"apiServer.env[].valueFrom.secretKeyRef.key": {
			"claim",
			[]string{"a", ".a", "tls.crt", "A_B-c"},
			[]string{"", ".", "..", "..a", "a/b", "a b"},
		},
		"apiServer.env[].valueFrom.configMapKeyRef.name": {"claim", objects, noObjects},
		"tls.secretName":                     {"claim", objects, noObjects},
		"scheduling.priorityClassName":       {"claim", objects, noObjects},
		"scheduling.imagePullSecrets[].name": {"claim", objects, noObjects},
		"scheduling.nodeSelector{}":          {"claim", []string{"", "a", "A.b_c"}, []string{"a b", "-a", strings.Repeat("a", 64)}},
		"exposure.host":                      {"claim", hosts, noHosts},
		"networkPolicy.egress[].cidr": {
			"claim",
			[]string{"10.0.0.0/8", "fd00::/8"},
			[]string{"", "10.0.0.1", "example.org/8", "10.0.0.0/"},
		},
		"networkPolicy.clients[].podLabels{}": {"claim", []string{"", "a"}, []string{"a b"}},
		"proxy.httpProxy": {
			"claim",
			[]string{"http://proxy:3128", "https://proxy.example.org"},
			[]string{"", "proxy:3128", "http://user:secret@proxy:3128", "socks5://proxy", "http://proxy/path"},
		},
		"proxy.noProxy[]": {
			"claim",
			[]string{"example.org", ".example.org", "10.0.0.0/8", "fd00::/8", "*.example.org"},
			[]string{"a,b", "a b"},
		},
		"database.external.host":             {"claim", hosts, noHosts},
		"database.external.username":         {"claim", []string{"kfp", "kfp@server", "a.b-c"}, []string{"", "a:b", "a/b", "a b"}},
		"database.embedded.storageClassName": {"claim", objects, noObjects},
		"objectStore.external.endpoint": {
			"claim",
			[]string{"https://s3.example.org", "http://minio:9000"},
			[]string{
				"",
				"s3.example.org",
				"https://s3.example.org/path",
				"https://S3.example.org",
				"https://u:p@s3",
				"https://s3:port",
				"https://[::1]:9000",
			},
		},
		"objectStore.external.bucket":                    {"claim", []string{"abc", "a.b-c"}, []string{"ab", "Abc", "a_b", "-abc", "abc/def"}},
		"objectStore.external.credentialsSecretRef.name": {"claim", objects, noObjects},

		"database.shared.host":           {"class", hosts, noHosts},
		"database.shared.providerConfig": {"class", objects, noObjects},
		"database.shared.version": {
			"class",
			[]string{"8.0.40", "11.4.2-MariaDB", "8.0.mysql_aurora.3.05.2", "9"},
			[]string{"", "v8", "latest", "8,0"},
		},
		"objectStore.aws.providerConfig": {"class", objects, noObjects},
		"objectStore.aws.region": {
			"class",
			[]string{"eu-central-1", "us-gov-west-1", "cn-northwest-1"},
			[]string{"", "eu-central-1a", "EU-central-1", "europe"},
		},
		"objectStore.aws.kmsKeys{}": {
			"class",
			[]string{key, "arn:aws-us-gov:kms:us-gov-west-1:123456789012:key/mrk-1"},
			[]string{"", "alias/a", "arn:aws:kms:eu-central-1:123456789012:alias/a", "arn:aws:s3:::a", "arn:aws:kms:eu-central-1::key/1"},
		},
		"objectStore.aws.permissionsBoundary": {
			"class",
			[]string{"arn:aws:iam::123456789012:policy/a/b", "arn:aws:iam::aws:policy/A"},
			[]string{"", "a", "arn:aws:iam::123456789012:role/a", "arn:aws:iam::1:policy/a"},
		},
		"objectStore.aws.tags{}": {
			"class",
			[]string{"", "ml@example.org", "a b", "größe"},
			[]string{"R&D <ml@example.org>", "a,b", strings.Repeat("a", 257)},
		},
		"objectStore.aws.irsa.oidcProviderARN": {
			"class",
			[]string{"arn:aws:iam::123456789012:oidc-provider/oidc.example.org/id/0A"},
			[]string{"", "arn:aws:iam::123456789012:role/a", "oidc.example.org"},
		},
		"objectStore.objectBucketClaim.storageClassName": {"class", objects, noObjects},
		"images.registry": {
			"class",
			[]string{"mirror.example.org", "mirror.example.org:5000/kfp/", "mirror:5000", "localhost/kfp"},
			[]string{"", "Mirror.example.org/KFP", "mirror.example.org/KFP", "https://mirror.example.org", "mirror", "mirror/kfp", "a b"},
		},
		"images.authProxy":                 {"class", images, noImages},
		"images.pullSecrets[].name":        {"class", objects, noObjects},
		"releases{}.images{}":              {"class", images, noImages},
		"releases{}.kfpVersion":            {"class", []string{"2.17.0", "2.18.0-rc.1"}, []string{"", "latest", "2.17"}},
		"releases{}.argo":                  {"class", []string{"v4.0.5"}, []string{"", "4.0.5", "v4"}},
		"ttl.ready":                        {"class", times, noTimes},
		"network.database[]":               {"class", []string{"10.0.0.0/8"}, []string{"10.0.0.1", "a"}},
		"monitoring.namespace":             {"class", []string{"monitoring"}, []string{"", "a.b", "A"}},
		"monitoring.labels{}":              {"class", []string{"", "kube-prometheus-stack"}, []string{"a b"}},
		"pipelineRunner.serviceAccounts[]": {"class", objects, noObjects},
		"constraints.priorityClassNames[]": {"class", objects, noObjects},
		"constraints.annotationKeys[]":     {"class", []string{"a.b/c", "a.b/*", "*"}, []string{"", "a*b", "a b"}},
		"constraints.forbid[]":             {"class", []string{"hibernate", "*.image", "a.b.c"}, []string{"", "a..b", ".a", "a b", "a[0]"}},
		"constraints.egress[]":             {"class", []string{"10.0.0.0/8"}, []string{"10.0.0.1"}},
	}
	servers := allServers(t)
	for path, tc := range cases {
		t.Run(path, func(t *testing.T) {
			refused := func(text string) bool {
				at := "spec." + strings.NewReplacer("[]", "[0]", "{}", ".key").Replace(path)
				return slices.Contains(paths(servers[tc.shape].create(servers[tc.shape].object("default", specWith(path, text)))), at)
			}
			for _, text := range tc.good {
				if refused(text) {
					t.Errorf("%q is refused", text)
				}
			}
			for _, text := range tc.bad {
				if !refused(text) {
					t.Errorf("%.60q is accepted", text)
				}
			}
		})
	}
}
