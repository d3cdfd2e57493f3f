package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// An event is one line of `go test -json` (see `go doc test2json` and `go help buildjson`).
type event struct {
	Action      string
	Package     string
	ImportPath  string // Build output carries this one instead of Package.
	Test        string
	Output      string
	Elapsed     float64 // Seconds.
	FailedBuild string  // The ImportPath of the build that failed.
}

// Totals of a whole run. Subtests count like tests. A package that fails although none of its tests
// did (it does not build, or a TestMain fails) counts as one failure.
type totals struct {
	passed, failed, skipped int
}

// Ok says whether at least one test ran and nothing failed.
func (t totals) ok() bool {
	return t.failed == 0 && t.passed > 0
}

func (t totals) String() string {
	s := fmt.Sprintf("%d passed, %d failed", t.passed, t.failed)
	if t.skipped > 0 {
		s += fmt.Sprintf(", %d skipped", t.skipped)
	}

	return s
}

// A pkg is what is known of a package while its events come in.
type pkg struct {
	totals

	output  map[string]*bytes.Buffer // By test; "" holds what belongs to no test.
	running []string                 // Tests that have not ended, in the order they started.
}

// Summarise reads events from in until its end and writes each package's line, or what failed
// there, to out. Progress writes a line for each passed test as well, but not for its subtests.
func summarise(in io.Reader, out io.Writer, progress bool) (totals, error) {
	s := summary{out: out, progress: progress, pkgs: map[string]*pkg{}, builds: map[string]*bytes.Buffer{}}

	// ReadBytes and not a Scanner: a line of output has no upper bound.
	for r := bufio.NewReader(in); ; {
		line, err := r.ReadBytes('\n')
		if len(line) > 0 {
			s.line(line)
		}

		if errors.Is(err, io.EOF) {
			return s.totals, nil
		}

		if err != nil {
			return s.totals, err
		}
	}
}

// A summary in the making.
type summary struct {
	totals

	out      io.Writer
	progress bool
	pkgs     map[string]*pkg
	builds   map[string]*bytes.Buffer // What compilers said, by ImportPath.
}

func (s *summary) line(line []byte) {
	e := event{}
	if json.Unmarshal(line, &e) != nil {
		fmt.Fprintf(s.out, "%s\n", bytes.TrimSpace(line)) // The go command itself complains in plain text.
		return
	}

	if e.Action == "build-output" {
		buffer(s.builds, e.ImportPath).WriteString(e.Output)
		return
	}

	if e.Package == "" {
		return
	}

	if s.progress && e.Action == "pass" && e.Test != "" && !strings.Contains(e.Test, "/") {
		fmt.Fprintf(s.out, "ok    %s  %.1fs\n", e.Test, e.Elapsed)
	}

	if s.pkgs[e.Package] == nil {
		s.pkgs[e.Package] = &pkg{output: map[string]*bytes.Buffer{}}
	}

	if done := s.pkgs[e.Package].add(e, s.out, s.builds); done {
		s.totals = s.plus(s.pkgs[e.Package].totals)
	}
}

// Add takes one event of the package and says whether it was its last.
func (p *pkg) add(e event, out io.Writer, builds map[string]*bytes.Buffer) bool {
	if e.Test != "" {
		p.addTest(e, out)
		return false
	}

	switch e.Action {
	case "output":
		buffer(p.output, "").WriteString(e.Output)
	case "pass":
		fmt.Fprintf(out, "ok    %s  %.1fs  %s\n", e.Package, e.Elapsed, p.totals)
		return true
	case "skip":
		return true // No test files.
	case "fail":
		p.fail(e, out, builds)
		return true
	}

	return false
}

func (p *pkg) addTest(e event, out io.Writer) {
	switch e.Action {
	case "run":
		p.running = append(p.running, e.Test)
		return
	case "output":
		buffer(p.output, e.Test).WriteString(e.Output)
		return
	case "pass":
		p.passed++
	case "skip":
		p.skipped++
		fmt.Fprintf(out, "SKIP  %s %s\n%s", e.Package, e.Test, p.text(e.Test))
	case "fail":
		p.failed++
		fmt.Fprintf(out, "FAIL  %s %s\n%s", e.Package, e.Test, p.text(e.Test))
	default:
		return // Pause, cont, bench, …
	}

	p.running = slices.DeleteFunc(p.running, func(t string) bool { return t == e.Test })
	delete(p.output, e.Test)
}

// Fail writes why the package failed beyond its failed tests: a build, a panic, a time-out, TestMain.
func (p *pkg) fail(e event, out io.Writer, builds map[string]*bytes.Buffer) {
	// A panic or a time-out ends the process with tests under way. The last one started holds the
	// output; its parents and parallel ones did not pass either.
	for _, t := range p.running {
		p.failed++
		fmt.Fprintf(out, "FAIL  %s %s (did not end)\n%s", e.Package, t, p.text(t))
	}

	fmt.Fprintf(out, "FAIL  %s  %.1fs", e.Package, e.Elapsed)

	if p.failed == 0 {
		p.failed++
		fmt.Fprintf(out, "\n%s%s", p.text(""), indent(buffer(builds, e.FailedBuild).String()))

		return
	}

	fmt.Fprintf(out, "  %s\n", p.totals)
}

// Text returns the indented output of a test without the lines that only say that it runs.
func (p *pkg) text(test string) string {
	return indent(buffer(p.output, test).String())
}

func indent(s string) string {
	b := strings.Builder{}

	for line := range strings.Lines(s) {
		if strings.HasPrefix(line, "=== ") || strings.TrimSpace(line) == "FAIL" {
			continue
		}

		b.WriteString("      ")
		b.WriteString(line)
	}

	return b.String()
}

func buffer(m map[string]*bytes.Buffer, key string) *bytes.Buffer {
	if m[key] == nil {
		m[key] = &bytes.Buffer{}
	}

	return m[key]
}

func (t totals) plus(u totals) totals {
	return totals{passed: t.passed + u.passed, failed: t.failed + u.failed, skipped: t.skipped + u.skipped}
}
