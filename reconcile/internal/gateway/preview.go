package gateway

import (
	"context"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/providers/ir"
	"fairway.dev/fairway/providers/plan"
	"fairway.dev/fairway/reconcile/internal/placement"
)

// Ref names the load balancer of a Gateway in a place.
func Ref(hub string, gw *gatewayv1.Gateway, p placement.Placement) providers.Ref {
	return providers.Ref{Hub: hub, Namespace: gw.Namespace, Name: gw.Name, UID: string(gw.UID), Location: p.Location}
}

// Plan is what a round does about a load balancer that is as it was seen, and
// the steps that it holds back. A wish that is nil removes everything.
func Plan(p providers.Provider, ref providers.Ref, settings providers.Settings, wish *ir.LoadBalancer, seen providers.Observation, source providers.EndpointSource) (plan.Plan, []plan.Step) {
	if wish == nil {
		settings = nil
	} else if p.Capabilities(settings).Localities {
		wish = withLocalities(wish, source, seen)
	}
	return hold(p.Plan(ref, settings, wish, seen), wish, source)
}

// firstRound is how long somebody who only wants to know waits for a Gateway's
// first round since this replica leads: before it, more is to come than files
// bring. One whose parameters are refused may have none.
const firstRound = 5 * time.Second

// Observe says what exists of a Gateway in a place, for somebody who only
// wants to know. It waits for its turn, as verbs for one load balancer do.
func (c *Controller) Observe(ctx context.Context, gw *gatewayv1.Gateway, p placement.Placement) (providers.Observation, error) {
	if places, _ := placement.Of(gw); !slices.Contains(places, p) {
		// Nothing is there, or about to be: nobody else looks.
		return c.Providers[p.Provider].Observe(ctx, Ref(c.Hub, gw, p))
	}
	at := c.site(gw, c.state(gw), p)
	began := time.Now()
	err := wait.PollUntilContextCancel(ctx, 5*time.Millisecond, true, func(context.Context) (bool, error) {
		if !at.busy.TryLock() {
			return false, nil
		}
		if at.looked || time.Since(began) > firstRound {
			return true, nil
		}
		at.busy.Unlock()
		return false, nil
	})
	if err != nil {
		return providers.Observation{}, err
	}
	defer at.busy.Unlock()
	came := c.observe(ctx, at)
	return came.seen, came.err
}
