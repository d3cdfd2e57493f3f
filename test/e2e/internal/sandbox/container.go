package sandbox

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// Path is where a container's programs are looked up: those of its own first, then the machine's.
const Path = Own + ":/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// Own is a folder in every container, for what a program needs to be given: mount it.
const Own = "/own"

// A Container is what a program sees of the machine: its programs and libraries, which it cannot
// change, and what is mounted.
type Container struct {
	// Dir is a folder of the container's own, in which nothing is kept.
	Dir    string
	Mounts []Mount
	// ReadOnly is the root file system, except for mounts.
	ReadOnly bool
	// User and Group are ids that the program has. Outside they are those of this process.
	User, Group int
}

// A Mount is a folder or a file of the machine in a container.
type Mount struct {
	From, To string
	ReadOnly bool
}

// What every container has of the machine, as far as the machine has it.
var (
	ofMachine = []string{
		"/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32",
		"/etc/alternatives", "/etc/ld.so.cache", "/etc/nsswitch.conf", "/etc/passwd", "/etc/group", "/etc/ssl", "/etc/localtime",
	}
	devices = []string{"/dev", "/proc", "/sys"}
)

// account is that of the container: a user namespace in which one id stands for this process's.
func (c Container) account() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{
		Pdeathsig:   syscall.SIGKILL,
		Setpgid:     true,
		Cloneflags:  syscall.CLONE_NEWUSER,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: c.User, HostID: os.Geteuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: c.Group, HostID: os.Getegid(), Size: 1}},
	}
}

// enter gives the calling thread the container's root file system.
func (c Container) enter() error {
	if err := unix.Unshare(unix.CLONE_NEWNS); err != nil {
		return fmt.Errorf("cannot make a mount namespace: %w", err)
	}
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return err
	}
	if err := os.MkdirAll(c.Dir, 0o755); err != nil {
		return err
	}
	if err := unix.Mount("tmpfs", c.Dir, "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, "mode=755"); err != nil {
		return err
	}
	errs := []error{os.Mkdir(filepath.Join(c.Dir, "tmp"), 0o755)}
	for _, path := range ofMachine {
		errs = append(errs, c.mount(Mount{From: path, To: path, ReadOnly: true}, true))
	}
	for _, path := range devices {
		errs = append(errs, c.mount(Mount{From: path, To: path}, true))
	}
	for _, m := range c.Mounts {
		errs = append(errs, c.mount(m, false))
	}
	if c.ReadOnly {
		errs = append(errs, readOnly(c.Dir, 0))
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	if err := unix.Chdir(c.Dir); err != nil {
		return err
	}
	// Stacks the old root over the new one, from where it is taken away.
	if err := unix.PivotRoot(".", "."); err != nil {
		return fmt.Errorf("cannot change the root file system: %w", err)
	}
	if err := unix.Unmount(".", unix.MNT_DETACH); err != nil {
		return err
	}
	return unix.Chdir("/")
}

// mount binds a folder or a file. What is optional need not be there, and a link in it stays a
// link.
func (c Container) mount(m Mount, optional bool) error {
	to := filepath.Join(c.Dir, m.To)
	stat := os.Stat
	if optional {
		stat = os.Lstat
	}
	is, err := stat(m.From)
	if optional && os.IsNotExist(err) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	switch {
	case optional && is.Mode()&os.ModeSymlink != 0:
		link, err := os.Readlink(m.From)
		if err != nil {
			return err
		}
		return os.Symlink(link, to)
	case is.IsDir():
		err = os.MkdirAll(to, 0o755)
	default:
		err = os.WriteFile(to, nil, 0o644)
	}
	if err != nil {
		return err
	}
	if err := unix.Mount(m.From, to, "", unix.MS_BIND|unix.MS_REC, ""); err != nil {
		return fmt.Errorf("cannot mount %s at %s: %w", m.From, m.To, err)
	}
	if !m.ReadOnly {
		return nil
	}
	return readOnly(to, unix.AT_RECURSIVE)
}

func readOnly(path string, flags uint) error {
	if err := unix.MountSetattr(unix.AT_FDCWD, path, flags, &unix.MountAttr{Attr_set: unix.MOUNT_ATTR_RDONLY}); err != nil {
		return fmt.Errorf("cannot make %s read-only: %w", path, err)
	}
	return nil
}

// lookup finds a program where the calling thread is.
func lookup(name string) (string, error) {
	if strings.Contains(name, "/") {
		return name, nil
	}
	for _, dir := range filepath.SplitList(Path) {
		file := filepath.Join(dir, name)
		if unix.Access(file, unix.X_OK) == nil {
			return file, nil
		}
	}
	return "", fmt.Errorf("there is no program %s in %s", name, Path)
}
