package stack

import (
	"maps"
	"strconv"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/ptr"
)

// metricsConfig makes Argo's controller serve metrics without TLS: Prometheus does not trust its
// self-signed certificate.
func metricsConfig() map[string]any {
	return map[string]any{"enabled": true, "path": "/metrics", "port": portMetrics, "secure": false}
}

// workflowControllerResources makes Argo's controller for this namespace alone. Where the
// platform's controller serves the namespace, the stack only says where workflow pods archive their
// logs.
func workflowControllerResources(s *Stack, _ Observed) []Resource {
	if !s.hasWorkflowController() {
		return []Resource{{Name: resArtifactRepositories, Object: artifactRepositories(s)}}
	}
	return []Resource{
		{Name: resWorkflowControllerServiceAccount, Object: s.serviceAccount(nameWorkflowController, nameWorkflowController)},
		{Name: resWorkflowControllerRoleBinding, Object: s.roleBinding(nameWorkflowController, roleWorkflowController, nameWorkflowController)},
		{Name: resWorkflowControllerConfig, Object: controllerConfig(s)},
		{Name: resWorkflowControllerDeployment, Object: workflowControllerDeployment(s)},
	}
}

func workflowControllerDeployment(s *Stack) *appsv1.Deployment {
	spec := s.Spec.WorkflowController
	ct := readOnlyRoot(s.container("workflow-controller", WorkflowController, spec.ContainerSpec, workflowControllerEnv(s)))
	ct.Args = []string{
		"--configmap=" + nameControllerConfig,
		"--executor-image=" + s.image(executorImage, spec.ExecutorImage),
		"--namespaced",
		"--loglevel=" + logrusLevel[spec.LogLevel],
	}
	ct.Ports = []corev1.ContainerPort{
		{Name: metricsPort, ContainerPort: portMetrics, Protocol: corev1.ProtocolTCP},
		{Name: healthPort, ContainerPort: portArgoHealth, Protocol: corev1.ProtocolTCP},
	}
	health := httpProbe(healthPort, "/healthz", corev1.URISchemeHTTP)
	ct.LivenessProbe = probe(health, 60, 3)
	ct.LivenessProbe.InitialDelaySeconds = 90
	ct.LivenessProbe.TimeoutSeconds = 30 // it answers late when many workflows wait
	return s.deployment(nameWorkflowController, s.replicas(WorkflowController, spec.Replicas), appsv1.RollingUpdateDeploymentStrategyType, pod{
		account:  nameWorkflowController,
		token:    true,
		programs: []program{{WorkflowController, spec.Image}},
		main:     []corev1.Container{ct},
		// The controller watches its configuration, but not every setting takes effect without a
		// restart.
		config: []config{{object: controllerConfig(s)}},
		grace:  ptr.To[int64](killedAfter), // from Argo 4.0 on it swallows SIGTERM
	})
}

func workflowControllerEnv(*Stack) []corev1.EnvVar {
	return []corev1.EnvVar{envField("LEADER_ELECTION_IDENTITY", "metadata.name")}
}

// controllerConfig has only keys that Argo 3.6 to 4.0 all know: the controller exits on an unknown
// one.
func controllerConfig(s *Stack) *corev1.ConfigMap {
	data := map[string]string{
		keyArtifactRepo: indentedJSON(artifactRepository(s)),
		keyExecutor: indentedJSON(corev1.Container{
			ImagePullPolicy: corev1.PullIfNotPresent,
			Resources:       resources(s.Size[executorImage], s.Spec.WorkflowController.ExecutorResources),
			SecurityContext: s.executorSecurity(), // the image runs as root unless told otherwise
		}),
		keyMainContainer:    indentedJSON(corev1.Container{Resources: resources(s.Size[Step], s.Spec.PipelineRunner.Resources)}),
		keyWorkflowDefaults: indentedJSON(workflowDefaults(s)),
	}
	if s.monitoringEnabled() {
		data[keyMetricsConfig] = indentedJSON(metricsConfig())
	}
	if n := s.Spec.WorkflowController.Parallelism; n > 0 {
		data[keyParallelism] = strconv.Itoa(int(n))
	}
	return s.configMap(nameControllerConfig, nameWorkflowController, data)
}

func (s *Stack) executorSecurity() *corev1.SecurityContext {
	sc := restricted()
	pod := s.podSecurity()
	sc.RunAsNonRoot, sc.RunAsUser, sc.SeccompProfile = pod.RunAsNonRoot, pod.RunAsUser, pod.SeccompProfile
	return sc
}

// artifactRepository is where Argo archives logs.
func artifactRepository(s *Stack) map[string]any {
	st := s.store
	s3 := map[string]any{
		"endpoint":  st.argoHost(), // no scheme here
		"bucket":    st.bucket,
		"region":    st.region,
		"insecure":  !st.secure,
		"keyFormat": st.keyFormat(),
	}
	maps.Copy(s3, st.argoCredentials())
	return map[string]any{"archiveLogs": *s.Spec.WorkflowController.ArchiveLogs, "s3": s3}
}

// annotationDefaultRepository names the key of a namespace's repositories that its workflows use.
const annotationDefaultRepository = "workflows.argoproj.io/default-artifact-repository"

// artifactRepositories is what the platform's Argo reads in a workflow's namespace before its own
// configuration.
func artifactRepositories(s *Stack) *corev1.ConfigMap {
	cm := s.configMap(
		nameArtifactRepository,
		nameWorkflowController,
		map[string]string{keyStackRepository: indentedJSON(artifactRepository(s))},
	)
	cm.Annotations = map[string]string{annotationDefaultRepository: keyStackRepository}
	return cm
}
