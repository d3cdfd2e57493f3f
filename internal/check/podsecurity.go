package check

import (
	"fmt"
	"sync"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
)

// evaluator knows all of Pod Security's checks.
var evaluator = sync.OnceValue(func() policy.Evaluator {
	e, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		panic(err) // only if the library contradicts itself
	}
	return e
})

// PodSecurity says whether the pods that an object makes pass Pod Security's
// level restricted at its latest version. Beyond that every container must
// request CPU and memory, and the pod must say whether it mounts a service
// account's token. An object that makes no pods passes.
func PodSecurity(obj map[string]any) []error {
	t, err := podTemplateOf(Normalize(obj))
	if err != nil {
		return []error{fmt.Errorf("%s: %w", id(obj), err)}
	}
	if t == nil {
		return nil
	}
	var errs []error
	level := api.LevelVersion{Level: api.LevelRestricted, Version: api.LatestVersion()}
	for _, r := range evaluator().EvaluatePod(level, t.meta, t.spec) {
		if !r.Allowed {
			errs = append(
				errs,
				fmt.Errorf("%s: %s: pod security %s: %s: %s", t.owner, t.specPath(), level.Level, r.ForbiddenReason, r.ForbiddenDetail),
			)
		}
	}
	var list field.ErrorList
	if t.spec.AutomountServiceAccountToken == nil {
		list = append(list, field.Required(t.specPath().Child("automountServiceAccountToken"), "the default mounts a token"))
	}
	for _, c := range t.containers() {
		for _, name := range []corev1.ResourceName{corev1.ResourceCPU, corev1.ResourceMemory} {
			if _, ok := c.Resources.Requests[name]; !ok {
				list = append(list, field.Required(c.path.Child("resources", "requests").Key(string(name)), ""))
			}
		}
	}
	return append(errs, about(t.owner, list)...)
}
