// Package netns runs programs in network namespaces of their own, as pods run: programs that listen
// on fixed ports do not get in each other's way, and none of them is seen from outside of the
// machine.
package netns

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// Allow lets a process make network namespaces: unless the caller is root, it becomes root of a user
// namespace of its own, to which files are still those of the caller's account.
func Allow(attr *syscall.SysProcAttr) {
	if os.Geteuid() == 0 {
		return
	}
	attr.Cloneflags |= syscall.CLONE_NEWUSER
	attr.UidMappings = []syscall.SysProcIDMap{{HostID: os.Geteuid(), Size: 1}}
	attr.GidMappings = []syscall.SysProcIDMap{{HostID: os.Getegid(), Size: 1}}
}

// Start starts cmd where it reaches nothing but one TCP address on loopback, which is relayed to the
// same address outside. It is killed when this process ends. The channel tells how it ended.
func Start(cmd *exec.Cmd, reach string) (<-chan error, error) {
	started, ended := make(chan error), make(chan error, 1)
	go func() {
		// For good: the thread is in the namespace. It lives as long as cmd, which is killed with
		// the thread that started it, and then ends with this goroutine.
		runtime.LockOSThread()
		l, err := enter(reach)
		if err != nil {
			started <- err
			return
		}
		defer func() { _ = l.Close() }()
		if cmd.SysProcAttr == nil {
			cmd.SysProcAttr = &syscall.SysProcAttr{}
		}
		cmd.SysProcAttr.Pdeathsig = syscall.SIGKILL
		if err = cmd.Start(); err == nil {
			go relay(l, reach)
		}
		started <- err
		if err == nil {
			ended <- cmd.Wait()
		}
	}()
	return ended, <-started
}

// enter moves the calling thread into a new network namespace and listens there.
func enter(addr string) (net.Listener, error) {
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		return nil, fmt.Errorf("cannot make a network namespace, which takes root or user namespaces: %w", err)
	}
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM, 0)
	if err != nil {
		return nil, err
	}
	defer func() { _ = unix.Close(fd) }()
	lo, err := unix.NewIfreq("lo")
	if err != nil {
		return nil, err
	}
	lo.SetUint16(unix.IFF_UP)
	if err := unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, lo); err != nil {
		return nil, fmt.Errorf("cannot bring loopback up: %w", err)
	}
	return net.Listen("tcp4", addr)
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
			both(inside, outside)
		}()
	}
}

// both copies between two connections until each side has ended.
func both(a, b net.Conn) {
	var wg sync.WaitGroup
	for _, way := range [][2]net.Conn{{a, b}, {b, a}} {
		wg.Go(func() {
			_, _ = io.Copy(way[0], way[1])
			if c, ok := way[0].(*net.TCPConn); ok {
				_ = c.CloseWrite()
			}
		})
	}
	wg.Wait()
	_ = errors.Join(a.Close(), b.Close())
}
