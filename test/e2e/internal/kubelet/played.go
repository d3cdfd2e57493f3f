package kubelet

import (
	"context"
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// A pod in which no program runs is played.

// probe makes a pod ready that has run for a while.
func (k *kubelet) probe(ctx context.Context, p *corev1.Pod, key string) error {
	if left := time.Until(p.Status.StartTime.Add(probed)); left > 0 {
		k.queue.AddAfter(key, left)
		return nil
	}
	s := corev1.PodStatus{Conditions: conditions(metav1.Now(), corev1.ConditionTrue), ContainerStatuses: p.Status.DeepCopy().ContainerStatuses}
	for i := range s.ContainerStatuses {
		s.ContainerStatuses[i].Ready = true
	}
	return k.report(ctx, p, s)
}

// ready tells whether a pod's status says so.
func ready(p *corev1.Pod) bool {
	return slices.ContainsFunc(p.Status.Conditions, func(c corev1.PodCondition) bool {
		return c.Type == corev1.PodReady && c.Status == corev1.ConditionTrue
	})
}

// addresses of the node and of a new pod. Nobody listens there.
func (k *kubelet) addresses() (string, []corev1.HostIP, string, []corev1.PodIP) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.ip++
	ip := fmt.Sprintf("10.2.%d.%d", k.ip/250, k.ip%250+1)
	return host, []corev1.HostIP{{IP: host}}, ip, []corev1.PodIP{{IP: ip}}
}

// running is the status of a pod whose containers are up, and ready unless a probe has to say so;
// those that do not restart have run to their end.
func (k *kubelet) running(p *corev1.Pod) corev1.PodStatus {
	now := metav1.Now()
	s := corev1.PodStatus{Phase: corev1.PodRunning, StartTime: &now}
	s.HostIP, s.HostIPs, s.PodIP, s.PodIPs = k.addresses()
	up := corev1.ContainerState{Running: &corev1.ContainerStateRunning{StartedAt: now}}
	ended := corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{Reason: "Completed", StartedAt: now, FinishedAt: now}}
	ready := corev1.ConditionTrue
	switch {
	case p.Spec.RestartPolicy != corev1.RestartPolicyAlways:
		s.Phase, up, ready = corev1.PodSucceeded, ended, corev1.ConditionFalse
	case slices.ContainsFunc(p.Spec.Containers, func(c corev1.Container) bool { return c.ReadinessProbe != nil }):
		ready = corev1.ConditionFalse
	}
	for _, c := range p.Spec.InitContainers {
		s.InitContainerStatuses = append(s.InitContainerStatuses, corev1.ContainerStatus{Name: c.Name, Image: c.Image, Ready: true, State: ended})
	}
	for _, c := range p.Spec.Containers {
		s.ContainerStatuses = append(
			s.ContainerStatuses,
			corev1.ContainerStatus{Name: c.Name, Image: c.Image, Ready: ready == corev1.ConditionTrue, State: up},
		)
	}
	s.Conditions = conditions(now, ready)
	return s
}

// waiting is the status of a pod that cannot start.
func waiting(p *corev1.Pod, why string) corev1.PodStatus {
	s := corev1.PodStatus{Phase: corev1.PodPending, HostIP: host, Conditions: conditions(metav1.Now(), corev1.ConditionFalse)}
	for _, c := range p.Spec.Containers {
		s.ContainerStatuses = append(s.ContainerStatuses, corev1.ContainerStatus{Name: c.Name, Image: c.Image,
			State: corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: "CreateContainerConfigError", Message: why}}})
	}
	return s
}

func conditions(now metav1.Time, ready corev1.ConditionStatus) []corev1.PodCondition {
	return []corev1.PodCondition{
		{Type: corev1.PodScheduled, Status: corev1.ConditionTrue, LastTransitionTime: now},
		{Type: corev1.PodInitialized, Status: corev1.ConditionTrue, LastTransitionTime: now},
		{Type: corev1.ContainersReady, Status: ready, LastTransitionTime: now},
		{Type: corev1.PodReady, Status: ready, LastTransitionTime: now},
	}
}
