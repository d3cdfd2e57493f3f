package stack

import (
	"maps"
	"strings"

	"github.com/pipelinestack/function-pipelinestack/fn/managed"
)

// Where in AWS the resources of a stack are.

// awsDomains by partition.
var awsDomains = map[string]string{"aws": "amazonaws.com", "aws-us-gov": "amazonaws.com", "aws-cn": "amazonaws.com.cn"}

// partitionOf a region.
func partitionOf(region string) string {
	for prefix, partition := range map[string]string{"cn-": "aws-cn", "us-gov-": "aws-us-gov"} {
		if strings.HasPrefix(region, prefix) {
			return partition
		}
	}
	return "aws"
}

// awsAccount that the bucket is in: what the class says, else what the provider has reported of the
// stack's identity; empty before.
func (s *Stack) awsAccount() string {
	if id := s.Class.ObjectStore.AWS.AccountID; id != "" {
		return id
	}
	return reportedAccount(s.world.Observed)
}

// reportedAccount is the AWS account that the provider has reported of the stack's identity.
func reportedAccount(o Observed) string {
	for _, name := range []string{resBucketUser, resBucketPolicy} {
		if arn := strings.Split(o[name].String("status", "atProvider", "arn"), ":"); len(arn) > 4 && arn[4] != "" {
			return arn[4]
		}
	}
	return ""
}

// awsManaged makes a managed resource in the class's account.
func awsManaged[P any](s *Stack, k managed.Kind, params P) *managed.Resource[P] {
	return managed.New(s.Scope, k, s.ID, s.Class.ObjectStore.AWS.ProviderConfig, params)
}

func (s *Stack) region() string { return s.Class.ObjectStore.AWS.Region }

// tags tell a cloud administrator whose resource this is.
func (s *Stack) tags() map[string]string {
	tags := map[string]string{}
	maps.Copy(tags, s.Class.ObjectStore.AWS.Tags)
	tags["pipelinestack.cluster"] = s.Class.ClusterID
	tags["pipelinestack.namespace"] = s.Namespace
	tags["pipelinestack.name"] = s.Name
	return tags
}

// statement of a policy.
type statement struct {
	Sid       string
	Effect    string
	Action    []string
	Resource  string
	Condition map[string]map[string]string `json:",omitempty"`
}

// awsConfigured are the resources that say which provider configuration a stack's bucket has.
var awsConfigured = []string{resBucket, resBucketPublicAccessBlock, resBucketEncryption, resBucketUser, resBucketPolicy}
