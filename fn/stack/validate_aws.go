package stack

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/pipelinestack/function-pipelinestack/apis/v1alpha1"
)

// AWS refuses what is wrong here long after the class was written, in a resource that no author of
// a class reads.

var (
	keyARN    = regexp.MustCompile(`^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$`)
	policyARN = regexp.MustCompile(`^arn:aws[a-z-]*:iam::([0-9]{12}|aws):policy/[!-~]+$`)
	shortName = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$`)
)

// validateARNs checks the ARNs of a class: each of its kind, and where the buckets are.
func validateARNs(aws *v1alpha1.AWSObjectStore, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	arn := "arn:" + partitionOf(aws.Region) + ":"
	if b := aws.PermissionsBoundary; b != "" {
		at := path.Child("permissionsBoundary")
		switch {
		case !strings.HasPrefix(b, arn+"iam::") || !policyARN.MatchString(b):
			errs = append(errs, field.Invalid(at, field.OmitValueType{}, "must be the ARN of a policy, "+arn+"iam::<account>:policy/<name>"))
		case aws.AccountID != "" && !slices.Contains([]string{aws.AccountID, "aws"}, strings.Split(b, ":")[4]):
			errs = append(errs, field.Invalid(at, field.OmitValueType{}, "must be a policy of AWS's own or of the account "+aws.AccountID))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(aws.KMSKeys)) {
		at := path.Child("kmsKeys").Key(name)
		if !shortName.MatchString(name) || len(name) > 63 {
			errs = append(errs, field.Invalid(at, name, "the name of a key: "+forms[shortName.String()]+", at most 63"))
		}
		if key := aws.KMSKeys[name]; !strings.HasPrefix(key, arn+"kms:"+aws.Region+":") || !keyARN.MatchString(key) {
			errs = append(errs, field.Invalid(at, field.OmitValueType{}, "must be the ARN of a key of the bucket's region, "+arn+"kms:"+aws.Region+
				":<account>:key/<id>: IAM grants nothing by an alias"))
		}
	}
	return errs
}

// What IAM and S3 take as a tag. Tags of a stack and of its provider come in addition.
const (
	maxTags          = 40
	maxTagKeyLength  = 128
	maxTagTextLength = 256
)

// ownTags begin the keys of tags that are set in any case: by the stack, and by the provider.
var ownTags = []string{"pipelinestack.", "crossplane-"}

// validateTags checks the tags that a class puts on every resource.
func validateTags(tags map[string]string, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	if len(tags) > maxTags {
		errs = append(errs, field.TooMany(path, len(tags), maxTags))
	}
	const characters = "letters, digits, spaces and _ . : / = + - @"
	seen := map[string]string{}
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		at, low := path.Key(key), strings.ToLower(key)
		switch n := utf8.RuneCountInString(key); {
		case n == 0 || n > maxTagKeyLength || strings.ContainsFunc(key, notInTags):
			errs = append(errs, field.Invalid(at, key, fmt.Sprintf("the key of a tag has 1 to %d %s", maxTagKeyLength, characters)))
		case strings.HasPrefix(low, "aws:"):
			errs = append(errs, field.Forbidden(at, "AWS keeps keys that begin with aws: for itself: choose another"))
		case slices.ContainsFunc(ownTags, func(own string) bool { return strings.HasPrefix(low, own) }):
			errs = append(errs, field.Forbidden(at, "the stack or its provider sets tags that begin so: choose another key"))
		case seen[low] != "":
			errs = append(errs, field.Invalid(at, key, "IAM takes it for the same key as "+seen[low]+": keep one of them"))
		}
		seen[low] = key
		if value := tags[key]; utf8.RuneCountInString(value) > maxTagTextLength || strings.ContainsFunc(value, notInTags) {
			errs = append(errs, field.Invalid(at, value, fmt.Sprintf("the value of a tag has at most %d %s", maxTagTextLength, characters)))
		}
	}
	return errs
}

func notInTags(r rune) bool {
	return !unicode.In(r, unicode.L, unicode.Z, unicode.N) && !strings.ContainsRune("_.:/=+-@", r)
}

// cloudIdentities are annotations of service accounts that clouds read, and what they hold.
var cloudIdentities = map[string]struct {
	form  *regexp.Regexp
	words string
}{
	"eks.amazonaws.com/role-arn": {
		regexp.MustCompile(`^arn:aws[a-z-]*:iam::[0-9]{12}:role/[!-~]+$`), "must be the ARN of a role, arn:aws:iam::<account>:role/<name>",
	},
	"iam.gke.io/gcp-service-account": {
		regexp.MustCompile(`^[a-z][a-z0-9-]*@[a-z0-9.-]+\.gserviceaccount\.com$`),
		"must be the address of a service account of Google's, <name>@<project>.iam.gserviceaccount.com",
	},
	"azure.workload.identity/client-id": {
		regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`), "must be the client id of an identity, a UUID",
	},
}

// validateCloudIdentities checks the annotations by which pods get a cloud identity.
func validateCloudIdentities(s *Stack, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	for _, key := range slices.Sorted(maps.Keys(cloudIdentities)) {
		value, set := s.Spec.PipelineRunner.ServiceAccountAnnotations[key]
		if known := cloudIdentities[key]; set && !known.form.MatchString(value) {
			errs = append(errs, field.Invalid(path.Key(key), value, known.words))
		}
	}
	return errs
}
