package stack

import (
	"fmt"
	"reflect"
	"strings"

	"google.golang.org/protobuf/types/known/structpb"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/pipelinestack/function-pipelinestack/fn/kube"
)

// What a stack takes over it changes to what it wants. Kubernetes lets nobody change some fields, and
// refuses the whole object then, for ever. Such an object is held back until somebody deletes it.

// immutable fields of a kind, and what deleting an object of the kind loses.
type immutable struct {
	fields []string
	loses  string
}

const losesNothing = "no data is in it"

var immutables = map[schema.GroupKind]immutable{
	{Group: "apps", Kind: "Deployment"}:                              {[]string{"spec.selector"}, losesNothing},
	{Group: "apps", Kind: "StatefulSet"}:                             {[]string{"spec.selector", "spec.serviceName"}, "its volumes stay"},
	{Group: "rbac.authorization.k8s.io", Kind: "RoleBinding"}:        {[]string{"roleRef"}, losesNothing},
	{Group: "rbac.authorization.k8s.io", Kind: "ClusterRoleBinding"}: {[]string{"roleRef"}, losesNothing},
	{Kind: "Service"}:   {[]string{"spec.clusterIP"}, losesNothing},
	{Kind: "ConfigMap"}: {nil, losesNothing},
	{Kind: "Secret"}:    {[]string{"type"}, "keep a copy of what it holds"},
}

// fixedField of an object that exists: the first that cannot be changed to what is wanted, empty if
// there is none. A field that is not wanted stays as it is.
func fixedField(wanted runtime.Object, found kube.Observed) string {
	if locked, _ := found.Bool("immutable"); locked { // of ConfigMaps and Secrets
		return "data (immutable is true)"
	}
	kind := immutables[wanted.GetObjectKind().GroupVersionKind().GroupKind()]
	if len(kind.fields) == 0 {
		return ""
	}
	object, err := kube.Struct(wanted)
	if err != nil {
		return "" // whoever encodes the object says so
	}
	for _, path := range kind.fields {
		want, is := valueAt(object, path), valueAt(found.Object, path)
		if want != nil && !reflect.DeepEqual(want, is) {
			return path
		}
	}
	return ""
}

// valueAt a path of an object; nil if there is none.
func valueAt(object *structpb.Struct, path string) any {
	value := structpb.NewStructValue(object)
	for step := range strings.SplitSeq(path, ".") {
		value = value.GetStructValue().GetFields()[step]
	}
	if value == nil {
		return nil
	}
	return value.AsInterface()
}

// replace says what to do with an object of which a field cannot be changed.
func replace(kind schema.GroupKind, found kube.Observed, fixed string) string {
	command := "kubectl delete " + strings.ToLower(kind.Kind) + " " + found.Name()
	if namespace := found.String("metadata", "namespace"); namespace != "" {
		command += " -n " + namespace
	}
	return fmt.Sprintf("%s %s exists, and Kubernetes lets nobody change its %s to what the stack wants: "+
		"delete it, and the stack makes it anew; %s (%s)", kind.Kind, found.Name(), fixed, immutables[kind].loses, command)
}
