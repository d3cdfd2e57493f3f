// Package runtime plays Crossplane's External package runtime for functions: it tells core, by the
// status of each active FunctionRevision, at which address that function listens, with which Secret
// it proves who it is, and that it is healthy. It starts and stops nothing.
package runtime

import (
	"context"
	"fmt"
	"log"
	"path"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/apply"
)

// interval between two looks at the revisions. Looking is a read; only a change writes.
const interval = time.Second

// Secret is the name of the Secret with the functions' certificate, in Crossplane's namespace.
const Secret = "function-tls"

var revisions = schema.GroupVersionKind{Group: "pkg.crossplane.io", Version: "v1", Kind: "FunctionRevision"}

// Run plays until the context ends. Endpoints are by the last part of the package's repository,
// since the names of Functions depend on who asked for them.
func Run(ctx context.Context, c *apply.Client, endpoints map[string]string) error {
	for {
		if err := once(ctx, c, endpoints); err != nil && ctx.Err() == nil {
			log.Print(err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(interval):
		}
	}
}

func once(ctx context.Context, c *apply.Client, endpoints map[string]string) error {
	r, err := c.Resource(revisions, "")
	if err != nil {
		return err
	}
	l, err := r.List(ctx, metav1.ListOptions{})
	if err != nil {
		return err
	}
	for _, u := range l.Items {
		if state, _, _ := unstructured.NestedString(u.Object, "spec", "desiredState"); state != "Active" {
			continue
		}
		image, _, _ := unstructured.NestedString(u.Object, "spec", "image")
		endpoint, ok := endpoints[program(image)]
		if !ok {
			continue // nobody plays it, so it never becomes healthy
		}
		have, _, _ := unstructured.NestedString(u.Object, "status", "endpoint")
		healthy, _, _ := apply.Condition(&u, "RuntimeHealthy")
		if have == endpoint && healthy == "True" {
			continue
		}
		if err := set(&u, endpoint); err != nil {
			return err
		}
		// An update, not a patch: it must not overwrite a condition that the package manager sets
		// meanwhile.
		if _, err := r.UpdateStatus(ctx, &u, metav1.UpdateOptions{}); err != nil {
			return fmt.Errorf("cannot update %s: %w", u.GetName(), err)
		}
		log.Print(u.GetName(), " is at ", endpoint)
	}
	return nil
}

// program is the last part of an image's repository.
func program(image string) string {
	name := path.Base(image)
	if i := strings.IndexAny(name, ":@"); i >= 0 {
		name = name[:i]
	}
	return name
}

func set(u *unstructured.Unstructured, endpoint string) error {
	conditions, _, err := unstructured.NestedSlice(u.Object, "status", "conditions")
	if err != nil {
		return err
	}
	kept := make([]any, 0, len(conditions)+1)
	for _, c := range conditions {
		if m, ok := c.(map[string]any); ok && m["type"] != "RuntimeHealthy" {
			kept = append(kept, c)
		}
	}
	kept = append(kept, map[string]any{
		"type":               "RuntimeHealthy",
		"status":             "True",
		"reason":             "HealthyPackageRuntime",
		"lastTransitionTime": time.Now().UTC().Format(time.RFC3339),
	})
	status, _, err := unstructured.NestedMap(u.Object, "status")
	if err != nil {
		return err
	}
	if status == nil {
		status = map[string]any{}
	}
	status["conditions"], status["endpoint"], status["tlsServerSecretName"] = kept, endpoint, Secret
	return unstructured.SetNestedMap(u.Object, status, "status")
}
