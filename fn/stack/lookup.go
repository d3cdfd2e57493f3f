package stack

import (
	"cmp"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/pipelinestack/function-pipelinestack/apis/input/v1beta1"
	"github.com/pipelinestack/function-pipelinestack/apis/v1alpha1"
	"github.com/pipelinestack/function-pipelinestack/fn/kube"
)

// The function asks Crossplane for a stack's class by name. A question about a kind that the
// cluster lacks fails the whole composite, and one about a kind that Crossplane may not read never
// gets an answer. So two objects are read first: the kind's definition, and a ConfigMap of the
// install file that lists what Crossplane may read.

// DefaultClassName is the class of stacks that name none, where the Composition names none either.
const DefaultClassName = "default"

// Where the install file says what Crossplane may read: a line for each kind, as in
// PipelineStackClass.pipelines.opendatahub.io.
const (
	installNamespace = "crossplane-system"
	installName      = "pipelinestack-install"
	keyInstallReads  = "reads"
	// keyInstallBinds lists the ClusterRoles of the platform's that Crossplane may bind.
	keyInstallBinds = "binds"
)

// Keys of the requirements by which a class is found.
const (
	askInstall   = "install"
	askClass     = "class"
	askClasses   = "classes"
	askNamespace = "namespace"
)

// Kinds that are read by name.
var (
	classKind     = schema.GroupKind{Group: v1alpha1.GroupVersion.Group, Kind: v1alpha1.KindClass}
	kindNamespace = schema.GroupKind{Kind: "Namespace"}
)

// A Lookup finds the class of a stack.
type Lookup struct {
	// Requires is what has to be asked of Crossplane. As long as Found is not set, the answers come
	// with the next call.
	Requires []Requirement
	// Found is the class.
	Found kube.Observed
	// Without says that the stack does without a class, and who chooses user ids then.
	Without v1alpha1.UserIDs
	// local is a render without a cluster.
	local bool
}

// FindClass looks for the class of a claim in the answers of Crossplane.
func FindClass(c Claim, in v1beta1.Input, w World) (Lookup, field.ErrorList) {
	l := Lookup{Requires: []Requirement{
		canary(c.Namespaced),
		crd(askKind(classPlural), classPlural),
		{Key: askInstall, APIVersion: "v1", Kind: "ConfigMap", Name: installName, Namespace: installNamespace},
	}}
	name, errs := className(c, in, w)
	if len(errs) > 0 {
		return l, errs
	}
	_, canary := w.answer(askCanary)
	_, kind := w.answer(askKind(classPlural))
	install, installed := w.answer(askInstall)
	if canary == unanswered || kind == unanswered || installed == unanswered {
		return l, nil
	}
	l.local = canary == absent
	if errs := l.readable(install, kind, classKind); len(errs) > 0 {
		return l, errs
	}
	l.ask(Requirement{Key: askClass, APIVersion: v1alpha1.GroupVersion.String(), Kind: v1alpha1.KindClass, Name: name})
	found, answer := w.answer(askClass)
	switch answer {
	case unanswered:
		return l, nil
	case absent:
		return l, l.missing(c, name, in, w)
	case present:
	}
	errs = l.namespace(c, found, install, w)
	return l, errs
}

var classPlural = schema.GroupResource{Group: v1alpha1.GroupVersion.Group, Resource: v1alpha1.ResourceClasses}

func (l *Lookup) ask(r Requirement) { l.Requires = append(l.Requires, r) }

// className is the class that the stack's data belongs to, else the one that the claim names, else
// the Composition's. Where only the Deployment tells of the class, a claim that names another is
// refused: whoever may edit the namespace may edit the Deployment.
func className(c Claim, in v1beta1.Input, w World) (string, field.ErrorList) {
	was := w.remembered().class
	if was != "" && was == w.Composite.String("status", "className") {
		return was, nil
	}
	name := cmp.Or(c.Spec.ClassName, was, in.DefaultClassName)
	path := specPath.Child("className")
	if was != "" && name != was {
		return "", field.ErrorList{
			field.Forbidden(path, "the stack has data in class "+was+": set the class back, or make another stack and copy the data"),
		}
	}
	var errs field.ErrorList
	for _, msg := range validation.IsDNS1123Label(name) {
		errs = append(errs, field.Invalid(path, name, msg))
	}
	return name, errs
}

// mayRead says whether Crossplane may read a kind, as the install file says.
func mayRead(install kube.Observed, kind schema.GroupKind) bool {
	return slices.Contains(strings.Fields(install.String("data", keyInstallReads)), kind.String())
}

// readable checks that the function may ask Crossplane for a kind.
func (l *Lookup) readable(install kube.Observed, definition certainty, kind schema.GroupKind) field.ErrorList {
	const mend = ": apply the install file of this version"
	switch {
	case l.local || definition == present && mayRead(install, kind):
		return nil
	case definition == absent:
		return field.ErrorList{field.Forbidden(inputPath, "the cluster has no kind "+kind.Kind+" of "+kind.Group+mend)}
	case !install.Exists():
		return field.ErrorList{field.Forbidden(inputPath, "there is no ConfigMap "+installName+" in "+installNamespace+mend)}
	default:
		return field.ErrorList{field.Forbidden(inputPath, "Crossplane may not read "+kind.String()+
			", as the ConfigMap "+installName+" in "+installNamespace+" says"+mend)}
	}
}

// missing reports that the class does not exist, and lists those that do. Where a class is optional, a
// stack that names none does without.
func (l *Lookup) missing(c Claim, name string, in v1beta1.Input, w World) field.ErrorList {
	path := specPath.Child("className")
	switch {
	case in.ClassResolution == v1beta1.ClassOptional && c.Spec.ClassName == "" && w.remembered().class == "":
		l.Without = l.userIDs(w)
		return nil
	case w.remembered().class != "":
		return field.ErrorList{
			field.Forbidden(classPath(name), "the class is gone: the stack stays as it is until the platform makes the class again"),
		}
	case l.local:
		return field.ErrorList{field.NotFound(path, name)}
	}
	l.ask(Requirement{Key: askClasses, APIVersion: v1alpha1.GroupVersion.String(), Kind: v1alpha1.KindClass})
	if _, answer := w.answer(askClasses); answer == unanswered {
		return nil
	}
	var names []string
	for _, o := range w.Required[askClasses] {
		names = append(names, o.Name())
	}
	slices.Sort(names)
	if len(names) == 0 {
		return field.ErrorList{field.Invalid(path, name, "the cluster has no PipelineStackClass: ask the platform team to make one")}
	}
	return field.ErrorList{field.NotSupported(path, name, names)}
}

// namespace reads the stack's namespace where the class needs it: to see whether the class allows
// it, or for its UID, which goes into derived names. A stack that has been let in stays, as the
// status says, which no tenant writes. The UID is asked for at every call: until it is known the
// class is not found, so that no name is derived without it.
func (l *Lookup) namespace(c Claim, class, install kube.Observed, w World) field.ErrorList {
	path := classPath(class.Name()).Child("allowedNamespaces")
	selects := class.String("spec", "allowedNamespaces", "from") == string(v1alpha1.NamespacesSelector) &&
		w.Composite.String("status", "className") != class.Name()
	identifies := class.String("spec", "identityFrom") == string(v1alpha1.IdentityNamespaceUID)
	if !selects && !identifies {
		l.Found = class
		return nil
	}
	if errs := l.readable(install, present, kindNamespace); len(errs) > 0 {
		return errs
	}
	l.ask(Requirement{Key: askNamespace, APIVersion: "v1", Kind: "Namespace", Name: c.Namespace})
	namespace, answer := w.answer(askNamespace)
	if answer == unanswered {
		return nil
	}
	if identifies && uidOf(namespace) == "" {
		return field.ErrorList{field.Invalid(classPath(class.Name()).Child("identityFrom"), string(v1alpha1.IdentityNamespaceUID),
			"namespace "+c.Namespace+" is not found with a UID: nothing is made or changed until it is")}
	}
	if !selects {
		l.Found = class
		return nil
	}
	selector, err := metav1.LabelSelectorAsSelector(selectorOf(class))
	if err != nil {
		return field.ErrorList{field.Invalid(path.Child("selector"), field.OmitValueType{}, err.Error())}
	}
	if answer == absent || !selector.Matches(labels.Set(namespace.Labels())) {
		return field.ErrorList{
			field.Forbidden(path, "namespace "+c.Namespace+" may not have stacks of this class: name another class"),
		}
	}
	l.Found = class
	return nil
}

// ownerOf a stack's names, beside what its claim says: the UID of its namespace, if the class says
// so.
func (c *Class) ownerOf(w World) []string {
	if c.IdentityFrom != v1alpha1.IdentityNamespaceUID {
		return nil
	}
	namespace, _ := w.answer(askNamespace)
	return []string{uidOf(namespace)}
}

func uidOf(o kube.Observed) string { return o.String("metadata", "uid") }

// selectorOf a class's namespaces. Its schema is checked later, with the rest of the class.
func selectorOf(class kube.Observed) *metav1.LabelSelector {
	at := []string{"spec", "allowedNamespaces", "selector"}
	selector := &metav1.LabelSelector{MatchLabels: class.StringMap(append(at, "matchLabels")...)}
	for _, e := range class.Items(append(at, "matchExpressions")...) {
		selector.MatchExpressions = append(selector.MatchExpressions, metav1.LabelSelectorRequirement{
			Key: e.String("key"), Operator: metav1.LabelSelectorOperator(e.String("operator")), Values: e.Strings("values"),
		})
	}
	return selector
}

// securityContextConstraints are OpenShift's own, and tell it from any other cluster.
var securityContextConstraints = schema.GroupResource{Group: "security.openshift.io", Resource: "securitycontextconstraints"}

// userIDs says who chooses user ids in a cluster that no class describes: as pods that run already
// have it, else by what OpenShift alone has. It is empty while that has not been answered.
func (l *Lookup) userIDs(w World) v1alpha1.UserIDs {
	for _, resource := range []string{resDatabaseServer, resObjectStoreServer, resAPIServerDeployment} {
		o := w.Observed[resource]
		if !o.Exists() {
			continue
		}
		if _, fixed := o.Int("spec", "template", "spec", "securityContext", "runAsUser"); fixed {
			return v1alpha1.UserIDsFixed
		}
		return v1alpha1.UserIDsAssigned
	}
	l.ask(crd(askKind(securityContextConstraints), securityContextConstraints))
	switch _, answer := w.answer(askKind(securityContextConstraints)); answer {
	case unanswered:
		return ""
	case present:
		return v1alpha1.UserIDsAssigned
	default:
		return v1alpha1.UserIDsFixed
	}
}
