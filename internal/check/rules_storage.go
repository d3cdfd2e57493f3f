package check

import (
	"fmt"
	"maps"
	"reflect"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// volumes have distinct names and one source each.
func volumes(list []corev1.Volume, p *field.Path) field.ErrorList {
	var errs field.ErrorList
	names := map[string]bool{}
	for i, v := range list {
		q := p.Index(i)
		errs = append(errs, unique(names, v.Name, q.Child("name"))...)
		errs = append(errs, syntax(v.Name, q.Child("name"), validation.IsDNS1123Label(v.Name))...)

		var sources []string
		s := reflect.ValueOf(v.VolumeSource)
		for j := range s.NumField() {
			if !s.Field(j).IsNil() {
				sources = append(sources, s.Type().Field(j).Name)
			}
		}
		if len(sources) != 1 {
			errs = append(errs, field.Invalid(q, v.Name, fmt.Sprintf("must have exactly one source, has %v", sources)))
		}
		switch {
		case v.Secret != nil:
			errs = append(errs, keyPaths(v.Secret.Items, q.Child("secret", "items"))...)
		case v.ConfigMap != nil:
			errs = append(errs, keyPaths(v.ConfigMap.Items, q.Child("configMap", "items"))...)
		case v.Projected != nil:
			errs = append(errs, projections(v.Projected.Sources, q.Child("projected", "sources"))...)
		case v.EmptyDir != nil:
			errs = append(errs, oneOf(v.EmptyDir.Medium, q.Child("emptyDir", "medium"), "", corev1.StorageMediumMemory)...)
		}
	}
	return errs
}

// leastToken is the shortest life of a projected token that a server grants.
const leastToken = 600 // seconds

func projections(list []corev1.VolumeProjection, p *field.Path) field.ErrorList {
	var errs field.ErrorList
	for i, s := range list {
		q := p.Index(i)
		errs = append(errs, exactlyOne(q, map[string]bool{
			"secret": s.Secret != nil, "configMap": s.ConfigMap != nil, "downwardAPI": s.DownwardAPI != nil,
			"serviceAccountToken": s.ServiceAccountToken != nil, "clusterTrustBundle": s.ClusterTrustBundle != nil,
			"podCertificate": s.PodCertificate != nil,
		})...)
		switch {
		case s.Secret != nil:
			errs = append(errs, keyPaths(s.Secret.Items, q.Child("secret", "items"))...)
		case s.ConfigMap != nil:
			errs = append(errs, keyPaths(s.ConfigMap.Items, q.Child("configMap", "items"))...)
		case s.ServiceAccountToken != nil:
			token := q.Child("serviceAccountToken")
			if s.ServiceAccountToken.Path == "" {
				errs = append(errs, field.Required(token.Child("path"), ""))
			}
			if e := s.ServiceAccountToken.ExpirationSeconds; e != nil && *e < leastToken {
				errs = append(errs, field.Invalid(token.Child("expirationSeconds"), *e, "must be at least 600"))
			}
		}
	}
	return errs
}

// keyPaths choose keys of a Secret or ConfigMap for files.
func keyPaths(list []corev1.KeyToPath, p *field.Path) field.ErrorList {
	var errs field.ErrorList
	paths := map[string]bool{}
	for i, item := range list {
		errs = append(errs, syntax(item.Key, p.Index(i).Child("key"), validation.IsConfigMapKey(item.Key))...)
		if item.Path == "" {
			errs = append(errs, field.Required(p.Index(i).Child("path"), ""))
		}
		errs = append(errs, unique(paths, item.Path, p.Index(i).Child("path"))...)
	}
	return errs
}

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
	if len(spec.AccessModes) == 0 {
		errs = append(errs, field.Required(p.Child("accessModes"), ""))
	}
	for i, mode := range spec.AccessModes {
		errs = append(errs, oneOf(mode, p.Child("accessModes").Index(i), corev1.ReadWriteOnce, corev1.ReadOnlyMany,
			corev1.ReadWriteMany, corev1.ReadWriteOncePod)...)
	}
	storage := p.Child("resources", "requests").Key(string(corev1.ResourceStorage))
	if size, ok := spec.Resources.Requests[corev1.ResourceStorage]; !ok {
		errs = append(errs, field.Required(storage, ""))
	} else if size.Sign() <= 0 {
		errs = append(errs, field.Invalid(storage, size.String(), "must be greater than zero"))
	}
	if spec.StorageClassName != nil {
		errs = append(errs, dnsSubdomain(*spec.StorageClassName, p.Child("storageClassName"))...)
	}
	return errs
}
