package gateway

import (
	"context"
	"maps"
	"slices"

	"github.com/prometheus/client_golang/prometheus"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/util/workqueue"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	ctrlreconcile "sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/controller-runtime/pkg/source"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/reconcile/internal/gather"
)

type queue = workqueue.TypedRateLimitingInterface[ctrlreconcile.Request]

// Setup starts the controller with the manager.
func (c *Controller) Setup(mgr manager.Manager) error {
	c.prepare()
	for _, p := range c.Providers {
		if w, is := power[providers.Waker](p); is {
			if err := mgr.Add(c.waking(w)); err != nil {
				return err
			}
		}
	}
	return ctrl.NewControllerManagedBy(mgr).Named("gateway").
		For(&gatewayv1.Gateway{}).
		Watches(&gatewayv1.GatewayClass{}, handler.EnqueueRequestsFromMapFunc(c.ofClass)).
		Watches(&gatewayv1.HTTPRoute{}, changes(func(o client.Object, gone bool) []gather.Key {
			if gone {
				return c.Gather.RouteChanged(client.ObjectKeyFromObject(o), nil)
			}
			return c.Gather.RouteChanged(client.ObjectKeyFromObject(o), o.(*gatewayv1.HTTPRoute))
		}, func(a, b client.Object) bool { return a.GetGeneration() != b.GetGeneration() })).
		Watches(&mcsv1beta1.ServiceImport{}, changes(func(o client.Object, _ bool) []gather.Key {
			return c.Gather.ImportChanged(client.ObjectKeyFromObject(o))
		}, importDiffers)).
		Watches(&corev1.Namespace{}, changes(func(o client.Object, _ bool) []gather.Key {
			return c.Gather.NamespaceChanged(o.GetName())
		}, func(a, b client.Object) bool { return !maps.Equal(a.GetLabels(), b.GetLabels()) })).
		Watches(&gatewayv1.ReferenceGrant{}, changes(func(o client.Object, _ bool) []gather.Key {
			return c.Gather.NamespaceChanged(o.GetNamespace())
		}, func(a, b client.Object) bool { return a.GetGeneration() != b.GetGeneration() })).
		WatchesRawSource(source.Channel(c.wake, &handler.EnqueueRequestForObject{})).
		WithOptions(controller.Options{MaxConcurrentReconciles: 4}).
		Complete(c)
}

// prepare makes what the controller keeps.
func (c *Controller) prepare() {
	c.gateways = map[gather.Key]*state{}
	c.wake = make(chan event.GenericEvent, 1024)
	c.translated = prometheus.NewCounter(prometheus.CounterOpts{Name: "fairway_routes_translated_total", Help: "Routes that were translated, each time for one Gateway."})
	c.rounds = prometheus.NewCounter(prometheus.CounterOpts{Name: "fairway_gateway_reconciles_total", Help: "Rounds of the Gateway controller."})
	c.Metrics.MustRegister(c.translated, c.rounds)
}

// changes handles objects whose changes are recorded, before the Gateways that
// they touch are enqueued. differ says whether an update matters.
func changes(record func(o client.Object, gone bool) []gather.Key, differ func(a, b client.Object) bool) handler.EventHandler {
	add := func(q queue, keys []gather.Key) {
		for _, k := range keys {
			q.Add(ctrlreconcile.Request{NamespacedName: k})
		}
	}
	return handler.Funcs{
		CreateFunc: func(_ context.Context, e event.CreateEvent, q queue) { add(q, record(e.Object, false)) },
		UpdateFunc: func(_ context.Context, e event.UpdateEvent, q queue) {
			if differ(e.ObjectOld, e.ObjectNew) || e.ObjectOld.GetUID() != e.ObjectNew.GetUID() {
				add(q, record(e.ObjectNew, false))
			}
		},
		DeleteFunc: func(_ context.Context, e event.DeleteEvent, q queue) { add(q, record(e.Object, true)) },
	}
}

func importDiffers(a, b client.Object) bool {
	return !slices.Equal(gather.ImportPorts(a.(*mcsv1beta1.ServiceImport)), gather.ImportPorts(b.(*mcsv1beta1.ServiceImport)))
}

// ofClass are the Gateways of a class.
func (c *Controller) ofClass(ctx context.Context, class client.Object) []ctrlreconcile.Request {
	var all gatewayv1.GatewayList
	if err := c.Client.List(ctx, &all, client.UnsafeDisableDeepCopy); err != nil {
		ctrl.LoggerFrom(ctx).Error(err, "Gateways of a class not listed", "class", class.GetName())
		return nil
	}
	var out []ctrlreconcile.Request
	for i := range all.Items {
		if string(all.Items[i].Spec.GatewayClassName) == class.GetName() {
			out = append(out, ctrlreconcile.Request{NamespacedName: client.ObjectKeyFromObject(&all.Items[i])})
		}
	}
	return out
}

// waking enqueues the Gateways that a provider wakes.
func (c *Controller) waking(w providers.Waker) manager.Runnable {
	return manager.RunnableFunc(func(ctx context.Context) error {
		for {
			select {
			case <-ctx.Done():
				return nil
			case ref := <-w.Wake():
				gw := &gatewayv1.Gateway{}
				gw.Namespace, gw.Name = ref.Namespace, ref.Name
				c.wake <- event.GenericEvent{Object: gw}
			}
		}
	})
}

// power finds an optional power of a provider, through its decorators.
func power[T any](p providers.Provider) (T, bool) {
	for {
		if t, is := p.(T); is {
			return t, true
		}
		u, is := p.(interface{ Unwrap() providers.Provider })
		if !is {
			var none T
			return none, false
		}
		p = u.Unwrap()
	}
}
