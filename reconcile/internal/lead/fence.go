package lead

import (
	"context"
	"errors"
	"time"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/providers/plan"
)

// certain is how long after a renewal nobody else can have taken the lead: a
// Term, less what clocks may differ in pace.
const certain = Term - 500*time.Millisecond

// uncertain is what Apply answers while the lead is in doubt.
var uncertain = &providers.Error{
	Kind: providers.Pending, After: time.Second, Reason: "Pending",
	Message: "the hub's API server does not answer, so it is not certain that this replica still leads",
}

// Fence is p, of which Apply is refused and cut off while it is not certain
// that this replica leads. All else goes on: what is read harms nobody, and
// endpoints come from the members.
func Fence(p providers.Provider, l *Lock) providers.Provider { return fenced{Provider: p, lock: l} }

type fenced struct {
	providers.Provider
	lock *Lock
}

// Apply implements [providers.Provider].
func (f fenced) Apply(ctx context.Context, ref providers.Ref, p plan.Plan, s providers.EndpointSource) (providers.Observation, []plan.Outcome, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	if !f.lock.leads(certain) {
		return providers.Observation{}, nil, uncertain
	}
	go f.watch(ctx, cancel)
	o, outcomes, err := f.Provider.Apply(ctx, ref, p, s)
	if err != nil && errors.Is(context.Cause(ctx), uncertain) {
		err = uncertain
	}
	return o, outcomes, err
}

// watch ends ctx once the lead is not certain any more.
func (f fenced) watch(ctx context.Context, cancel context.CancelCauseFunc) {
	for {
		left := f.lock.until(certain).Sub(f.lock.clock.Now())
		if left <= 0 {
			cancel(uncertain)
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(left):
		}
	}
}

// Unwrap gives the provider itself, for its optional powers.
func (f fenced) Unwrap() providers.Provider { return f.Provider }
