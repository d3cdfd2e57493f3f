// Package proc starts, finds and stops the processes of the control plane. What it starts outlives
// the program that started it; what it stops is known by pid and start time, so that a pid somebody
// else got meanwhile is left alone.
package proc

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/sandbox"
)

// grace is how long a process may take to end by itself before it is killed. kube-apiserver drains
// for some seconds.
const grace = 20 * time.Second

// A Process is one started program: enough to find it, stop it, and start it again just so.
type Process struct {
	// Args is the program (an absolute path) and its arguments.
	Args []string `json:"args"`
	// Env is what is added to the environment of the program that starts it, as KEY=VALUE.
	Env []string `json:"env,omitempty"`
	// User is the name of the account to run as; empty for that of the caller. Only root can choose
	// another.
	User string `json:"user,omitempty"`
	// Namespaces lets it make namespaces of networks, mounts and users.
	Namespaces bool `json:"namespaces,omitempty"`
	// Log is the file that gets its output, appended.
	Log string `json:"log"`
	// PID is 0 when it was never started or has been stopped.
	PID int `json:"pid,omitempty"`
	// Program is a checksum of the program's file, which tells it from one that was built since.
	Program string `json:"program,omitempty"`
	// Started is the start time that the kernel reports, in clock ticks since boot.
	Started uint64 `json:"started,omitempty"`
}

// Start starts p in a session of its own and fills PID and Started.
func (p *Process) Start() error {
	if err := os.MkdirAll(filepath.Dir(p.Log), 0o755); err != nil {
		return err
	}
	log, err := os.OpenFile(p.Log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }()
	cmd := exec.Command(p.Args[0], p.Args[1:]...)
	cmd.Env = append(os.Environ(), p.Env...)
	cmd.Dir = filepath.Dir(p.Log)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if cmd.SysProcAttr.Credential, err = credential(p.User); err != nil {
		return err
	}
	if p.Namespaces {
		sandbox.Allow(cmd.SysProcAttr)
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	p.PID = cmd.Process.Pid
	if _, p.Started, err = stat(p.PID); err != nil {
		return fmt.Errorf("cannot read the start time of pid %d: %w", p.PID, err)
	}
	p.Program = program(p.Args[0])
	go func() { _ = cmd.Wait() }() // no zombie while the starter lives; init takes over afterwards
	return nil
}

// Current tells whether what runs is what Start would start: the same program, arguments and
// environment.
func (p *Process) Current(wanted Process) bool {
	return p.Program == program(wanted.Args[0]) && slices.Equal(p.Args, wanted.Args) && slices.Equal(p.Env, wanted.Env)
}

// program is a checksum, "" if the file cannot be read.
func program(file string) string {
	f, err := os.Open(file)
	if err != nil {
		return ""
	}
	defer func() { _ = f.Close() }()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return ""
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Alive tells whether the process that Start started still runs.
func (p *Process) Alive() bool {
	if p.PID == 0 {
		return false
	}
	state, started, err := stat(p.PID)
	return err == nil && started == p.Started && state != "Z"
}

// Stop asks the process to end, kills it when it does not within 20 seconds, and returns when it is
// gone.
func (p *Process) Stop() error { return p.end(syscall.SIGTERM) }

// Kill ends the process without giving it time to clean up.
func (p *Process) Kill() error { return p.end(syscall.SIGKILL) }

func (p *Process) end(sig syscall.Signal) error {
	if !p.Alive() {
		p.PID, p.Started = 0, 0
		return nil
	}
	if err := syscall.Kill(p.PID, sig); err != nil && !errors.Is(err, syscall.ESRCH) {
		return err
	}
	for end := time.Now().Add(grace); p.Alive(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			_ = syscall.Kill(p.PID, syscall.SIGKILL)
			end = end.Add(grace)
		}
	}
	p.PID, p.Started = 0, 0
	return nil
}

// RSS returns the resident memory in bytes, 0 when the process is gone.
func (p *Process) RSS() int64 {
	if !p.Alive() {
		return 0
	}
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", p.PID))
	if err != nil {
		return 0
	}
	f := strings.Fields(string(b))
	if len(f) < 2 {
		return 0
	}
	pages, _ := strconv.ParseInt(f[1], 10, 64)
	return pages * int64(os.Getpagesize())
}

// LastLines returns the last n lines of the log.
func (p *Process) LastLines(n int) string {
	b, err := os.ReadFile(p.Log)
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimRight(string(b), "\n"), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}

// stat returns the state letter and the start time (field 22 of proc(5)'s stat) of a pid.
func stat(pid int) (string, uint64, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return "", 0, err
	}
	// The second field is the program's name in brackets and may hold anything, so count from the
	// last bracket.
	f := strings.Fields(string(b[bytes.LastIndexByte(b, ')')+1:]))
	if len(f) < 20 {
		return "", 0, fmt.Errorf("short stat of pid %d", pid)
	}
	t, err := strconv.ParseUint(f[19], 10, 64)
	return f[0], t, err
}
