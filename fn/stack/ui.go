package stack

import (
	"slices"
	"strconv"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
)

// uiResources makes the web interface. It has no login of its own: it is reached by port-forward.
func uiResources(s *Stack, o Observed) []Resource {
	rs := []Resource{
		{Name: resUIServiceAccount, Object: s.serviceAccount(nameUI, nameUI)},
		{Name: resUIRoleBinding, Object: s.roleBinding(nameUI, roleUI, nameUI)},
		{Name: resUIConfig, Object: uiConfig(s)},
		{Name: resUIDeployment, Object: uiDeployment(s, o)},
		{Name: resUIService, Object: uiService(s)},
	}
	if s.policiesEnabled() {
		rs = append(rs, Resource{Name: resNetworkPolicyUI, Object: uiPolicy(s)})
	}
	return rs
}

const (
	volumeUI = "config"
	dirUI    = "/etc/config"
	// viewerTemplate makes viewers run under the pipelines' account, so they have no more rights.
	viewerTemplate = `{"spec":{"serviceAccountName":"` + namePipelineRunner + `"}}`
)

func uiConfig(s *Stack) *corev1.ConfigMap {
	return s.configMap(nameUIConfig, nameUI, map[string]string{keyViewerTemplate: viewerTemplate})
}

func uiDeployment(s *Stack, o Observed) *appsv1.Deployment {
	spec := s.Spec.UI
	ct := s.container("ui", UI, spec.ContainerSpec, uiEnv(s))
	ct.Args = []string{"dist/server.js", "../client/", strconv.Itoa(portUI)}
	ct.WorkingDir = "/server"
	ct.Ports = []corev1.ContainerPort{{Name: httpPort, ContainerPort: portUI, Protocol: corev1.ProtocolTCP}}
	health := httpProbe(httpPort, "/apis/v1beta1/healthz", corev1.URISchemeHTTP)
	ct.StartupProbe = probe(health, 5, 24)
	ct.LivenessProbe = probe(health, 10, 6)
	ct.ReadinessProbe = probe(health, 5, 3)
	ct.VolumeMounts = []corev1.VolumeMount{dirMount(volumeUI, dirUI)}
	return s.deployment(nameUI, s.replicas(UI, spec.Replicas), appsv1.RollingUpdateDeploymentStrategyType, pod{
		account:  nameUI,
		token:    true,
		programs: []program{{UI, spec.Image}},
		main:     []corev1.Container{ct},
		config:   []config{{volumeUI, uiConfig(s)}},
		secrets:  s.objectStoreHash(o, resUIDeployment),
	})
}

// uiEnv says where everything is: the server's defaults assume upstream's own namespace.
func uiEnv(s *Stack) []corev1.EnvVar {
	st := s.store
	vars := slices.Concat([]corev1.EnvVar{
		envField("FRONTEND_SERVER_NAMESPACE", "metadata.namespace"),
		env("CLUSTER_DOMAIN", ".svc."+s.Class.ClusterDomain), // the API server reads the same name without .svc
		env("ML_PIPELINE_SERVICE_HOST", nameAPIServer),
		env("ML_PIPELINE_SERVICE_PORT", strconv.Itoa(portHTTP)),
		env("DISABLE_GKE_METADATA", "true"),
		env("ALLOW_CUSTOM_VISUALIZATIONS", "false"),
		env("VIEWER_TENSORBOARD_POD_TEMPLATE_SPEC_PATH", dirUI+"/"+keyViewerTemplate),

		// Artifacts of this stack have s3:// addresses and are read with the AWS variables; those
		// of older runs have minio://.
		env("AWS_REGION", st.region),
		env("AWS_S3_ENDPOINT", st.address()),
		env("AWS_SSL", strconv.FormatBool(st.secure)),
	}, st.keyVars("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), []corev1.EnvVar{
		env("MINIO_NAMESPACE", ""), // any other value would be appended to the host
		env("MINIO_HOST", st.host),
		env("MINIO_PORT", strconv.Itoa(int(st.port))),
		env("MINIO_SSL", strconv.FormatBool(st.secure)),
	}, st.keyVars("MINIO_ACCESS_KEY", "MINIO_SECRET_KEY"), []corev1.EnvVar{
		env("ARGO_ARCHIVE_LOGS", strconv.FormatBool(*s.Spec.WorkflowController.ArchiveLogs)),
		env("ARGO_ARCHIVE_ARTIFACTORY", "s3"),
		env("ARGO_ARCHIVE_BUCKETNAME", st.bucket),
		env("ARGO_KEYFORMAT", st.keyFormat()),
	})
	if s.hasEnvoy() {
		vars = append(vars,
			env("METADATA_ENVOY_SERVICE_SERVICE_HOST", nameEnvoyService),
			env("METADATA_ENVOY_SERVICE_SERVICE_PORT", strconv.Itoa(portEnvoy)))
	}
	return vars
}

func uiService(s *Stack) *corev1.Service {
	return s.service(nameUI, nameUI, corev1.ServicePort{Name: httpPort, Port: portUIService})
}
