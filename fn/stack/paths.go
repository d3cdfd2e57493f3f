package stack

import (
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"
)

// Roots of the paths in errors: spec is what a tenant wrote, input what the Composition says. A
// class has its own, classPath.
var (
	specPath  = field.NewPath("spec")
	inputPath = field.NewPath("input")
)

// sortErrors sorts errors, which may come in the order of a map.
func sortErrors(errs field.ErrorList) field.ErrorList {
	slices.SortStableFunc(errs, func(a, b *field.Error) int { return strings.Compare(a.Error(), b.Error()) })
	return errs
}
