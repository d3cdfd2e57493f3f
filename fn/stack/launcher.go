package stack

import (
	corev1 "k8s.io/api/core/v1"
)

// launcherConfig tells drivers and launchers, which read it by this name, where artifacts go and
// which Secret opens the store.
func launcherConfig(s *Stack) *corev1.ConfigMap {
	st := s.store
	own := map[string]any{
		"endpoint":    st.endpoint(),
		"region":      st.region,
		"disableSSL":  !st.secure,
		"credentials": launcherCredentials(st.keys),
	}
	if st.virtualHosts {
		own["forcePathStyle"] = false
	}
	s3 := map[string]any{"default": own}
	if overrides := launcherOverrides(st.further); overrides != nil {
		s3["overrides"] = overrides
	}
	return s.configMap(nameLauncherConfig, nameAPIServer, map[string]string{
		keyPipelineRoot: st.pipelineRoot(),
		keyProviders:    indentedJSON(map[string]any{"s3": s3}),
	})
}

// launcherOverrides say how artifacts of earlier runs are read.
func launcherOverrides(further []furtherBucket) []any {
	var overrides []any
	for _, b := range further {
		overrides = append(overrides, map[string]any{
			"bucketName":  b.bucket,
			"endpoint":    endpointURL(b.secure, b.host, b.port),
			"region":      b.region,
			"disableSSL":  !b.secure,
			"credentials": launcherCredentials(b.keys),
		})
	}
	return overrides
}

// runnerRoles give pipeline pods the further ClusterRoles that the claim asks for. Which role a
// binding gives never changes, so each role has a binding of its own.
func runnerRoles(s *Stack) []Resource {
	var rs []Resource
	for _, role := range s.Spec.PipelineRunner.Roles {
		binding := s.roleBinding(namePipelineRunner, role, namePipelineRunner)
		binding.Name = namePipelineRunner + "." + role
		rs = append(rs, Resource{Name: resPipelineRunnerRoleBinding + "-" + role, Object: binding})
	}
	return rs
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
