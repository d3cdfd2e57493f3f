package main

import (
	"context"
	"encoding/json"
	"os"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/crossplane/crossplane-runtime/v2/pkg/logging"
	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/structpb"
	"sigs.k8s.io/yaml"
)

// The benchmarks hold a call against a floor that no function in Go can do without: it decodes the same request, clones an answer that
// was built beforehand, and encodes it. Both run in this process in turns, with a garbage collection before each turn, and are measured
// in CPU time, so that whatever else the machine does touches both. The figure to watch is ratio, the median of our CPU over the floor's.

// BenchmarkCreate is the call for a new claim: nothing is observed yet.
func BenchmarkCreate(b *testing.B) { benchmark(b, createRequest(b)) }

// BenchmarkSteady is the call for a stack that has been running for a while: everything is observed and ready.
func BenchmarkSteady(b *testing.B) { benchmark(b, steadyRequest(b)) }

const (
	rounds = 21 // of both, in turns
	calls  = 20 // of one turn
)

func benchmark(b *testing.B, req *fnv1.RunFunctionRequest) {
	f := NewFunction(logging.NewNopLogger())
	raw, answer := encoded(b, req), run(b, f, req)
	floor := func() *fnv1.RunFunctionResponse {
		decoded(b, raw)
		return proto.CloneOf(answer)
	}
	ours := func() *fnv1.RunFunctionResponse { return run(b, f, decoded(b, raw)) }
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
		encoded(b, call())
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
		"Create": {"a new claim builds every object", createRequest(t), 0},
		"Steady": {"observed objects are read in place, so they cost next to nothing", steadyRequest(t), 0},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			f := NewFunction(logging.NewNopLogger())
			got := testing.AllocsPerRun(20, func() { run(t, f, tc.req) })
			t.Logf("%.0f allocations", got)
			if most := tc.measured * 1.05; got > most {
				t.Errorf("%s: %.0f allocations, more than %.0f and 5%%", tc.reason, got, tc.measured)
			}
		})
	}
}

// Requests.

// createRequest is Crossplane's call for the quickstart's claim from the second reconcile on: the EnvironmentConfig that the function
// asked for in the first is there from the start.
func createRequest(tb testing.TB) *fnv1.RunFunctionRequest {
	composition := file(tb, "../composition.yaml").GetFields()["spec"].GetStructValue()
	step := composition.GetFields()["pipeline"].GetListValue().GetValues()[0].GetStructValue()
	return &fnv1.RunFunctionRequest{
		Meta: &fnv1.RequestMeta{Tag: "benchmark", Capabilities: []fnv1.Capability{
			fnv1.Capability_CAPABILITY_CAPABILITIES, fnv1.Capability_CAPABILITY_REQUIRED_RESOURCES, fnv1.Capability_CAPABILITY_CONDITIONS,
		}},
		Input:    step.GetFields()["input"].GetStructValue(),
		Observed: &fnv1.State{Composite: &fnv1.Resource{Resource: file(tb, "../examples/quickstart/xr.yaml")}},
		RequiredResources: map[string]*fnv1.Resources{
			requirementEnvironment: {Items: []*fnv1.Resource{{Resource: file(tb, "../examples/quickstart/required.yaml")}}},
		},
	}
}

// steadyRequest observes all that the function desires as a cluster would show it, without managed fields: those only add to what both
// sides decode. Desired stays empty, as it is for the first step of a pipeline.
func steadyRequest(tb testing.TB) *fnv1.RunFunctionRequest {
	f, req := NewFunction(logging.NewNopLogger()), createRequest(tb)
	desired := run(tb, f, createRequest(tb)).GetDesired()
	xr := req.GetObserved().GetComposite().GetResource()
	var refs []any
	req.Observed.Resources = map[string]*fnv1.Resource{}
	for name, r := range desired.GetResources() {
		object := proto.CloneOf(r.GetResource())
		details := observe(tb, name, object)
		req.Observed.Resources[name] = &fnv1.Resource{Resource: object, ConnectionDetails: details}
		refs = append(refs, map[string]any{
			"apiVersion": object.GetFields()["apiVersion"].GetStringValue(),
			"kind":       object.GetFields()["kind"].GetStringValue(),
			"name":       object.GetFields()["metadata"].GetStructValue().GetFields()["name"].GetStringValue(),
		})
	}
	xr.GetFields()["spec"].GetStructValue().Fields["resourceRefs"] = structpb.NewListValue(list(tb, refs))
	xr.Fields["status"] = desired.GetComposite().GetResource().GetFields()["status"]
	if rsp := run(tb, f, req); rsp.GetMeta().GetTtl().GetSeconds() < 60 {
		tb.Fatalf("the observed stack is not ready: %v", rsp.GetConditions())
	}
	return req
}

// observe adds to a desired object what the API server and the object's controller do, and returns its connection details.
func observe(tb testing.TB, name string, object *structpb.Struct) map[string][]byte {
	meta := object.GetFields()["metadata"].GetStructValue()
	add(tb, meta, map[string]any{
		"uid":               "6b1d2f6e-5f0c-4c4e-9a3b-0d6f3a2b1c0d",
		"resourceVersion":   "1234567",
		"generation":        1,
		"creationTimestamp": "2026-11-22T12:00:00Z",
		"ownerReferences": []any{map[string]any{
			"apiVersion": "pipelines.opendatahub.io/v1alpha1", "kind": "XPipelineStack", "name": "demo-x7k2p",
			"uid": "0d9f9c55-3d53-4a43-8f7e-9b6a0f5e7d11", "controller": true, "blockOwnerDeletion": true,
		}},
	})
	if meta.GetFields()["annotations"] == nil {
		add(tb, meta, map[string]any{"annotations": map[string]any{}})
	}
	add(tb, meta.GetFields()["annotations"].GetStructValue(), map[string]any{"crossplane.io/composition-resource-name": name})

	group, _, _ := strings.Cut(object.GetFields()["apiVersion"].GetStringValue(), "/")
	switch kind := object.GetFields()["kind"].GetStringValue(); {
	case kind == "Deployment":
		replicas := object.GetFields()["spec"].GetStructValue().GetFields()["replicas"].GetNumberValue()
		add(tb, object, map[string]any{"status": map[string]any{
			"observedGeneration": 1, "replicas": replicas, "updatedReplicas": replicas, "readyReplicas": replicas, "availableReplicas": replicas,
			"conditions": []any{
				condition("Available", "MinimumReplicasAvailable", "Deployment has minimum availability."),
				condition("Progressing", "NewReplicaSetAvailable", "ReplicaSet has successfully progressed."),
			},
		}})
	case strings.HasSuffix(group, ".crossplane.io") || strings.HasSuffix(group, ".upbound.io"):
		add(tb, object, map[string]any{"status": map[string]any{
			"atProvider": map[string]any{"id": meta.GetFields()["name"].GetStringValue(), "region": "eu-central-1"},
			"conditions": []any{condition("Ready", "Available", ""), condition("Synced", "ReconcileSuccess", "")},
		}})
	}
	if object.GetFields()["spec"].GetStructValue().GetFields()["writeConnectionSecretToRef"] == nil {
		return nil
	}
	return map[string][]byte{
		"username": []byte("kfpteama"), "password": []byte("an example of a password"),
		"endpoint": []byte("mysql.databases.example.org"), "port": []byte("3306"),
	}
}

func condition(typ, reason, message string) map[string]any {
	return map[string]any{"type": typ, "status": "True", "reason": reason, "message": message, "lastTransitionTime": "2026-11-22T12:00:00Z"}
}

// Small helpers.

func run(tb testing.TB, f *Function, req *fnv1.RunFunctionRequest) *fnv1.RunFunctionResponse {
	rsp, err := f.RunFunction(context.Background(), req)
	if err != nil {
		tb.Fatal(err)
	}
	for _, r := range rsp.GetResults() {
		tb.Fatal(r.GetMessage())
	}
	return rsp
}

func decoded(tb testing.TB, raw []byte) *fnv1.RunFunctionRequest {
	req := &fnv1.RunFunctionRequest{}
	if err := proto.Unmarshal(raw, req); err != nil {
		tb.Fatal(err)
	}
	return req
}

func encoded(tb testing.TB, m proto.Message) []byte {
	raw, err := proto.Marshal(m)
	if err != nil {
		tb.Fatal(err)
	}
	return raw
}

// file holds one YAML document.
func file(tb testing.TB, path string) *structpb.Struct {
	raw, err := os.ReadFile(path)
	if err != nil {
		tb.Fatal(err)
	}
	s := &structpb.Struct{}
	if raw, err = yaml.YAMLToJSON(raw); err != nil {
		tb.Fatal(err)
	}
	if err := json.Unmarshal(raw, s); err != nil {
		tb.Fatal(err)
	}
	return s
}

func add(tb testing.TB, to *structpb.Struct, fields map[string]any) {
	s, err := structpb.NewStruct(fields)
	if err != nil {
		tb.Fatal(err)
	}
	for k, v := range s.GetFields() {
		to.Fields[k] = v
	}
}

func list(tb testing.TB, elements []any) *structpb.ListValue {
	l, err := structpb.NewList(elements)
	if err != nil {
		tb.Fatal(err)
	}
	return l
}
