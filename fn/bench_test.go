package main

import (
	"context"
	"maps"
	"os"
	"runtime"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/crossplane/crossplane-runtime/v2/pkg/logging"
	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/structpb"
	"sigs.k8s.io/yaml"

	"github.com/pipelinestack/function-pipelinestack/fn/stack"
)

// The benchmarks hold a call against a floor that no function in Go can do without: it decodes the same request, clones an answer that
// was built beforehand, and encodes it. Both run in this process in turns, with a garbage collection before each turn, and are measured
// in CPU time, so that whatever else the machine does touches both. The figure to watch is ratio, the median of our CPU over the floor's.

// BenchmarkCreate is the call for a new claim that desires every object at once: nothing is observed yet, and nothing is held back.
func BenchmarkCreate(b *testing.B) { benchmark(b, createRequest()) }

// BenchmarkSteady is the call for a stack that has been running for a while: everything is observed and ready.
func BenchmarkSteady(b *testing.B) { benchmark(b, steadyRequest(b)) }

const (
	rounds = 31 // of both, in turns
	calls  = 20 // of one turn
)

func benchmark(b *testing.B, req *fnv1.RunFunctionRequest) {
	b.ReportAllocs()
	f := quietFunction()
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

// TestAllocations keeps calls from growing unnoticed: allocations are the one cost that is the same on every machine. What decoding the
// request and encoding the answer take is not in it.
//
// When a change is worth its allocations, run the test with -v and write what it says into the table.
func TestAllocations(t *testing.T) {
	cases := map[string]struct {
		reason   string
		req      *fnv1.RunFunctionRequest
		measured float64
	}{
		"Create": {"a new claim makes every object", createRequest(), 3655},
		"Steady": {"what is observed is read in place, so that it costs next to nothing beside what is made", steadyRequest(t), 3077},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			f := quietFunction()
			got := testing.AllocsPerRun(20, func() { answerTo(f, tc.req) })
			t.Logf("%.0f allocations", got)
			if got > tc.measured*1.05 {
				t.Errorf("%s: %.0f allocations, more than %.0f and 5%%", tc.reason, got, tc.measured)
			}
		})
	}
}

const uidComposite = "0d9f9c55-3d53-4a43-8f7e-9b6a0f5e7d11"

// createRequest is the call for the quickstart's claim. It is answered as a local render answers, which has no cluster: whatever the
// function asks for is not there, but for the EnvironmentConfig.
func createRequest() *fnv1.RunFunctionRequest {
	pipeline := part(document("../composition.yaml"), "spec").GetFields()["pipeline"].GetListValue()
	xr := document("../examples/quickstart/xr.yaml")
	set(part(xr, "metadata"), map[string]any{"uid": uidComposite})
	req := &fnv1.RunFunctionRequest{
		Meta: &fnv1.RequestMeta{Tag: "benchmark", Capabilities: []fnv1.Capability{
			fnv1.Capability_CAPABILITY_CAPABILITIES, fnv1.Capability_CAPABILITY_REQUIRED_RESOURCES, fnv1.Capability_CAPABILITY_CONDITIONS,
		}},
		Input:             part(pipeline.GetValues()[0].GetStructValue(), "input"),
		Observed:          &fnv1.State{Composite: &fnv1.Resource{Resource: xr}},
		RequiredResources: environmentOnly(),
	}
	asked := answerTo(quietFunction(), req).GetRequirements().GetResources()
	for key := range asked {
		if req.GetRequiredResources()[key] == nil {
			req.RequiredResources[key] = &fnv1.Resources{}
		}
	}
	return req
}

func environmentOnly() map[string]*fnv1.Resources {
	return map[string]*fnv1.Resources{
		requirementEnvironment: {Items: []*fnv1.Resource{{Resource: document("../examples/quickstart/required.yaml")}}},
	}
}

// steadyRequest observes all that is desired as a cluster shows it, but for managed fields, which only add to what both sides decode.
func steadyRequest(tb testing.TB) *fnv1.RunFunctionRequest {
	tb.Helper()
	f, req := quietFunction(), createRequest()
	rsp := answerTo(f, req)
	for range 2 { // the second time for what follows from the first, such as hashes of connection details
		req = createRequest()
		req.RequiredResources = environmentOnly()
		observeAll(req.GetObserved(), rsp)
		rsp = answerTo(f, req)
	}
	for _, c := range rsp.GetConditions() {
		if c.GetStatus() != fnv1.Status_STATUS_CONDITION_TRUE {
			tb.Fatalf("the observed stack is not ready: %v", c)
		}
	}
	return req
}

func observeAll(observed *fnv1.State, rsp *fnv1.RunFunctionResponse) {
	observed.Resources = map[string]*fnv1.Resource{}
	var refs []any
	for name, r := range rsp.GetDesired().GetResources() {
		object := proto.CloneOf(r.GetResource())
		refs = append(refs, map[string]any{
			"apiVersion": text(object, "apiVersion"), "kind": text(object, "kind"), "name": text(part(object, "metadata"), "name"),
		})
		observed.Resources[name] = &fnv1.Resource{Resource: object, ConnectionDetails: observe(name, object)}
	}
	var conditions []any
	for _, c := range rsp.GetConditions() {
		conditions = append(conditions, trueCondition(c.GetType(), c.GetReason()))
	}
	xr := observed.GetComposite().GetResource()
	xr.Fields["status"] = proto.CloneOf(rsp.GetDesired().GetComposite().GetResource().GetFields()["status"])
	set(part(xr, "status"), map[string]any{"conditions": conditions})
	set(part(xr, "spec"), map[string]any{"resourceRefs": refs})
}

// observe adds to an object what the API server and the object's controller do, and returns its connection details.
func observe(name string, object *structpb.Struct) map[string][]byte {
	meta := part(object, "metadata")
	set(meta, map[string]any{
		"uid": "6b1d2f6e-5f0c-4c4e-9a3b-0d6f3a2b1c0d", "resourceVersion": "1234567", "generation": 1, "creationTimestamp": "2026-11-22T12:00:00Z",
		"ownerReferences": []any{map[string]any{
			"apiVersion": "pipelines.opendatahub.io/v1alpha1", "kind": "XPipelineStack", "name": "demo-x7k2p",
			"uid": uidComposite, "controller": true, "blockOwnerDeletion": true,
		}},
	})
	if part(meta, "annotations") == nil {
		set(meta, map[string]any{"annotations": map[string]any{}})
	}
	set(part(meta, "annotations"), map[string]any{"crossplane.io/composition-resource-name": name})

	spec := part(object, "spec").GetFields()
	switch {
	case text(object, "kind") == "Deployment":
		replicas := spec["replicas"].GetNumberValue()
		set(object, map[string]any{"status": map[string]any{
			"observedGeneration": 1, "replicas": replicas, "updatedReplicas": replicas, "readyReplicas": replicas, "availableReplicas": replicas,
			"conditions": []any{trueCondition("Available", "MinimumReplicasAvailable"), trueCondition("Progressing", "NewReplicaSetAvailable")},
		}})
	case spec["providerConfigRef"] != nil:
		set(object, map[string]any{"status": map[string]any{
			"atProvider": map[string]any{"id": text(meta, "name"), "region": "eu-central-1"},
			"conditions": []any{trueCondition("Ready", "Available"), trueCondition("Synced", "ReconcileSuccess")},
		}})
	}
	if spec["writeConnectionSecretToRef"] == nil {
		return nil
	}
	return map[string][]byte{
		"username": []byte("kfpteama"), "password": []byte("an example of a password"),
		"endpoint": []byte("mysql.databases.example.org"), "port": []byte("3306"),
	}
}

func trueCondition(typ, reason string) map[string]any {
	return map[string]any{
		"type": typ, "status": "True", "reason": reason, "message": "All is as it should be.", "lastTransitionTime": "2026-11-22T12:00:00Z",
	}
}

func quietFunction() *Function {
	return NewFunction(logging.NewNopLogger(), stack.Releases(), prometheus.NewRegistry())
}

// answerTo a request that is in order. Like the two below it takes no testing.TB: marking helpers would show in what is measured.
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

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// document is the YAML document of a file.
func document(path string) *structpb.Struct {
	s := &structpb.Struct{}
	if err := yaml.Unmarshal(must(os.ReadFile(path)), s); err != nil {
		panic(err)
	}
	return s
}

func part(s *structpb.Struct, name string) *structpb.Struct {
	return s.GetFields()[name].GetStructValue()
}

func text(s *structpb.Struct, name string) string { return s.GetFields()[name].GetStringValue() }

func set(in *structpb.Struct, fields map[string]any) {
	maps.Copy(in.GetFields(), must(structpb.NewStruct(fields)).GetFields())
}
