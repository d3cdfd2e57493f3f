package apply

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/tools/portforward"
	"k8s.io/client-go/tools/remotecommand"
	"k8s.io/client-go/transport/spdy"
)

// Forward forwards a port of a pod to loopback until the context ends, as kubectl port-forward
// does, and returns where.
func (c *Client) Forward(ctx context.Context, namespace, pod string, port int) (string, error) {
	const loopback = "127.0.0.1"
	transport, upgrader, err := spdy.RoundTripperFor(c.Config)
	if err != nil {
		return "", err
	}
	url := c.Kube.CoreV1().RESTClient().Post().Resource("pods").Namespace(namespace).Name(pod).SubResource("portforward").URL()
	ready := make(chan struct{})
	f, err := portforward.NewOnAddresses(
		spdy.NewDialer(upgrader, &http.Client{Transport: transport}, http.MethodPost, url),
		[]string{loopback}, []string{fmt.Sprintf("0:%d", port)}, ctx.Done(), ready, io.Discard, io.Discard,
	)
	if err != nil {
		return "", err
	}
	ended := make(chan error, 1)
	go func() { ended <- f.ForwardPorts() }()
	select {
	case err := <-ended:
		return "", fmt.Errorf("port %d of pod %s: %w", port, pod, err)
	case <-ready:
	}
	ports, err := f.GetPorts()
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%s:%d", loopback, ports[0].Local), nil
}

// Exec runs a command in a container, as kubectl exec does, and returns what it prints.
func (c *Client) Exec(ctx context.Context, namespace, pod, container string, in io.Reader, command ...string) ([]byte, error) {
	url := c.Kube.CoreV1().RESTClient().Post().Resource("pods").Namespace(namespace).Name(pod).SubResource("exec").
		VersionedParams(&corev1.PodExecOptions{
			Container: container, Command: command, Stdin: in != nil, Stdout: true, Stderr: true,
		}, scheme.ParameterCodec).URL()
	e, err := remotecommand.NewSPDYExecutor(c.Config, http.MethodPost, url)
	if err != nil {
		return nil, err
	}
	var out, errs bytes.Buffer
	if err := e.StreamWithContext(ctx, remotecommand.StreamOptions{Stdin: in, Stdout: &out, Stderr: &errs}); err != nil {
		return nil, fmt.Errorf("%v in pod %s: %w: %s", command, pod, err, &errs)
	}
	return out.Bytes(), nil
}
