package kube

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What becomes of a struct field that holds nothing.
const (
	stays = "stays"
	goes  = "goes"
)

// emptyFields has a decision for each field in kinds() that is a struct and no
// pointer to one, so that Go cannot tell whether its author meant an empty
// object or nothing. Struct decides by the tags; here stands what is right. When
// a new release of Kubernetes adds such a field the test fails and asks: does
// the empty object differ from none? If it does, or if the API requires the
// field, it stays; and if Struct thinks otherwise, Struct needs an exception.
var emptyFields = map[string]string{
	// Required by the API. Empty, they select everything.
	"networking/v1.NetworkPolicySpec.PodSelector": stays,
	"core/v1.PreferredSchedulingTerm.Preference":  stays,

	// Required by the API, which refuses them empty; its message is better than
	// a field that vanished.
	"apps/v1.DeploymentSpec.Template":            stays,
	"apps/v1.StatefulSetSpec.Template":           stays,
	"core/v1.HTTPGetAction.Port":                 stays,
	"core/v1.PersistentVolumeClaimTemplate.Spec": stays,
	"core/v1.TCPSocketAction.Port":               stays,
	"networking/v1.HTTPIngressPath.Backend":      stays,

	// Never empty, for they have required fields.
	"apps/v1.Deployment.Spec":                         stays,
	"apps/v1.StatefulSet.Spec":                        stays,
	"core/v1.WeightedPodAffinityTerm.PodAffinityTerm": stays,
	"networking/v1.NetworkPolicy.Spec":                stays,
	"rbac/v1.ClusterRoleBinding.RoleRef":              stays,
	"rbac/v1.RoleBinding.RoleRef":                     stays,

	// Empty, they mean the API's defaults, as their absence does.
	"apps/v1.DeploymentSpec.Strategy":             goes,
	"apps/v1.StatefulSetSpec.UpdateStrategy":      goes,
	"core/v1.Container.Resources":                 goes,
	"core/v1.EphemeralContainerCommon.Resources":  goes,
	"core/v1.PersistentVolumeClaimSpec.Resources": goes,
	"core/v1.ResourceFieldSelector.Divisor":       goes,
	"core/v1.ServicePort.TargetPort":              goes,

	// Empty, they say nothing, or are refused like their absence.
	"core/v1.LimitRange.Spec":                  goes,
	"core/v1.PersistentVolumeClaim.Spec":       goes,
	"core/v1.PodTemplateSpec.Spec":             goes,
	"core/v1.ResourceQuota.Spec":               goes,
	"core/v1.Service.Spec":                     goes,
	"meta/v1.ObjectMeta.CreationTimestamp":     goes,
	"networking/v1.Ingress.Spec":               goes,
	"networking/v1.IngressServiceBackend.Port": goes,

	"apps/v1.Deployment.ObjectMeta":                    goes,
	"apps/v1.StatefulSet.ObjectMeta":                   goes,
	"core/v1.ConfigMap.ObjectMeta":                     goes,
	"core/v1.LimitRange.ObjectMeta":                    goes,
	"core/v1.PersistentVolumeClaim.ObjectMeta":         goes,
	"core/v1.PersistentVolumeClaimTemplate.ObjectMeta": goes,
	"core/v1.PodTemplateSpec.ObjectMeta":               goes,
	"core/v1.ResourceQuota.ObjectMeta":                 goes,
	"core/v1.Secret.ObjectMeta":                        goes,
	"core/v1.Service.ObjectMeta":                       goes,
	"core/v1.ServiceAccount.ObjectMeta":                goes,
	"networking/v1.Ingress.ObjectMeta":                 goes,
	"networking/v1.NetworkPolicy.ObjectMeta":           goes,
	"rbac/v1.ClusterRole.ObjectMeta":                   goes,
	"rbac/v1.ClusterRoleBinding.ObjectMeta":            goes,
	"rbac/v1.Role.ObjectMeta":                          goes,
	"rbac/v1.RoleBinding.ObjectMeta":                   goes,
}

func TestEmptyFields(t *testing.T) {
	got := map[string]string{}
	for _, obj := range kinds() {
		emptyFieldsOf(t, reflect.TypeOf(obj).Elem(), got)
	}
	if diff := cmp.Diff(emptyFields, got); diff != "" {
		t.Errorf("What becomes of fields that hold an empty struct (see the comment on emptyFields): -want, +got:\n%s", diff)
	}
}

// emptyFieldsOf adds what Struct does with the fields of t, and of all that t is
// made of, except for status.
func emptyFieldsOf(t *testing.T, typ reflect.Type, got map[string]string) {
	t.Helper()
	switch typ.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map:
		emptyFieldsOf(t, typ.Elem(), got)
		return
	case reflect.Struct:
	default:
		return
	}
	if reflect.PointerTo(typ).Implements(reflect.TypeFor[json.Marshaler]()) {
		return
	}
	p, err := planOf(typ)
	if err != nil {
		t.Fatal(err)
	}
	zero, err := p.encode(&nodes{}, reflect.New(typ).Elem())
	if err != nil {
		t.Fatal(err)
	}
	present := slices.Collect(maps.Keys(zero.GetStructValue().AsMap()))
	for _, f := range reflect.VisibleFields(typ) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if len(f.Index) > 1 || name == "status" {
			continue
		}
		if f.Type.Kind() == reflect.Struct && name != "" {
			key := strings.TrimPrefix(
				strings.TrimPrefix(typ.PkgPath(), "k8s.io/api/"),
				"k8s.io/apimachinery/pkg/apis/",
			) + "." + typ.Name() + "." + f.Name
			got[key] = goes
			if slices.Contains(present, name) {
				got[key] = stays
			}
		}
		emptyFieldsOf(t, f.Type, got)
	}
}
