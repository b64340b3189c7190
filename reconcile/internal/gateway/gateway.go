// Package gateway brings each Gateway of the hub from watch to load balancer
// to status.
package gateway

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"
	"sigs.k8s.io/controller-runtime/pkg/event"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/providers/ir"
	"fairway.dev/fairway/reconcile/internal/gatewayclass"
	"fairway.dev/fairway/reconcile/internal/gather"
	"fairway.dev/fairway/reconcile/internal/outcome"
	"fairway.dev/fairway/reconcile/internal/statuswriter"
	"fairway.dev/fairway/reconcile/internal/translate"
)

// Finalizer keeps a Gateway until nothing of its load balancer is left.
const Finalizer = "fairway.dev/load-balancer"

// Controller reconciles Gateways.
type Controller struct {
	Client    client.Client
	Hub       string
	Providers map[string]providers.Provider
	Endpoints providers.EndpointSource
	// Synced reports whether enough is known of the members that publishing
	// does not take endpoints away which only have not been read yet.
	Synced func() bool
	Gather *gather.Gatherer
	Writer *statuswriter.Writer
	// Metrics takes the controller's counters.
	Metrics prometheus.Registerer

	translated, rounds prometheus.Counter
	wake               chan event.GenericEvent

	mu       sync.Mutex
	gateways map[gather.Key]*state
}

// state is what is kept of a Gateway between rounds.
type state struct {
	// busy serializes the provider's verbs for the Gateway.
	busy sync.Mutex

	ref providers.Ref
	// provider is written while busy.
	provider providers.Provider
	result   *translate.Result
	// pools are the names of the pools that the provider serves or is about to.
	pools map[string]ir.BackendPool
	// unprogrammed is since when the data plane was seen not to serve.
	unprogrammed time.Time
	// refused are the routes that the provider refused in the last round, and
	// why; controller is the name that the routes' statuses carry.
	refused    map[string]string
	controller gatewayv1.GatewayController
}

// Reconcile brings one Gateway up to date.
func (c *Controller) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	c.rounds.Inc()
	gw := &gatewayv1.Gateway{}
	if err := c.Client.Get(ctx, req.NamespacedName, gw); err != nil {
		c.forget(req.NamespacedName)
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	class := &gatewayv1.GatewayClass{}
	err := c.Client.Get(ctx, gather.Key{Name: string(gw.Spec.GatewayClassName)}, class)
	if client.IgnoreNotFound(err) != nil {
		return ctrl.Result{}, err
	}
	provider := gatewayclass.Provider(c.Providers, class)
	if !gw.DeletionTimestamp.IsZero() || err == nil && provider == nil {
		return c.remove(ctx, gw)
	}
	if err != nil || class.Spec.ParametersRef != nil && !controllerutil.ContainsFinalizer(gw, Finalizer) {
		// A class that is gone takes no load balancer down, and one that is
		// broken begins none.
		return ctrl.Result{}, nil
	}
	s := c.state(gw, provider)
	if !c.Synced() {
		return ctrl.Result{RequeueAfter: 100 * time.Millisecond}, nil
	}
	if err := c.changeFinalizer(ctx, gw, controllerutil.AddFinalizer); err != nil {
		return ctrl.Result{}, err
	}
	return c.serve(ctx, gw, s, class.Spec.ControllerName)
}

// serve is one round for a Gateway that is to be served.
func (c *Controller) serve(ctx context.Context, gw *gatewayv1.Gateway, s *state, controller gatewayv1.GatewayController) (ctrl.Result, error) {
	snap, err := c.Gather.Snapshot(ctx, gw)
	if err != nil {
		return ctrl.Result{}, fmt.Errorf("gather: %w", err)
	}
	result := translate.Gateway(snap, s.provider.Capabilities(nil), s.result)
	c.translated.Add(float64(result.Translated))

	s.busy.Lock()
	if accepted(result) {
		c.watchPools(s, result.LoadBalancer.Pools)
	}
	observation, verdicts, err := c.program(ctx, s, result)
	s.busy.Unlock()

	if s.result == nil {
		if err := c.disown(ctx, gw, s, result); err != nil {
			return ctrl.Result{}, err
		}
	}
	next := outcome.Of(err)
	c.report(gw, s, controller, round{result: result, observation: observation, verdicts: verdicts, next: next})
	s.result = result
	return c.finish(ctx, gw, s, next, err)
}

// finish turns what follows into what the queue does.
func (c *Controller) finish(ctx context.Context, gw *gatewayv1.Gateway, s *state, next outcome.Next, err error) (ctrl.Result, error) {
	if next.Trouble != "" && err != nil && !next.Backoff {
		ctrl.LoggerFrom(ctx).Error(err, "Load balancer not as wished")
	}
	switch {
	case next.Backoff:
		return ctrl.Result{}, err
	case next.Now:
		return ctrl.Result{RequeueAfter: time.Millisecond}, nil
	}
	after := next.After
	if wait := s.steadyFor(); wait > 0 && (after == 0 || wait < after) {
		after = wait
	}
	return ctrl.Result{RequeueAfter: after}, nil
}

// changeFinalizer adds or removes our finalizer and writes nothing else. The
// lock keeps what others write to the list meanwhile.
func (c *Controller) changeFinalizer(ctx context.Context, gw *gatewayv1.Gateway, change func(client.Object, string) bool) error {
	after := gw.DeepCopy()
	if !change(after, Finalizer) {
		return nil
	}
	patch := client.MergeFromWithOptions(gw, client.MergeFromWithOptimisticLock{})
	if err := c.Client.Patch(ctx, after, patch); client.IgnoreNotFound(err) != nil {
		return fmt.Errorf("write finalizers: %w", err)
	}
	return nil
}
