package stack

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/ptr"
)

// Argo's controller lays these defaults under every workflow of the namespace: what a workflow sets
// itself comes first. So they reach drivers, launchers and user code alike.

// workflowSpec is what of Argo's WorkflowSpec the stack sets.
type workflowSpec struct {
	TTLStrategy      ttlStrategy                   `json:"ttlStrategy"`
	PodMetadata      podMetadata                   `json:"podMetadata"`
	PodSpecPatch     string                        `json:"podSpecPatch,omitempty"`
	ImagePullSecrets []corev1.LocalObjectReference `json:"imagePullSecrets,omitempty"`
	NodeSelector     map[string]string             `json:"nodeSelector,omitempty"`
	Tolerations      []corev1.Toleration           `json:"tolerations,omitempty"`
	Affinity         *corev1.Affinity              `json:"affinity,omitempty"`
	TemplateDefaults *templateDefaults             `json:"templateDefaults,omitempty"`
}

type ttlStrategy struct {
	SecondsAfterCompletion int64 `json:"secondsAfterCompletion"`
	SecondsAfterSuccess    int64 `json:"secondsAfterSuccess"`
	SecondsAfterFailure    int64 `json:"secondsAfterFailure"`
}

type podMetadata struct {
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations"`
}

type templateDefaults struct {
	RetryStrategy retryStrategy `json:"retryStrategy"`
}

type retryStrategy struct {
	Limit       int    `json:"limit"`
	RetryPolicy string `json:"retryPolicy"`
}

// workflowDefaults of the stack's controller.
func workflowDefaults(s *Stack) map[string]workflowSpec {
	ttl := int64(s.Spec.APIServer.RunTTL.Seconds())
	where := s.Spec.PipelineRunner.Scheduling
	spec := workflowSpec{
		TTLStrategy:      ttlStrategy{ttl, ttl, ttl},
		PodMetadata:      podMetadata{Labels: noMeshLabels, Annotations: noMeshAnnotations},
		ImagePullSecrets: s.pullSecrets(),
		NodeSelector:     where.NodeSelector,
		Tolerations:      where.Tolerations,
		Affinity:         s.affinity(where.Affinity, where.NodeSelector, s.pipelinePrograms()...),
	}
	if s.fixedUserIDs() {
		spec.PodSpecPatch = compactJSON(volumesPatch)
	}
	if n := s.Release.Features.RetryErrors; n > 0 {
		spec.TemplateDefaults = &templateDefaults{retryStrategy{Limit: n, RetryPolicy: "OnError"}}
	}
	return map[string]workflowSpec{"spec": spec}
}

// pipelinePrograms run in pipeline pods beside the pipeline's own.
func (s *Stack) pipelinePrograms() []program {
	return []program{
		{driverImage, s.Spec.APIServer.DriverImage},
		{launcherImage, s.Spec.APIServer.LauncherImage},
		{executorImage, s.Spec.WorkflowController.ExecutorImage},
	}
}

// volumesPatch lets steps, which do not run as root, write to volumes of block storage. Files are
// handed over only where the volume's root has another group, since that takes long on a large
// volume. Where admission assigns users it assigns this group too.
var volumesPatch = map[string]corev1.PodSecurityContext{"securityContext": {
	FSGroup:             ptr.To[int64](fixedUser),
	FSGroupChangePolicy: ptr.To(corev1.FSGroupChangeOnRootMismatch),
}}
