package gateway

import (
	"context"
	"maps"
	"reflect"

	"github.com/prometheus/client_golang/prometheus"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/util/workqueue"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	ctrlreconcile "sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/controller-runtime/pkg/source"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/providers/ir"
	"fairway.dev/fairway/reconcile/internal/endpoints"
	"fairway.dev/fairway/reconcile/internal/gather"
	"fairway.dev/fairway/reconcile/internal/instrument"
	"fairway.dev/fairway/reconcile/internal/settings"
	"fairway.dev/fairway/reconcile/internal/snapshot"
)

type queue = workqueue.TypedRateLimitingInterface[ctrlreconcile.Request]

// Setup starts the controller with the manager.
func (c *Controller) Setup(mgr manager.Manager) error {
	c.prepare()
	for _, p := range c.Providers {
		if w, is := instrument.Power[providers.Waker](p); is {
			if err := mgr.Add(c.waking(w)); err != nil {
				return err
			}
		}
	}
	b := ctrl.NewControllerManagedBy(mgr).Named("gateway").
		For(&gatewayv1.Gateway{}, builder.WithPredicates(predicate.Funcs{UpdateFunc: c.concerns})).
		Watches(&gatewayv1.GatewayClass{}, handler.EnqueueRequestsFromMapFunc(c.ofClass)).
		Watches(&gatewayv1.HTTPRoute{}, changes(func(o client.Object, gone bool) []gather.Key {
			if gone {
				return c.Gather.RouteChanged(client.ObjectKeyFromObject(o), nil)
			}
			return c.Gather.RouteChanged(client.ObjectKeyFromObject(o), o.(*gatewayv1.HTTPRoute))
		}, func(a, b client.Object) bool { return a.GetGeneration() != b.GetGeneration() })).
		Watches(&mcsv1beta1.ServiceImport{}, changes(func(o client.Object, _ bool) []gather.Key {
			return c.Gather.BackendChanged(endpoints.Service(o.GetNamespace(), o.GetName()))
		}, backendDiffers(gather.FromImport))).
		WatchesRawSource(source.Kind[client.Object](c.Services, &corev1.Service{}, changes(func(o client.Object, _ bool) []gather.Key {
			return c.Gather.BackendChanged(ir.Service{Kind: endpoints.KindService, Namespace: o.GetNamespace(), Name: o.GetName()})
		}, backendDiffers(gather.FromService)))).
		WatchesMetadata(&corev1.Secret{}, changes(func(o client.Object, _ bool) []gather.Key {
			key := client.ObjectKeyFromObject(o)
			return append(c.Gather.SecretChanged(key), c.secretChanged(key)...)
		}, func(a, b client.Object) bool { return a.GetResourceVersion() != b.GetResourceVersion() })).
		Watches(&corev1.Namespace{}, changes(func(o client.Object, _ bool) []gather.Key {
			return c.Gather.NamespaceChanged(o.GetName())
		}, func(a, b client.Object) bool { return !maps.Equal(a.GetLabels(), b.GetLabels()) })).
		Watches(&gatewayv1.ReferenceGrant{}, changes(func(o client.Object, _ bool) []gather.Key {
			return c.Gather.NamespaceChanged(o.GetNamespace())
		}, func(a, b client.Object) bool { return a.GetGeneration() != b.GetGeneration() })).
		WatchesRawSource(source.Channel(c.wake, &handler.EnqueueRequestForObject{})).
		WithOptions(controller.Options{MaxConcurrentReconciles: workers})
	for _, kind := range settings.Kinds(c.Providers) {
		b = b.Watches(kind, handler.EnqueueRequestsFromMapFunc(c.ofParameters))
	}
	return b.Complete(c)
}

// prepare makes what the controller keeps.
func (c *Controller) prepare() {
	c.gateways = map[gather.Key]*state{}
	c.wake = make(chan event.GenericEvent, 1024)
	c.turns = newTurns(c.wakeUp)
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

// backendDiffers tells updates that routes notice.
func backendDiffers[T client.Object](read func(T) snapshot.Backend) func(a, b client.Object) bool {
	return func(a, b client.Object) bool { return !reflect.DeepEqual(read(a.(T)), read(b.(T))) }
}

// ofClass are the Gateways of a class.
func (c *Controller) ofClass(ctx context.Context, class client.Object) []ctrlreconcile.Request {
	return c.those(ctx, func(gw *gatewayv1.Gateway) bool { return string(gw.Spec.GatewayClassName) == class.GetName() })
}

// ofParameters are the Gateways that parameters matter to: those that refer to
// them, and those of the classes that do.
func (c *Controller) ofParameters(ctx context.Context, parameters client.Object) []ctrlreconcile.Request {
	var all gatewayv1.GatewayClassList
	if err := c.Client.List(ctx, &all, client.UnsafeDisableDeepCopy); err != nil {
		ctrl.LoggerFrom(ctx).Error(err, "GatewayClasses not listed")
		return nil
	}
	classes := map[gatewayv1.ObjectName]bool{}
	for i := range all.Items {
		if settings.ClassUses(&all.Items[i], parameters) {
			classes[gatewayv1.ObjectName(all.Items[i].Name)] = true
		}
	}
	return c.those(ctx, func(gw *gatewayv1.Gateway) bool {
		return classes[gw.Spec.GatewayClassName] || settings.GatewayUses(gw, parameters)
	})
}

// those are the Gateways that fit.
func (c *Controller) those(ctx context.Context, fits func(*gatewayv1.Gateway) bool) []ctrlreconcile.Request {
	var all gatewayv1.GatewayList
	if err := c.Client.List(ctx, &all, client.UnsafeDisableDeepCopy); err != nil {
		ctrl.LoggerFrom(ctx).Error(err, "Gateways not listed")
		return nil
	}
	var out []ctrlreconcile.Request
	for i := range all.Items {
		if fits(&all.Items[i]) {
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
				c.forgetSeen(ref)
				c.wakeUp(gather.Key{Namespace: ref.Namespace, Name: ref.Name})
			}
		}
	})
}
