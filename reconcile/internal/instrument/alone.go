package instrument

import (
	"context"
	"sync"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/providers/ir"
	"fairway.dev/fairway/providers/plan"
)

// alone has the verbs for one load balancer wait for each other, whoever calls
// them: the contract promises that to providers.
type alone struct {
	providers.Provider

	mu  sync.Mutex
	use map[providers.Ref]*turn
}

// turn is held by one verb; so many wait for it or have it.
type turn struct {
	held chan struct{}
	by   int
}

func oneByOne(p providers.Provider) providers.Provider {
	return &alone{Provider: p, use: map[providers.Ref]*turn{}}
}

func (a *alone) Observe(ctx context.Context, ref providers.Ref) (providers.Observation, error) {
	done, err := a.enter(ctx, ref)
	if err != nil {
		return providers.Observation{}, err
	}
	defer done()
	return a.Provider.Observe(ctx, ref)
}

func (a *alone) Apply(ctx context.Context, ref providers.Ref, p plan.Plan, s providers.EndpointSource) (providers.Observation, []plan.Outcome, error) {
	done, err := a.enter(ctx, ref)
	if err != nil {
		return providers.Observation{}, nil, err
	}
	defer done()
	return a.Provider.Apply(ctx, ref, p, s)
}

func (a *alone) SyncEndpoints(ctx context.Context, ref providers.Ref, pool providers.PoolObservation, changed []ir.ClusterEndpoints) (providers.PoolObservation, error) {
	done, err := a.enter(ctx, ref)
	if err != nil {
		return pool, err
	}
	defer done()
	return a.Provider.SyncEndpoints(ctx, ref, pool, changed)
}

// enter waits for the turn of a load balancer.
func (a *alone) enter(ctx context.Context, ref providers.Ref) (done func(), err error) {
	a.mu.Lock()
	t := a.use[ref]
	if t == nil {
		t = &turn{held: make(chan struct{}, 1)}
		a.use[ref] = t
	}
	t.by++
	a.mu.Unlock()
	left := func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		if t.by--; t.by == 0 {
			delete(a.use, ref)
		}
	}
	select {
	case t.held <- struct{}{}:
		return func() { <-t.held; left() }, nil
	case <-ctx.Done():
		left()
		return nil, ctx.Err()
	}
}

// Unwrap gives the layer below.
func (a *alone) Unwrap() providers.Provider { return a.Provider }
