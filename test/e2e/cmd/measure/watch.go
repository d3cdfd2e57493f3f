package main

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/metadata"

	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/apply"
	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/tenants"
)

const (
	labelClaimNamespace = "crossplane.io/claim-namespace"
	compositeKind       = "XPipelineStack.pipelines.opendatahub.io"
)

// seen is what watches have told of the stacks' composites and composed objects.
type seen struct {
	namespaces []string

	mu sync.Mutex
	// there are the objects that exist, by UID.
	there map[string]string
	// gone is when the last object of a kind was deleted.
	gone map[string]time.Time
	// created objects, events and the tokens that these cost a watch circuit at most, by kind.
	created, events, tokens map[string]int
	last                    time.Time
}

// watchAll watches every kind that can be watched.
func watchAll(ctx context.Context, client *apply.Client, namespaces []string) (*seen, error) {
	s := &seen{namespaces: namespaces, there: map[string]string{}, gone: map[string]time.Time{}, last: time.Now()}
	s.reset()
	lists, err := client.Kube.Discovery().ServerPreferredResources()
	if err != nil {
		return nil, err
	}
	c, err := metadata.NewForConfig(client.Config)
	if err != nil {
		return nil, err
	}
	for _, l := range lists {
		gv, err := schema.ParseGroupVersion(l.GroupVersion)
		if err != nil {
			return nil, err
		}
		for _, r := range l.APIResources {
			if !slices.Contains(r.Verbs, "watch") || r.Kind == "Event" || r.Kind == "Lease" {
				continue
			}
			if err := s.watch(ctx, c.Resource(gv.WithResource(r.Name)), gv.WithKind(r.Kind)); err != nil {
				return nil, err
			}
		}
	}
	return s, nil
}

func (s *seen) watch(ctx context.Context, r metadata.Getter, gvk schema.GroupVersionKind) error {
	l, err := r.List(ctx, metav1.ListOptions{Limit: 1})
	if err != nil {
		return err
	}
	w, err := r.Watch(ctx, metav1.ListOptions{ResourceVersion: l.ResourceVersion})
	if err != nil {
		return err
	}
	kind := gvk.GroupKind().String()
	isClaim := gvk.GroupKind() == tenants.GVK.GroupKind()
	go func() {
		for e := range w.ResultChan() {
			o, ok := e.Object.(*metav1.PartialObjectMetadata)
			if !ok || e.Type == watch.Bookmark {
				continue
			}
			s.saw(kind, isClaim, e.Type, o)
		}
	}()
	return nil
}

func (s *seen) saw(kind string, isClaim bool, typ watch.EventType, o *metav1.PartialObjectMetadata) {
	if !slices.Contains(s.namespaces, o.Namespace) && !slices.Contains(s.namespaces, o.Labels[labelClaimNamespace]) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last = time.Now()
	if !isClaim && kind != compositeKind && !composed(o) { // such as what Services make, which has their labels
		return
	}
	if isClaim {
		kind += " (of the tenant)"
	}
	switch {
	case typ == watch.Deleted:
		delete(s.there, string(o.UID))
		s.gone[kind] = time.Now()
		return
	case typ == watch.Added:
		s.created[kind]++
		s.tokens[kind]++
	case o.DeletionTimestamp == nil:
		s.tokens[kind] += 2 // Crossplane counts the old object and the new one
	}
	s.there[string(o.UID)] = kind
	s.events[kind]++
}

func (s *seen) reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.created, s.events, s.tokens = map[string]int{}, map[string]int{}, map[string]int{}
}

func (s *seen) quiet() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return time.Since(s.last)
}

// left is how many objects are still there.
func (s *seen) left() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.there)
}

// deletions are when the last object of a kind was deleted.
func (s *seen) deletions() map[string]time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.gone)
}

// composed tells whether a composite controls an object.
func composed(o *metav1.PartialObjectMetadata) bool {
	c := metav1.GetControllerOf(o)
	return c != nil && (c.Kind == "X"+tenants.Kind || c.Kind == tenants.Kind)
}

func (s *seen) counts() (created, events, tokens map[string]int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.created), maps.Clone(s.events), maps.Clone(s.tokens)
}
