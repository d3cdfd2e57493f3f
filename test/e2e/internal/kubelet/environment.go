package kubelet

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/sandbox"
)

// environment are the variables of a container, as far as programs in the table need them.
func (r *run) environment(ctx context.Context, c corev1.Container) ([]string, error) {
	host, port, err := net.SplitHostPort(r.programs.Server)
	if err != nil {
		return nil, err
	}
	out := []string{
		"PATH=" + sandbox.Path, "HOME=/", "HOSTNAME=" + r.pod.Name,
		"KUBERNETES_SERVICE_HOST=" + host, "KUBERNETES_SERVICE_PORT=" + port,
	}
	var earlier []string // "$(NAME)" and value in turn
	for _, e := range c.Env {
		v := strings.NewReplacer(earlier...).Replace(e.Value)
		if e.ValueFrom != nil {
			if v, err = r.value(ctx, e.ValueFrom); err != nil {
				return nil, fmt.Errorf("variable %s: %w", e.Name, err)
			}
		}
		out = append(out, e.Name+"="+v)
		earlier = append(earlier, "$("+e.Name+")", v)
	}
	return out, nil
}

// value is that of a variable which names where it is from.
func (r *run) value(ctx context.Context, from *corev1.EnvVarSource) (string, error) {
	if from.SecretKeyRef == nil {
		return downward(r.pod, from.FieldRef)
	}
	s, err := r.programs.client.CoreV1().Secrets(r.pod.Namespace).Get(ctx, from.SecretKeyRef.Name, metav1.GetOptions{})
	if err != nil {
		return "", err
	}
	return string(s.Data[from.SecretKeyRef.Key]), nil
}

// downward is what a field of the pod says.
func downward(p *corev1.Pod, field *corev1.ObjectFieldSelector) (string, error) {
	if field == nil {
		return "", errors.New("no program gets what is neither a value, a key of a Secret nor a field of its pod")
	}
	label, isLabel := strings.CutPrefix(field.FieldPath, "metadata.labels['")
	switch {
	case isLabel:
		return p.Labels[strings.TrimSuffix(label, "']")], nil
	case field.FieldPath == "metadata.name":
		return p.Name, nil
	case field.FieldPath == "metadata.uid":
		return string(p.UID), nil
	case field.FieldPath == "metadata.namespace":
		return p.Namespace, nil
	}
	return "", fmt.Errorf("no program gets its pod's %s", field.FieldPath)
}
