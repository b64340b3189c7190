package lastknown

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	ctrlreconcile "sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/controller-runtime/pkg/source"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"fairway.dev/fairway/providers/ir"
	"fairway.dev/fairway/providers/owner"
	"fairway.dev/fairway/reconcile/internal/endpoints"
	"fairway.dev/fairway/reconcile/internal/endpoints/hubspace"
	"fairway.dev/fairway/reconcile/internal/trigger"
)

// delay is how long changes gather before they are written.
const delay = 2 * time.Second

// Selector picks the slices that a hub stored; the cache given to Setup is
// restricted to it.
func Selector(hubID string) labels.Selector { return labels.SelectorFromSet(marks(hubID)) }

// key is one service in one cluster.
type key struct {
	service ir.Service
	cluster string
}

// indexKey finds what a hub stored of one service in one cluster: a namespace
// may hold thousands of slices.
const indexKey = "service, cluster and hub"

func keyValue(o client.Object) []string {
	l := o.GetLabels()
	if !owner.Made(l[owner.HubKey], l) {
		return nil
	}
	return []string{keyText(l[mcsv1beta1.LabelServiceName], l[mcsv1beta1.LabelSourceCluster], l[owner.HubKey])}
}

func keyText(service, cluster, hubID string) string { return service + "/" + cluster + "/" + hubID }

// Keeper writes the store's content to the hub, off the hot path and only
// what differs.
type Keeper struct {
	store  *endpoints.Store
	stored client.Reader
	hub    client.Client
	hubID  string
}

// Setup starts a Keeper with the manager. stored is a cache of the slices
// that Selector picks; hubID marks those that it makes. It is called before
// the store is filled.
func Setup(mgr manager.Manager, store *endpoints.Store, stored cache.Cache, hubID string) error {
	k := &Keeper{store: store, stored: stored, hub: mgr.GetClient(), hubID: hubID}
	if err := stored.IndexField(context.Background(), &discoveryv1.EndpointSlice{}, indexKey, keyValue); err != nil {
		return fmt.Errorf("index stored endpoints: %w", err)
	}
	changes := &trigger.Source[key]{Delay: delay}
	store.OnChange(func(service ir.Service, cluster string) { changes.Add(key{service, cluster}) })
	c, err := controller.NewTyped("last-known-endpoints", mgr, controller.TypedOptions[key]{
		Reconciler:              k,
		MaxConcurrentReconciles: 2,
		RateLimiter:             workqueue.NewTypedItemExponentialFailureRateLimiter[key](100*time.Millisecond, time.Minute),
	})
	if err != nil {
		return fmt.Errorf("create the controller of last known endpoints: %w", err)
	}
	watches := []source.TypedSource[key]{
		changes,
		source.TypedKind(stored, &discoveryv1.EndpointSlice{}, handler.TypedEnqueueRequestsFromMapFunc(keyOf)),
		source.TypedKind(mgr.GetCache(), &corev1.Namespace{}, handler.TypedEnqueueRequestsFromMapFunc(k.ofNamespace)),
	}
	for _, w := range watches {
		if err := c.Watch(w); err != nil {
			return fmt.Errorf("watch %s for last known endpoints: %w", w, err)
		}
	}
	return nil
}

func keyOf(_ context.Context, s *discoveryv1.EndpointSlice) []key {
	return []key{{
		service: endpoints.Service(s.Namespace, s.Labels[mcsv1beta1.LabelServiceName]),
		cluster: s.Labels[mcsv1beta1.LabelSourceCluster],
	}}
}

// ofNamespace writes what waited for a namespace to be made.
func (k *Keeper) ofNamespace(_ context.Context, n *corev1.Namespace) []key {
	var all []key
	k.store.InNamespace(n.Name, func(service ir.Service, cluster string) { all = append(all, key{service, cluster}) })
	return all
}

// Reconcile brings the stored slices of one service in one cluster in line
// with the store. What the store cannot tell stays as it is.
func (k *Keeper) Reconcile(ctx context.Context, of key) (ctrlreconcile.Result, error) {
	e, ok := k.store.Entry(of.service, of.cluster)
	if !ok || !e.Known {
		return ctrlreconcile.Result{}, nil
	}
	wished, err := encode(k.hubID, of.service, of.cluster, e.Ports)
	if err != nil {
		return ctrlreconcile.Result{}, err
	}
	var present discoveryv1.EndpointSliceList
	if err := k.stored.List(ctx, &present, client.InNamespace(of.service.Namespace),
		client.MatchingFields{indexKey: keyText(of.service.Name, of.cluster, k.hubID)}); err != nil {
		return ctrlreconcile.Result{}, fmt.Errorf("list stored endpoints: %w", err)
	}
	err = k.write(ctx, of.service.Namespace, wished, present.Items)
	if apierrors.IsConflict(err) || apierrors.IsAlreadyExists(err) {
		// The cache has not seen our own last write yet.
		return ctrlreconcile.Result{RequeueAfter: delay}, nil
	}
	return ctrlreconcile.Result{}, err
}

func (k *Keeper) write(ctx context.Context, namespace string, wished, present []discoveryv1.EndpointSlice) error {
	old := map[string]*discoveryv1.EndpointSlice{}
	for i := range present {
		old[present[i].Name] = &present[i]
	}
	if len(wished) > 0 {
		// The namespace's creation brings the key back.
		if takes, err := hubspace.Takes(ctx, k.hub, namespace); err != nil || !takes {
			return err
		}
	}
	for i := range wished {
		w := &wished[i]
		have := old[w.Name]
		delete(old, w.Name)
		if have == nil {
			if err := k.hub.Create(ctx, w); err != nil {
				return fmt.Errorf("store endpoints %s/%s: %w", w.Namespace, w.Name, err)
			}
			continue
		}
		if same(have, w) {
			continue
		}
		w.ResourceVersion = have.ResourceVersion
		if err := k.hub.Update(ctx, w); err != nil {
			return fmt.Errorf("store endpoints %s/%s: %w", w.Namespace, w.Name, err)
		}
	}
	for _, gone := range old {
		if err := k.hub.Delete(ctx, gone, client.Preconditions{UID: &gone.UID}); client.IgnoreNotFound(err) != nil {
			return fmt.Errorf("delete stored endpoints %s/%s: %w", gone.Namespace, gone.Name, err)
		}
	}
	return nil
}

func same(have, wished *discoveryv1.EndpointSlice) bool {
	return equality.Semantic.DeepEqual(have.Labels, wished.Labels) &&
		equality.Semantic.DeepEqual(have.Annotations, wished.Annotations) &&
		equality.Semantic.DeepEqual(have.Ports, wished.Ports) &&
		equality.Semantic.DeepEqual(have.Endpoints, wished.Endpoints)
}
