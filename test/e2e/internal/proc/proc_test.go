package proc

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestStartStop(t *testing.T) {
	p := &Process{
		Args: []string{"/bin/sh", "-c", "echo $WORD; exec sleep 60"},
		Env:  []string{"WORD=hello"},
		Log:  filepath.Join(t.TempDir(), "log", "x.log"),
	}
	if p.Alive() {
		t.Error("a process is alive before it was started")
	}
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	if !p.Alive() || p.RSS() == 0 {
		t.Errorf("started process: alive %v, resident %d bytes", p.Alive(), p.RSS())
	}
	for end := time.Now().Add(5 * time.Second); !strings.Contains(p.LastLines(1), "hello"); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("its output is not in the log: %q", p.LastLines(5))
		}
	}
	old := *p
	if err := p.Stop(); err != nil {
		t.Fatal(err)
	}
	if p.Alive() || old.Alive() || p.PID != 0 {
		t.Error("it is still there after Stop")
	}
}

func TestCurrent(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "program")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(file+".new", []byte("#!/bin/sh\nsleep 60 # "+text+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(file+".new", file); err != nil {
			t.Fatal(err)
		}
	}
	write("one")
	wanted := Process{Args: []string{file, "a"}, Env: []string{"A=b"}, Log: filepath.Join(dir, "x.log")}
	p := wanted
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = p.Kill() }()
	write("one")
	if !p.Current(wanted) {
		t.Error("the same program, built again, is not taken for the same")
	}
	for reason, other := range map[string]Process{
		"other arguments":   {Args: []string{file, "b"}, Env: wanted.Env},
		"other environment": {Args: wanted.Args, Env: []string{"A=c"}},
	} {
		if p.Current(other) {
			t.Errorf("%s are taken for the same", reason)
		}
	}
	write("two")
	if p.Current(wanted) {
		t.Error("another program is taken for the same")
	}
}

func TestSomebodyElsesPID(t *testing.T) {
	p := &Process{Args: []string{"/bin/sleep", "60"}, Log: filepath.Join(t.TempDir(), "x.log")}
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	other := *p
	other.Started++ // same pid, started at another time: not ours
	if other.Alive() {
		t.Error("a process with another start time is taken for ours")
	}
	if err := other.Stop(); err != nil || !p.Alive() {
		t.Errorf("Stop of a foreign pid: error %v, ours alive %v", err, p.Alive())
	}
	if err := p.Kill(); err != nil {
		t.Error(err)
	}
}
