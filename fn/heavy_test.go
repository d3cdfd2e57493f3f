package main

import (
	"context"
	"fmt"
	"strings"
	"testing"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
	"google.golang.org/protobuf/proto"
)

// heavyClaims are what a tenant may try to keep the function busy with, of about so many bytes.
// Admission refuses most; nobody refuses them under a render.
var heavyClaims = map[string]func(spec obj, size int){
	"Text": func(spec obj, size int) {
		put(spec, "apiServer.env", []any{obj{"name": "A", "value": strings.Repeat("x", size)}})
	},
	"Variables": func(spec obj, size int) {
		put(spec, "apiServer.env", repeated(size/30, func(i int) any { return obj{"name": fmt.Sprintf("A%d", i), "value": "x"} }))
	},
	"Tolerations": func(spec obj, size int) {
		put(
			spec,
			"scheduling.tolerations",
			repeated(size/104, func(i int) any { return obj{"key": fmt.Sprintf("t%d", i), "operator": "Exists"} }),
		)
	},
	"Egress": func(spec obj, size int) {
		put(spec, "networkPolicy.egress", repeated(size/30, func(i int) any { return obj{"cidr": fmt.Sprintf("192.%d.%d.0/24", i/256, i%256)} }))
	},
	"Labels": func(spec obj, size int) {
		labels := obj{}
		for i := range size / 30 {
			labels[fmt.Sprintf("label%d", i)] = "x"
		}
		put(spec, "scheduling.nodeSelector", labels)
	},
	"Unknown": func(spec obj, size int) {
		for i := range size / 30 {
			spec[fmt.Sprintf("unknown%d", i)] = "x"
		}
	},
}

func repeated(n int, each func(int) any) []any {
	all := make([]any, n)
	for i := range all {
		all[i] = each(i)
	}
	return all
}

const (
	megabyte = 1 << 20
	// almost as large as a spec may be.
	almost = 200 << 10
)

// heavy makes the claim of a call another one's, with more in its spec.
func heavy(req *fnv1.RunFunctionRequest, name string, more func(spec obj)) *fnv1.RunFunctionRequest {
	req = proto.CloneOf(req)
	content := req.GetObserved().GetComposite().GetResource().AsMap()
	more(content["spec"].(obj))
	put(content, "spec.claimRef.name", name)
	put(content, "metadata.uid", name)
	req.GetObserved().GetComposite().Resource = object(content)
	return req
}

// A claim that is too large is refused before anything of it is read, and the answer to any claim
// fits into a condition.
func TestHeavyClaimsAreRefused(t *testing.T) {
	ordinary := createRequest(t)
	for name, more := range heavyClaims {
		t.Run(name, func(t *testing.T) {
			f := quiet()
			req := heavy(ordinary, "demo", func(spec obj) { more(spec, megabyte) })
			var rsp *fnv1.RunFunctionResponse
			allocations := testing.AllocsPerRun(1, func() { rsp = must(f.RunFunction(context.Background(), req)) })
			if want := "spec: Too long: may not be more than 262144 bytes"; refusal(rsp) != want {
				t.Errorf("a claim of 1 MB is answered with %.200q, want %q", refusal(rsp), want)
			}
			if allocations > 100_000 { // what it takes to look how large it is
				t.Errorf("it takes %.0f allocations", allocations)
			}
			req = heavy(ordinary, "demo", func(spec obj) { more(spec, almost) })
			if got := refusal(must(f.RunFunction(context.Background(), req))); got == "" || len(got) > 32<<10 {
				t.Errorf("a claim of almost the most is answered with %d bytes: %.200q", len(got), got)
			}
		})
	}
}

// BenchmarkHeavy is one call for each; docs/security.md has what it says.
func BenchmarkHeavy(b *testing.B) {
	ordinary := createRequest(b)
	for _, size := range []int{megabyte, almost} {
		for name, more := range heavyClaims {
			b.Run(fmt.Sprintf("%s/%dKiB", name, size>>10), func(b *testing.B) {
				b.ReportAllocs()
				f, raw := quiet(), encoded(heavy(ordinary, "demo", func(spec obj) { more(spec, size) }))
				for b.Loop() {
					encoded(must(f.RunFunction(context.Background(), decoded(raw))))
				}
			})
		}
	}
}

// BenchmarkHundred is a call for each of a hundred new claims, one after the other.
func BenchmarkHundred(b *testing.B) {
	b.ReportAllocs()
	ordinary, f := createRequest(b), quiet()
	raw := make([][]byte, 100)
	for i := range raw {
		raw[i] = encoded(heavy(ordinary, fmt.Sprintf("demo%d", i), func(obj) {}))
	}
	for b.Loop() {
		for _, r := range raw {
			encoded(answerTo(f, decoded(r)))
		}
	}
}
