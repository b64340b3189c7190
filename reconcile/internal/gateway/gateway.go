// Package gateway brings each Gateway of the hub from watch to load balancer
// to status.
package gateway

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"
	"sigs.k8s.io/controller-runtime/pkg/event"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/reconcile/internal/gather"
	"fairway.dev/fairway/reconcile/internal/notice"
	"fairway.dev/fairway/reconcile/internal/outcome"
	"fairway.dev/fairway/reconcile/internal/settings"
	"fairway.dev/fairway/reconcile/internal/status"
	"fairway.dev/fairway/reconcile/internal/statuswriter"
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
	// Services is a cache of the hub's Services.
	Services cache.Cache
	Writer   *statuswriter.Writer
	// Settings reads the parameters that classes and Gateways refer to.
	Settings settings.Reader
	Events   notice.Recorder
	// Metrics takes the controller's counters.
	Metrics prometheus.Registerer

	// Silent names the members that cannot tell what they export: what they
	// are not known to have, they may have. Nil if there are none.
	Silent func() []string

	turns              *turns[gather.Key]
	translated, rounds prometheus.Counter
	wake               chan event.GenericEvent

	mu       sync.Mutex
	gateways map[gather.Key]*state
}

// Reconcile brings one Gateway up to date.
func (c *Controller) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	c.rounds.Inc()
	result, err := c.round(ctx, req)
	if errors.Is(err, errConflict) {
		return ctrl.Result{RequeueAfter: conflicted}, nil
	}
	return result, err
}

// unserved is when a load balancer that does not serve yet is looked at again,
// whether or not anything wakes the Gateway.
const unserved = 10 * time.Second

// withheld is when a Gateway is looked at again that a member's silence keeps
// something from.
const withheld = 30 * time.Second

// conflicted is when a round is tried again that wrote to a Gateway which had
// changed meanwhile.
const conflicted = 20 * time.Millisecond

func (c *Controller) round(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	gw := &gatewayv1.Gateway{}
	if err := c.Client.Get(ctx, req.NamespacedName, gw); err != nil {
		c.forget(req.NamespacedName)
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	if !gw.DeletionTimestamp.IsZero() {
		return c.remove(ctx, gw)
	}
	t, err := c.inputs().target(ctx, gw)
	switch {
	case err != nil:
		return ctrl.Result{}, err
	case t.foreign:
		return c.remove(ctx, gw)
	case t.provider == nil && !controllerutil.ContainsFinalizer(gw, Finalizer):
		// Nobody's, or of a provider that this build has not got.
		return ctrl.Result{}, nil
	case !c.Synced():
		return ctrl.Result{RequeueAfter: 100 * time.Millisecond}, nil
	}
	s := c.state(gw)
	to, can := c.course(ctx, gw, s, t)
	if can {
		return c.serve(ctx, gw, s, t, to)
	}
	if t.provider != nil {
		c.say(gw, s, func(g *gatewayv1.Gateway) {
			status.GatewayParameters(&g.Status, gw.Generation, metav1.Now(), *t.refused)
		})
	}
	return ctrl.Result{}, nil
}

// finish turns what follows into what the queue does: it comes back after the
// shortest of the waits that are not 0.
func (c *Controller) finish(ctx context.Context, s *state, next outcome.Next, err error, waits ...time.Duration) (ctrl.Result, error) {
	if next.Trouble != "" && err != nil && !next.Backoff {
		ctrl.LoggerFrom(ctx).Error(err, "Load balancer not as wished")
	}
	if !next.Now {
		s.stale = 0
	}
	switch {
	case next.Backoff:
		return ctrl.Result{}, err
	case next.Now:
		// At once, unless the provider says so again and again.
		s.stale = min(s.stale+1, 14)
		return ctrl.Result{RequeueAfter: time.Millisecond << (s.stale - 1)}, nil
	}
	waits = slices.DeleteFunc(waits, func(d time.Duration) bool { return d <= 0 })
	if len(waits) == 0 {
		return ctrl.Result{}, nil
	}
	return ctrl.Result{RequeueAfter: slices.Min(waits)}, nil
}

// until is how long it is until a time, at least a moment; 0 for none.
func until(t time.Time) time.Duration {
	if t.IsZero() {
		return 0
	}
	return max(time.Until(t), time.Millisecond)
}
