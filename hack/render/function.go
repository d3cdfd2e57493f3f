package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// How long a function may take until it accepts connections.
const startTimeout = 10 * time.Second

// A function is a running function process.
type function struct {
	address string // Host and port it listens on.
	log     string // File with all it printed.
	cancel  context.CancelFunc
	ended   chan struct{} // Closed when the process is gone.
}

// Start runs the function's binary on a free loopback port and returns when it accepts connections.
func start(ctx context.Context, binary, log string) (*function, error) {
	address, err := freeAddress(ctx)
	if err != nil {
		return nil, err
	}

	out, err := os.Create(filepath.Clean(log))
	if err != nil {
		return nil, err
	}

	ctx, cancel := context.WithCancel(ctx)
	f := &function{address: address, log: log, cancel: cancel, ended: make(chan struct{})}

	// Without TLS, as the CLI dials; without metrics, whose default port two functions would share.
	cmd := exec.CommandContext(ctx, binary, "--insecure", "--address="+address, "--metrics-address=")
	cmd.Stdout, cmd.Stderr = out, out

	if err := cmd.Start(); err != nil {
		cancel()
		return nil, fmt.Errorf("cannot start the function (`make build` makes it): %w", err)
	}

	go func() {
		defer close(f.ended)

		_ = cmd.Wait()
		_ = out.Close()
	}()

	if err := f.waitUntilServing(ctx); err != nil {
		f.stop()
		f.printLog(os.Stderr)

		return nil, err
	}

	return f, nil
}

func (f *function) waitUntilServing(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()

	for d := (net.Dialer{}); ; {
		if c, err := d.DialContext(ctx, "tcp", f.address); err == nil {
			return c.Close()
		}

		select {
		case <-f.ended:
			return fmt.Errorf("the function ended instead of serving %s", f.address)
		case <-ctx.Done():
			return fmt.Errorf("the function did not serve %s within %s", f.address, startTimeout)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// Stop ends the process and waits until it is gone.
func (f *function) stop() {
	f.cancel()
	<-f.ended
}

// PrintLog copies what the function printed, if anything.
func (f *function) printLog(w io.Writer) {
	b, err := os.ReadFile(f.log)
	if err != nil || len(b) == 0 {
		return
	}

	_, _ = fmt.Fprintf(w, "--- the function's log\n%s", b)
}

// FreeAddress returns a loopback address nobody listens on right now.
func freeAddress(ctx context.Context) (string, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}

	return l.Addr().String(), l.Close()
}
