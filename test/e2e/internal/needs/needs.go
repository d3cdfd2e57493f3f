// Package needs finds the programs that the control plane uses and does not build. It imports
// nothing but the standard library, so that what is missing is said before anything is built.
package needs

import (
	"fmt"
	"os/exec"
	"path/filepath"
)

// The database server, the program that makes its data folder, and clients: pods of embedded servers
// run all of them.
const (
	MariaDB        = "mariadbd"
	MariaDBInstall = "mariadb-install-db"
)

var programs = []string{MariaDB, MariaDBInstall, "mariadb", "mariadb-admin", "mariadb-dump", "mariadb-upgrade"}

// folders that an ordinary user's PATH lacks.
var folders = []string{"/usr/sbin", "/usr/local/sbin", "/usr/libexec"}

const howToGet = `%s is not installed: the control plane runs MariaDB as the shared database server and as that of embedded stores.
  Debian, Ubuntu:  sudo apt-get install --no-install-recommends mariadb-server
  Fedora:          sudo dnf install mariadb-server
It need not run as a service: sudo systemctl disable --now mariadb`

// Find looks for a program in PATH and where servers are.
func Find(name string) (string, error) { return find(name, folders) }

// All is nil when the machine has everything, and says how to get what it lacks.
func All() error { return all(folders) }

func all(folders []string) error {
	for _, name := range programs {
		if _, err := find(name, folders); err != nil {
			return err
		}
	}
	return nil
}

func find(name string, folders []string) (string, error) {
	if p, err := exec.LookPath(name); err == nil {
		return p, nil
	}
	for _, f := range folders {
		if p, err := exec.LookPath(filepath.Join(f, name)); err == nil {
			return p, nil
		}
	}
	return "", fmt.Errorf(howToGet, name)
}
