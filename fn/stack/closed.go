package stack

import (
	"reflect"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/pipelinestack/function-pipelinestack/apis/v1alpha1"
	"github.com/pipelinestack/function-pipelinestack/fn/fields"
)

// closedByDefault are fields that claims may not set unless the class allows them: whoever chooses
// an image or a Secret for one of the stack's pods has the rights of that pod.
var closedByDefault = []string{"*.image", "*.env.valueFrom"}

// closedAnnotations are keys that claims may not put on pipelines' service account unless the class
// lists them: clouds give the account an identity of theirs, which nothing says is the tenant's, and
// OpenShift makes it a client of its logins.
var closedAnnotations = []string{
	"eks.amazonaws.com/*", "iam.gke.io/*", "azure.workload.identity/*", "pod-identity.alibabacloud.com/*", "serviceaccounts.openshift.io/*",
}

// secretFields are the fields of a claim that name a Secret which a pod of the stack reads.
var secretFields = []string{
	secretOfEnv, "database.external.passwordSecretRef.name", "database.external.usernameSecretRef.name",
	"objectStore.external.credentialsSecretRef.name", "objectStore.external.furtherBuckets.credentialsSecretRef.name", secretOfTLS,
}

const (
	secretOfEnv = "*.env.valueFrom.secretKeyRef.name"
	secretOfTLS = "tls.secretName"
)

// validateSecrets refuses the stack's own Secrets to claims and to a class's defaults, whatever
// fields the class opens: they would go into pods that have no business with them, or to a server
// of somebody's choice. Those that open an external store, or that the auth proxy serves, are for
// that alone.
func validateSecrets(s *Stack) field.ErrorList {
	var errs field.ErrorList
	ofStores := secretsOf(slices.Concat(s.database.provided, s.store.provided))
	for _, f := range secretFields {
		for _, set := range fields.Find(s.Spec, f, specPath) {
			name := set.Value.String()
			var message string
			switch {
			case strings.HasPrefix(name, reservedPrefix) || name == secretObjectStore:
				message = " is the stack's own, as are all Secrets that begin with " + reservedPrefix
			case f != secretOfTLS && name == s.servingSecret():
				message = " holds the key of the auth proxy, as tls.secretName says"
			case (f == secretOfTLS || f == secretOfEnv) && slices.Contains(ofStores, name):
				message = " opens a store, as database.external or objectStore.external says"
			default:
				continue
			}
			errs = append(errs, field.Forbidden(set.Path, name+message+": name another"))
		}
	}
	return errs
}

// closedFields are the paths below spec that claims may not set in a class.
func closedFields(c v1alpha1.Constraints) []string {
	var closed []string
	for _, pattern := range closedByDefault {
		closed = append(closed, fieldsCovered(pattern)...)
	}
	closed = slices.DeleteFunc(closed, func(path string) bool {
		return slices.ContainsFunc(c.Allow, func(pattern string) bool { return fields.Covers(pattern, path) })
	})
	for _, pattern := range c.Forbid {
		closed = append(closed, fieldsCovered(pattern)...)
	}
	slices.Sort(closed)
	return slices.Compact(closed)
}

// settingsPaths are the paths of all fields of a claim except className. The sources of variables
// are added, since they are inside lists.
var settingsPaths = func() []string {
	var paths []string
	fields.Walk[v1alpha1.StackSettings](func(path string, t reflect.Type) {
		paths = append(paths, path)
		if t == reflect.TypeFor[[]v1alpha1.EnvVar]() {
			paths = append(paths, path+".valueFrom")
		}
	})
	return paths
}()

// fieldsCovered lists the fields that a pattern covers, without those below them.
func fieldsCovered(pattern string) []string {
	var covered []string
	for _, path := range settingsPaths {
		parent := path[:max(strings.LastIndex(path, "."), 0)]
		if fields.Covers(pattern, path) && (parent == "" || !fields.Covers(pattern, parent)) {
			covered = append(covered, path)
		}
	}
	return covered
}
