package kubelet

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
)

// claim binds a volume claim whose StorageClass is there. One that names none gets the default as
// soon as there is one, as on a real cluster.
func (k *kubelet) claim(ctx context.Context, o any, key string) error {
	c, ok := o.(*corev1.PersistentVolumeClaim)
	if !ok || c.DeletionTimestamp != nil || c.Status.Phase == corev1.ClaimBound {
		return nil
	}
	if err := k.programs.keepVolumes(c.Namespace, c.Name, c.UID); err != nil {
		return err
	}
	classes, err := k.client.StorageV1().StorageClasses().List(ctx, metav1.ListOptions{})
	if err != nil {
		return err
	}
	claims := k.client.CoreV1().PersistentVolumeClaims(c.Namespace)
	patch := func(patch any, part ...string) error {
		b, err := json.Marshal(patch)
		if err == nil {
			_, err = claims.Patch(ctx, c.Name, types.MergePatchType, b, metav1.PatchOptions{}, part...)
		}
		return err
	}
	for _, class := range classes.Items {
		switch {
		case c.Spec.StorageClassName == nil && class.Annotations[DefaultClass] == "true":
			return patch(map[string]any{"spec": map[string]any{"storageClassName": class.Name}})
		case ptr.Deref(c.Spec.StorageClassName, "") == class.Name:
			s := corev1.PersistentVolumeClaimStatus{
				Phase: corev1.ClaimBound, AccessModes: c.Spec.AccessModes, Capacity: c.Spec.Resources.Requests,
			}
			return patch(map[string]any{"status": s}, "status")
		}
	}
	k.queue.AddAfter(key, wait)
	return nil
}

// claimGone deletes the volume of a claim that was deleted.
func (k *kubelet) claimGone(name string) error {
	namespace, claim, _ := strings.Cut(name, "/")
	return k.programs.keepVolumes(namespace, claim, "")
}

// unbound is a claim of a pod that has no volume, empty if each has.
func (k *kubelet) unbound(p *corev1.Pod) string {
	for _, v := range p.Spec.Volumes {
		if v.PersistentVolumeClaim == nil {
			continue
		}
		name := v.PersistentVolumeClaim.ClaimName
		o, _, _ := k.claims.GetIndexer().GetByKey(p.Namespace + "/" + name)
		if c, ok := o.(*corev1.PersistentVolumeClaim); !ok || c.Status.Phase != corev1.ClaimBound {
			return name
		}
	}
	return ""
}

// unschedulable says so of a pod, once.
func (k *kubelet) unschedulable(ctx context.Context, p *corev1.Pod, why string) error {
	for _, c := range p.Status.Conditions {
		if c.Type == corev1.PodScheduled && c.Message != "" {
			return nil
		}
	}
	return k.report(ctx, p, corev1.PodStatus{Phase: corev1.PodPending, Conditions: []corev1.PodCondition{{
		Type: corev1.PodScheduled, Status: corev1.ConditionFalse, Reason: corev1.PodReasonUnschedulable,
		Message: fmt.Sprintf("0/1 nodes are available: %s", why), LastTransitionTime: metav1.Now(),
	}}})
}
