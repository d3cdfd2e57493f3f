package stack

import (
	"fmt"
	"reflect"
	"slices"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/pipelinestack/function-pipelinestack/fn/fields"
)

// refusal is a field, or some values of one, that the API has and this version of the function does
// not act upon. It is refused rather than ignored.
type refusal struct {
	path   string   // below spec or input
	values []string // that are refused; none means any
	hint   string
}

// laterSettings are the fields of a stack that are still to come.
var laterSettings = []refusal{
	{
		"exposure.type",
		[]string{"Route", "HTTPRoute", "Ingress"},
		"expose port 8443 of the Service ds-pipeline-<name> yourself, passing TLS through",
	},
	{"exposure.host", nil, "leave it out"},
	{"tls.type", []string{"CertManager"}, "use Secret with the Secret that a Certificate of your own writes"},
	{"proxy", nil, "leave it out: the stack and its pipelines leave the cluster directly"},
	{"caBundle", nil, "let images trust your authorities: the pipelines' own, and those of a release that the class adds"},
}

// laterClass are the fields of a class that are still to come.
var laterClass = []refusal{
	{"objectStore.objectBucketClaim", nil, "use aws"},
	{"objectStore.aws.irsa", nil, "leave it out: pods have access keys"},
	{"objectStore.aws.podIdentity", nil, "leave it out: pods have access keys"},
	{"exposure", nil, "leave it out"},
	{"network.policiesEnforced", nil, "leave it out"},
	{"certificates", nil, "leave it out"},
	{"monitoring.dashboards", []string{"true"}, "leave it out"},
}

// validateLater refuses those fields of a table that are set in v, a struct.
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
