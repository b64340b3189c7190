package gateway

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/providers/ir"
	"fairway.dev/fairway/providers/plan"
	"fairway.dev/fairway/reconcile/internal/outcome"
	"fairway.dev/fairway/reconcile/internal/status"
	"fairway.dev/fairway/reconcile/internal/translate"
)

// again is when to look again at what goes by itself and wakes nobody.
const again = 2 * time.Second

// programmed is what came of a provider's verbs in one round.
type programmed struct {
	seen providers.Observation
	// blind is true when the load balancer could not be looked at.
	blind    bool
	verdicts []plan.Verdict
	// failed are the wished objects that a failed step was to serve.
	failed map[plan.Subject]status.Refusal
	// withheld is true when something waits for a member that is silent.
	withheld bool
	err      error
}

// accepted reports whether the Gateway can be served as it is written. One
// that cannot keeps its last good state.
func accepted(r *translate.Result) bool { return r.Gateway[0].Status == metav1.ConditionTrue }

// look observes a site and changes nothing but endpoints.
func (c *Controller) look(ctx context.Context, at *site) programmed {
	at.busy.Lock()
	defer at.busy.Unlock()
	came := c.observe(ctx, at)
	if came.err == nil {
		source := c.view(at)
		came.err = c.catchUp(ctx, at, at.list(), source)
		came.withheld = source.guards.Load()
	}
	return came
}

func (c *Controller) observe(ctx context.Context, at *site) programmed {
	seen, err := at.provider.Observe(ctx, at.ref)
	if err != nil {
		return programmed{blind: true, err: fmt.Errorf("observe: %w", err)}
	}
	at.saw(seen)
	return programmed{seen: seen}
}

// intend observes a site that is busy with it, and plans what leads from there
// to the wish: the plan, and the steps that are held back. What it is based on
// of the endpoints is the view.
func (c *Controller) intend(ctx context.Context, at *site, settings providers.Settings, wish *ir.LoadBalancer) (came programmed, p plan.Plan, held []plan.Step, source *view) {
	if came = c.observe(ctx, at); came.err != nil {
		return came, p, nil, nil
	}
	source = c.view(at)
	p, held = Plan(at.provider, at.ref, settings, wish, came.seen, source)
	came.verdicts = p.Verdicts
	return came, p, held, source
}

// program observes, plans and applies once. A wish that is nil removes
// everything.
func (c *Controller) program(ctx context.Context, gw *gatewayv1.Gateway, at *site, wish *ir.LoadBalancer) (came programmed) {
	at.busy.Lock()
	defer at.busy.Unlock()
	came, p, held, source := c.intend(ctx, at, at.settings, wish)
	if came.err != nil {
		return came
	}
	existed := came.seen.Exists
	log := ctrl.LoggerFrom(ctx).WithValues("provider", at.placement.Provider)
	for _, step := range held {
		log.Info("Step held back: a member's endpoints are not known", "op", step.Op, "resource", step.Resource, "why", step.Why)
	}
	defer func() { came.withheld = len(held) > 0 || source.guards.Load() }()
	if p.Empty() {
		if wish != nil {
			came.err = c.catchUp(ctx, at, wish.Pools, source)
		}
		return came
	}
	for _, step := range p.Steps {
		log.V(1).Info("Step planned", "op", step.Op, "resource", step.Resource, "why", step.Why)
	}
	seen, outcomes, err := at.provider.Apply(ctx, at.ref, p, source)
	came.failed = failures(p, outcomes)
	if err != nil {
		came.err = fmt.Errorf("apply: %w", err)
	}
	if err == nil || seen.Exists {
		came.seen = seen
		at.saw(seen)
	}
	if err == nil && wish != nil {
		came.err = c.catchUp(ctx, at, wish.Pools, source)
	}
	switch {
	case !existed && came.seen.Exists:
		c.Events.LoadBalancerCreated(gw, at.placement.Provider)
	case existed && !came.seen.Exists && came.err == nil:
		c.Events.LoadBalancerDeleted(gw, at.placement.Provider)
	}
	return came
}

// failures are the wished objects that do not come about because of failed
// steps, with the words of the first. What passes by itself is no failure.
func failures(p plan.Plan, outcomes []plan.Outcome) map[plan.Subject]status.Refusal {
	ended := make(map[string]plan.Outcome, len(outcomes))
	for _, o := range outcomes {
		ended[o.Step] = o
	}
	steps, failing := map[string]status.Refusal{}, map[plan.Subject]status.Refusal{}
	for _, step := range p.Steps {
		o, tried := ended[step.ID]
		if !tried || o.Done {
			continue
		}
		refusal, failed := failure(o.Err)
		for _, d := range step.DependsOn {
			if before, held := steps[d]; held && !failed {
				refusal, failed = before, true
			}
		}
		if !failed {
			continue
		}
		steps[step.ID] = refusal
		subjects := step.Serves
		if e, worded := errors.AsType[*providers.Error](o.Err); worded && e.Subject != "" {
			subjects = append(slices.Clone(subjects), e.Subject)
		}
		for _, subject := range subjects {
			if _, told := failing[subject]; !told {
				failing[subject] = refusal
			}
		}
	}
	return failing
}

// failure gives the words for a step's error, if it is one to tell.
func failure(err error) (status.Refusal, bool) {
	if err == nil || errors.Is(err, context.Canceled) || providers.KindOf(err) == providers.Throttled {
		return status.Refusal{}, false
	}
	next := outcome.Of(err)
	return status.Refusal{Reason: string(next.Reason), Message: next.Trouble}, next.Trouble != ""
}
