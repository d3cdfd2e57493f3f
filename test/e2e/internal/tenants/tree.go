package tenants

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	kerrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/apply"
)

// A Node is an object of a stack's tree.
type Node struct {
	APIVersion, Kind, Namespace, Name string
	// Exists tells whether it is there; Object is nil otherwise.
	Exists bool
	Object *unstructured.Unstructured
}

// Composite returns the composite of a claim, or the stack itself if it is one. A claim that has
// none yet is its own.
func Composite(ctx context.Context, c *apply.Client, stack *unstructured.Unstructured) (*unstructured.Unstructured, error) {
	kind, _, _ := unstructured.NestedString(stack.Object, "spec", "resourceRef", "kind")
	if kind == "" {
		return stack, nil
	}
	version, _, _ := unstructured.NestedString(stack.Object, "spec", "resourceRef", "apiVersion")
	name, _, _ := unstructured.NestedString(stack.Object, "spec", "resourceRef", "name")
	return c.Get(ctx, version, kind, "", name)
}

// Tree returns the composite of a stack and then everything it composes.
func Tree(ctx context.Context, c *apply.Client, stack *unstructured.Unstructured) ([]Node, error) {
	xr, err := Composite(ctx, c, stack)
	if err != nil {
		return nil, err
	}
	refs, found, _ := unstructured.NestedSlice(xr.Object, "spec", "crossplane", "resourceRefs")
	if !found {
		refs, _, _ = unstructured.NestedSlice(xr.Object, "spec", "resourceRefs")
	}
	nodes := []Node{
		{APIVersion: xr.GetAPIVersion(), Kind: xr.GetKind(), Namespace: xr.GetNamespace(), Name: xr.GetName(), Exists: true, Object: xr},
	}
	for _, r := range refs {
		m, ok := r.(map[string]any)
		if !ok {
			continue
		}
		text := func(key string) string { s, _ := m[key].(string); return s }
		n := Node{APIVersion: text("apiVersion"), Kind: text("kind"), Namespace: text("namespace"), Name: text("name")}
		if n.Namespace == "" {
			n.Namespace = xr.GetNamespace()
		}
		u, err := c.Get(ctx, n.APIVersion, n.Kind, n.Namespace, n.Name)
		if err != nil && !kerrors.IsNotFound(err) {
			return nil, err
		}
		if err == nil {
			n.Exists, n.Object = true, u
		}
		nodes = append(nodes, n)
	}
	slices.SortStableFunc(nodes[1:], func(a, b Node) int {
		return strings.Compare(a.Kind+"/"+a.Name, b.Kind+"/"+b.Name)
	})
	return nodes, nil
}

// Show prints a stack and its tree.
func Show(ctx context.Context, out io.Writer, c *apply.Client, namespace string) error {
	u, err := c.Get(ctx, APIVersion, Kind, namespace, Name)
	if err != nil {
		return err
	}
	tree, err := Tree(ctx, c, u)
	if err != nil {
		return err
	}
	u.SetManagedFields(nil)
	b, err := yaml.Marshal(u.Object)
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintf(out, "\n%s%s %s\n", b, tree[0].Kind, tree[0].Name)
	for i, n := range tree[1:] {
		branch := "├─"
		if i == len(tree)-2 {
			branch = "└─"
		}
		_, _ = fmt.Fprintf(out, "%s %-40s %s %s\n", branch, n.Kind, n.Name, condition(n))
	}
	return nil
}

// condition is the one that says most about an object: Ready of a managed resource, Available of a
// Deployment.
func condition(n Node) string {
	if !n.Exists {
		return "(missing)"
	}
	for _, t := range []string{"Ready", "Available", "Complete"} {
		if s, reason, _ := apply.Condition(n.Object, t); s != "" {
			return fmt.Sprintf("%s=%s %s", t, s, reason)
		}
	}
	return ""
}
