// Package tenants makes stacks the way tenants do, watches them become ready, and shows what came
// of it: the claim, the tree of composed objects, and the databases and buckets on the real
// servers.
package tenants

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/apply"
	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/cluster"
	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/kubelet"
	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/state"
)

const (
	// APIVersion of what a tenant writes, in both flavours.
	APIVersion = "pipelines.opendatahub.io/v1alpha1"
	// Kind of it.
	Kind = "PipelineStack"
	// Name of the stacks made here: that of the examples.
	Name = "demo"

	patience = 5 * time.Minute
)

// GVK is both.
var GVK = schema.FromAPIVersionAndKind(APIVersion, Kind)

// namespace is under the strictest Pod Security profile, and workflows run in it.
const namespace = `apiVersion: v1
kind: Namespace
metadata: {name: %s, labels: {pod-security.kubernetes.io/enforce: restricted, ` + kubelet.RunPrograms + `: "true"}}
`

// example is what a tenant writes, in the words of both flavours.
const example = "examples/quickstart/claim.yaml"

// Up makes one stack in each of two namespaces, waits until both are ready, and shows them.
func Up(ctx context.Context, out io.Writer, s *state.State) error {
	c, err := apply.New(cluster.Kubeconfig(s))
	if err != nil {
		return err
	}
	b, err := os.ReadFile(filepath.Join(s.Root, example))
	if err != nil {
		return err
	}
	claim, err := apply.Objects(b)
	if err != nil {
		return err
	}
	namespaces := []string{"team-a", "team-b"}
	for _, ns := range namespaces {
		claim[0].SetNamespace(ns)
		if err := errors.Join(c.YAML(ctx, "", fmt.Appendf(nil, namespace, ns)), c.Object(ctx, ns, claim[0])); err != nil {
			return err
		}
	}
	if err := Wait(ctx, out, c, s.Dead, namespaces...); err != nil {
		return err
	}
	for _, ns := range namespaces {
		if err := Show(ctx, out, c, ns); err != nil {
			return err
		}
	}
	if s.Class == state.NoClass { // the stacks bring their servers
		return nil
	}
	return Servers(ctx, out, s)
}

// Wait waits until the stacks of all namespaces are Ready and writes a line whenever one of them
// has come further.
func Wait(ctx context.Context, out io.Writer, c *apply.Client, broken func() error, namespaces ...string) error {
	start := time.Now()
	last := map[string]string{}
	return apply.Wait(ctx, patience, broken, func(ctx context.Context) error {
		var first error
		for _, ns := range namespaces {
			u, err := c.Get(ctx, APIVersion, Kind, ns, Name)
			if err != nil {
				return err
			}
			objects, ready := 0, 0
			if tree, err := Tree(ctx, c, u); err == nil {
				for _, o := range tree[1:] {
					objects++
					if o.Exists {
						ready++
					}
				}
			}
			line := fmt.Sprintf("%s: %d/%d objects there%s", ns, ready, objects, waiting(u))
			if line != last[ns] {
				_, _ = fmt.Fprintf(out, "%6.1fs  %s\n", time.Since(start).Seconds(), line)
				last[ns] = line
			}
			if err := apply.True(u, "Ready", "Synced"); err != nil && first == nil {
				first = err
			}
		}
		return first
	})
}

// waiting names the conditions that are not True.
func waiting(u *unstructured.Unstructured) string {
	cs, _, _ := unstructured.NestedSlice(u.Object, "status", "conditions")
	var open []string
	for _, c := range cs {
		if m, ok := c.(map[string]any); ok && m["status"] != "True" {
			open = append(open, fmt.Sprintf("%v (%v)", m["type"], m["reason"]))
		}
	}
	switch {
	case len(cs) == 0:
		return ""
	case len(open) == 0:
		return ", ready"
	}
	return ", waiting for " + strings.Join(open, ", ")
}
