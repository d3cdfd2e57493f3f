package kube

import (
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// shareable resources may be overcommitted. Of all others a container gets exactly what it
// requests.
var shareable = []corev1.ResourceName{corev1.ResourceCPU, corev1.ResourceMemory, corev1.ResourceEphemeralStorage}

// ValidateResources requires requests and limits that a container can have together.
func ValidateResources(asked corev1.ResourceRequirements, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	requests, limits := path.Child("requests"), path.Child("limits")
	errs = append(errs, ValidateQuantities(asked.Requests, requests)...)
	errs = append(errs, ValidateQuantities(asked.Limits, limits)...)
	for _, name := range slices.Sorted(maps.Keys(asked.Requests)) {
		q := asked.Requests[name]
		limit, limited := asked.Limits[name]
		whole := !slices.Contains(shareable, name)
		switch {
		case whole && (!limited || q.Cmp(limit) != 0):
			errs = append(errs, field.Invalid(requests.Key(string(name)), q.String(), "must be the same as the limit"))
		case limited && q.Cmp(limit) > 0:
			errs = append(errs, field.Invalid(requests.Key(string(name)), q.String(), "must not be more than the limit "+limit.String()))
		}
	}
	return errs
}

// ValidateQuantities requires resources that a container can have.
func ValidateQuantities(list corev1.ResourceList, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	for _, name := range slices.Sorted(maps.Keys(list)) {
		q, at := list[name], path.Key(string(name))
		known := slices.Contains(shareable, name)
		if !known && q.Cmp(*resource.NewQuantity(q.Value(), q.Format)) != 0 {
			errs = append(errs, field.Invalid(at, q.String(), "must be a whole number"))
		}
		if !known && !strings.Contains(string(name), "/") && !strings.HasPrefix(string(name), corev1.ResourceHugePagesPrefix) {
			errs = append(
				errs,
				field.Invalid(at, string(name), "is not a resource of Kubernetes itself, and others need a domain, as in example.org/gpu"),
			)
		}
		for _, msg := range validation.IsQualifiedName(string(name)) {
			errs = append(errs, field.Invalid(at, string(name), msg))
		}
	}
	return errs
}
