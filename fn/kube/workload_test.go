package kube

import (
	"fmt"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// managedResource has the shape of a managed resource, a kind that comes with
// no Go module worth importing.
type managedResource struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`

	Spec managedSpec `json:"spec"`
}

type managedSpec struct {
	ForProvider        map[string]any  `json:"forProvider"`
	ManagementPolicies []string        `json:"managementPolicies,omitempty"`
	ProviderConfigRef  *localReference `json:"providerConfigRef,omitempty"`
	ConnectionSecret   *localReference `json:"writeConnectionSecretToRef,omitempty"`
}

type localReference struct {
	Name string `json:"name"`
	Kind string `json:"kind,omitempty"`
}

func (m *managedResource) DeepCopyObject() runtime.Object { c := *m; return &c }

// workload is what a stack of seven Deployments and all that belongs to them
// looks like: 40 objects in kinds, numbers and sizes of a real one.
func workload() []runtime.Object {
	var objs []runtime.Object
	add := func(o ...runtime.Object) { objs = append(objs, o...) }
	for i, env := range []int{43, 12, 8, 6, 5, 4, 2} {
		add(deployment(fmt.Sprintf("app-%d", i), env))
	}
	for i := range 4 {
		add(service(fmt.Sprintf("app-%d", i)))
		add(role(fmt.Sprintf("app-%d", i), 3+i))
		add(roleBinding(fmt.Sprintf("app-%d", i)))
		add(&corev1.ConfigMap{
			TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "ConfigMap"},
			ObjectMeta: objectMeta(fmt.Sprintf("app-%d", i)),
			Data:       map[string]string{"config.json": strings.Repeat("k: v\n", 200*i), "level": "info"},
		})
	}
	for i := range 5 {
		add(&corev1.ServiceAccount{
			TypeMeta:         metav1.TypeMeta{APIVersion: "v1", Kind: "ServiceAccount"},
			ObjectMeta:       objectMeta(fmt.Sprintf("app-%d", i)),
			ImagePullSecrets: []corev1.LocalObjectReference{{Name: "registry"}},
		})
	}
	add(networkPolicy("app"), denyAll("deny"),
		&corev1.Secret{
			TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Secret"},
			ObjectMeta: objectMeta("store"),
			Type:       corev1.SecretTypeOpaque,
			Data:       map[string][]byte{"accesskey": []byte("key"), "secretkey": []byte("much longer and more secret")},
		},
		persistentVolumeClaim("data"))
	for i := range 8 {
		add(&managedResource{
			TypeMeta:   metav1.TypeMeta{APIVersion: "sql.example.org/v1alpha1", Kind: "User"},
			ObjectMeta: objectMeta(fmt.Sprintf("user-%d", i)),
			Spec: managedSpec{
				ForProvider:        map[string]any{"binlog": false, "privileges": []string{"SELECT", "INSERT", "UPDATE"}, "port": int64(3306)},
				ManagementPolicies: []string{"Observe", "Create", "Update"},
				ProviderConfigRef:  &localReference{Name: "shared", Kind: "ClusterProviderConfig"},
				ConnectionSecret:   &localReference{Name: "app-db"},
			},
		})
	}
	return objs
}

func objectMeta(name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{
		Name:      name,
		Namespace: "tenant",
		Labels: map[string]string{
			"app.kubernetes.io/name":       name,
			"app.kubernetes.io/instance":   "stack",
			"app.kubernetes.io/part-of":    "stack",
			"app.kubernetes.io/managed-by": "test",
		},
	}
}

// deployment of one container with env variables, a probe, volumes and a
// restricted security context.
func deployment(name string, env int) *appsv1.Deployment {
	selector := map[string]string{"app.kubernetes.io/name": name}
	c := corev1.Container{
		Name:  "main",
		Image: "registry.example.org/" + name + "@sha256:0000000000000000000000000000000000000000000000000000000000000000",
		Args:  []string{"--config=/config", "--log-level=info"},
		Ports: []corev1.ContainerPort{{Name: "http", ContainerPort: 8888}, {Name: "grpc", ContainerPort: 8887, Protocol: corev1.ProtocolTCP}},
		Resources: corev1.ResourceRequirements{
			Requests: corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("250m"), corev1.ResourceMemory: resource.MustParse("500Mi")},
			Limits:   corev1.ResourceList{corev1.ResourceMemory: resource.MustParse("1Gi")},
		},
		VolumeMounts: []corev1.VolumeMount{{Name: "tmp", MountPath: "/tmp"}, {Name: "config", MountPath: "/config", ReadOnly: true}},
		ReadinessProbe: &corev1.Probe{
			ProbeHandler:  corev1.ProbeHandler{HTTPGet: &corev1.HTTPGetAction{Path: "/healthz", Port: intstr.FromString("http")}},
			PeriodSeconds: 5,
		},
		SecurityContext: &corev1.SecurityContext{
			AllowPrivilegeEscalation: new(bool),
			RunAsNonRoot:             ptr(true),
			Capabilities:             &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}},
			SeccompProfile:           &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault},
		},
	}
	for i := range env {
		e := corev1.EnvVar{Name: fmt.Sprintf("SETTING_NUMBER_%d", i), Value: "value"}
		if i%5 == 4 {
			e.Value = ""
			e.ValueFrom = &corev1.EnvVarSource{SecretKeyRef: &corev1.SecretKeySelector{
				LocalObjectReference: corev1.LocalObjectReference{Name: "store"}, Key: "secretkey"}}
		}
		c.Env = append(c.Env, e)
	}
	return &appsv1.Deployment{
		TypeMeta:   metav1.TypeMeta{APIVersion: "apps/v1", Kind: "Deployment"},
		ObjectMeta: objectMeta(name),
		Spec: appsv1.DeploymentSpec{
			Replicas: ptr(int32(1)),
			Selector: &metav1.LabelSelector{MatchLabels: selector},
			Template: corev1.PodTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{Labels: objectMeta(name).Labels, Annotations: map[string]string{"checksum/config": "0123456789abcdef"}},
				Spec: corev1.PodSpec{
					ServiceAccountName: name,
					Containers:         []corev1.Container{c},
					SecurityContext:    &corev1.PodSecurityContext{RunAsNonRoot: ptr(true)},
					Volumes: []corev1.Volume{
						{Name: "tmp", VolumeSource: corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}}},
						{
							Name: "config",
							VolumeSource: corev1.VolumeSource{
								ConfigMap: &corev1.ConfigMapVolumeSource{LocalObjectReference: corev1.LocalObjectReference{Name: name}},
							},
						},
					},
				},
			},
		},
	}
}

func service(name string) *corev1.Service {
	return &corev1.Service{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Service"},
		ObjectMeta: objectMeta(name),
		Spec: corev1.ServiceSpec{
			Selector: map[string]string{"app.kubernetes.io/name": name},
			Ports: []corev1.ServicePort{
				{Name: "http", Port: 8888, TargetPort: intstr.FromString("http")},
				{Name: "grpc", Port: 8887, TargetPort: intstr.FromInt32(8887)},
				{Name: "same", Port: 9000},
			},
		},
	}
}

func role(name string, rules int) *rbacv1.Role {
	r := &rbacv1.Role{TypeMeta: metav1.TypeMeta{APIVersion: "rbac.authorization.k8s.io/v1", Kind: "Role"}, ObjectMeta: objectMeta(name)}
	for i := range rules {
		r.Rules = append(r.Rules, rbacv1.PolicyRule{
			APIGroups: []string{"", "apps"},
			Resources: []string{fmt.Sprintf("things%d", i), "pods", "pods/log"},
			Verbs:     []string{"get", "list", "watch", "create", "update", "patch", "delete"},
		})
	}
	return r
}

func roleBinding(name string) *rbacv1.RoleBinding {
	return &rbacv1.RoleBinding{
		TypeMeta:   metav1.TypeMeta{APIVersion: "rbac.authorization.k8s.io/v1", Kind: "RoleBinding"},
		ObjectMeta: objectMeta(name),
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: name},
		Subjects:   []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Name: name, Namespace: "tenant"}},
	}
}

func denyAll(name string) *networkingv1.NetworkPolicy {
	return &networkingv1.NetworkPolicy{
		TypeMeta:   metav1.TypeMeta{APIVersion: "networking.k8s.io/v1", Kind: "NetworkPolicy"},
		ObjectMeta: objectMeta(name),
		Spec:       networkingv1.NetworkPolicySpec{PolicyTypes: []networkingv1.PolicyType{networkingv1.PolicyTypeIngress}},
	}
}

// networkPolicy has every empty object that means something in its kind.
func networkPolicy(name string) *networkingv1.NetworkPolicy {
	np := denyAll(name)
	np.Spec.Ingress = []networkingv1.NetworkPolicyIngressRule{
		{},
		{From: []networkingv1.NetworkPolicyPeer{
			{PodSelector: &metav1.LabelSelector{}},
			{NamespaceSelector: &metav1.LabelSelector{}, PodSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": "a"}}},
		}},
	}
	np.Spec.Egress = []networkingv1.NetworkPolicyEgressRule{{
		To:    []networkingv1.NetworkPolicyPeer{{IPBlock: &networkingv1.IPBlock{CIDR: "10.0.0.0/8"}}},
		Ports: []networkingv1.NetworkPolicyPort{{Port: ptr(intstr.FromInt32(443))}},
	}}
	return np
}

func persistentVolumeClaim(name string) *corev1.PersistentVolumeClaim {
	return &corev1.PersistentVolumeClaim{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "PersistentVolumeClaim"},
		ObjectMeta: objectMeta(name),
		Spec: corev1.PersistentVolumeClaimSpec{
			AccessModes: []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOnce},
			Resources:   corev1.VolumeResourceRequirements{Requests: corev1.ResourceList{corev1.ResourceStorage: resource.MustParse("20Gi")}},
		},
	}
}

func ptr[T any](v T) *T { return &v }
