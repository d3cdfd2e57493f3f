package stack

import (
	"reflect"
	"slices"
	"strings"

	"github.com/pipelinestack/function-pipelinestack/apis/v1alpha1"
	"github.com/pipelinestack/function-pipelinestack/fn/fields"
)

// closedByDefault are fields that claims may not set unless the class allows them: whoever chooses
// an image or a Secret for one of the stack's pods has the rights of that pod.
var closedByDefault = []string{"*.image", "*.driverImage", "*.launcherImage", "*.executorImage", "*.env.valueFrom"}

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
