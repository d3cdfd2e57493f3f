package kubelet

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	remote "k8s.io/apimachinery/pkg/util/remotecommand"
	"k8s.io/client-go/tools/remotecommand"
	streamport "k8s.io/kubelet/pkg/cri/streaming/portforward"
	streamexec "k8s.io/kubelet/pkg/cri/streaming/remotecommand"
	utilexec "k8s.io/utils/exec"

	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/sandbox"
)

const (
	idle     = time.Hour
	creation = 30 * time.Second
)

// A Server is what the API server calls for kubectl exec and port-forward: where programs run, both
// do what they do on a real node.
type Server struct {
	// Addr is where it listens.
	Addr string
	// PKI is a folder with its certificate, and with the authority that callers have one of.
	PKI string
}

func (s Server) serve(ctx context.Context, ps *Programs) error {
	ca, err := os.ReadFile(filepath.Join(s.PKI, "ca.crt"))
	if err != nil {
		return err
	}
	callers := x509.NewCertPool()
	callers.AppendCertsFromPEM(ca)
	mux := http.NewServeMux()
	mux.HandleFunc("/exec/{namespace}/{pod}/{container}", ps.serveExec)
	mux.HandleFunc("/portForward/{namespace}/{pod}", ps.servePortForward)
	server := &http.Server{
		Addr: s.Addr, Handler: mux, ReadHeaderTimeout: creation,
		TLSConfig: &tls.Config{ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: callers},
		// Streams need it: there is none over HTTP/2.
		TLSNextProto: map[string]func(*http.Server, *tls.Conn, http.Handler){},
	}
	go func() {
		<-ctx.Done()
		_ = server.Close()
	}()
	err = server.ListenAndServeTLS(filepath.Join(s.PKI, "tls.crt"), filepath.Join(s.PKI, "tls.key"))
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

func (ps *Programs) serveExec(w http.ResponseWriter, req *http.Request) {
	opts, err := streamexec.NewOptions(req)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	streamexec.ServeExec(w, req, inPod{ps, req.PathValue("namespace")}, req.PathValue("pod"), "", req.PathValue("container"),
		req.URL.Query()["command"], opts, idle, creation, remote.SupportedStreamingProtocols)
}

func (ps *Programs) servePortForward(w http.ResponseWriter, req *http.Request) {
	opts, err := streamport.NewV4Options(req)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	streamport.ServePortForward(w, req, inPod{ps, req.PathValue("namespace")}, req.PathValue("pod"), "",
		opts, idle, creation, streamport.SupportedProtocols)
}

// inPod does what is asked of pods of a namespace.
type inPod struct {
	*Programs
	namespace string
}

// ExecInContainer implements kubectl exec.
func (i inPod) ExecInContainer(
	ctx context.Context, pod string, _ types.UID, container string, command []string,
	in io.Reader, out, errs io.WriteCloser, _ bool, _ <-chan remotecommand.TerminalSize, _ time.Duration,
) error {
	r := i.running(i.namespace, pod)
	if r == nil {
		return fmt.Errorf("no programs run in pod %s", pod)
	}
	program := r.program(container)
	at := slices.IndexFunc(r.pod.Spec.Containers, func(c corev1.Container) bool { return c.Name == container })
	if program == nil || at < 0 {
		return fmt.Errorf("container %s does not run", container)
	}
	err := r.execute(ctx, program, r.pod.Spec.Containers[at], &exec.Cmd{Args: command, Stdin: in, Stdout: out, Stderr: errs})
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return utilexec.CodeExitError{Err: err, Code: exit.ExitCode()}
	}
	return err
}

// PortForward implements kubectl port-forward.
func (i inPod) PortForward(_ context.Context, pod string, _ types.UID, port int32, stream io.ReadWriteCloser) error {
	r := i.running(i.namespace, pod)
	if r == nil {
		return fmt.Errorf("no programs run in pod %s", pod)
	}
	conn, err := r.sandbox.Dial(int(port))
	if err != nil {
		return err
	}
	sandbox.Join(stream, conn)
	return nil
}
