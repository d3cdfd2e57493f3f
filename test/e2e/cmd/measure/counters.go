package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// snapshot is what the programs have counted so far.
type snapshot struct {
	at time.Time
	// counters by metric and labels.
	counters map[string]float64
	// cpu in seconds by process.
	cpu map[string]float64
}

func (m *measurement) snapshot(ctx context.Context) (snapshot, error) {
	s := snapshot{at: time.Now(), counters: map[string]float64{}, cpu: map[string]float64{}}
	for name, p := range m.plane.Processes {
		s.cpu[name] = cpu(p.PID)
	}
	if k := m.plane.Processes["kubelet"]; k != nil {
		for _, pid := range descendants(k.PID) { // programs in pods
			if program, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", pid)); err == nil {
				s.cpu[filepath.Base(program)] += cpu(pid)
			}
		}
	}
	for _, port := range []string{"crossplane-metrics", "function-metrics"} {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+m.plane.Addr(port)+"/metrics", nil)
		if err != nil {
			return s, err
		}
		rsp, err := http.DefaultClient.Do(req)
		if err != nil {
			return s, err
		}
		b, err := io.ReadAll(rsp.Body)
		_ = rsp.Body.Close()
		if err != nil {
			return s, err
		}
		s.read(b)
	}
	b, err := m.client.Kube.CoreV1().RESTClient().Get().AbsPath("/metrics").DoRaw(ctx)
	if err != nil {
		return s, err
	}
	s.read(b)
	return s, nil
}

func (s snapshot) read(b []byte) {
	lines := bufio.NewScanner(bytes.NewReader(b))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		line := lines.Text()
		at := strings.LastIndexByte(line, ' ')
		if at < 0 || line[0] == '#' {
			continue
		}
		if v, err := strconv.ParseFloat(line[at+1:], 64); err == nil {
			s.counters[line[:at]] += v
		}
	}
}

// ticks of the kernel's accounting in a second.
const ticks = 100

// cpu that a process has taken, in seconds: the fields utime and stime of proc(5)'s stat.
func cpu(pid int) float64 {
	f := stat(pid)
	if len(f) < 13 {
		return 0
	}
	user, _ := strconv.ParseFloat(f[11], 64)
	system, _ := strconv.ParseFloat(f[12], 64)
	return (user + system) / ticks
}

// descendants of a process: those that it has started, and those that they have.
func descendants(of int) []int {
	children := map[int][]int{}
	dirs, _ := filepath.Glob("/proc/[0-9]*") // the pattern is in order
	for _, dir := range dirs {
		pid, _ := strconv.Atoi(filepath.Base(dir))
		if f := stat(pid); len(f) > 1 {
			parent, _ := strconv.Atoi(f[1])
			children[parent] = append(children[parent], pid)
		}
	}
	all := []int{of}
	for i := 0; i < len(all); i++ {
		all = append(all, children[all[i]]...)
	}
	return all[1:]
}

// stat has the fields of proc(5)'s stat that come after the program's name; none if the process has
// ended.
func stat(pid int) []string {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return nil
	}
	return strings.Fields(string(b[bytes.LastIndexByte(b, ')')+1:]))
}

// since sums what the counters of a metric have gone up by, those whose labels have all of the
// parts, by the value of a label.
func (s snapshot) since(before snapshot, by, metric string, parts ...string) map[string]float64 {
	out := map[string]float64{}
	for key, v := range s.counters {
		has := func(part string) bool { return strings.Contains(key, part) }
		if d := v - before.counters[key]; d != 0 && strings.HasPrefix(key, metric+"{") &&
			!slices.ContainsFunc(parts, func(p string) bool { return !has(p) }) {
			_, value, _ := strings.Cut(key, by+`="`)
			value, _, _ = strings.Cut(value, `"`)
			out[value] += d
		}
	}
	return out
}

func sum[V float64 | int](m map[string]V) (total V) {
	for _, v := range m {
		total += v
	}
	return total
}

func (m *measurement) printCounts(before, after snapshot) {
	n := float64(len(m.namespaces))
	since := func(by, metric string, parts ...string) map[string]float64 {
		return after.since(before, by, metric, parts...)
	}
	applies := since("resource", "apiserver_request_total", `verb="APPLY"`)
	created, events, tokens := m.seen.counts()
	fmt.Println("for each stack:")
	fmt.Printf("  function calls                 %6.1f\n", sum(since("grpc_code", "grpc_server_handled_total", `grpc_method="RunFunction"`))/n)
	fmt.Printf(
		"  passes                         %6.1f\n",
		sum(since("result", "controller_runtime_reconcile_total", `controller="composite/`))/n,
	)
	fmt.Printf("  reconciles of the claim        %6.1f\n", sum(since("result", "controller_runtime_reconcile_total", `controller="claim/`))/n)
	fmt.Printf("  objects                        %6.1f\n", float64(sum(created))/n)
	fmt.Printf("  applies                        %6.1f, %.1f an object\n", sum(applies)/n, sum(applies)/float64(sum(created)))
	fmt.Printf(
		"  other writes                   %6.1f\n",
		(sum(since("verb", "apiserver_request_total", `verb="P`))+sum(since("verb", "apiserver_request_total", `verb="DELETE`)))/n,
	)
	fmt.Printf(
		"  refused writes of pods         %6.1f\n",
		sum(since("code", "apiserver_request_total", `verb="POST"`, `resource="pods"`, `code="4`))/n,
	)
	fmt.Printf("  tokens, by Crossplane          %6.1f\n", sum(since("result", "circuit_breaker_events_total"))/n)
	fmt.Printf("  circuits opened                %6.2f\n", sum(since("controller", "circuit_breaker_opens_total"))/n)
	fmt.Printf("  watch events, and their tokens %6.1f, %.1f\n", float64(sum(events))/n, float64(sum(tokens))/n)
	for _, kind := range slices.SortedFunc(maps.Keys(events), func(a, b string) int { return cmp.Compare(events[b], events[a]) }) {
		fmt.Printf("    %-44s %6.1f, %.1f of %.1f objects\n", kind, float64(events[kind])/n, float64(tokens[kind])/n, float64(created[kind])/n)
	}
}

// printRequests lists what the API server was asked most often, for each stack.
func (m *measurement) printRequests(before, after snapshot) {
	asked := map[string]float64{}
	for _, verb := range []string{"APPLY", "POST", "PUT", "PATCH", "DELETE", "GET"} {
		for resource, n := range after.since(before, "resource", "apiserver_request_total", `verb="`+verb+`"`) {
			asked[verb+" "+resource] += n
		}
	}
	names := slices.SortedFunc(maps.Keys(asked), func(a, b string) int { return cmp.Compare(asked[b], asked[a]) })
	fmt.Print("requests for each stack:")
	for _, name := range names[:min(len(names), 16)] {
		fmt.Printf(" %s %.1f,", name, asked[name]/float64(len(m.namespaces)))
	}
	fmt.Printf(" all %.1f\n", sum(asked)/float64(len(m.namespaces)))
}

func (m *measurement) printCPU(what string, before, after snapshot) {
	fmt.Printf("CPU seconds %s:", what)
	total := 0.0
	for _, name := range slices.SortedFunc(maps.Keys(after.cpu), func(a, b string) int { return cmp.Compare(after.cpu[b], after.cpu[a]) }) {
		if d := after.cpu[name] - before.cpu[name]; d >= 0.05 {
			total += d
			fmt.Printf(" %s %.1f,", name, d)
		}
	}
	fmt.Printf(" all %.1f in %.1f s\n", total, after.at.Sub(before.at).Seconds())
}
