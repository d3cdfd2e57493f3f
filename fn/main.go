// Package main is the composition function: it turns a PipelineStack into the
// Kubernetes and cloud objects of one Kubeflow Pipelines stack.
//
// This package is the thin edge, the only one that knows gRPC and the function's protocol: main.go
// holds flags and serving, fn.go one call, request.go reads its request, response.go writes its
// response. What a stack is made of is decided in fn/stack.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/alecthomas/kong"
	"github.com/crossplane/function-sdk-go"
	grpcprometheus "github.com/grpc-ecosystem/go-grpc-middleware/providers/prometheus"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"google.golang.org/grpc/health"

	"github.com/pipelinestack/function-pipelinestack/fn/stack"
)

// version of the function, set by the build.
var version = "v0.0.0-dev"

// CLI of the function: what every Crossplane function has.
type CLI struct {
	Debug              bool             `help:"Emit debug logs in addition to info logs." short:"d"`
	Network            string           `default:"tcp"                                    help:"Network on which to listen for gRPC connections."`
	Address            string           `default:":9443"                                  help:"Address at which to listen for gRPC connections."`
	TLSCertsDir        string           `env:"TLS_SERVER_CERTS_DIR"                       help:"Folder with server certificates (tls.key, tls.crt) and the CA that verifies clients (ca.crt)."`
	Insecure           bool             `help:"Run without mTLS credentials. If you supply this flag --tls-certs-dir will be ignored."`
	MaxRecvMessageSize int              `default:"4"                                      help:"Maximum size of received messages, in MB."`
	MetricsAddress     string           `default:":8080"                                  help:"Address at which to serve Prometheus metrics; empty for none."`
	Version            kong.VersionFlag `help:"Print the version and exit."`
}

// Run the function until it is asked to stop.
func (c *CLI) Run() error {
	log, err := function.NewLogger(c.Debug)
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()

	metrics := prometheus.NewRegistry()
	metrics.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	server := &drain{FunctionRunnerServiceServer: NewFunction(log, stack.Releases(), metrics)}
	served := make(chan error, 1)
	go func() {
		served <- function.Serve(server,
			function.Listen(c.Network, c.Address),
			function.MTLSCertificates(c.certs()),
			function.Insecure(c.Insecure),
			function.MaxRecvMessageSize(c.MaxRecvMessageSize*1024*1024),
			function.WithHealthServer(health.NewServer()),
			function.WithMetricsServer(c.MetricsAddress),
			function.WithMetricsRegistry(metrics),
			function.WithMetricsServerOpts(grpcprometheus.WithServerHandlingTimeHistogram()))
	}()
	log.Info("serving", "version", version, "address", c.Address)
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
		log.Info("stopping once running calls are answered")
		server.stop(time.Second)
		return nil
	}
}

// certs is the folder of certificates, which need not exist without mTLS.
func (c *CLI) certs() string {
	if c.Insecure {
		return ""
	}
	return c.TLSCertsDir
}

func main() {
	ctx := kong.Parse(&CLI{},
		kong.Name("function"),
		kong.Description("A Crossplane composition function that gives every namespace its own Kubeflow Pipelines."),
		kong.Vars{"version": version})
	if err := ctx.Run(); err != nil {
		ctx.Errorf("%v", err)
		os.Exit(1)
	}
}
