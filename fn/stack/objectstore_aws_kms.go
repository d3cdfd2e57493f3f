package stack

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"
)

// An object stays encrypted with the key that it was written with, whatever the bucket says later.
// So a stack may decrypt with every key that it may have used, and encrypt with the current one.

// validateAWSClaim says what is wrong with a stack's settings of its bucket.
func validateAWSClaim(s *Stack) field.ErrorList {
	e, keys := s.Spec.ObjectStore.Encryption, s.Class.ObjectStore.AWS.KMSKeys
	if e == nil || keys[e.Key] != "" || s.keptKey != "" {
		return nil
	}
	return field.ErrorList{field.NotSupported(specPath.Child("objectStore", "encryption", "key"), e.Key, slices.Sorted(maps.Keys(keys)))}
}

// kmsKey is the ARN of the key with which new objects are encrypted; empty for S3's own keys.
func (s *Stack) kmsKey() string {
	if s.Spec.ObjectStore.Encryption == nil {
		return ""
	}
	if s.keptKey != "" {
		return s.keptKey
	}
	return s.Class.ObjectStore.AWS.KMSKeys[s.Spec.ObjectStore.Encryption.Key]
}

// kmsKeys are the ARNs of all keys with which objects may be encrypted, the current one first.
func (s *Stack) kmsKeys() []string {
	keys := s.world.usedKMSKeys(s.region())
	current := s.kmsKey()
	if current == "" {
		return keys
	}
	return append([]string{current}, slices.DeleteFunc(keys, func(key string) bool { return key == current })...)
}

// usedKMSKeys are the ARNs of the region's keys that a stack may have used so far, sorted: those of
// the status, of the bucket and of the policy that opens them.
func (w World) usedKMSKeys(region string) []string {
	keys := append(w.Composite.Strings("status", "objectStore", "encryptionKeys"), w.bucketKMSKey())
	var policy struct{ Statement []statement }
	text := w.Observed[resBucketPolicy].String("spec", "forProvider", "policy")
	if strings.Contains(text, kmsPrefix(region)) && json.Unmarshal([]byte(text), &policy) == nil {
		for _, st := range policy.Statement {
			keys = append(keys, st.Resource)
		}
	}
	keys = slices.DeleteFunc(keys, func(key string) bool { return !strings.HasPrefix(key, kmsPrefix(region)) })
	return slices.Compact(slices.Sorted(slices.Values(keys)))
}

// lastKMSKey is the ARN of the key that the bucket has, else the one that the status says first.
func (w World) lastKMSKey(region string) string {
	for _, key := range append([]string{w.bucketKMSKey()}, w.Composite.Strings("status", "objectStore", "encryptionKeys")...) {
		if strings.HasPrefix(key, kmsPrefix(region)) {
			return key
		}
	}
	return ""
}

// bucketKMSKey is the key with which the bucket encrypts objects; empty for S3's own.
func (w World) bucketKMSKey() string {
	for _, rule := range w.Observed[resBucketEncryption].Items("spec", "forProvider", "rule") {
		if key := rule.String("applyServerSideEncryptionByDefault", "kmsMasterKeyId"); key != "" {
			return key
		}
	}
	return ""
}

// kmsPrefix begins the ARNs of a region's keys.
func kmsPrefix(region string) string { return "arn:" + partitionOf(region) + ":kms:" + region + ":" }

// keyStatements let their holder use the keys through S3 alone.
func (s *Stack) keyStatements() []statement {
	throughS3 := map[string]map[string]string{"StringEquals": {"kms:ViaService": awsHosts(s.region())[0]}}
	if partitionOf(s.region()) == "aws-cn" { // where services have names with and without .cn at the end
		throughS3 = map[string]map[string]string{"StringLike": {"kms:ViaService": "s3." + s.region() + "." + awsDomains["aws"] + "*"}}
	}
	var statements []statement
	current := s.kmsKey()
	for i, key := range s.store.encryptionKeys {
		if key == current {
			statements = append(statements, statement{"Key", "Allow", []string{"kms:Decrypt", "kms:GenerateDataKey"}, key, throughS3})
			continue
		}
		statements = append(statements, statement{"EarlierKey" + strconv.Itoa(i), "Allow", []string{"kms:Decrypt"}, key, throughS3})
	}
	return statements
}

// encryptionNote tells people about objects that are encrypted with another key than new ones, which
// S3's own keys encrypt; empty if there are none.
func (s *Stack) encryptionNote(keys []string) string {
	if s.kmsKey() != "" || len(keys) == 0 {
		return ""
	}
	return "new objects are encrypted with S3's own keys; those that were written with " + strings.Join(keys, ", ") + " stay readable"
}
