package stack

import (
	"strconv"
	"strings"
	"testing"

	"github.com/pipelinestack/function-pipelinestack/apis/v1alpha1"
)

func TestValidateSharedDatabase(t *testing.T) {
	none := func(g *given) { g.class.Database.Shared = nil }
	cases := map[string]classCase{
		"None": {
			reason: "stacks need a server",
			mods:   []mod{none},
			want:   []string{"FieldValueRequired class/default: spec.database.shared"},
		},
		"Name":    {reason: "as DNS has it", class: `database: {shared: {host: db.eu-central-1.rds.amazonaws.com}}`},
		"Address": {reason: "version 4", class: `database: {shared: {host: 10.0.0.1}}`},
		"Address6": {
			reason: "no spelling of version 6 works for all parts",
			class:  `database: {shared: {host: "fd00::1"}}`,
			want:   []string{"FieldValueInvalid class/default: spec.database.shared.host"},
		},
		"Native84": {
			reason: "the last MySQL that can have them",
			class:  `database: {shared: {engine: MySQL, version: 8.4.3, nativePasswords: true}}`,
		},
		"Native9": {
			reason: "MySQL 9 has no such login",
			class:  `database: {shared: {engine: MySQL, version: 9.1.0, nativePasswords: true}}`,
			want:   []string{"FieldValueInvalid class/default: spec.database.shared.nativePasswords"},
		},
		"NativeMariaDB": {
			reason: "MariaDB counts otherwise",
			class:  `database: {shared: {engine: MariaDB, version: 11.4.2-MariaDB, nativePasswords: true}}`,
		},
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
		"BrokenKeyInPEM": {
			reason: "nor one that does not parse, and is skipped by who reads certificates",
			mods:   []mod{verified(testCA + "-----BEGIN PRIVATE KEY-----\n?\n-----END PRIVATE KEY-----\n" + testCA)},
			want:   []string{"FieldValueInvalid class/default: spec.database.shared.caBundle"},
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
	endpoint := func(region, host string) string {
		return `objectStore: {aws: {region: ` + region + `, endpoint: "https://` + host + `"}}`
	}
	badEndpoint := []string{"FieldValueInvalid class/default: spec.objectStore.aws.endpoint"}
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
		"Regional":      {reason: "the name that applies anyway", class: endpoint("eu-central-1", "s3.eu-central-1.amazonaws.com")},
		"DualStack":     {reason: "the same over IPv6", class: endpoint("eu-central-1", "s3.dualstack.eu-central-1.amazonaws.com")},
		"FIPS":          {reason: "approved cryptography", class: endpoint("us-gov-west-1", "s3-fips.us-gov-west-1.amazonaws.com")},
		"FIPSDualStack": {reason: "both", class: endpoint("us-east-2", "s3-fips.dualstack.us-east-2.amazonaws.com")},
		"China":         {reason: "another domain", class: endpoint("cn-north-1", "s3.dualstack.cn-north-1.amazonaws.com.cn")},
		"PrivateLink":   {reason: "of all zones", class: endpoint("eu-central-1", "bucket.vpce-1a2b-5e6f.s3.eu-central-1.vpce.amazonaws.com")},
		"PrivateLinkZone": {
			reason: "of one",
			class:  endpoint("eu-central-1", "bucket.vpce-1a-5e-eu-central-1a.s3.eu-central-1.vpce.amazonaws.com"),
		},
		"PrivateLinkChina": {reason: "there too", class: endpoint("cn-north-1", "bucket.vpce-1a2b.s3.cn-north-1.vpce.amazonaws.com.cn")},
		"OwnName":          {reason: "a proxy's, or another store's", class: endpoint("eu-central-1", "s3.example.org")},
		"OtherRegion": {
			reason: "S3 there refuses the signature",
			class:  endpoint("eu-central-1", "s3.eu-west-1.amazonaws.com"),
			want:   badEndpoint,
		},
		"Global": {
			reason: "answers for us-east-1, and the launcher ignores it",
			class:  endpoint("eu-central-1", "s3.amazonaws.com"),
			want:   badEndpoint,
		},
		"Accelerate": {
			reason: "takes no bucket in the path",
			class:  endpoint("eu-central-1", "s3-accelerate.amazonaws.com"),
			want:   badEndpoint,
		},
		"OfBucket": {
			reason: "the bucket would be there twice",
			class:  endpoint("eu-central-1", "b.s3.eu-central-1.amazonaws.com"),
			want:   badEndpoint,
		},
		"OldDomain": {reason: "China has its own", class: endpoint("cn-north-1", "s3.cn-north-1.amazonaws.com"), want: badEndpoint},
		"AccessPoint": {
			reason: "serves access points, not buckets", class: endpoint("eu-central-1", "accesspoint.vpce-1a.s3.eu-central-1.vpce.amazonaws.com"),
			want: badEndpoint,
		},
		"PrivateLinkElsewhere": {
			reason: "of another region", class: endpoint("eu-central-1", "bucket.vpce-1a.s3.eu-west-1.vpce.amazonaws.com"), want: badEndpoint,
		},
		"PrivateLinkBare": {
			reason: "as AWS prints it, without its first word", class: endpoint("eu-central-1", "vpce-1a.s3.eu-central-1.vpce.amazonaws.com"),
			want: badEndpoint,
		},
		"Dots": {reason: "no name at all", class: endpoint("eu-central-1", "s3..example.org"), want: badEndpoint},
		"KeyAliasARN": {
			reason: "IAM grants nothing by an alias",
			class:  `objectStore: {aws: {kmsKeys: {a: "arn:aws:kms:eu-central-1:123456789012:alias/tenants"}}}`,
			want:   []string{"FieldValueInvalid class/default: spec.objectStore.aws.kmsKeys[a]"},
		},
		"KeyName": {
			reason: "no claim could name it",
			class:  `objectStore: {aws: {kmsKeys: {"a b": "arn:aws:kms:eu-central-1:123456789012:key/1"}}}`,
			want:   []string{"FieldValueInvalid class/default: spec.objectStore.aws.kmsKeys[a b]"},
		},
		"BoundaryRole": {
			reason: "a role bounds nothing",
			class:  `objectStore: {aws: {permissionsBoundary: "arn:aws:iam::123456789012:role/x"}}`,
			want:   []string{"FieldValueInvalid class/default: spec.objectStore.aws.permissionsBoundary"},
		},
		"BoundaryAWS": {
			reason: "AWS has policies of its own",
			class:  `objectStore: {aws: {accountID: "123456789012", permissionsBoundary: "arn:aws:iam::aws:policy/PowerUserAccess"}}`,
		},
		"BoundaryAccount": {
			reason: "IAM takes no policy of another account",
			class:  `objectStore: {aws: {accountID: "123456789012", permissionsBoundary: "arn:aws:iam::210987654321:policy/x"}}`,
			want:   []string{"FieldValueInvalid class/default: spec.objectStore.aws.permissionsBoundary"},
		},
		"Tags": {
			reason: "as IAM takes them",
			class:  `objectStore: {aws: {tags: {owner: "ml@example.org", cost center: "a/b=c+d", empty: "", größe: "1"}}}`,
		},
		"TagCharacters": {
			reason: "IAM would refuse user and policy, and no stack got keys",
			class:  `objectStore: {aws: {tags: {owner: "R&D <ml@example.org>", "a,b": x, "": x}}}`,
			want: []string{
				"FieldValueInvalid class/default: spec.objectStore.aws.tags[]",
				"FieldValueInvalid class/default: spec.objectStore.aws.tags[a,b]",
				"FieldValueInvalid class/default: spec.objectStore.aws.tags[owner]",
			},
		},
		"TagKeysOfOthers": {
			reason: "AWS, the stack and its provider have keys of their own",
			class:  `objectStore: {aws: {tags: {"aws:x": x, "AWS:y": x, pipelinestack.name: x, crossplane-kind: x}}}`,
			want: []string{
				"FieldValueForbidden class/default: spec.objectStore.aws.tags[AWS:y]",
				"FieldValueForbidden class/default: spec.objectStore.aws.tags[aws:x]",
				"FieldValueForbidden class/default: spec.objectStore.aws.tags[crossplane-kind]",
				"FieldValueForbidden class/default: spec.objectStore.aws.tags[pipelinestack.name]",
			},
		},
		"TagTwice": {
			reason: "IAM does not tell large letters from small ones in keys",
			class:  `objectStore: {aws: {tags: {Owner: a, owner: b}}}`,
			want:   []string{"FieldValueInvalid class/default: spec.objectStore.aws.tags[owner]"},
		},
		"TagLengths": {
			reason: "keys of 128 and values of 256 characters",
			class: `objectStore: {aws: {tags: {` + strings.Repeat(
				"ä",
				128,
			) + `: ` + strings.Repeat(
				"ä",
				256,
			) + `, long: ` + strings.Repeat(
				"a",
				257,
			) + `}}}`,
			want: []string{"FieldValueInvalid class/default: spec.objectStore.aws.tags[long]"},
		},
		"TagsTooMany": {
			reason: "a resource has fifty, of which the stack and its provider need some",
			mods: []mod{withAWS(func(a *v1alpha1.AWSObjectStore) {
				a.Tags = map[string]string{}
				for i := range maxTags + 1 {
					a.Tags["a"+strconv.Itoa(i)] = ""
				}
			})},
			want: []string{"FieldValueTooMany class/default: spec.objectStore.aws.tags"},
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
