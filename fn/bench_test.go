package main

import (
	"context"
	"runtime"
	"slices"
	"syscall"
	"testing"
	"time"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/pipelinestack/function-pipelinestack/fn/stack"
)

// The benchmarks hold a call against a floor that no function in Go can do without: it decodes the
// same request, clones an answer that was built beforehand, and encodes it. Both run in this
// process in turns, with a garbage collection before each turn, and are measured in CPU time, so
// that whatever else the machine does touches both. The figure to watch is ratio, the median of our
// CPU over the floor's.

// BenchmarkCreate is the call for a new claim that desires every object at once: nothing is
// observed yet, and nothing is held back.
func BenchmarkCreate(b *testing.B) { benchmark(b, createRequest(b)) }

// BenchmarkSteady is the call for a stack that has been running for a while: everything is observed
// and ready.
func BenchmarkSteady(b *testing.B) { benchmark(b, steadyRequest(b)) }

const (
	rounds = 31 // of both, in turns
	calls  = 20 // of one turn
)

func benchmark(b *testing.B, req *fnv1.RunFunctionRequest) {
	b.ReportAllocs()
	f := quiet()
	raw, answer := encoded(req), answerTo(f, req)
	floor := func() *fnv1.RunFunctionResponse {
		decoded(raw)
		return proto.CloneOf(answer)
	}
	ours := func() *fnv1.RunFunctionResponse { return answerTo(f, decoded(raw)) }
	if diff := cmp.Diff(answer, ours(), protocmp.Transform()); diff != "" {
		b.Fatalf("equal requests, different answers: -first, +second\n%s", diff)
	}

	var ratios, cpu, base []float64
	var allocs, bytes uint64
	for range rounds {
		under, over := measure(b, floor), measure(b, ours)
		ratios, cpu, base = append(ratios, over.cpu/under.cpu), append(cpu, over.cpu), append(base, under.cpu)
		allocs, bytes = over.allocs, over.bytes
	}
	b.ReportMetric(0, "ns/op") // of all rounds together: says nothing
	b.ReportMetric(median(ratios), "ratio")
	b.ReportMetric(median(cpu), "cpu-us/op")
	b.ReportMetric(median(base), "floor-cpu-us/op")
	b.ReportMetric(float64(allocs), "allocs/op")
	b.ReportMetric(float64(bytes), "B/op")
	b.ReportMetric(float64(len(raw)), "request-bytes")
	b.ReportMetric(float64(proto.Size(answer)), "response-bytes")
}

// cost of one call. CPU is in microseconds, and includes the garbage collector's.
type cost struct {
	cpu           float64
	allocs, bytes uint64
}

func measure(b *testing.B, call func() *fnv1.RunFunctionResponse) cost {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	start := cpuTime(b)
	for range calls {
		encoded(call())
	}
	spent := cpuTime(b) - start
	runtime.ReadMemStats(&after)
	return cost{
		cpu:    float64(spent.Nanoseconds()) / 1000 / calls,
		allocs: (after.Mallocs - before.Mallocs) / calls,
		bytes:  (after.TotalAlloc - before.TotalAlloc) / calls,
	}
}

// cpuTime that this process has used.
func cpuTime(b *testing.B) time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

func median(xs []float64) float64 {
	slices.Sort(xs)
	return xs[len(xs)/2]
}

// TestAllocations keeps calls from growing unnoticed: allocations are the one cost that is the same
// on every machine. What decoding the request and encoding the answer take is not in it.
//
// When a change is worth its allocations, run the test with -v and write what it says into the
// table.
func TestAllocations(t *testing.T) {
	cases := map[string]struct {
		reason   string
		req      *fnv1.RunFunctionRequest
		measured float64
	}{
		"Create": {"a new claim makes every object", createRequest(t), 4599},
		"Steady": {"what is observed is read in place, so that it costs next to nothing beside what is made", steadyRequest(t), 3977},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			f := quiet()
			got := testing.AllocsPerRun(20, func() { answerTo(f, tc.req) })
			t.Logf("%.0f allocations", got)
			if got > tc.measured*1.05 {
				t.Errorf("%s: %.0f allocations, more than %.0f and 5%%", tc.reason, got, tc.measured)
			}
		})
	}
}

// benchmarked is the quickstart's stack as a local render sees it: nothing is held back.
func benchmarked(tb testing.TB) *cluster {
	tb.Helper()
	s := scenarioOf(tb, "quickstart")
	put(s.xr, "metadata.uid", clusterUID)
	c := s.cluster(quiet())
	c.silent = false
	return c
}

// createRequest is the last call for the quickstart's claim, with all answers.
func createRequest(tb testing.TB) *fnv1.RunFunctionRequest {
	tb.Helper()
	c := benchmarked(tb)
	return c.request(c.fetch(tb, c.ask(tb, c.request(nil)).GetRequirements().GetResources()))
}

// steadyRequest observes all that is desired as a cluster shows it, but for managed fields, which
// only add to what both sides decode.
func steadyRequest(tb testing.TB) *fnv1.RunFunctionRequest {
	tb.Helper()
	c := benchmarked(tb)
	for _, condition := range c.settle(tb).GetConditions() {
		if condition.GetType() != stack.ConditionPipelinesFenced && condition.GetStatus() != fnv1.Status_STATUS_CONDITION_TRUE {
			tb.Fatalf("the observed stack is not ready: %v", condition)
		}
	}
	c.heal()
	return c.request(c.fetch(tb, c.asked))
}

// answerTo a request that is in order. Like the two below it takes no testing.TB: marking helpers
// would show in what is measured.
func answerTo(f *Function, req *fnv1.RunFunctionRequest) *fnv1.RunFunctionResponse {
	rsp := must(f.RunFunction(context.Background(), req))
	for _, r := range rsp.GetResults() {
		panic(r.GetMessage())
	}
	return rsp
}

func decoded(raw []byte) *fnv1.RunFunctionRequest {
	req := &fnv1.RunFunctionRequest{}
	if err := proto.Unmarshal(raw, req); err != nil {
		panic(err)
	}
	return req
}

func encoded(m proto.Message) []byte { return must(proto.Marshal(m)) }
