package check

import (
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// resources: nothing negative, and no request above its limit.
func resources(r corev1.ResourceRequirements, p *field.Path) field.ErrorList {
	errs := quantities(r.Requests, p.Child("requests"))
	errs = append(errs, quantities(r.Limits, p.Child("limits"))...)
	for _, name := range slices.Sorted(maps.Keys(r.Requests)) {
		request := r.Requests[name]
		if limit, ok := r.Limits[name]; ok && request.Cmp(limit) > 0 {
			errs = append(errs, field.Invalid(p.Child("requests").Key(string(name)), request.String(), "must not exceed the limit "+limit.String()))
		}
	}
	return errs
}

func quantities(list corev1.ResourceList, p *field.Path) field.ErrorList {
	var errs field.ErrorList
	for _, name := range slices.Sorted(maps.Keys(list)) {
		q := list[name]
		if q.Sign() < 0 {
			errs = append(errs, field.Invalid(p.Key(string(name)), q.String(), "must not be negative"))
		}
		// 100m of memory is a tenth of a byte: somebody meant 100M
		if name != corev1.ResourceCPU && q.Cmp(*resource.NewQuantity(q.Value(), q.Format)) != 0 {
			errs = append(errs, field.Invalid(p.Key(string(name)), q.String(), "must be a whole number"))
		}
	}
	return errs
}

// claim applies the rules of a PersistentVolumeClaim's spec.
func claim(spec corev1.PersistentVolumeClaimSpec, p *field.Path) field.ErrorList {
	var errs field.ErrorList
	if size := spec.Resources.Requests[corev1.ResourceStorage]; size.Sign() <= 0 {
		at := p.Child("resources", "requests").Key(string(corev1.ResourceStorage))
		errs = append(errs, field.Invalid(at, size.String(), "must be greater than zero"))
	}
	if class := spec.StorageClassName; class != nil && *class != "" {
		errs = append(errs, syntax(*class, p.Child("storageClassName"), validation.IsDNS1123Subdomain(*class))...)
	}
	return errs
}
