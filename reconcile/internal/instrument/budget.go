package instrument

import (
	"context"
	"fmt"
	"sync"

	"golang.org/x/time/rate"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/providers/ir"
	"fairway.dev/fairway/providers/plan"
)

// budgeted shares out what an account allows among all of its load balancers:
// one limiter for each account and class of call.
type budgeted struct {
	providers.Provider
	of func(providers.Location) providers.Budget

	mu       sync.Mutex
	limiters map[limit]*rate.Limiter
}

type limit struct{ account, class string }

// shareBudget is p itself, unless it is Budgeted.
func shareBudget(p providers.Provider) providers.Provider {
	power, is := Power[providers.Budgeted](p)
	if !is {
		return p
	}
	return &budgeted{Provider: p, of: power.Budget, limiters: map[limit]*rate.Limiter{}}
}

func (b *budgeted) Observe(ctx context.Context, ref providers.Ref) (providers.Observation, error) {
	return b.Provider.Observe(b.within(ctx, ref.Location), ref)
}

func (b *budgeted) Apply(ctx context.Context, ref providers.Ref, p plan.Plan, s providers.EndpointSource) (providers.Observation, []plan.Outcome, error) {
	return b.Provider.Apply(b.within(ctx, ref.Location), ref, p, s)
}

func (b *budgeted) SyncEndpoints(ctx context.Context, ref providers.Ref, pool providers.PoolObservation, changed []ir.ClusterEndpoints) (providers.PoolObservation, error) {
	return b.Provider.SyncEndpoints(b.within(ctx, ref.Location), ref, pool, changed)
}

func (b *budgeted) List(ctx context.Context, at providers.Location) ([]providers.Ref, error) {
	return b.Provider.List(b.within(ctx, at), at)
}

func (b *budgeted) within(ctx context.Context, at providers.Location) context.Context {
	return providers.WithSpender(ctx, spender{b, b.of(at)})
}

// limiter is that of a class of call; nil if the account sets it no limit. A
// limit that has changed holds for all that share it.
func (b *budgeted) limiter(budget providers.Budget, class string) *rate.Limiter {
	allowed, limited := budget.Rates[class]
	if !limited {
		return nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	key := limit{budget.Account, class}
	l := b.limiters[key]
	if l == nil {
		l = rate.NewLimiter(rate.Limit(allowed.PerSecond), allowed.Burst)
		b.limiters[key] = l
	}
	if l.Burst() != allowed.Burst {
		l.SetBurst(allowed.Burst)
	}
	if l.Limit() != rate.Limit(allowed.PerSecond) {
		l.SetLimit(rate.Limit(allowed.PerSecond))
	}
	return l
}

// Unwrap gives the layer below.
func (b *budgeted) Unwrap() providers.Provider { return b.Provider }

// spender grants the calls of one verb.
type spender struct {
	shared *budgeted
	budget providers.Budget
}

// Spend implements [providers.Spender].
func (s spender) Spend(ctx context.Context, class string) error {
	l := s.shared.limiter(s.budget, class)
	if l == nil {
		return ctx.Err()
	}
	err := l.Wait(ctx)
	if err == nil || ctx.Err() != nil {
		return err
	}
	// The wait would be longer than ctx has.
	return &providers.Error{Kind: providers.Throttled, Reason: "Throttled", Err: err,
		Message: fmt.Sprintf("the call budget of account %s is used up for calls of class %s; it refills by itself", s.budget.Account, class)}
}
