// Package state is the folder that holds everything of a running control plane: data, keys, logs,
// and the file that says which processes and ports belong to it. Nothing outside this folder is
// written while it runs.
package state

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"sync"

	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/proc"
)

// modulePath tells the project's go.mod from those of the modules inside it.
const modulePath = "module github.com/pipelinestack/function-pipelinestack\n"

// The flavours of the project.
const (
	Claim      = "claim"
	Namespaced = "namespaced"
)

// What classes a control plane begins with.
const (
	DefaultClass = "default" // stores in shared servers
	NoClass      = "none"    // stores in the namespaces of stacks: nothing but a cluster
)

// State is a control plane that was, is or will be running.
type State struct {
	// Dir is the absolute path of the folder.
	Dir string `json:"-"`
	// Root is the absolute path of the project.
	Root string `json:"root"`
	// Flavour is what the control plane offers, Claim or Namespaced; empty until it is chosen.
	Flavour string `json:"flavour"`
	// Class is the class that it begins with, DefaultClass or NoClass; empty until it is chosen.
	Class string `json:"class"`
	// Ports are the loopback ports, by what listens there.
	Ports map[string]int `json:"ports"`
	// Secrets are generated passwords of the servers in this folder. They are worth nothing outside
	// of it.
	Secrets map[string]string `json:"secrets"`
	// Processes are the started programs by name.
	Processes map[string]*proc.Process `json:"processes"`
	// Order has the names of Processes in the order of their first start.
	Order []string `json:"order"`

	mu sync.Mutex
}

// Open reads the state of the project around the working directory, or begins a new one. The folder
// is _output/e2e/state below the project unless the environment variable E2E_STATE names another,
// by a path that is absolute or relative to the project. Outside of the project, as the programs
// are that the control plane starts, the folder says which project it belongs to.
func Open() (*State, error) {
	root, outside := projectRoot()
	dir := cmp.Or(os.Getenv("E2E_STATE"), filepath.Join("_output", "e2e", "state"))
	if !filepath.IsAbs(dir) {
		dir = filepath.Join(root, dir)
	}
	s := &State{Dir: dir, Ports: map[string]int{}, Secrets: map[string]string{}, Processes: map[string]*proc.Process{}}
	b, err := os.ReadFile(s.file())
	switch {
	case errors.Is(err, fs.ErrNotExist): // a new one
	case err != nil:
		return nil, err
	default:
		if err := json.Unmarshal(b, s); err != nil {
			return nil, fmt.Errorf("cannot read %s: %w", s.file(), err)
		}
	}
	if s.Root = cmp.Or(root, s.Root); s.Root == "" {
		return nil, outside
	}
	return s, nil
}

func (s *State) file() string { return filepath.Join(s.Dir, "state.json") }

// Path returns a path inside the folder.
func (s *State) Path(elem ...string) string {
	return filepath.Join(append([]string{s.Dir}, elem...)...)
}

// Bin returns the path of a built program. Programs outlive the state folder, since building them
// takes minutes.
func (s *State) Bin(name string) string { return filepath.Join(s.Root, "_output", "e2e", "bin", name) }

// Addr returns the loopback address of a named port.
func (s *State) Addr(port string) string { return fmt.Sprintf("127.0.0.1:%d", s.Ports[port]) }

// save writes the state file. The caller holds the lock.
func (s *State) save() error {
	if err := os.MkdirAll(s.Dir, 0o755); err != nil {
		return err
	}
	b, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	tmp := s.file() + ".new"
	if err := os.WriteFile(tmp, b, 0o600); err != nil {
		return err
	}
	return os.Rename(tmp, s.file())
}

// Choose says what the control plane offers. A cluster holds one flavour, so what was chosen stays.
func (s *State) Choose(flavour, class string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case flavour != Claim && flavour != Namespaced:
		return fmt.Errorf("there is no flavour %q: it is %s or %s", flavour, Claim, Namespaced)
	case s.Flavour != "" && s.Flavour != flavour:
		return fmt.Errorf("this control plane offers the %s flavour: take it down first", s.Flavour)
	case class != DefaultClass && class != NoClass:
		return fmt.Errorf("there is no choice of class %q: it is %s or %s", class, DefaultClass, NoClass)
	case s.Class != "" && s.Class != class:
		return fmt.Errorf("this control plane began with class %s: take it down first", s.Class)
	}
	s.Flavour, s.Class = flavour, class
	return s.save()
}

// ChoosePorts gives each name that has no port yet a free one on loopback and saves them.
func (s *State) ChoosePorts(names ...string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, n := range names {
		if s.Ports[n] != 0 {
			continue
		}
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		defer func() { _ = l.Close() }() // only at the end, so that no port is given twice
		at, err := netip.ParseAddrPort(l.Addr().String())
		if err != nil {
			return err
		}
		s.Ports[n] = int(at.Port())
	}
	return s.save()
}

// SetSecret stores a generated secret unless there is one of that name, and returns the stored one.
func (s *State) SetSecret(name, value string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if v, ok := s.Secrets[name]; ok {
		return v, nil
	}
	s.Secrets[name] = value
	return value, s.save()
}

// Start starts a process and records it. One of that name that is running already stays if it is
// just the same, and is replaced otherwise.
func (s *State) Start(name string, p proc.Process) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if old, ok := s.Processes[name]; ok && old.Alive() {
		if old.Current(p) {
			return nil
		}
		if err := old.Stop(); err != nil {
			return err
		}
	}
	p.Log = s.Path("log", name+".log")
	if err := p.Start(); err != nil {
		return fmt.Errorf("cannot start %s: %w", name, err)
	}
	if _, ok := s.Processes[name]; !ok {
		s.Order = append(s.Order, name)
	}
	s.Processes[name] = &p
	return s.save()
}

// Restart starts a stopped process again with the arguments it had.
func (s *State) Restart(name string) error {
	p, ok := s.Processes[name]
	if !ok {
		return fmt.Errorf("no process %q; there are %s", name, strings.Join(s.Order, ", "))
	}
	return s.Start(name, *p)
}

// Stop stops one process and remembers how it was started.
func (s *State) Stop(name string) error { return s.end(name, (*proc.Process).Stop) }

// Kill ends one process as a crash would and remembers how it was started.
func (s *State) Kill(name string) error { return s.end(name, (*proc.Process).Kill) }

func (s *State) end(name string, how func(*proc.Process) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, ok := s.Processes[name]
	if !ok {
		return fmt.Errorf("no process %q", name)
	}
	if err := how(p); err != nil {
		return err
	}
	return s.save()
}

// Dead returns an error with the last lines of the log for a recorded process that has ended by
// itself.
func (s *State) Dead() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	names := make([]string, 0, len(s.Processes))
	for n := range s.Processes {
		names = append(names, n)
	}
	sort.Strings(names)
	for _, n := range names {
		if p := s.Processes[n]; p.PID != 0 && !p.Alive() {
			return fmt.Errorf("%s has ended; the end of %s:\n%s", n, p.Log, p.LastLines(8))
		}
	}
	return nil
}

// Destroy stops everything, last started first, and removes the folder.
func (s *State) Destroy() error {
	var errs []error
	for _, name := range slices.Backward(s.Order) {
		if err := s.Stop(name); err != nil {
			errs = append(errs, err)
		}
	}
	if err := errors.Join(errs...); err != nil {
		return err // keep the record of what still runs
	}
	return os.RemoveAll(s.Dir)
}

func projectRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		b, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		if err == nil && strings.HasPrefix(string(b), modulePath) {
			return dir, nil
		}
		up := filepath.Dir(dir)
		if up == dir {
			return "", errors.New("run this inside the project: no go.mod of function-pipelinestack above the working directory")
		}
		dir = up
	}
}
