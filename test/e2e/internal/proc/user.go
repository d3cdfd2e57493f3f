package proc

import (
	"fmt"
	"os"
	"os/user"
	"strconv"
	"syscall"
)

// credential returns what makes a child run as the named account, nil for that of the caller.
func credential(name string) (*syscall.Credential, error) {
	if name == "" {
		return nil, nil
	}
	uid, gid, err := IDs(name)
	if err != nil {
		return nil, err
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
}

// IDs returns the numbers of an account and its group.
func IDs(name string) (uid, gid int, err error) {
	u, err := user.Lookup(name)
	if err != nil {
		return 0, 0, fmt.Errorf("cannot find the account %q: %w", name, err)
	}
	if uid, err = strconv.Atoi(u.Uid); err != nil {
		return 0, 0, err
	}
	gid, err = strconv.Atoi(u.Gid)
	return uid, gid, err
}

// IsRoot tells whether this program runs as root, which some servers refuse to do.
func IsRoot() bool { return os.Geteuid() == 0 }
