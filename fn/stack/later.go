package stack

import (
	"fmt"
	"reflect"
	"slices"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/pipelinestack/function-pipelinestack/fn/fields"
)

// refusal is a field, or some values of one, that the APIs know and this version of the function does not act upon. It is refused rather
// than ignored.
type refusal struct {
	path   string   // below spec or input
	values []string // that are refused; none means any
	hint   string
}

// laterSpec are the fields of a stack that are still to come.
var laterSpec = []refusal{
	{"database.mode", []string{"Dedicated", "InCluster", "External"}, "use Shared"},
	{"database.dedicated", nil, "use mode Shared"},
	{"database.inCluster", nil, "use mode Shared"},
	{"database.external", nil, "use mode Shared"},
	{"objectStore.mode", []string{"InCluster", "External"}, "use Managed"},
	{"objectStore.inCluster", nil, "use mode Managed"},
	{"objectStore.external", nil, "use mode Managed"},
	{"pipelineRunner.rules", nil, "bind a Role of your own to the service account " + namePipelineRunner},
	{"exposure.type", []string{"Route", "HTTPRoute", "Ingress"}, "expose port 8443 of the Service ds-pipeline-<name> yourself, passing TLS through"},
	{"exposure.host", nil, "leave it out"},
	{"tls.type", []string{"CertManager"}, "use Secret with the Secret that a Certificate of your own writes"},
	{"tls.podToPod", []string{"true"}, "network policies fence that traffic"},
	{"quota", nil, "make a ResourceQuota of your own"},
	{"proxy", nil, "set the variables in env of the components"},
	{"caBundle", nil, "use images that trust your authorities"},
}

// laterPlatform are the fields of the platform's input that are still to come.
var laterPlatform = []refusal{
	{"identityFrom", []string{"NamespaceUID"}, "use NamespaceName"},
	{"database.allowedModes", []string{"Dedicated", "InCluster", "External"}, "allow Shared"},
	{"database.dedicated", nil, "use shared"},
	{"objectStore.allowedModes", []string{"InCluster", "External"}, "allow Managed"},
	{"objectStore.objectBucketClaim", nil, "use aws"},
	{"objectStore.minio", nil, "use aws"},
	{"objectStore.aws.identity", []string{"IRSA", "PodIdentity"}, "use AccessKey"},
	{"objectStore.aws.accountID", nil, "leave it out: access keys do not need it"},
	{"objectStore.aws.oidcProviderARN", nil, "leave it out: access keys do not need it"},
	{"objectStore.aws.issuer", nil, "leave it out: access keys do not need it"},
	{"objectStore.aws.eksClusterName", nil, "leave it out: access keys do not need it"},
	{"exposure", nil, "leave it out"},
	{"certificates", nil, "leave it out"},
	{"monitoring.dashboards", []string{"true"}, "leave it out"},
}

// validateLater refuses what of a table is set in v, a struct.
func validateLater(table []refusal, v any, root *field.Path) field.ErrorList {
	var errs field.ErrorList
	for _, r := range table {
		for _, set := range fields.Find(v, r.path, root) {
			if r.values == nil {
				errs = append(errs, field.Forbidden(set.Path, "not available in this version of the function: "+r.hint))
				continue
			}
			for _, is := range texts(set.Value) {
				if slices.Contains(r.values, is) {
					errs = append(errs, field.Forbidden(set.Path, is+" is not available in this version of the function: "+r.hint))
				}
			}
		}
	}
	return errs
}

// texts of a scalar, or of each element of a list of them.
func texts(v reflect.Value) []string {
	if v.Kind() != reflect.Slice {
		return []string{fmt.Sprint(v.Interface())}
	}
	out := make([]string, v.Len())
	for i := range out {
		out[i] = fmt.Sprint(v.Index(i).Interface())
	}
	return out
}
