package gateway

import (
	"context"
	"fmt"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"fairway.dev/fairway/reconcile/internal/gatewayclass"
	"fairway.dev/fairway/reconcile/internal/gather"
	"fairway.dev/fairway/reconcile/internal/outcome"
	"fairway.dev/fairway/reconcile/internal/status"
	"fairway.dev/fairway/reconcile/internal/statuswriter"
	"fairway.dev/fairway/reconcile/internal/translate"
)

// round is what came of one round.
type round struct {
	target target
	// result is what the Gateway means, served what it is served by.
	result, served *translate.Result
	came           programmed
	next           outcome.Next
	// moving is true while the Gateway has a load balancer elsewhere too.
	moving bool
}

// report wishes for the statuses that a round calls for.
func (c *Controller) report(gw *gatewayv1.Gateway, s *state, r round) {
	refusals := status.Refused(r.served.LoadBalancer, r.served.Routes, r.came.verdicts, r.came.failed)
	served := r.came.blind || serves(r.came.seen, r.served.LoadBalancer)
	seen := status.Seen{
		Generation: gw.Generation, Result: r.result, Parameters: r.target.refused, Observation: r.came.seen, Refusals: refusals,
		Trouble: r.next.Trouble, Reason: r.next.Reason, Blind: r.came.blind, Steady: s.seen(served), Moving: r.moving,
	}
	statuswriter.Wish(c.Writer, gw, "", func(g *gatewayv1.Gateway) {
		status.Gateway(&g.Status, metav1.Now(), seen)
	})
	if r.came.blind {
		// Nothing was said of the routes: what was said before stands.
		refusals.Routes = s.refused
	}
	controller := gatewayv1.GatewayController(gatewayclass.Domain + s.here.placement.Provider)
	c.reportRoutes(gw, s, controller, r.served, refusals.Routes)
}

// reportRoutes wishes for the statuses of the routes whose report, or whose
// refusal by the provider, is not what it was in the last round.
func (c *Controller) reportRoutes(gw *gatewayv1.Gateway, s *state, controller gatewayv1.GatewayController, result *translate.Result, refused map[string]status.RouteRefusal) {
	// Both are sorted by key: one walk finds what differs, however many they are.
	var before []*translate.RouteReport
	if s.served != nil && s.controller == controller {
		before = s.served.Routes
	}
	none := len(refused) == 0 && len(s.refused) == 0
	for _, r := range result.Routes {
		for len(before) > 0 && before[0].Key != r.Key && before[0].Key.String() < r.Key.String() {
			c.wishRoute(gw, controller, before[0].Key, nil)
			before = before[1:]
		}
		var old *translate.RouteReport
		if len(before) > 0 && before[0].Key == r.Key {
			old, before = before[0], before[1:]
		}
		var now, was status.RouteRefusal
		if !none {
			name := "HTTPRoute/" + r.Key.String()
			now, was = refused[name], s.refused[name]
		}
		if old != r || now != was {
			wished := r
			if now != (status.RouteRefusal{}) {
				wished = status.Refuse(r, now)
			}
			c.wishRoute(gw, controller, r.Key, wished)
		}
	}
	for _, gone := range before {
		c.wishRoute(gw, controller, gone.Key, nil)
	}
	s.refused, s.controller = refused, controller
}

// disown takes our entries for the Gateway out of the routes that result, nil
// for none, does not hold: of those that the last round held, and of any other
// whose status still has one, such as from before the hub was restarted.
func (c *Controller) disown(ctx context.Context, gw *gatewayv1.Gateway, s *state, result *translate.Result) error {
	held := map[gather.Key]bool{}
	if result != nil {
		for _, r := range result.Routes {
			held[r.Key] = true
		}
	}
	if s.served != nil {
		for _, r := range s.served.Routes {
			if !held[r.Key] {
				c.wishRoute(gw, s.controller, r.Key, nil)
			}
		}
	}
	var all gatewayv1.HTTPRouteList
	if err := c.Client.List(ctx, &all, client.UnsafeDisableDeepCopy); err != nil {
		return fmt.Errorf("list HTTPRoutes: %w", err)
	}
	for i := range all.Items {
		key := client.ObjectKeyFromObject(&all.Items[i])
		for _, p := range all.Items[i].Status.Parents {
			if !held[key] && strings.HasPrefix(string(p.ControllerName), gatewayclass.Domain) && translate.RefersTo(p.ParentRef, key.Namespace, gw.Namespace, gw.Name) {
				c.wishRoute(gw, p.ControllerName, key, nil)
			}
		}
	}
	return nil
}

func (c *Controller) wishRoute(gw *gatewayv1.Gateway, controller gatewayv1.GatewayController, key gather.Key, report *translate.RouteReport) {
	name := client.ObjectKeyFromObject(gw)
	object := &gatewayv1.HTTPRoute{ObjectMeta: metav1.ObjectMeta{Namespace: key.Namespace, Name: key.Name}}
	statuswriter.Wish(c.Writer, object, name.String(), func(r *gatewayv1.HTTPRoute) {
		status.Route(r, metav1.Now(), controller, name, report)
	})
}
