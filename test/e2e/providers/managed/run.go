package managed

import (
	"context"
	"fmt"
	"log"
	"reflect"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/dynamic/dynamicinformer"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/kubernetes/scheme"
	typedcorev1 "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/record"
	"k8s.io/client-go/util/workqueue"
)

const (
	workers = 5 // per kind
	// The first retry comes as fast as with a real provider. The last does not come after 1000
	// seconds but within a test's patience.
	firstRetry, lastRetry = 5 * time.Millisecond, 15 * time.Second
)

// Client reaches the API server.
type Client struct {
	Dynamic dynamic.Interface
	Kube    kubernetes.Interface
}

// Kind is a managed kind and how it is played.
type Kind struct {
	Resource   schema.GroupVersionResource
	Namespaced bool
	// NameIsExternal says that the external name is that of the object unless somebody chose one.
	NameIsExternal bool
	References     []Reference
	// Connect makes the External of one resource, usually from its ProviderConfig.
	Connect func(context.Context, Resource) (External, error)
}

type controller struct {
	client *Client
	kind   Kind
	poll   time.Duration
	queue  workqueue.TypedRateLimitingInterface[cache.ObjectName]
	events record.EventRecorder
}

// Run plays the kinds until the context ends, looking at each resource at every change and at every
// poll.
func Run(ctx context.Context, client *Client, poll time.Duration, kinds ...Kind) {
	b := record.NewBroadcaster()
	b.StartRecordingToSink(&typedcorev1.EventSinkImpl{Interface: client.Kube.CoreV1().Events("")})
	defer b.Shutdown()
	f := dynamicinformer.NewDynamicSharedInformerFactory(client.Dynamic, 0)
	for _, k := range kinds {
		c := &controller{
			client: client,
			kind:   k,
			poll:   poll,
			queue: workqueue.NewTypedRateLimitingQueue(
				workqueue.NewTypedItemExponentialFailureRateLimiter[cache.ObjectName](firstRetry, lastRetry),
			),
			events: b.NewRecorder(scheme.Scheme, corev1.EventSource{Component: "managed/" + k.Resource.GroupResource().String()}),
		}
		add := func(o any) {
			if n, err := cache.DeletionHandlingObjectToName(o); err == nil {
				c.queue.Add(n)
			}
		}
		if _, err := f.ForResource(
			k.Resource,
		).Informer().AddEventHandler(
			cache.ResourceEventHandlerFuncs{AddFunc: add, UpdateFunc: func(_, o any) { add(o) }},
		); err != nil {
			log.Print(k.Resource, ": ", err)
			continue
		}
		for range workers {
			go c.work(ctx)
		}
		context.AfterFunc(ctx, c.queue.ShutDown)
	}
	f.Start(ctx.Done())
	<-ctx.Done()
}

func (c *controller) work(ctx context.Context) {
	for {
		n, quit := c.queue.Get()
		if quit {
			return
		}
		after, err := c.safely(ctx, n)
		switch {
		case err != nil:
			log.Printf("%s %s: %v", c.kind.Resource.GroupResource(), n, err)
			c.queue.AddRateLimited(n)
		case after > 0:
			c.queue.Forget(n)
			c.queue.AddAfter(n, after)
		default:
			c.queue.Forget(n)
		}
		c.queue.Done(n)
	}
}

func (c *controller) again(r Resource) {
	c.queue.Add(cache.ObjectName{Namespace: r.GetNamespace(), Name: r.GetName()})
}

func (c *controller) event(r Resource, kind, reason string, what any) {
	c.events.Event(r.Unstructured, kind, reason, fmt.Sprint(what))
}

func equalStatus(a, b map[string]any) bool { return reflect.DeepEqual(a["status"], b["status"]) }
