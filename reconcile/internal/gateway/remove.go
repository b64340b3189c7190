package gateway

import (
	"context"
	"maps"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"fairway.dev/fairway/reconcile/internal/outcome"
	"fairway.dev/fairway/reconcile/internal/placement"
	"fairway.dev/fairway/reconcile/internal/status"
	"fairway.dev/fairway/reconcile/internal/statuswriter"
)

// move goes on leaving the places that a Gateway moved away from: until it is
// served here, their load balancers are only kept in sight.
func (c *Controller) move(ctx context.Context, gw *gatewayv1.Gateway, s *state, places []placement.Placement, served bool) (outcome.Next, error) {
	if len(places) == 0 {
		return outcome.Next{}, nil
	}
	if !served {
		for _, p := range places {
			if one := c.site(gw, s, p); one != nil && !one.looked {
				c.turns.do(c.account(p), client.ObjectKeyFromObject(gw), func() { c.look(ctx, one) })
			}
		}
		return outcome.Next{}, nil
	}
	left, next, err := c.leave(ctx, gw, s, places)
	if len(left) < len(places) {
		if err := c.writePlacements(ctx, gw, append([]placement.Placement{s.here.placement}, left...), s.good); err != nil {
			return outcome.Next{Backoff: true}, err
		}
	}
	return next, err
}

// remove takes down what exists for a Gateway that is going, or that does not
// belong to us any more, and then lets go of it.
func (c *Controller) remove(ctx context.Context, gw *gatewayv1.Gateway) (ctrl.Result, error) {
	if !controllerutil.ContainsFinalizer(gw, Finalizer) {
		c.forget(client.ObjectKeyFromObject(gw))
		return ctrl.Result{}, nil
	}
	s := c.state(gw)
	// The status may be another controller's by now: it is not held to what was said last.
	c.say(gw, s, func(*gatewayv1.Gateway) {})
	c.watchPools(s, nil)
	left, next, err := c.leave(ctx, gw, s, c.placed(gw, s))
	if len(left) > 0 {
		if next.Trouble != "" {
			statuswriter.Wish(c.Writer, gw, "", func(g *gatewayv1.Gateway) {
				status.GatewayRemoval(&g.Status, gw.Generation, metav1.Now(), next.Trouble)
			})
		}
		return c.finish(ctx, s, next, err, next.After)
	}
	if err := c.disown(ctx, gw, s, nil); err != nil {
		return ctrl.Result{}, err
	}
	c.forget(client.ObjectKeyFromObject(gw))
	return ctrl.Result{}, c.writePlacements(ctx, gw, nil, nil)
}

// placed are the places that a Gateway may have a load balancer in. Where the
// annotation does not say, it is those that are remembered, or else the one
// place of each provider that has only one.
func (c *Controller) placed(gw *gatewayv1.Gateway, s *state) []placement.Placement {
	list, err := placement.Of(gw)
	if err == nil && len(list) > 0 {
		return list
	}
	c.mu.Lock()
	list = slices.Collect(maps.Keys(s.sites))
	c.mu.Unlock()
	if len(list) > 0 {
		return list
	}
	for _, name := range slices.Sorted(maps.Keys(c.Providers)) {
		list = append(list, placement.Placement{Provider: name})
	}
	return list
}
