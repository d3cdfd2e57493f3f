package stack

import (
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"
)

// selector of a component's pods. It is immutable in a Deployment, so it holds nothing that an
// upgrade could change.
func (s *Stack) selector(app string) map[string]string {
	return map[string]string{labelApp: app, LabelStack: s.Name}
}

// labels of an object.
func (s *Stack) labels(app string) map[string]string {
	return map[string]string{labelApp: app, labelName: app, labelPartOf: partOf, LabelStack: s.Name}
}

// meta of a namespaced object.
func (s *Stack) meta(name, app string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Name: name, Namespace: s.Namespace, Labels: s.labels(app)}
}

// Objects that most components have.

func (s *Stack) serviceAccount(name, app string) *corev1.ServiceAccount {
	return &corev1.ServiceAccount{TypeMeta: typeServiceAccount, ObjectMeta: s.meta(name, app), AutomountServiceAccountToken: ptr.To(false)}
}

func (s *Stack) configMap(name, app string, data map[string]string) *corev1.ConfigMap {
	return &corev1.ConfigMap{TypeMeta: typeConfigMap, ObjectMeta: s.meta(name, app), Data: data}
}

// roleBinding gives a service account of the stack the rules of a ClusterRole, in this namespace
// only. The install files bring the ClusterRole.
func (s *Stack) roleBinding(account, clusterRole, app string) *rbacv1.RoleBinding {
	return &rbacv1.RoleBinding{
		TypeMeta:   typeRoleBinding,
		ObjectMeta: s.meta(account, app),
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: clusterRole},
		Subjects:   []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Name: account, Namespace: s.Namespace}},
	}
}

// service in front of a component's pods. Each port goes to the container port of the same name.
func (s *Stack) service(name, app string, ports ...corev1.ServicePort) *corev1.Service {
	for i := range ports {
		ports[i].Protocol = corev1.ProtocolTCP
		ports[i].TargetPort = intstr.FromString(ports[i].Name)
	}
	return &corev1.Service{
		TypeMeta:   typeService,
		ObjectMeta: s.meta(name, app),
		Spec:       corev1.ServiceSpec{Selector: s.selector(app), Ports: ports},
	}
}
