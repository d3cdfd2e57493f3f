package check

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"
)

// A place is a kind ("" is any) and the end of a path in objects of it, with
// "*" for any map key; list indexes are left out. A path that begins with "^"
// counts from the object's root.
type place struct {
	kind, path string
}

// emptyStrings are the places where "" is a value of its own rather than a Go
// zero value that leaked.
var emptyStrings = []place{
	{"", "env.value"}, // set and empty differs from unset in many a program
	{"", "args"},
	{"", "command"},
	{"", "metadata.labels.*"},
	{"", "metadata.annotations.*"},
	{"", "matchLabels.*"},
	{"", "nodeSelector.*"},
	{"ConfigMap", "^data.*"},
	{"Secret", "^data.*"},
	{"Secret", "^stringData.*"},
	{"", "^rules.apiGroups"},           // the core group
	{"", "spec.storageClassName"},      // no dynamic provisioning
	{"HTTPRoute", "backendRefs.group"}, // the core group
	// all objects of a bucket
	{"BucketLifecycleConfiguration", "^spec.forProvider.rule.filter.prefix"},
}

// emptyContainers are the places where {} or [] says something.
var emptyContainers = []place{
	{"", "emptyDir"},
	// all pods, all namespaces, any traffic
	{"NetworkPolicy", "^spec.podSelector"},
	{"NetworkPolicy", "from.podSelector"},
	{"NetworkPolicy", "from.namespaceSelector"},
	{"NetworkPolicy", "to.podSelector"},
	{"NetworkPolicy", "to.namespaceSelector"},
	{"NetworkPolicy", "^spec.ingress.-"},
	{"NetworkPolicy", "^spec.egress.-"},
	// everything in the namespace
	{"PodMonitor", "^spec.selector"},
	// required by the kind's schema though there is nothing to say
	{"", "^spec.forProvider"},
	// all objects of a bucket
	{"BucketLifecycleConfiguration", "^spec.forProvider.rule.filter.-"},
}

// ZeroLeaks finds what a Go zero value leaves behind when an object is
// converted carelessly: nulls, a creationTimestamp, a status, empty strings,
// empty maps and lists. Server-side apply would own these fields, or fail on
// them. Empties that mean something are allowed where they do: emptyStrings
// and emptyContainers list the places. The manifest inside a
// provider-kubernetes Object counts as an object of its own.
func ZeroLeaks(obj map[string]any) []error {
	l := leakFinder{kind: stringAt(obj, "kind")}
	if _, ok := obj["status"]; ok {
		l.errs = append(l.errs, field.Forbidden(field.NewPath("status"), "belongs to the cluster"))
	}
	l.manifest = manifest(obj)
	l.visit(obj, nil, nil)
	errs := about(id(obj), l.errs)
	if l.manifest == nil {
		return errs
	}
	for _, err := range ZeroLeaks(l.manifest) {
		errs = append(errs, fmt.Errorf("%s: %w", id(obj), err))
	}
	return errs
}

// A leakFinder goes through one object.
type leakFinder struct {
	kind     string
	manifest map[string]any
	errs     field.ErrorList
}

// visit looks at a value. keys are the map keys above it, with "-" for an
// element of a list that is itself a map or list.
func (l *leakFinder) visit(v any, keys []string, p *field.Path) {
	switch v := v.(type) {
	case nil:
		l.errs = append(l.errs, field.Invalid(p, nil, "null"))
	case string:
		if v == "" && !l.allowed(emptyStrings, keys) {
			l.errs = append(l.errs, field.Invalid(p, v, "empty string"))
		}
	case map[string]any:
		l.visitMap(v, keys, p)
	case []any:
		if len(v) == 0 && !l.allowed(emptyContainers, keys) {
			l.errs = append(l.errs, field.Invalid(p, field.OmitValueType{}, "empty list"))
		}
		for i, e := range v {
			k := keys
			if m, ok := e.(map[string]any); ok && len(m) == 0 {
				k = append(slices.Clip(keys), "-")
			}
			l.visit(e, k, p.Index(i))
		}
	}
}

func (l *leakFinder) visitMap(m map[string]any, keys []string, p *field.Path) {
	if len(m) == 0 && p != nil && !l.allowed(emptyContainers, keys) {
		l.errs = append(l.errs, field.Invalid(p, field.OmitValueType{}, "empty map"))
	}
	for _, key := range slices.Sorted(maps.Keys(m)) {
		q := child(p, key)
		if key == "creationTimestamp" && len(keys) > 0 && keys[len(keys)-1] == "metadata" {
			l.errs = append(l.errs, field.Forbidden(q, "belongs to the cluster"))
			continue
		}
		if path := q.String(); path == "status" || path == "spec.forProvider.manifest" && l.manifest != nil {
			continue // reported above, or an object of its own
		}
		l.visit(m[key], append(slices.Clip(keys), key), q)
	}
}

// allowed says whether the keys end in one of the places.
func (l *leakFinder) allowed(places []place, keys []string) bool {
	return slices.ContainsFunc(places, func(where place) bool {
		return (where.kind == "" || where.kind == l.kind) && where.matches(keys)
	})
}

func (w place) matches(keys []string) bool {
	path, rooted := strings.CutPrefix(w.path, "^")
	want := strings.Split(path, ".")
	if len(keys) < len(want) || rooted && len(keys) != len(want) {
		return false
	}
	for i, key := range keys[len(keys)-len(want):] {
		if want[i] != "*" && want[i] != key {
			return false
		}
	}
	return true
}
