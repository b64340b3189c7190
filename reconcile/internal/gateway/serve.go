package gateway

import (
	"context"
	"fmt"
	"time"

	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/reconcile/internal/outcome"
	"fairway.dev/fairway/reconcile/internal/placement"
	"fairway.dev/fairway/reconcile/internal/snapshot"
	"fairway.dev/fairway/reconcile/internal/translate"
)

// serve is one round for a Gateway that is to be served.
func (c *Controller) serve(ctx context.Context, gw *gatewayv1.Gateway, s *state, t target, to course) (ctrl.Result, error) {
	var r round
	var err error
	if !c.turns.do(c.account(to.places[0]), client.ObjectKeyFromObject(gw), func() { r, err = c.once(ctx, gw, s, t, to) }) {
		// It is woken when it is its turn.
		return ctrl.Result{RequeueAfter: unserved}, nil
	} else if err != nil {
		return ctrl.Result{}, err
	}
	came, next := r.came, r.next
	wished := accepted(r.served)
	serving := came.err == nil && wished && serves(came.seen, r.served.LoadBalancer)
	moved, moveErr := c.move(ctx, gw, s, to.places[1:], serving)
	waits := []time.Duration{next.After, s.steadyFor(), moved.After, until(came.seen.RetireAt), until(r.served.Until)}
	if !serving && came.err == nil && wished {
		waits = append(waits, unserved)
	}
	if came.withheld {
		waits = append(waits, withheld)
	}
	if next.Trouble == "" && !next.Backoff && !next.Now {
		next, came.err = moved, moveErr
	}
	return c.finish(ctx, s, next, came.err, waits...)
}

// once understands a Gateway, has it served and says what came of it.
func (c *Controller) once(ctx context.Context, gw *gatewayv1.Gateway, s *state, t target, to course) (round, error) {
	snap, err := c.Gather.Snapshot(ctx, gw)
	if err != nil {
		return round{}, fmt.Errorf("gather: %w", err)
	}
	can := c.Providers[to.places[0].Provider].Capabilities(to.settings)
	r := round{target: t, moving: len(to.places) > 1}
	r.result, r.served, s.good = mean(snap, can, to.settings, s.good, s.result, s.served)
	c.translated.Add(float64(r.result.Translated))
	if r.served != r.result {
		c.translated.Add(float64(r.served.Translated))
	}
	if err := c.place(ctx, gw, s, to); err != nil {
		return round{}, err
	}
	c.watchSecrets(s)
	if accepted(r.served) {
		c.watchPools(s, r.served.LoadBalancer.Pools)
		r.came = c.program(ctx, gw, s.here, r.served.LoadBalancer)
	} else {
		r.came = c.look(ctx, s.here)
		if s.pools == nil {
			c.watchPools(s, s.here.held())
		}
	}
	if s.served == nil {
		if err := c.disown(ctx, gw, s, r.served); err != nil {
			return round{}, err
		}
	}
	r.next = outcome.Of(r.came.err)
	c.report(gw, s, r)
	s.result, s.served = r.result, r.served
	return r, nil
}

// mean is what a Gateway means, what it is served by, and what it was last
// accepted with then: good is that until now, nil if it never was. What cannot
// be accepted stays as it was; the rest goes on. The last two are its previous
// meanings, which may be nil.
func mean(snap *snapshot.Gateway, can providers.Capabilities, settings providers.Settings, good *placement.Good, before, servedBefore *translate.Result) (result, served *translate.Result, now *placement.Good) {
	result = translate.Gateway(snap, can, before)
	switch {
	case accepted(result):
		return result, result, placement.GoodOf(snap.Gateway, settings)
	case good == nil:
		return result, result, nil
	}
	over, kept := *snap, *good
	over.Gateway, kept.Settings = good.Over(snap.Gateway), settings
	return result, translate.Gateway(&over, can, servedBefore), &kept
}
