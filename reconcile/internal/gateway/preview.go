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

// Foresee says what a round would do about a Gateway's load balancer in a place,
// and what it would hold back, for somebody who only wants to know. It waits
// for its turn, as verbs for one load balancer do.
func (c *Controller) Foresee(ctx context.Context, gw *gatewayv1.Gateway, p placement.Placement, settings providers.Settings, wish *ir.LoadBalancer) (plan.Plan, []plan.Step, error) {
	// Where nothing is, or about to be, nobody else looks.
	at := &site{placement: p, provider: c.Providers[p.Provider], ref: Ref(c.Hub, gw, p), looked: true}
	places, _ := placement.Of(gw)
	placed, began := slices.Contains(places, p), time.Now()
	err := wait.PollUntilContextCancel(ctx, 5*time.Millisecond, true, func(context.Context) (bool, error) {
		late := time.Since(began) > firstRound
		if begun := c.begun(gw, p); placed && begun != nil {
			at = begun
		} else if placed && !late {
			return false, nil
		}
		if !at.busy.TryLock() {
			return false, nil
		}
		if at.looked || late {
			return true, nil
		}
		at.busy.Unlock()
		return false, nil
	})
	if err != nil {
		return plan.Plan{}, nil, err
	}
	defer at.busy.Unlock()
	came, steps, held, _ := c.intend(ctx, at, settings, wish)
	return steps, held, came.err
}
