package member

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/cluster"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	ctrlreconcile "sigs.k8s.io/controller-runtime/pkg/reconcile"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"
	mccontroller "sigs.k8s.io/multicluster-runtime/pkg/controller"
	mchandler "sigs.k8s.io/multicluster-runtime/pkg/handler"
	mcmanager "sigs.k8s.io/multicluster-runtime/pkg/manager"
	"sigs.k8s.io/multicluster-runtime/pkg/multicluster"
	mcreconcile "sigs.k8s.io/multicluster-runtime/pkg/reconcile"
	mcsource "sigs.k8s.io/multicluster-runtime/pkg/source"

	"fairway.dev/fairway/reconcile/internal/endpoints"
	"fairway.dev/fairway/reconcile/internal/export"
)

// setupEndpoints watches the members for what changes a service's endpoints.
// A request names one service in one member, and so is the work.
func (p *Provider) setupEndpoints(mgr mcmanager.Manager) error {
	c, err := mccontroller.New("member-endpoints", mgr, mccontroller.Options{
		Reconciler:              ctrlreconcile.TypedFunc[mcreconcile.Request](p.reconcileEndpoints),
		MaxConcurrentReconciles: p.options.Concurrency,
		RateLimiter:             workqueue.NewTypedItemExponentialFailureRateLimiter[mcreconcile.Request](10*time.Millisecond, time.Minute),
		Logger:                  mgr.GetLogger(),
	})
	if err != nil {
		return fmt.Errorf("create the controller of member endpoints: %w", err)
	}
	for _, w := range []mcsource.Source{
		mcsource.Kind[client.Object](&discoveryv1.EndpointSlice{}, requests(serviceOfSlice)),
		mcsource.Kind[client.Object](&corev1.Service{}, requests(ownName)),
		mcsource.Kind[client.Object](&mcsv1beta1.ServiceExport{}, requests(ownName)),
	} {
		if err := c.MultiClusterWatch(w); err != nil {
			return fmt.Errorf("watch members for endpoints: %w", err)
		}
	}
	if err := c.Watch(&p.moved); err != nil {
		return fmt.Errorf("watch members' nodes: %w", err)
	}
	return nil
}

// requests makes an event handler of a function from an object to the
// services that it touches.
func requests(touched func(context.Context, client.Reader, client.Object) []types.NamespacedName) mchandler.EventHandlerFunc {
	return func(name multicluster.ClusterName, cl cluster.Cluster) mchandler.EventHandler {
		return handler.TypedEnqueueRequestsFromMapFunc(func(ctx context.Context, o client.Object) []mcreconcile.Request {
			var all []mcreconcile.Request
			for _, service := range touched(ctx, cl.GetCache(), o) {
				all = append(all, mcreconcile.Request{ClusterName: name, Request: ctrlreconcile.Request{NamespacedName: service}})
			}
			return all
		})
	}
}

func ownName(_ context.Context, _ client.Reader, o client.Object) []types.NamespacedName {
	return []types.NamespacedName{client.ObjectKeyFromObject(o)}
}

func serviceOfSlice(_ context.Context, _ client.Reader, o client.Object) []types.NamespacedName {
	name := o.GetLabels()[discoveryv1.LabelServiceName]
	if name == "" {
		return nil
	}
	return []types.NamespacedName{{Namespace: o.GetNamespace(), Name: name}}
}

func (p *Provider) reconcileEndpoints(ctx context.Context, req mcreconcile.Request) (ctrlreconcile.Result, error) {
	name := req.ClusterName.String()
	c := p.connection(name)
	if c == nil {
		return ctrlreconcile.Result{}, nil
	}
	return ctrlreconcile.Result{}, p.readService(ctx, name, c, req.NamespacedName)
}

// readService brings the store in line with one service in one member, as
// its cache has it.
func (p *Provider) readService(ctx context.Context, name string, c *connection, of types.NamespacedName) error {
	reader := c.cluster.GetCache()
	exported, service, err := export.Read(ctx, reader, of)
	if err != nil {
		return fmt.Errorf("member %s: %w", name, err)
	}
	key := endpoints.Service(of.Namespace, of.Name)
	if exported == nil || service == nil || service.Spec.Type == corev1.ServiceTypeExternalName {
		if p.options.Store.Withdraw(key, name) {
			p.metrics.events.WithLabelValues(name).Inc()
		}
		return nil
	}
	var list discoveryv1.EndpointSliceList
	if err := reader.List(ctx, &list, client.InNamespace(of.Namespace), client.MatchingFields{endpoints.IndexService: of.Name}); err != nil {
		return fmt.Errorf("member %s: list endpoint slices of %s: %w", name, of, err)
	}
	if p.options.Store.Set(key, name, endpoints.FromSlices(service, list.Items, c.nodes.named, *c.locality.Load())) {
		p.metrics.events.WithLabelValues(name).Inc()
	}
	return nil
}

// readAll does so for every service that the member exports, and for those
// that the store thinks it does.
func (p *Provider) readAll(ctx context.Context, name string, c *connection) error {
	var exports mcsv1beta1.ServiceExportList
	if err := c.cluster.GetCache().List(ctx, &exports); err != nil {
		return fmt.Errorf("member %s: list ServiceExports: %w", name, err)
	}
	all := map[types.NamespacedName]bool{}
	for i := range exports.Items {
		all[client.ObjectKeyFromObject(&exports.Items[i])] = true
	}
	for _, service := range p.options.Store.Exports(name) {
		of := types.NamespacedName{Namespace: service.Namespace, Name: service.Name}
		if !all[of] {
			// Its ServiceImport may still name this member.
			p.poke(of)
		}
		all[of] = true
	}
	for of := range all {
		if err := p.readService(ctx, name, c, of); err != nil {
			return err
		}
	}
	return nil
}
