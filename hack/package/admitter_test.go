package main

import (
	"context"
	"slices"
	"testing"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	kruntime "k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apiserver/pkg/admission"
	"k8s.io/apiserver/pkg/admission/initializer"
	"k8s.io/apiserver/pkg/admission/plugin/policy/validating"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/authorization/authorizer"
	dynamicfake "k8s.io/client-go/dynamic/fake"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes/fake"
)

const (
	stackVersion = "pipelines.opendatahub.io/v1alpha1"

	// Who asks. The authorizer lets the platform do everything and everybody else nothing, of what
	// policies ask it.
	platform   = "platform"
	tenant     = "tenant"
	collector  = "system:serviceaccount:kube-system:generic-garbage-collector"
	crossplane = "system:serviceaccount:crossplane-system:crossplane"
)

// An admitter asks the admission plugin of Kubernetes' own API server, that has the policies of an
// install file.
type admitter struct {
	*validating.Plugin
	scheme *kruntime.Scheme
}

// NewAdmitter returns one for a cluster that serves the kinds of both flavours, or neither, and
// holds the stacks.
func newAdmitter(t *testing.T, policies []kruntime.Object, served bool, stacks ...kruntime.Object) admitter {
	t.Helper()

	scheme := kruntime.NewScheme()
	mapper := meta.NewDefaultRESTMapper(nil)

	for kind, scope := range map[string]meta.RESTScope{"XPipelineStack": meta.RESTScopeRoot, "PipelineStack": meta.RESTScopeNamespace} {
		if gvk := schema.FromAPIVersionAndKind(stackVersion, kind); served {
			scheme.AddKnownTypeWithName(gvk, &unstructured.Unstructured{})
			scheme.AddKnownTypeWithName(gvk.GroupVersion().WithKind(kind+"List"), &unstructured.UnstructuredList{})
			mapper.Add(gvk, scope)
		}
	}

	client := fake.NewClientset(append(slices.Clone(policies),
		&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "team-a"}}, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "no-stack"}})...)
	factory := informers.NewSharedInformerFactory(client, 0)
	plugin := validating.NewPlugin(nil)
	allowed := authorizer.AuthorizerFunc(func(_ context.Context, a authorizer.Attributes) (authorizer.Decision, string, error) {
		if a.GetUser().GetName() == platform {
			return authorizer.DecisionAllow, "", nil
		}

		return authorizer.DecisionNoOpinion, "", nil
	})
	initializer.New(client, dynamicfake.NewSimpleDynamicClient(scheme, stacks...), factory,
		allowed, nil, nil, t.Context().Done(), mapper).Initialize(plugin)

	if err := plugin.ValidateInitialization(); err != nil {
		t.Fatal(err)
	}

	factory.Start(t.Context().Done())

	if !plugin.WaitForReady() {
		t.Fatal("the policies are not ready")
	}

	return admitter{plugin, scheme}
}

// Policies of an install file, with their bindings.
func policies(t *testing.T, i install) []kruntime.Object {
	t.Helper()

	found := []kruntime.Object{}

	for _, source := range slices.Concat(i.sources, i.guards) {
		for _, o := range load(t, source) {
			var into kruntime.Object

			switch o.GetKind() {
			case "ValidatingAdmissionPolicy":
				into = &admissionv1.ValidatingAdmissionPolicy{}
			case "ValidatingAdmissionPolicyBinding":
				into = &admissionv1.ValidatingAdmissionPolicyBinding{}
			default:
				continue
			}

			if err := kruntime.DefaultUnstructuredConverter.FromUnstructuredWithValidation(o.Object, into, true); err != nil {
				t.Fatalf("%s: %s %s: %v", source, o.GetKind(), o.GetName(), err)
			}

			found = append(found, into)
		}
	}

	return found
}

// A write is what admission is asked about: an object that somebody makes, or changes from old.
type write struct {
	who         string
	old, object *unstructured.Unstructured
	subresource string
}

// Ask asks whether a write is admitted.
func (a admitter) ask(ctx context.Context, w write) error {
	gvk := w.object.GroupVersionKind()
	resource, _ := meta.UnsafeGuessKindToResource(gvk)
	operation, options, old := admission.Create, kruntime.Object(&metav1.CreateOptions{}), kruntime.Object(nil)

	if w.old != nil {
		operation, options, old = admission.Update, &metav1.UpdateOptions{}, w.old
	}

	return a.Validate(ctx, admission.NewAttributesRecord(w.object, old, gvk, w.object.GetNamespace(), w.object.GetName(), resource,
		w.subresource, operation, options, false, &user.DefaultInfo{Name: w.who}), admission.NewObjectInterfacesFromScheme(a.scheme))
}

// Delete asks whether an object may be deleted. A collection is deleted object by object, without
// their names in the request.
func (a admitter) delete(ctx context.Context, o *unstructured.Unstructured, collection bool) error {
	gvk := o.GroupVersionKind()
	resource, _ := meta.UnsafeGuessKindToResource(gvk)

	name := o.GetName()
	if collection {
		name = ""
	}

	return a.Validate(ctx, admission.NewAttributesRecord(nil, o, gvk, "", name, resource, "", admission.Delete, &metav1.DeleteOptions{},
		false, &user.DefaultInfo{Name: collector}), admission.NewObjectInterfacesFromScheme(a.scheme))
}

// DeleteBy asks whether somebody may delete an object.
func (a admitter) deleteBy(ctx context.Context, who string, o *unstructured.Unstructured) error {
	gvk := o.GroupVersionKind()
	resource, _ := meta.UnsafeGuessKindToResource(gvk)

	return a.Validate(ctx, admission.NewAttributesRecord(nil, o, gvk, "", o.GetName(), resource, "", admission.Delete,
		&metav1.DeleteOptions{}, false, &user.DefaultInfo{Name: who}), admission.NewObjectInterfacesFromScheme(a.scheme))
}

// Without returns policies of which one lacks a validation, told by a part of its message.
func without(t *testing.T, policies []kruntime.Object, policy, message string) []kruntime.Object {
	t.Helper()

	found := 0
	mutated := make([]kruntime.Object, len(policies))

	for i, o := range policies {
		mutated[i] = o.DeepCopyObject()

		if p, ok := mutated[i].(*admissionv1.ValidatingAdmissionPolicy); ok && p.Name == policy {
			left := slices.DeleteFunc(p.Spec.Validations, func(v admissionv1.Validation) bool { return saying(v, message) })
			found += len(o.(*admissionv1.ValidatingAdmissionPolicy).Spec.Validations) - len(left)

			// A policy has at least one.
			if p.Spec.Validations = left; len(left) == 0 {
				p.Spec.Validations = []admissionv1.Validation{{Expression: "true"}}
			}
		}
	}

	if found != 1 {
		t.Fatalf("%s has %d validations that say %q, want one", policy, found, message)
	}

	return mutated
}
