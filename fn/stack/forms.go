package stack

import "strings"

// forms say in words what the patterns of the schema want, by pattern. The schema's own errors are
// the patterns. A test wants words for each.
var forms = map[string]string{
	`^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$`: "must be the name of an object of Kubernetes: small letters, digits, " +
		"hyphens and dots, with a letter or digit at both ends",
	`^[a-z0-9]([-a-z0-9]*[a-z0-9])?$`: "must be small letters, digits and hyphens, with a letter or digit at both ends",
	`^\.?[-_a-zA-Z0-9][-._a-zA-Z0-9]*$`: "must be a key of a Secret or ConfigMap: letters, digits, hyphens, underscores " +
		"and dots",
	`^[A-Za-z0-9]([A-Za-z0-9:._-]*[A-Za-z0-9])?$`:   "must be the name of a ClusterRole",
	`^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$`: "must be the value of a label: letters, digits, hyphens, underscores and dots",
	`^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$`: "must be a host name in small letters, or an IPv4 address, without " +
		"scheme and port; give an IPv6 address a name",
	`^([a-zA-Z0-9]([a-zA-Z0-9.-]*[a-zA-Z0-9])?(:[0-9]{1,5})?/)?[a-z0-9]+([._-]+[a-z0-9]+)*(/[a-z0-9]+([._-]+[a-z0-9]+)*)*` +
		`(:[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(@sha(256:[a-f0-9]{64}|512:[a-f0-9]{128}))?$`: "must be the reference of an image, such as " +
		"registry.example.org/kfp/api-server:2.17.0: a host, a path in small letters, and a tag, a digest or both, without a scheme",
	`^[0-9a-fA-F:.]+/[0-9]{1,3}$`:                                   "must be a range in CIDR form, such as 10.0.0.0/8",
	`^\s*-----BEGIN CERTIFICATE-----\s`:                             "must hold certificates, PEM-encoded, and nothing else",
	`^([a-z][a-z0-9]*-)?[0-9]+\.[0-9]+\.[0-9]+([-.][A-Za-z0-9]+)*$`: "must be the name of a release, such as 2.17.0 or odh-2.18.0",
	`^[A-Za-z][A-Za-z0-9-]*$`:                                       "must be the name of a size: letters, digits and hyphens, a letter first",
	`^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$`:                    "must be a name: letters, digits, dots, underscores and hyphens",
	`^([A-Za-z0-9]+|\*)(\.([A-Za-z0-9]+|\*))*$`:                     "must be the path of a field below spec, such as apiServer.env or *.image",
	`^[A-Za-z]+(/[!-.0-~]+)+$`:                                      "must be an identity as the status of a stack has it",
	`^https?://[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*(:[0-9]{1,5})?/?$`: "must be the URL of a proxy, such as " +
		"http://proxy.example.org:3128, in small letters and without credentials",
	`^https?://[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*(:[0-9]{1,5})?$`: "must be a URL such as " +
		"https://s3.example.org:9000: a host in small letters and perhaps a port, without a path",
	`^https://[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$`: "must be a URL such as " +
		"https://s3-fips.us-east-1.amazonaws.com, without port and path",
	`^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$`: "must be the ARN of a key, such as " +
		"arn:aws:kms:eu-central-1:123456789012:key/1234abcd-…: IAM grants nothing by an alias, so ask `aws kms describe-key` for its key",
	`^arn:aws[a-z-]*:iam::([0-9]{12}|aws):policy/[!-~]+$`:  "must be the ARN of a policy, such as arn:aws:iam::123456789012:policy/boundary",
	`^arn:aws[a-z-]*:iam::[0-9]{12}:oidc-provider/[!-~]+$`: "must be the ARN of an OIDC provider: arn:aws:iam::<account>:oidc-provider/<issuer>",
	`^[\pL\pZ\pN_.:/=+@-]*$`:                               "must be the value of a tag as IAM takes it: letters, digits, spaces and _ . : / = + - @",
	`^[A-Za-z0-9_.,:' -]+$`:                                "must be letters, digits, spaces and _ . , : ' -: others separate parameters",
	`^[a-z0-9][a-z0-9.-]*[a-z0-9]$`:                        "must be the name of a bucket: small letters, digits, dots and hyphens",
	`^/?[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*$`:               "must be the path of a program, without arguments",
	`^([0-9]{1,5}(\.[0-9]{1,6})?h)?([0-9]{1,6}(\.[0-9]{1,6})?m)?([0-9]{1,9}(\.[0-9]{1,6})?s)?([0-9]{1,9}ms)?$`: "must be a time such as " +
		"90s, 10m or 1h30m: hours, minutes, seconds and milliseconds in this order",
	`^[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)*$`: "must be a path of letters, digits, dots, underscores and hyphens, without " +
		"a slash at either end",
	`^[0-9]{12}$`:                             "must be the number of an AWS account: twelve digits, in quotes",
	`^[a-z]{2}(-[a-z]+)+-[0-9]+$`:             "must be a region of AWS, such as eu-central-1, and no zone",
	`^/([!-~]+/)?$`:                           "must begin and end with a slash",
	`^[0-9A-Za-z][A-Za-z0-9_-]*$`:             "must be the name of a cluster in EKS",
	`^[A-Za-z0-9]+$`:                          "must be letters and digits, such as `openssl rand -hex 16` prints",
	`^[A-Za-z][A-Za-z0-9_+/-]*$`:              "must be a name of the time zone database, such as Europe/Berlin",
	`^[A-Za-z][A-Za-z0-9_]{0,63}$`:            "must be letters, digits and underscores, a letter first",
	`^[A-Za-z_][A-Za-z0-9_]*$`:                "must be letters, digits and underscores, and no digit first",
	`^[^\x00]*$`:                              "must not hold the character NUL",
	`^[A-Za-z0-9_.@%$+-]+$`:                   "must be letters, digits and _ . @ % $ + -: a colon or slash would end it in the address of the connection",
	`^[!-+\--~]+$`:                            "must be one word without commas",
	`^([a-z0-9.-]|\{stack\}|\{namespace\})+$`: "must be a host in small letters, in which {stack} and {namespace} are replaced",
	`^[A-Za-z0-9._/-]*(\*)?$`:                 "must be the key of an annotation, perhaps with a * at the end",
	`^[A-Za-z0-9*]?[A-Za-z0-9*.:/_-]*$`:       "must be one host, domain or range, without spaces and commas",
	`^([a-z0-9-]+(\.[a-z0-9-]+)+(:[0-9]{1,5})?|[a-z0-9-]+:[0-9]{1,5}|localhost)(/[a-z0-9]+([._-]+[a-z0-9]+)*)*/?$`: "" +
		"must be a host with a dot or a port, and perhaps a path, in small letters and without a scheme: " +
		"nodes take any other first word for a folder of docker.io",
	`^[0-9]+(\.[0-9]+)*([.+~_-][A-Za-z0-9.+~_-]*)?$`: "must be a version, such as 8.0.40",
	`^[0-9]+\.[0-9]+\.[0-9]+([-.+][A-Za-z0-9]+)*$`:   "must be a version, such as 2.17.0",
	`^v[0-9]+\.[0-9]+\.[0-9]+([-.+][A-Za-z0-9]+)*$`:  "must be a version with a v, such as v4.0.5",
	`^[A-Za-z0-9]([A-Za-z0-9_-]*[A-Za-z0-9])?$`:      "must be the name of a region: letters, digits, hyphens and underscores",
}

// inWords replaces the pattern in an error of the schema by what it wants.
func inWords(text string) string {
	pattern, ok := strings.CutPrefix(text, "should match '")
	if words := forms[strings.TrimSuffix(pattern, "'")]; ok && words != "" {
		return words
	}
	return text
}
