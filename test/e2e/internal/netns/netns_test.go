package netns

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

// TestMain lets the test's own program be the one that is started, and the test run where it may
// make namespaces.
func TestMain(m *testing.M) {
	switch reach := os.Getenv("REACH"); {
	case reach != "":
		os.Exit(inside(reach, os.Getenv("HIDDEN")))
	case os.Geteuid() == 0:
		os.Exit(m.Run())
	}
	cmd := exec.Command(os.Args[0], os.Args[1:]...)
	cmd.Stdout, cmd.Stderr, cmd.SysProcAttr = os.Stdout, os.Stderr, &syscall.SysProcAttr{}
	Allow(cmd.SysProcAttr)
	if err := cmd.Run(); err != nil {
		println(err.Error())
		os.Exit(1)
	}
}

// inside reads from the address that it may reach, listens on that it may not, and tells.
func inside(reach, hidden string) int {
	rsp, err := http.Get("http://" + reach)
	if err != nil {
		println(err.Error())
		return 1
	}
	b, _ := io.ReadAll(rsp.Body)
	_ = rsp.Body.Close()
	_, err = net.Dial("tcp4", hidden)
	l, errListen := net.Listen("tcp4", hidden)
	if errListen != nil {
		println(errListen.Error())
		return 1
	}
	_ = l.Close()
	print(string(b), err != nil)
	return 0
}

func TestStart(t *testing.T) {
	reached := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello ") }))
	defer reached.Close()
	hidden := httptest.NewServer(http.NotFoundHandler())
	defer hidden.Close()
	var out strings.Builder
	cmd := exec.Command(os.Args[0])
	cmd.Env = []string{"REACH=" + reached.Listener.Addr().String(), "HIDDEN=" + hidden.Listener.Addr().String()}
	cmd.Stderr = &out
	ended, err := Start(cmd, reached.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err != nil {
		t.Fatalf("%v: %s", err, &out)
	}
	// It reads what it may reach, and listens where somebody else listens outside.
	if want := "hello true"; out.String() != want {
		t.Errorf("it says %q, want %q", &out, want)
	}
}
