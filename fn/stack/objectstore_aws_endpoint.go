package stack

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/pipelinestack/function-pipelinestack/apis/v1alpha1"
	"github.com/pipelinestack/function-pipelinestack/fn/kube"
)

// S3 has several names: the region's, one that also has IPv6 addresses, two with cryptography
// approved in the United States (FIPS), and one for each PrivateLink endpoint. Everything that
// reaches the store uses the same one, but for Argo's client (store.argoHost).

// awsHosts are S3's own names in a region, the default first.
func awsHosts(region string) []string {
	below := region + "." + awsDomains[partitionOf(region)]
	return []string{"s3." + below, "s3.dualstack." + below, "s3-fips." + below, "s3-fips.dualstack." + below}
}

// privateLink is the name of an endpoint in somebody's network, in all zones or in one.
var privateLink = regexp.MustCompile(`^bucket\.vpce-[a-z0-9-]+\.s3\.([a-z0-9-]+)\.vpce\.amazonaws\.com(\.cn)?$`)

// amazonHost is any name of Amazon's.
var amazonHost = regexp.MustCompile(`(^|\.)amazonaws\.com(\.cn)?$`)

// validateAWSEndpoint refuses names under which no bucket of the region is to be had: a call has to
// be signed for the region that answers it, and names the bucket in its path.
func validateAWSEndpoint(endpoint, region string, path *field.Path) field.ErrorList {
	host := hostOf(endpoint)
	if endpoint == "" {
		return nil
	}
	if link := privateLink.FindStringSubmatch(host); slices.Contains(awsHosts(region), host) || link != nil && link[1] == region {
		return nil
	}
	if amazonHost.MatchString(host) {
		return field.ErrorList{field.Invalid(path, endpoint, "is no name of S3 in "+region+": use https://"+
			strings.Join(awsHosts(region), ", https://")+", or https://bucket.vpce-….s3."+region+
			".vpce."+awsDomains[partitionOf(region)]+" of a PrivateLink endpoint")}
	}
	return kube.ValidateHost(host, path)
}

func hostOf(endpoint string) string { return strings.TrimPrefix(endpoint, "https://") }

// awsHost under which stacks reach their buckets.
func awsHost(aws *v1alpha1.AWSObjectStore) string {
	return cmp.Or(hostOf(aws.Endpoint), awsHosts(aws.Region)[0])
}
