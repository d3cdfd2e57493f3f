package check

import (
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/client-go/kubernetes/scheme"
)

// A podTemplate is what an object makes pods from.
type podTemplate struct {
	owner     string // the object's ID
	namespace string
	path      *field.Path // of the template
	meta      *metav1.ObjectMeta
	spec      *corev1.PodSpec
	selector  *metav1.LabelSelector
	claims    []string // volumes that come from volumeClaimTemplates
}

// templateOf returns the pod template of a typed object, nil when it has none.
func templateOf(object runtime.Object) *podTemplate {
	p := field.NewPath("spec", "template")
	switch o := object.(type) {
	case *appsv1.Deployment:
		return &podTemplate{path: p, meta: &o.Spec.Template.ObjectMeta, spec: &o.Spec.Template.Spec, selector: o.Spec.Selector}
	case *appsv1.StatefulSet:
		t := &podTemplate{path: p, meta: &o.Spec.Template.ObjectMeta, spec: &o.Spec.Template.Spec, selector: o.Spec.Selector}
		for _, c := range o.Spec.VolumeClaimTemplates {
			t.claims = append(t.claims, c.Name)
		}
		return t
	default:
		return nil
	}
}

// podTemplateOf is templateOf for a normalised unstructured object.
func podTemplateOf(obj map[string]any) (*podTemplate, error) {
	gvk := kindOf(obj)
	if _, ok := builtinKinds[gvk]; !ok {
		return nil, nil
	}
	object, err := scheme.Scheme.New(gvk)
	if err != nil {
		return nil, err
	}
	if templateOf(object) == nil {
		return nil, nil
	}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(obj, object); err != nil {
		return nil, err
	}
	t := templateOf(object)
	t.owner, t.namespace = id(obj), namespaceOf(obj)
	return t, nil
}

// specPath is the path of the pod's spec.
func (t *podTemplate) specPath() *field.Path { return t.path.Child("spec") }

// A container with its path and whether it runs before the others.
type container struct {
	*corev1.Container
	path *field.Path
	// init: it ends before the pod starts, unlike a sidecar (an init container
	// that restarts always)
	init bool
}

// containers lists all containers of the pod, those for initialisation first.
func (t *podTemplate) containers() []container {
	var out []container
	for i := range t.spec.InitContainers {
		c := &t.spec.InitContainers[i]
		sidecar := c.RestartPolicy != nil && *c.RestartPolicy == corev1.ContainerRestartPolicyAlways
		out = append(out, container{c, t.specPath().Child("initContainers").Index(i), !sidecar})
	}
	for i := range t.spec.Containers {
		out = append(out, container{&t.spec.Containers[i], t.specPath().Child("containers").Index(i), false})
	}
	return out
}

// labels are the labels of the pods.
func (t *podTemplate) labels() map[string]string { return t.meta.Labels }
