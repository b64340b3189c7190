package gateway

import (
	"context"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/providers/ir"
	"fairway.dev/fairway/providers/plan"
	"fairway.dev/fairway/reconcile/internal/outcome"
	"fairway.dev/fairway/reconcile/internal/translate"
)

// accepted reports whether the Gateway can be served as it is written. One
// that cannot keeps its last good state.
func accepted(r *translate.Result) bool { return r.Gateway[0].Status == metav1.ConditionTrue }

// program observes, plans and applies. A result that is nil removes everything.
func (c *Controller) program(ctx context.Context, s *state, result *translate.Result) (providers.Observation, []plan.Verdict, error) {
	seen, err := s.provider.Observe(ctx, s.ref)
	if err != nil {
		return seen, nil, fmt.Errorf("observe: %w", err)
	}
	var wish *ir.LoadBalancer
	if result != nil {
		if !accepted(result) {
			return seen, nil, nil
		}
		wish = result.LoadBalancer
	}
	p := s.provider.Plan(s.ref, nil, wish, seen)
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
	if err := c.disown(ctx, gw, s, nil); err != nil {
		return ctrl.Result{}, err
	}
	c.forget(client.ObjectKeyFromObject(gw))
	return ctrl.Result{}, c.changeFinalizer(ctx, gw, controllerutil.RemoveFinalizer)
}
