// Package kubelet plays the scheduler, the one node and the volume provisioner of a cluster that
// has none. Pods become Running (or Succeeded, if they are to end) once everything they read at
// start exists: a missing Secret key keeps a pod waiting here as it does on a real node. Those with
// a readiness probe become Ready a little later, so that Deployments go through the same states as
// on a real node. Volume claims become Bound, deletions are confirmed. No container ever runs; for
// a few images a program runs in its place, and its pod is what the program and the probes make of
// it.
package kubelet

import (
	"context"
	"encoding/json"
	"errors"
	"log"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	kerrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/util/workqueue"
)

const (
	node    = "e2e-0"
	host    = "10.1.0.1"
	workers = 8
	// wait is how long a pod whose references are missing waits for the next look.
	wait = 2 * time.Second
	// probed is how long a pod runs before its readiness probes succeed, if it has any.
	probed = 2 * time.Second
	// capacity of the node: far more than any test asks for.
	capacity = "10000"

	// StorageClass is the default one. Its volumes are folders.
	StorageClass = "folders"
	// DefaultClass is the annotation that makes it the default.
	DefaultClass = "storageclass.kubernetes.io/is-default-class"
)

type kubelet struct {
	client   kubernetes.Interface
	pods     cache.SharedIndexInformer
	claims   cache.SharedIndexInformer
	programs *Programs
	queue    workqueue.TypedRateLimitingInterface[string]

	mu sync.Mutex
	ip int
}

// Run plays until the context ends.
func Run(ctx context.Context, client kubernetes.Interface, server Server, programs *Programs) error {
	if err := register(ctx, client, server); err != nil {
		return err
	}
	programs.client, programs.runs = client, map[string]*run{}
	f := informers.NewSharedInformerFactory(client, 0)
	k := &kubelet{
		client:   client,
		pods:     f.Core().V1().Pods().Informer(),
		claims:   f.Core().V1().PersistentVolumeClaims().Informer(),
		programs: programs,
		queue: workqueue.NewTypedRateLimitingQueue(
			workqueue.NewTypedItemExponentialFailureRateLimiter[string](100*time.Millisecond, 10*time.Second),
		),
	}
	for prefix, inf := range map[string]cache.SharedIndexInformer{"pod:": k.pods, "pvc:": k.claims} {
		add := func(o any) {
			if key, err := cache.DeletionHandlingMetaNamespaceKeyFunc(o); err == nil {
				k.queue.Add(prefix + key)
			}
		}
		if _, err := inf.AddEventHandler(
			cache.ResourceEventHandlerFuncs{AddFunc: add, UpdateFunc: func(_, o any) { add(o) }, DeleteFunc: add},
		); err != nil {
			return err
		}
	}
	f.Start(ctx.Done())
	f.WaitForCacheSync(ctx.Done())
	if err := k.sweep(); err != nil {
		return err
	}
	log.Print("playing node ", node, ": no container runs here")
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := server.serve(ctx, programs); err != nil {
			fail(err)
		}
	})
	for range workers {
		wg.Go(func() {
			for k.next(ctx) {
			}
		})
	}
	<-ctx.Done()
	k.queue.ShutDown()
	wg.Wait()
	programs.end()
	if err := context.Cause(ctx); !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

func (k *kubelet) next(ctx context.Context) bool {
	key, quit := k.queue.Get()
	if quit {
		return false
	}
	defer k.queue.Done(key)
	inf, sync, gone := k.pods, k.pod, k.podGone
	if key[:4] == "pvc:" {
		inf, sync, gone = k.claims, k.claim, k.claimGone
	}
	o, ok, err := inf.GetIndexer().GetByKey(key[4:])
	switch {
	case err != nil:
	case ok:
		err = sync(ctx, o, key)
	default:
		err = gone(key[4:])
	}
	if err == nil || kerrors.IsNotFound(err) || kerrors.IsConflict(err) {
		k.queue.Forget(key)
		return true
	}
	log.Print(key, ": ", err)
	k.queue.AddRateLimited(key)
	return true
}

// pod moves a pod one step on; its own change brings it back for the next.
func (k *kubelet) pod(ctx context.Context, o any, key string) error {
	p, ok := o.(*corev1.Pod)
	if !ok {
		return nil
	}
	pods := k.client.CoreV1().Pods(p.Namespace)
	if r := k.programs.running(p.Namespace, p.Name); r != nil && r.pod.UID != p.UID {
		return k.podGone(r.key())
	}
	switch {
	case p.DeletionTimestamp != nil:
		if !k.programs.stop(p) {
			return nil
		}
		now := metav1.NewDeleteOptions(0)
		now.Preconditions = metav1.NewUIDPreconditions(string(p.UID)) // a StatefulSet's next pod has the same name
		return pods.Delete(ctx, p.Name, *now)
	case p.Spec.NodeName == "":
		if claim := k.unbound(p); claim != "" {
			k.queue.AddAfter(key, wait)
			return k.unschedulable(ctx, p, "pod has unbound immediate PersistentVolumeClaims: "+claim)
		}
		return pods.Bind(ctx, &corev1.Binding{ObjectMeta: metav1.ObjectMeta{Name: p.Name, Namespace: p.Namespace},
			Target: corev1.ObjectReference{Kind: "Node", Name: node}}, metav1.CreateOptions{})
	case p.Status.Phase != corev1.PodPending && p.Status.Phase != corev1.PodRunning:
		return nil
	}
	missing := ""
	if k.programs.running(p.Namespace, p.Name) == nil && p.Status.Phase == corev1.PodPending {
		var err error
		if missing, err = k.missing(ctx, p); err != nil {
			return err
		}
	}
	if missing != "" {
		k.queue.AddAfter(key, wait)
		if len(p.Status.ContainerStatuses) > 0 {
			return nil // said so already
		}
		return k.report(ctx, p, waiting(p, missing))
	}
	r, err := k.programs.start(ctx, p, func() { k.queue.Add(key) })
	switch {
	case err != nil:
		return errors.New(err.Error()) // what is not found is not the pod
	case r != nil:
		return k.tell(ctx, p, r)
	case p.Status.Phase == corev1.PodPending:
		return k.report(ctx, p, k.running(p))
	case ready(p):
		return nil
	}
	return k.probe(ctx, p, key)
}

// tell reports how the programs of a pod are.
func (k *kubelet) tell(ctx context.Context, p *corev1.Pod, r *run) error {
	s, told := r.news()
	if s == nil {
		return nil
	}
	s.HostIP, s.HostIPs, s.PodIP, s.PodIPs = p.Status.HostIP, p.Status.HostIPs, p.Status.PodIP, p.Status.PodIPs
	if s.PodIP == "" {
		s.HostIP, s.HostIPs, s.PodIP, s.PodIPs = k.addresses()
	}
	if err := k.report(ctx, p, *s); err != nil {
		return err
	}
	told()
	return nil
}

func (k *kubelet) podGone(name string) error {
	k.programs.forget(name)
	return nil
}

// report the status of a pod.
func (k *kubelet) report(ctx context.Context, p *corev1.Pod, s corev1.PodStatus) error {
	b, err := json.Marshal(map[string]any{"status": s})
	if err != nil {
		return err
	}
	_, err = k.client.CoreV1().Pods(p.Namespace).Patch(ctx, p.Name, types.MergePatchType, b, metav1.PatchOptions{}, "status")
	return err
}
