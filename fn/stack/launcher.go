package stack

import (
	corev1 "k8s.io/api/core/v1"
)

// launcherConfig tells drivers and launchers, which read it by this name, where artifacts go and
// which Secret opens the store.
func launcherConfig(s *Stack) *corev1.ConfigMap {
	st := s.store
	return s.configMap(nameLauncherConfig, nameAPIServer, map[string]string{
		keyPipelineRoot: st.pipelineRoot(),
		keyProviders: indentedJSON(map[string]any{"s3": map[string]any{"default": map[string]any{
			"endpoint":    st.endpoint(),
			"region":      st.region,
			"disableSSL":  !st.secure,
			"credentials": st.launcherCredentials(),
		}}}),
	})
}

// pipelineRunnerAccount is the service account of pipeline pods. It has no pull secrets: its list
// is one value, which OpenShift writes too, and each would undo the other for ever. Pods get them
// from the workflows' defaults.
func pipelineRunnerAccount(s *Stack) *corev1.ServiceAccount {
	sa := s.serviceAccount(namePipelineRunner, namePipelineRunner)
	sa.AutomountServiceAccountToken = nil // drivers, launchers and Argo's executor call the Kubernetes API
	sa.Annotations = s.Spec.PipelineRunner.ServiceAccountAnnotations
	return sa
}
