package gateway

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"fairway.dev/fairway/providers/plan"
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
	c.say(gw, s, func(g *gatewayv1.Gateway) {
		status.Gateway(&g.Status, metav1.Now(), seen)
	})
	if r.came.blind {
		// Nothing was said of the routes: what was said before stands.
		refusals.Routes = s.refused
	}
	controller := gatewayv1.GatewayController(gatewayclass.Domain + s.here.placement.Provider)
	c.reportRoutes(gw, s, controller, r.served, refusals.Routes)
}

// say wishes for the status of a Gateway, and keeps the wish.
func (c *Controller) say(gw *gatewayv1.Gateway, s *state, wish func(*gatewayv1.Gateway)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s.said = wish
	statuswriter.Wish(c.Writer, gw, "", wish)
}

// concerns reports whether an update of a Gateway calls for a round. One of
// nothing but its status does not, since most are our own: what the last round
// said is wished for again, and written only if somebody else has changed it.
func (c *Controller) concerns(e event.UpdateEvent) bool {
	was, is := e.ObjectOld, e.ObjectNew
	if is.GetResourceVersion() == was.GetResourceVersion() || is.GetUID() != was.GetUID() || is.GetGeneration() != was.GetGeneration() ||
		!slices.Equal(is.GetFinalizers(), was.GetFinalizers()) || !maps.Equal(is.GetAnnotations(), was.GetAnnotations()) {
		return true
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.gateways[client.ObjectKeyFromObject(is)]
	if s == nil || s.uid != is.GetUID() || s.said == nil {
		return true
	}
	statuswriter.Wish(c.Writer, is.(*gatewayv1.Gateway), "", s.said)
	return false
}

// reportRoutes wishes for the statuses of the routes whose report, or whose
// refusal by the provider, is not what it was in the last round.
func (c *Controller) reportRoutes(gw *gatewayv1.Gateway, s *state, controller gatewayv1.GatewayController, result *translate.Result, refused map[string]status.RouteRefusal) {
	var before []*translate.RouteReport
	if s.served != nil && s.controller == controller {
		before = s.served.Routes
	}
	gone, changed := compareReports(before, result.Routes, s.refused, refused)
	for _, key := range gone {
		c.wishRoute(gw, controller, key, nil)
	}
	for _, r := range changed {
		if refusal, is := refused[r.Fragment()]; is {
			r = status.Refuse(r, refusal)
		}
		c.wishRoute(gw, controller, r.Key, r)
	}
	s.refused, s.controller = refused, controller
}

// compareReports gives the routes that have a report no more, and the reports
// that are new, or whose refusal is another one. Both lists are sorted: one
// walk over what differs between them finds it, however many there are.
func compareReports(before, now []*translate.RouteReport, refusedBefore, refused map[string]status.RouteRefusal) (gone []gather.Key, changed []*translate.RouteReport) {
	old, fresh := plan.Differing(before, now, func(a, b *translate.RouteReport) bool { return a == b })
	for _, r := range fresh {
		for len(old) > 0 && old[0].Key != r.Key && old[0].Key.String() < r.Key.String() {
			gone, old = append(gone, old[0].Key), old[1:]
		}
		same := false
		if len(old) > 0 && old[0].Key == r.Key {
			same, old = old[0] == r, old[1:]
		}
		if !same {
			changed = append(changed, r)
		}
	}
	for _, r := range old {
		gone = append(gone, r.Key)
	}
	names := slices.AppendSeq(slices.Collect(maps.Keys(refusedBefore)), maps.Keys(refused))
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		if r := translate.ReportOf(now, name); r != nil && refused[name] != refusedBefore[name] && !slices.Contains(changed, r) {
			changed = append(changed, r)
		}
	}
	return gone, changed
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
