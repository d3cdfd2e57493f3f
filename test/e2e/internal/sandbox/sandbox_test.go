package sandbox

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestMain(m *testing.M) { Main(m.Run) }

// shell is a script.
func shell(script string, out io.Writer) *exec.Cmd {
	return &exec.Cmd{Path: "sh", Args: []string{"sh", "-c", script}, Env: []string{"PATH=" + Path}, Stdout: out, Stderr: out}
}

func newPod(t *testing.T, reach string) *Pod {
	t.Helper()
	p, err := New(reach)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return p
}

func TestNetwork(t *testing.T) {
	reached := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") }))
	defer reached.Close()
	hidden := httptest.NewServer(http.NotFoundHandler())
	defer hidden.Close()
	p := newPod(t, reached.Listener.Addr().String())
	port := func(s *httptest.Server) int {
		at, ok := s.Listener.Addr().(*net.TCPAddr)
		if !ok {
			t.Fatal("no TCP address")
		}
		return at.Port
	}
	conn, err := p.Dial(port(reached))
	if err != nil {
		t.Fatalf("what may be reached: %v", err)
	}
	_, _ = io.WriteString(conn, "GET / HTTP/1.0\r\n\r\n")
	b, _ := io.ReadAll(conn)
	_ = conn.Close()
	if !strings.HasSuffix(string(b), "hello") {
		t.Errorf("it answers %q", b)
	}
	if _, err := p.Dial(port(hidden)); err == nil {
		t.Error("what listens outside is reached")
	}
}

func TestContainer(t *testing.T) {
	dir := t.TempDir()
	for name, content := range map[string]string{"own/tool": "#!/bin/sh\necho tool", "data/file": "kept", "one": "mounted"} {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(content), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	c := Container{
		Dir: filepath.Join(dir, "root"), ReadOnly: true, User: 1000, Group: 7,
		Mounts: []Mount{
			{From: filepath.Join(dir, "own"), To: Own},
			{From: filepath.Join(dir, "data"), To: "/var/lib/data"},
			{From: filepath.Join(dir, "data"), To: "/etc/config/here", ReadOnly: true},
			{From: filepath.Join(dir, "one"), To: "/config/one.txt"},
		},
	}
	var out strings.Builder
	p := newPod(t, "127.0.0.1:1")
	r, err := p.Start(shell(`
id -u; id -g; pwd; tool; cat /etc/config/here/file /config/one.txt; echo
echo changed > /var/lib/data/file; touch /etc/config/here/file || echo read-only; touch /file || echo read-only; touch /usr/file || echo read-only
ls `+dir+` || echo no machine
echo up; until [ -e /var/lib/data/stop ]; do sleep 0.01; done`, &out), c)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Release()
	var probe strings.Builder
	ended, err := r.Start(shell("cat /config/one.txt; id -u; touch /var/lib/data/stop", &probe))
	if err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err != nil || probe.String() != "mounted1000\n" {
		t.Errorf("another program in the container says %q: %v", &probe, err)
	}
	if err := <-r.Ended; err != nil {
		t.Fatalf("%v: %s", err, &out)
	}
	var said []string
	for line := range strings.Lines(out.String()) {
		if !strings.HasPrefix(line, "touch:") && !strings.HasPrefix(line, "ls:") {
			said = append(said, strings.TrimSpace(line))
		}
	}
	if is, want := strings.Join(said, " "), "1000 7 / tool keptmounted read-only read-only read-only no machine up"; is != want {
		t.Errorf("it says %q, want %q", is, want)
	}
	if b, _ := os.ReadFile(filepath.Join(dir, "data", "file")); string(b) != "changed\n" {
		t.Errorf("its volume holds %q", b)
	}
	if _, err := p.Start(&exec.Cmd{Path: "nobodys"}, c); err == nil {
		t.Error("a program that is not there is started")
	}
}

// TestKill kills what a program has started with the program, and does not wait for who holds its
// output.
func TestKill(t *testing.T) {
	p := newPod(t, "127.0.0.1:0")
	dir := t.TempDir()
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	program, err := p.Start(
		shell("sh -c 'trap \"\" TERM; echo started; exec sleep 1000' & wait", write),
		Container{Dir: filepath.Join(dir, "root"), User: 1, Group: 1},
	)
	if err := errors.Join(err, write.Close()); err != nil {
		t.Fatal(err)
	}
	defer program.Release()
	if _, err := io.ReadFull(read, make([]byte, len("started"))); err != nil {
		t.Fatal(err)
	}
	if err := program.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := <-program.Ended; err == nil {
		t.Error("the program did not end by the signal")
	}
	if err := read.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(read); err != nil {
		t.Errorf("what the program has started is still there: %v", err)
	}
}
