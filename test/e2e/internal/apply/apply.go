// Package apply is a small kubectl: it applies YAML by server-side apply, reads objects of any
// kind, and waits. It keeps a discovery cache that is refreshed whenever a kind is unknown, since
// kinds appear while the control plane grows.
package apply

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"
	"k8s.io/client-go/tools/clientcmd"
)

// FieldManager owns what this package applies.
const FieldManager = "e2e"

// Client talks to one API server as one user.
type Client struct {
	Config  *rest.Config
	Dynamic dynamic.Interface
	Kube    kubernetes.Interface
	mapper  *restmapper.DeferredDiscoveryRESTMapper
}

// New makes a client from a kubeconfig file.
func New(kubeconfig string) (*Client, error) {
	cfg, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return nil, err
	}
	return NewFor(cfg)
}

// NewFor makes a client from a configuration. Client-side rate limits are off: the server is ours
// alone.
func NewFor(cfg *rest.Config) (*Client, error) {
	cfg = rest.CopyConfig(cfg)
	cfg.QPS = -1
	cfg.WarningHandler = rest.NoWarnings{}
	d, err := dynamic.NewForConfig(cfg)
	if err != nil {
		return nil, err
	}
	k, err := kubernetes.NewForConfig(cfg)
	if err != nil {
		return nil, err
	}
	return &Client{
		Config:  cfg,
		Dynamic: d,
		Kube:    k,
		mapper:  restmapper.NewDeferredDiscoveryRESTMapper(memory.NewMemCacheClient(k.Discovery())),
	}, nil
}

// As makes a client that acts as another user.
func (c *Client) As(user string) (*Client, error) {
	cfg := rest.CopyConfig(c.Config)
	cfg.Impersonate.UserName = user
	return NewFor(cfg)
}

// Resource returns the client of a kind, for a namespace unless the kind has none.
func (c *Client) Resource(gvk schema.GroupVersionKind, namespace string) (dynamic.ResourceInterface, error) {
	m, err := c.mapper.RESTMapping(gvk.GroupKind(), gvk.Version)
	if meta.IsNoMatchError(err) {
		c.mapper.Reset()
		m, err = c.mapper.RESTMapping(gvk.GroupKind(), gvk.Version)
	}
	if err != nil {
		return nil, err
	}
	if m.Scope.Name() == meta.RESTScopeNameRoot {
		return c.Dynamic.Resource(m.Resource), nil
	}
	return c.Dynamic.Resource(m.Resource).Namespace(namespace), nil
}

// Objects reads YAML or JSON documents.
func Objects(b []byte) ([]*unstructured.Unstructured, error) {
	d := yaml.NewYAMLOrJSONDecoder(bytes.NewReader(b), 4096)
	var out []*unstructured.Unstructured
	for {
		u := &unstructured.Unstructured{}
		err := d.Decode(&u.Object)
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, err
		}
		if len(u.Object) > 0 {
			out = append(out, u)
		}
	}
}

// YAML applies every document of b. Namespaced objects without a namespace go to namespace.
func (c *Client) YAML(ctx context.Context, namespace string, b []byte) error {
	us, err := Objects(b)
	if err != nil {
		return err
	}
	for _, u := range us {
		if err := c.Object(ctx, namespace, u); err != nil {
			return err
		}
	}
	return nil
}

// Object applies one object.
func (c *Client) Object(ctx context.Context, namespace string, u *unstructured.Unstructured) error {
	if u.GetNamespace() != "" {
		namespace = u.GetNamespace()
	}
	r, err := c.Resource(u.GroupVersionKind(), namespace)
	if err == nil {
		_, err = r.Apply(ctx, u.GetName(), u, metav1.ApplyOptions{FieldManager: FieldManager, Force: true})
	}
	if err != nil {
		return fmt.Errorf("cannot apply %s %s: %w", u.GetKind(), u.GetName(), err)
	}
	return nil
}

// Get reads one object.
func (c *Client) Get(ctx context.Context, apiVersion, kind, namespace, name string) (*unstructured.Unstructured, error) {
	r, err := c.Resource(schema.FromAPIVersionAndKind(apiVersion, kind), namespace)
	if err != nil {
		return nil, err
	}
	return r.Get(ctx, name, metav1.GetOptions{})
}

// List reads all objects of a kind, in every namespace if namespace is empty.
func (c *Client) List(ctx context.Context, apiVersion, kind, namespace, selector string) ([]unstructured.Unstructured, error) {
	r, err := c.Resource(schema.FromAPIVersionAndKind(apiVersion, kind), namespace)
	if err != nil {
		return nil, err
	}
	l, err := r.List(ctx, metav1.ListOptions{LabelSelector: selector})
	if err != nil {
		return nil, err
	}
	return l.Items, nil
}

// Wait calls try every 200 ms until it returns nil, and gives up with its last error after the
// timeout, when the context ends, or when broken, which may be nil, reports that waiting is
// useless.
func Wait(ctx context.Context, timeout time.Duration, broken func() error, try func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	var last error
	for {
		err := try(ctx)
		if err == nil {
			return nil
		}
		if ctx.Err() == nil || last == nil {
			last = err // not the error of a request that the end of the context cut off
		}
		if broken != nil {
			if err := broken(); err != nil {
				return err
			}
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("gave up after %s: %w", timeout, last)
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// Condition returns status, reason and message of a condition, all empty if it is not there.
func Condition(u *unstructured.Unstructured, conditionType string) (status, reason, message string) {
	cs, _, _ := unstructured.NestedSlice(u.Object, "status", "conditions")
	for _, c := range cs {
		m, ok := c.(map[string]any)
		if !ok || m["type"] != conditionType {
			continue
		}
		status, _ = m["status"].(string)
		reason, _ = m["reason"].(string)
		message, _ = m["message"].(string)
	}
	return status, reason, message
}

// True is an error that says what is wrong unless each of the conditions is True.
func True(u *unstructured.Unstructured, conditions ...string) error {
	for _, c := range conditions {
		if s, reason, msg := Condition(u, c); s != "True" {
			return fmt.Errorf("%s %s: condition %s is %q %s %s", u.GetKind(), u.GetName(), c, s, reason, msg)
		}
	}
	return nil
}
