package gateway

import (
	"context"
	"fmt"

	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/providers/ir"
	"fairway.dev/fairway/providers/plan"
	"fairway.dev/fairway/reconcile/internal/outcome"
)

// program observes, plans and applies. A wish that is nil removes everything.
func (c *Controller) program(ctx context.Context, s *state, wish *ir.LoadBalancer) (providers.Observation, []plan.Verdict, error) {
	seen, err := s.provider.Observe(ctx, s.ref)
	if err != nil {
		return seen, nil, fmt.Errorf("observe: %w", err)
	}
	p := s.provider.Plan(s.ref, wish, seen)
	if p.Empty() {
		return seen, p.Verdicts, nil
	}
	log := ctrl.LoggerFrom(ctx)
	for _, step := range p.Steps {
		log.V(1).Info("Step planned", "op", step.Op, "resource", step.Resource, "why", step.Why)
	}
	seen, _, err = s.provider.Apply(ctx, s.ref, p, c.Endpoints)
	if err != nil {
		err = fmt.Errorf("apply: %w", err)
	}
	return seen, p.Verdicts, err
}

// remove takes down what exists for a Gateway that is going, or that does not
// belong to us any more, and then lets go of it.
func (c *Controller) remove(ctx context.Context, gw *gatewayv1.Gateway) (ctrl.Result, error) {
	if !controllerutil.ContainsFinalizer(gw, Finalizer) {
		c.forget(client.ObjectKeyFromObject(gw))
		return ctrl.Result{}, nil
	}
	s := c.state(gw, nil)
	c.watchPools(s, nil)
	for _, provider := range c.Providers {
		s.busy.Lock()
		s.provider = provider
		seen, _, err := c.program(ctx, s, nil)
		s.busy.Unlock()
		if next := outcome.Of(err); err != nil || seen.Exists {
			return c.finish(ctx, gw, s, next, err)
		}
	}
	c.disown(gw, s)
	c.forget(client.ObjectKeyFromObject(gw))
	controllerutil.RemoveFinalizer(gw, Finalizer)
	return ctrl.Result{}, c.patchFinalizers(ctx, gw)
}
