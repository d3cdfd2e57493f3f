package main

import (
	"context"
	"net"
	"os"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/alecthomas/kong"
	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"
)

// TestServe runs the command as a process would, calls it as Crossplane does, and asks it to stop
// as Kubernetes does.
func TestServe(t *testing.T) {
	address := freeAddress(t)
	c := flags(t, "--insecure", "--address="+address, "--metrics-address=", "--max-recv-message-size=1")
	ended := make(chan error, 1)
	go func() { ended <- c.Run() }()

	conn, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()

	health, err := healthv1.NewHealthClient(conn).Check(ctx, &healthv1.HealthCheckRequest{}, grpc.WaitForReady(true))
	if err != nil || health.GetStatus() != healthv1.HealthCheckResponse_SERVING {
		t.Fatalf("health is %v: %v", health, err)
	}

	client := fnv1.NewFunctionRunnerServiceClient(conn)
	req := scenarioOf(t, "quickstart").cluster(quiet()).request(nil)
	rsp, err := client.RunFunction(ctx, req)
	if err != nil || refusal(rsp) != "" || rsp.GetRequirements() == nil {
		t.Fatalf("the answer is %v: %v", rsp, err)
	}

	req.Context = object(obj{"large": strings.Repeat("x", 1<<20)})
	if _, err := client.RunFunction(ctx, req); status.Code(err) != codes.ResourceExhausted {
		t.Errorf("a message of more than 1 MB is answered with %v", err)
	}

	if err := syscall.Kill(os.Getpid(), syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-ended:
		if err != nil {
			t.Errorf("the command ends with %v", err)
		}
	case <-ctx.Done():
		t.Fatal("the command does not stop")
	}
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// flags parses a command line as main does.
func flags(t *testing.T, args ...string) *CLI {
	t.Helper()
	c := &CLI{}
	parser, err := kong.New(c, kong.Vars{"version": version})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parser.Parse(args); err != nil {
		t.Fatal(err)
	}
	return c
}

// Every Crossplane function has these flags, and Crossplane's package manager counts on the
// defaults and on the variable.
func TestFlags(t *testing.T) {
	const certificates = "TLS_SERVER_CERTS_DIR"
	cases := map[string]struct {
		reason string
		env    string
		args   []string
		want   CLI
		certs  string
	}{
		"Defaults": {
			reason: "how Crossplane starts it", env: "/tls/server",
			want:  CLI{Network: "tcp", Address: ":9443", TLSCertsDir: "/tls/server", MaxRecvMessageSize: 4, MetricsAddress: ":8080"},
			certs: "/tls/server",
		},
		"All": {
			reason: "each flag by its name",
			args: []string{
				"-d", "--network=unix", "--address=/tmp/s", "--tls-certs-dir=/certs", "--max-recv-message-size=16", "--metrics-address=:1",
			},
			want:  CLI{Debug: true, Network: "unix", Address: "/tmp/s", TLSCertsDir: "/certs", MaxRecvMessageSize: 16, MetricsAddress: ":1"},
			certs: "/certs",
		},
		"Insecure": {
			reason: "without mTLS no certificates are read, not even those that the environment names", env: "/tls/server",
			args: []string{"--insecure"},
			want: CLI{Network: "tcp", Address: ":9443", TLSCertsDir: "/tls/server", Insecure: true, MaxRecvMessageSize: 4, MetricsAddress: ":8080"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Setenv(certificates, tc.env)
			got := flags(t, tc.args...)
			if *got != tc.want {
				t.Errorf("%s:\nis   %+v\nwant %+v", tc.reason, *got, tc.want)
			}
			if got.certs() != tc.certs {
				t.Errorf("%s: certificates are read from %q, want %q", tc.reason, got.certs(), tc.certs)
			}
		})
	}
}

// Crossplane never calls without mTLS, so a function without certificates does not start.
func TestServeNeedsCredentials(t *testing.T) {
	t.Setenv("TLS_SERVER_CERTS_DIR", "")
	for name, args := range map[string][]string{"None": nil, "Missing": {"--tls-certs-dir=" + t.TempDir()}} {
		served := make(chan error, 1)
		c := flags(t, append(args, "--address="+freeAddress(t), "--metrics-address=")...)
		go func() { served <- c.Run() }()
		select {
		case err := <-served:
			if err == nil {
				t.Errorf("%s: ends without an error", name)
			}
		case <-time.After(10 * time.Second):
			t.Errorf("%s: serves without credentials", name)
		}
	}
}

// slow answers its first call when it is told to.
type slow struct {
	fnv1.UnimplementedFunctionRunnerServiceServer

	called        atomic.Bool
	began, finish chan struct{}
}

func (s *slow) RunFunction(context.Context, *fnv1.RunFunctionRequest) (*fnv1.RunFunctionResponse, error) {
	if !s.called.Swap(true) {
		close(s.began)
		<-s.finish
	}
	return &fnv1.RunFunctionResponse{}, nil
}

// A call that runs when the process is asked to stop is answered, and no other begins.
func TestDrain(t *testing.T) {
	s := &slow{began: make(chan struct{}), finish: make(chan struct{})}
	d := &drain{FunctionRunnerServiceServer: s}
	answered, stopped := make(chan error, 1), make(chan struct{})
	go func() {
		_, err := d.RunFunction(context.Background(), nil)
		answered <- err
	}()
	<-s.began
	go func() {
		d.stop(0)
		close(stopped)
	}()
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) { // until stop waits
		if _, err := d.RunFunction(context.Background(), nil); status.Code(err) == codes.Unavailable {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("calls are still taken")
		}
	}
	select {
	case <-stopped:
		t.Fatal("stopped in the middle of a call")
	default:
	}
	close(s.finish)
	if err := <-answered; err != nil {
		t.Errorf("the running call ends with %v", err)
	}
	<-stopped
	if _, err := d.RunFunction(context.Background(), nil); status.Code(err) != codes.Unavailable {
		t.Errorf("a call after the end is answered with %v", err)
	}
}
