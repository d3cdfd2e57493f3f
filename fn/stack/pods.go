package stack

import (
	"cmp"
	"maps"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"

	"github.com/pipelinestack/function-pipelinestack/apis/v1alpha1"
)

// Fixed user and group on plain Kubernetes: what upstream's manifests run KFP's images as. On
// OpenShift admission assigns both.
const (
	fixedUser  = 1000
	fixedGroup = 0
)

// pod is what differs between the pods of a stack.
type pod struct {
	account  string // service account
	token    bool   // whether the pod calls the Kubernetes API
	programs []program
	init     []corev1.Container
	main     []corev1.Container
	config   []config        // ConfigMaps that the pod reads: they come first among its volumes, and a change of one rolls it
	volumes  []corev1.Volume // beside those
	secrets  []secretHash
	grace    *int64 // seconds between asking and killing; Kubernetes' own default when nil
	deadline *int32 // seconds until a roll-out counts as stuck; Kubernetes' own default when nil
}

// Sidecars of service meshes would be cut off by the network policies from what they need, and
// would keep the pods of a pipeline from ending. Pods say that they want none, each mesh in its own
// words.
var (
	noMeshLabels = map[string]string{
		"sidecar.istio.io/inject":   "false",
		"istio.io/dataplane-mode":   "none", // ambient mode has no sidecar, but takes over the pod's traffic
		"kuma.io/sidecar-injection": "disabled",
	}
	noMeshAnnotations = map[string]string{
		"linkerd.io/inject":                   "disabled",
		"consul.hashicorp.com/connect-inject": "false",
	}
)

// killedAfter is the grace, in seconds, of a program that does not stop when asked. Kubernetes'
// default of 30 would only delay every roll, hibernation and deletion.
const killedAfter = 10

// deployment of one component, called name.
func (s *Stack) deployment(name string, replicas int32, strategy appsv1.DeploymentStrategyType, p pod) *appsv1.Deployment {
	if *s.Spec.Hibernate {
		replicas = 0
	}
	template := s.podTemplate(name, p)
	template.Annotations[safeToEvict] = "true"
	return &appsv1.Deployment{
		TypeMeta:   typeDeployment,
		ObjectMeta: s.meta(name, name),
		Spec: appsv1.DeploymentSpec{
			Replicas:                &replicas,
			Selector:                &metav1.LabelSelector{MatchLabels: s.selector(name)},
			Strategy:                appsv1.DeploymentStrategy{Type: strategy},
			ProgressDeadlineSeconds: p.deadline,
			Template:                template,
		},
	}
}

// podTemplate of a component, called name.
func (s *Stack) podTemplate(name string, p pod) corev1.PodTemplateSpec {
	labels := s.labels(name)
	maps.Copy(labels, noMeshLabels)
	annotations := maps.Clone(noMeshAnnotations)
	if hash := configHash(p.config); hash != "" {
		annotations[annotationHash] = hash
	}
	for _, h := range p.secrets {
		annotations[h.annotation] = h.value
	}
	return corev1.PodTemplateSpec{
		ObjectMeta: metav1.ObjectMeta{Labels: labels, Annotations: annotations},
		Spec: corev1.PodSpec{
			ServiceAccountName:            p.account,
			AutomountServiceAccountToken:  &p.token,
			EnableServiceLinks:            ptr.To(false),
			SecurityContext:               s.podSecurity(),
			TerminationGracePeriodSeconds: p.grace,
			InitContainers:                p.init,
			Containers:                    p.main,
			Volumes:                       append(configVolumes(p.config), p.volumes...),
			NodeSelector:                  s.Spec.Scheduling.NodeSelector,
			Tolerations:                   s.Spec.Scheduling.Tolerations,
			Affinity:                      s.affinity(s.Spec.Scheduling.Affinity, s.Spec.Scheduling.NodeSelector, p.programs...),
			PriorityClassName:             s.Spec.Scheduling.PriorityClassName,
			ImagePullSecrets:              s.pullSecrets(),
		},
	}
}

// container of a component: the release's image and binary, the size's resources, what the claim
// replaces, and the claim's variables after the stack's own.
func (s *Stack) container(name string, c Component, claim v1alpha1.ContainerSpec, env []corev1.EnvVar) corev1.Container {
	ct := corev1.Container{
		Name:            name,
		Image:           s.image(c, claim.Image),
		Env:             append(env, freeEnv(claim.Env)...),
		Resources:       resources(s.Size[c], claim.Resources),
		SecurityContext: restricted(),
	}
	if binary := s.Release.Commands[c]; binary != "" {
		ct.Command = []string{binary}
	}
	return ct
}

// image of a component: the claim's as it is, else the release's, or that of a server, from the
// class's registry.
func (s *Stack) image(c Component, claim string) string {
	if claim != "" {
		return claim
	}
	return mirrored(cmp.Or(s.Release.Images[c], serverImages[c]), s.Class.Images.Registry)
}

// replicas of a component: the claim's before the size's.
func (s *Stack) replicas(c Component, claim *int32) int32 {
	if claim != nil {
		return *claim
	}
	return max(s.Size[c].Replicas, 1)
}

func (s *Stack) podSecurity() *corev1.PodSecurityContext {
	sc := &corev1.PodSecurityContext{
		RunAsNonRoot:   ptr.To(true),
		SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault},
	}
	if s.fixedUserIDs() {
		sc.RunAsUser, sc.RunAsGroup = ptr.To[int64](fixedUser), ptr.To[int64](fixedGroup)
	}
	return sc
}

// restricted is what Pod Security's profile of that name requires of a container.
func restricted() *corev1.SecurityContext {
	return &corev1.SecurityContext{
		AllowPrivilegeEscalation: ptr.To(false),
		Capabilities:             &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}},
	}
}

// readOnlyRoot makes the root file system read-only, for an image that writes nowhere.
func readOnlyRoot(ct corev1.Container) corev1.Container {
	ct.SecurityContext.ReadOnlyRootFilesystem = ptr.To(true)
	return ct
}

func (s *Stack) pullSecrets() []corev1.LocalObjectReference {
	var refs []corev1.LocalObjectReference
	seen := map[string]bool{}
	for _, list := range [][]v1alpha1.LocalName{s.Class.Images.PullSecrets, s.Spec.Scheduling.ImagePullSecrets} {
		for _, n := range list {
			if !seen[n.Name] {
				seen[n.Name] = true
				refs = append(refs, corev1.LocalObjectReference{Name: n.Name})
			}
		}
	}
	return refs
}

// Environment variables.

func env(name, value string) corev1.EnvVar { return corev1.EnvVar{Name: name, Value: value} }

func envField(name, path string) corev1.EnvVar {
	return corev1.EnvVar{Name: name, ValueFrom: &corev1.EnvVarSource{FieldRef: &corev1.ObjectFieldSelector{FieldPath: path}}}
}

func envSecret(name, secret, key string) corev1.EnvVar {
	return corev1.EnvVar{Name: name, ValueFrom: &corev1.EnvVarSource{SecretKeyRef: &corev1.SecretKeySelector{
		LocalObjectReference: corev1.LocalObjectReference{Name: secret}, Key: key,
	}}}
}

func freeEnv(vars []v1alpha1.EnvVar) []corev1.EnvVar {
	out := make([]corev1.EnvVar, 0, len(vars))
	for _, v := range vars {
		e := env(v.Name, v.Value)
		switch {
		case v.ValueFrom == nil:
		case v.ValueFrom.SecretKeyRef != nil:
			e = envSecret(v.Name, v.ValueFrom.SecretKeyRef.Name, v.ValueFrom.SecretKeyRef.Key)
		case v.ValueFrom.ConfigMapKeyRef != nil:
			e.ValueFrom = &corev1.EnvVarSource{ConfigMapKeyRef: &corev1.ConfigMapKeySelector{
				LocalObjectReference: corev1.LocalObjectReference{Name: v.ValueFrom.ConfigMapKeyRef.Name}, Key: v.ValueFrom.ConfigMapKeyRef.Key,
			}}
		}
		out = append(out, e)
	}
	return out
}

// Probes.

func httpProbe(port, path string, scheme corev1.URIScheme) corev1.ProbeHandler {
	return corev1.ProbeHandler{HTTPGet: &corev1.HTTPGetAction{Path: path, Port: intstr.FromString(port), Scheme: scheme}}
}

func tcpProbe(port string) corev1.ProbeHandler {
	return corev1.ProbeHandler{TCPSocket: &corev1.TCPSocketAction{Port: intstr.FromString(port)}}
}

// probe asks every period seconds and fails after that many failures.
func probe(h corev1.ProbeHandler, period, failures int32) *corev1.Probe {
	return &corev1.Probe{ProbeHandler: h, PeriodSeconds: period, TimeoutSeconds: 2, FailureThreshold: failures}
}

// execProbe runs a script in the container.
func execProbe(script string) corev1.ProbeHandler {
	return corev1.ProbeHandler{Exec: &corev1.ExecAction{Command: []string{"/bin/sh", "-c", script}}}
}

// Volumes.

func emptyVolume(name string) corev1.Volume {
	return corev1.Volume{Name: name, VolumeSource: corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}}}
}

func secretVolume(name, secret string) corev1.Volume {
	return corev1.Volume{Name: name, VolumeSource: corev1.VolumeSource{Secret: &corev1.SecretVolumeSource{SecretName: secret}}}
}

// secretFile is a volume with one key of a Secret.
func secretFile(name, secret, key string) corev1.Volume {
	v := secretVolume(name, secret)
	v.Secret.Items = []corev1.KeyToPath{{Key: key, Path: key}}
	return v
}

// fileMount mounts one key of a volume as a file, and keeps the image's files beside it.
func fileMount(volume, path, key string) corev1.VolumeMount {
	return corev1.VolumeMount{Name: volume, MountPath: path, SubPath: key, ReadOnly: true}
}

func dirMount(volume, path string) corev1.VolumeMount {
	return corev1.VolumeMount{Name: volume, MountPath: path, ReadOnly: true}
}
