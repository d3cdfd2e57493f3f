package needs

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestAll(t *testing.T) {
	cases := map[string]struct {
		reason          string
		path, elsewhere []string // programs in PATH, and in a folder that PATH lacks
		missing         string
	}{
		"Nothing": {reason: "what is missing is named, with the package that has it", missing: MariaDB},
		"Server":  {reason: "a server that cannot make its data folder is of no use", path: []string{MariaDB}, missing: MariaDBInstall},
		"Client":  {reason: "the readiness of embedded servers is asked by a client", path: programs[:2], missing: programs[2]},
		"Path":    {reason: "all programs are there", path: programs},
		"Elsewhere": {
			reason:    "an ordinary user's PATH lacks the folder of servers",
			path:      programs[1:],
			elsewhere: []string{MariaDB},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			path, elsewhere := folder(t, tc.path), folder(t, tc.elsewhere)
			t.Setenv("PATH", path)
			err := all([]string{elsewhere})
			if tc.missing == "" {
				if err != nil {
					t.Errorf("%s: %v", tc.reason, err)
				}
				return
			}
			if err == nil || !strings.HasPrefix(err.Error(), tc.missing+" is not installed") ||
				!strings.Contains(err.Error(), "install mariadb-server") {
				t.Errorf("%s: %v", tc.reason, err)
			}
		})
	}
}

func folder(t *testing.T, names []string) string {
	t.Helper()
	dir := t.TempDir()
	for _, n := range names {
		if err := os.WriteFile(filepath.Join(dir, n), nil, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}
