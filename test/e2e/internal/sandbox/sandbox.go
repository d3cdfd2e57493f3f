// Package sandbox runs programs as the containers of a pod run. The programs of one pod share a
// network of their own: fixed ports do not get in each other's way, and none is seen from outside
// of the machine. Each has a root file system of its own, of the machine's programs and its
// volumes.
package sandbox

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Allow lets a process make namespaces: unless the caller is root, it becomes root of a user
// namespace of its own, to which files are still those of the caller's account.
func Allow(attr *syscall.SysProcAttr) {
	if os.Geteuid() == 0 {
		return
	}
	attr.Cloneflags |= syscall.CLONE_NEWUSER
	attr.UidMappings = []syscall.SysProcIDMap{{HostID: os.Geteuid(), Size: 1}}
	attr.GidMappings = []syscall.SysProcIDMap{{HostID: os.Getegid(), Size: 1}}
}

// Main runs tests where they may make namespaces, in another process if need be.
func Main(run func() int) {
	if os.Geteuid() == 0 {
		os.Exit(run())
	}
	cmd := exec.Command(os.Args[0], os.Args[1:]...)
	cmd.Stdout, cmd.Stderr, cmd.SysProcAttr = os.Stdout, os.Stderr, &syscall.SysProcAttr{}
	Allow(cmd.SysProcAttr)
	if err := cmd.Run(); err != nil {
		println(err.Error())
		os.Exit(1)
	}
}

// A Pod is a network, in which nothing is reached but one TCP address outside.
type Pod struct {
	network *os.File
	relay   net.Listener
}

// New makes a network. Reach is an address on loopback that is relayed to the same address outside.
func New(reach string) (*Pod, error) {
	p := &Pod{}
	err := onThread(func() error {
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			return fmt.Errorf("cannot make a network namespace, which takes root or user namespaces: %w", err)
		}
		if err := loopback(); err != nil {
			return fmt.Errorf("cannot bring loopback up: %w", err)
		}
		var err error
		if p.network, err = namespace("net"); err != nil {
			return err
		}
		p.relay, err = net.Listen("tcp4", reach)
		return err
	})
	if err != nil {
		return nil, errors.Join(err, p.Close())
	}
	go relay(p.relay, reach)
	return p, nil
}

// Close forgets the network. It is there as long as programs run in it.
func (p *Pod) Close() error {
	var errs []error
	if p.relay != nil {
		errs = append(errs, p.relay.Close())
	}
	if p.network != nil {
		errs = append(errs, p.network.Close())
	}
	return errors.Join(errs...)
}

// Dial opens a TCP port on the pod's loopback.
func (p *Pod) Dial(port int) (conn net.Conn, err error) {
	err = onThread(func() error {
		if err := unix.Setns(int(p.network.Fd()), unix.CLONE_NEWNET); err != nil {
			return err
		}
		conn, err = net.Dial("tcp4", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		return err
	})
	return conn, err
}

// delay is how long what a program has read or written may be underway after its end.
const delay = 10 * time.Second

// Kill a program and what it has started.
func Kill(p *os.Process) error { return unix.Kill(-p.Pid, unix.SIGKILL) }

// A Program runs in a pod.
type Program struct {
	*os.Process
	// Ended tells how it ended, once.
	Ended <-chan error

	container Container
	pod       *Pod
	mounts    *os.File
}

// Start starts cmd as a container. Its path may be a name, which is looked up in the container. It
// is killed when this process ends.
func (p *Pod) Start(cmd *exec.Cmd, c Container) (*Program, error) {
	r := &Program{container: c, pod: p}
	var err error
	r.Ended, err = p.run(cmd, c, func() error {
		if err := c.enter(); err != nil {
			return err
		}
		var err error
		r.mounts, err = namespace("mnt")
		return err
	})
	if err != nil {
		if r.mounts != nil {
			r.Release()
		}
		return nil, err
	}
	r.Process = cmd.Process
	return r, nil
}

// Start starts another program in the same container, as a probe does. Not after Release.
func (r *Program) Start(cmd *exec.Cmd) (<-chan error, error) {
	return r.pod.run(cmd, r.container, func() error {
		if err := unix.Unshare(unix.CLONE_FS); err != nil {
			return err
		}
		return unix.Setns(int(r.mounts.Fd()), unix.CLONE_NEWNS)
	})
}

// Kill ends the program, and what it has started, at once.
func (r *Program) Kill() error { return Kill(r.Process) }

// Release forgets the container's file system once the program has ended.
func (r *Program) Release() { _ = r.mounts.Close() }

// run has a thread enter the pod, and what else enter does, and start cmd there.
func (p *Pod) run(cmd *exec.Cmd, c Container, enter func() error) (<-chan error, error) {
	started, ended := make(chan error), make(chan error, 1)
	go func() {
		// For good: the thread is in the namespaces. It lives as long as cmd, which is killed with
		// the thread that started it, and then ends with this goroutine.
		runtime.LockOSThread()
		err := unix.Setns(int(p.network.Fd()), unix.CLONE_NEWNET)
		if err == nil {
			err = enter()
		}
		if err == nil {
			cmd.Path, err = lookup(cmd.Path)
		}
		if err == nil {
			cmd.SysProcAttr, cmd.WaitDelay = c.account(), delay
			err = cmd.Start()
		}
		started <- err
		if err != nil {
			return
		}
		err = cmd.Wait()
		_ = Kill(cmd.Process) // what it has started
		if errors.Is(err, exec.ErrWaitDelay) {
			err = nil // it has ended well, and somebody holds its input or output
		}
		ended <- err
	}()
	return ended, <-started
}

// onThread runs f on a thread that ends with it, so that f may leave it in other namespaces.
func onThread(f func() error) error {
	done := make(chan error)
	go func() {
		runtime.LockOSThread()
		done <- f()
	}()
	return <-done
}

// namespace opens one of the calling thread.
func namespace(kind string) (*os.File, error) { return os.Open("/proc/thread-self/ns/" + kind) }

func loopback() error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM, 0)
	if err != nil {
		return err
	}
	defer func() { _ = unix.Close(fd) }()
	lo, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	lo.SetUint16(unix.IFF_UP)
	return unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, lo)
}

// relay serves until the listener is closed. It dials on threads that are outside.
func relay(l net.Listener, addr string) {
	for {
		inside, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			outside, err := net.Dial("tcp4", addr)
			if err != nil {
				_ = inside.Close()
				return
			}
			Join(inside, outside)
		}()
	}
}
