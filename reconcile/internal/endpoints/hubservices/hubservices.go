// Package hubservices knows which pods stand behind the hub's own Services,
// whether or not the hub is a member too. It keeps the hub's Services,
// EndpointSlices and Nodes in a stripped cache of its own, and puts a pool's
// endpoints together when they are asked for: there is nothing that could be
// out of date, and a Service that no route names costs its place in the cache
// and nothing else.
package hubservices

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/selection"
	toolscache "k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/manager"

	"fairway.dev/fairway/providers/ir"
	"fairway.dev/fairway/reconcile/internal/endpoints"
)

// Services are the hub's own.
type Services struct {
	cache cache.Cache
	// reader is cache.
	reader client.Reader
	synced []toolscache.InformerSynced
}

// indexes are of the cache's EndpointSlices.
var indexes = map[string]client.IndexerFunc{
	endpoints.IndexService: func(o client.Object) []string { return []string{o.GetLabels()[discoveryv1.LabelServiceName]} },
	endpoints.IndexNode:    func(o client.Object) []string { return endpoints.NodesOf(o.(*discoveryv1.EndpointSlice)) },
}

// New adds the cache to the manager.
func New(ctx context.Context, mgr manager.Manager) (*Services, error) {
	ofService, err := labels.NewRequirement(discoveryv1.LabelServiceName, selection.Exists, nil)
	if err != nil {
		return nil, fmt.Errorf("select EndpointSlices: %w", err)
	}
	c, err := cache.New(mgr.GetConfig(), cache.Options{
		Scheme: mgr.GetScheme(), HTTPClient: mgr.GetHTTPClient(), Mapper: mgr.GetRESTMapper(),
		// Those without a Service are not behind any, such as the ones that
		// keep what members exported.
		ByObject:         map[client.Object]cache.ByObject{&discoveryv1.EndpointSlice{}: {Label: labels.NewSelector().Add(*ofService)}},
		DefaultTransform: endpoints.Strip, DefaultUnsafeDisableDeepCopy: new(true), ReaderFailOnMissingInformer: true,
	})
	if err != nil {
		return nil, fmt.Errorf("create the cache of Services: %w", err)
	}
	s := &Services{cache: c, reader: c}
	for name, f := range indexes {
		if err := c.IndexField(ctx, &discoveryv1.EndpointSlice{}, name, f); err != nil {
			return nil, fmt.Errorf("index EndpointSlices by %s: %w", name, err)
		}
	}
	if err := mgr.Add(c); err != nil {
		return nil, fmt.Errorf("add the cache of Services: %w", err)
	}
	return s, nil
}

// Cache holds the Services, and is to be read for nothing else. What it gives
// is shared: nobody changes it.
func (s *Services) Cache() cache.Cache { return s.cache }

// Watch calls changed, on the goroutine of the event, with each Service whose
// endpoints may have changed. It is called once.
func (s *Services) Watch(ctx context.Context, changed func(ir.Service)) error {
	services, slices, nodes := s.handlers(ctx, changed)
	for object, handler := range map[client.Object]toolscache.ResourceEventHandler{
		&corev1.Service{}: services, &discoveryv1.EndpointSlice{}: slices, &corev1.Node{}: nodes,
	} {
		informer, err := s.cache.GetInformer(ctx, object, cache.BlockUntilSynced(false))
		if err != nil {
			return fmt.Errorf("watch %T: %w", object, err)
		}
		if _, err := informer.AddEventHandler(handler); err != nil {
			return fmt.Errorf("watch %T: %w", object, err)
		}
		s.synced = append(s.synced, informer.HasSynced)
	}
	return nil
}

func (s *Services) handlers(ctx context.Context, changed func(ir.Service)) (services, slices, nodes toolscache.ResourceEventHandler) {
	of := func(namespace, name string) {
		changed(ir.Service{Kind: endpoints.KindService, Namespace: namespace, Name: name})
	}
	onSlice := func(e *discoveryv1.EndpointSlice) { of(e.Namespace, e.Labels[discoveryv1.LabelServiceName]) }
	services = handle(func(o *corev1.Service) { of(o.Namespace, o.Name) }, func(old, now *corev1.Service) bool {
		return !equality.Semantic.DeepEqual(old.Spec, now.Spec)
	})
	slices = handle(onSlice, func(old, now *discoveryv1.EndpointSlice) bool {
		return !equality.Semantic.DeepEqual(old.Endpoints, now.Endpoints) || !equality.Semantic.DeepEqual(old.Ports, now.Ports) ||
			old.Labels[discoveryv1.LabelServiceName] != now.Labels[discoveryv1.LabelServiceName]
	})
	nodes = handle(func(n *corev1.Node) { s.onNode(ctx, n.Name, onSlice) }, endpoints.NodeMoved)
	return services, slices, nodes
}

// handle makes an event handler. Of an update both sides are seen, if they
// differ: an EndpointSlice may change hands.
func handle[T client.Object](seen func(T), differ func(old, now T) bool) toolscache.ResourceEventHandler {
	return toolscache.ResourceEventHandlerFuncs{
		AddFunc: func(o any) { seen(o.(T)) },
		UpdateFunc: func(old, now any) {
			if differ(old.(T), now.(T)) {
				seen(old.(T))
				seen(now.(T))
			}
		},
		DeleteFunc: func(o any) {
			if gone, missed := o.(toolscache.DeletedFinalStateUnknown); missed {
				o = gone.Obj
			}
			if last, is := o.(T); is {
				seen(last)
			}
		},
	}
}

func (s *Services) onNode(ctx context.Context, node string, seen func(*discoveryv1.EndpointSlice)) {
	var all discoveryv1.EndpointSliceList
	if err := s.reader.List(ctx, &all, client.MatchingFields{endpoints.IndexNode: node}); err != nil {
		// A cache that is there and has the index gives none.
		return
	}
	for i := range all.Items {
		seen(&all.Items[i])
	}
}

// Synced reports whether everything has been read. What is not there before
// may only not have been read yet.
func (s *Services) Synced() bool {
	for _, synced := range s.synced {
		if !synced() {
			return false
		}
	}
	return len(s.synced) > 0
}

// Endpoints implements [providers.EndpointSource]: those of the cluster "",
// the hub. Before Synced they are not known.
func (s *Services) Endpoints(pool string) []ir.ClusterEndpoints {
	service, port, ok := endpoints.ParsePool(pool)
	if !ok || service.Kind != endpoints.KindService {
		return nil
	}
	found, known := s.read(context.Background(), service, port)
	return []ir.ClusterEndpoints{{Known: known, Endpoints: found}}
}

// read reads from memory only.
func (s *Services) read(ctx context.Context, of ir.Service, port uint16) (found []ir.Endpoint, known bool) {
	if !s.Synced() {
		return nil, false
	}
	service := &corev1.Service{}
	if err := s.reader.Get(ctx, client.ObjectKey{Namespace: of.Namespace, Name: of.Name}, service); err != nil {
		return nil, client.IgnoreNotFound(err) == nil
	}
	if service.Spec.Type == corev1.ServiceTypeExternalName {
		return nil, true
	}
	var slices discoveryv1.EndpointSliceList
	if err := s.reader.List(ctx, &slices, client.InNamespace(of.Namespace), client.MatchingFields{endpoints.IndexService: of.Name}); err != nil {
		return nil, false
	}
	node := func(name string) *corev1.Node {
		n := &corev1.Node{}
		if name == "" || s.reader.Get(ctx, client.ObjectKey{Name: name}, n) != nil {
			return nil
		}
		return n
	}
	return endpoints.FromSlices(service, slices.Items, node, endpoints.Locality{})[port].Endpoints, true
}
