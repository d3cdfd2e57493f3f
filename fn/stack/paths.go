package stack

import (
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"
)

// Where errors point: below spec to what a tenant wrote, below input to what the Composition says.
// A class has paths of its own.
var (
	specPath  = field.NewPath("spec")
	inputPath = field.NewPath("input")
)

// sortErrors puts errors in order that were found in the order of a map.
func sortErrors(errs field.ErrorList) field.ErrorList {
	slices.SortStableFunc(errs, func(a, b *field.Error) int { return strings.Compare(a.Error(), b.Error()) })
	return errs
}
