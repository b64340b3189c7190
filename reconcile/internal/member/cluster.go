package member

import (
	"context"
	"errors"
	"fmt"
	"sync"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	"k8s.io/client-go/rest"
	toolscache "k8s.io/client-go/tools/cache"
	"net/http"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/cluster"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"
)

// Indexes of a member's EndpointSlices.
const (
	indexService = "service"
	indexNode    = "node"
)

var scheme = func() *runtime.Scheme {
	s := runtime.NewScheme()
	utilruntime.Must(corev1.AddToScheme(s))
	utilruntime.Must(discoveryv1.AddToScheme(s))
	utilruntime.Must(mcsv1beta1.Install(s))
	return s
}()

// mapper knows the few kinds that are watched, so that starting a member asks
// it for no discovery: that has no deadline and is done under a lock of the
// cache.
var mapper = func() meta.RESTMapper {
	m := meta.NewDefaultRESTMapper(nil)
	m.Add(mcsv1beta1.SchemeGroupVersion.WithKind("ServiceExport"), meta.RESTScopeNamespace)
	m.Add(corev1.SchemeGroupVersion.WithKind("Service"), meta.RESTScopeNamespace)
	m.Add(discoveryv1.SchemeGroupVersion.WithKind("EndpointSlice"), meta.RESTScopeNamespace)
	m.Add(corev1.SchemeGroupVersion.WithKind("Node"), meta.RESTScopeRoot)
	return m
}()

// newCluster makes a member's cluster: its cache holds only what is used, is
// not copied on reading, and has its indexes. It talks to nobody yet.
// onWatchError hears of every list or watch that failed.
func newCluster(ctx context.Context, config *rest.Config, httpClient *http.Client, onWatchError toolscache.WatchErrorHandlerWithContext) (cluster.Cluster, error) {
	cl, err := cluster.New(config, func(o *cluster.Options) {
		o.Scheme = scheme
		o.HTTPClient = httpClient
		o.MapperProvider = func(*rest.Config, *http.Client) (meta.RESTMapper, error) { return mapper, nil }
		o.Cache = cache.Options{
			ReaderFailOnMissingInformer:  true,
			DefaultTransform:             strip,
			DefaultUnsafeDisableDeepCopy: new(true),
			DefaultWatchErrorHandler:     onWatchError,
		}
	})
	if err != nil {
		return nil, fmt.Errorf("create member's clients: %w", err)
	}
	indexes := map[string]client.IndexerFunc{
		indexService: func(o client.Object) []string { return []string{o.GetLabels()[discoveryv1.LabelServiceName]} },
		indexNode:    nodesOf,
	}
	for name, f := range indexes {
		if err := cl.GetFieldIndexer().IndexField(ctx, &discoveryv1.EndpointSlice{}, name, f); err != nil {
			return nil, fmt.Errorf("index member's endpoint slices by %s: %w", name, err)
		}
	}
	return cl, nil
}

func nodesOf(o client.Object) []string {
	seen := map[string]bool{}
	var all []string
	for _, e := range o.(*discoveryv1.EndpointSlice).Endpoints {
		if e.NodeName != nil && !seen[*e.NodeName] {
			seen[*e.NodeName] = true
			all = append(all, *e.NodeName)
		}
	}
	return all
}

// strip leaves of an object what is used, which keeps a member's cache small.
func strip(in any) (any, error) {
	switch o := in.(type) {
	case *corev1.Node:
		n := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: o.Name, ResourceVersion: o.ResourceVersion}}
		for _, label := range []string{corev1.LabelTopologyRegion, corev1.LabelTopologyZone} {
			if v, ok := o.Labels[label]; ok {
				metav1.SetMetaDataLabel(&n.ObjectMeta, label, v)
			}
		}
		n.Spec.ProviderID = o.Spec.ProviderID
		for _, a := range o.Status.Addresses {
			if a.Type == corev1.NodeInternalIP {
				n.Status.Addresses = []corev1.NodeAddress{a}
				break
			}
		}
		return n, nil
	case *discoveryv1.EndpointSlice:
		o.ManagedFields, o.Annotations, o.OwnerReferences = nil, nil, nil
		for i := range o.Endpoints {
			o.Endpoints[i].TargetRef, o.Endpoints[i].Hints, o.Endpoints[i].Hostname = nil, nil, nil
		}
	case *corev1.Service:
		o.ManagedFields, o.Annotations, o.Labels, o.Status = nil, nil, nil, corev1.ServiceStatus{}
	case *mcsv1beta1.ServiceExport:
		o.ManagedFields, o.Annotations, o.Labels = nil, nil, nil
	}
	return in, nil
}

// watchErrors keeps why the last list or watch of each kind failed, and ends
// a sync early when waiting cannot help.
type watchErrors struct {
	mu    sync.Mutex
	last  map[string]error
	abort context.CancelFunc
}

func (w *watchErrors) handle(_ context.Context, r *toolscache.Reflector, err error) {
	if err == nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.last[r.TypeDescription()] = err
	if w.abort != nil && (apierrors.IsNotFound(err) || apierrors.IsForbidden(err) || apierrors.IsUnauthorized(err)) {
		w.abort()
	}
}

func (w *watchErrors) of(k kind) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.last[fmt.Sprintf("%T", k.object)]
}

// sync reads every kind, all at once, and says which could not be read and
// why.
func (w *watchErrors) sync(ctx context.Context, c cache.Cache) error {
	ctx, cancel := context.WithTimeout(ctx, syncTimeout)
	defer cancel()
	w.mu.Lock()
	w.abort = cancel
	w.mu.Unlock()
	var wg sync.WaitGroup
	failed := make([]bool, len(kinds()))
	for i, k := range kinds() {
		wg.Go(func() {
			_, err := c.GetInformer(ctx, k.object)
			failed[i] = err != nil
		})
	}
	wg.Wait()
	w.mu.Lock()
	w.abort = nil
	w.mu.Unlock()
	return w.explain(failed)
}

// explain words the failures. Kinds that only were cut short by another's
// failure go unmentioned.
func (w *watchErrors) explain(failed []bool) error {
	var known, unknown []error
	for i, k := range kinds() {
		if !failed[i] {
			continue
		}
		if err := w.of(k); err != nil {
			known = append(known, errors.New(notRead(k.resource, err)))
		} else {
			unknown = append(unknown, errors.New(notRead(k.resource, nil)))
		}
	}
	switch {
	case len(known) > 0:
		return known[0]
	case len(unknown) > 0:
		return unknown[0]
	}
	return nil
}
