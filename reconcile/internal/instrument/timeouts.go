package instrument

import (
	"context"
	"errors"
	"fmt"
	"time"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/providers/ir"
	"fairway.dev/fairway/providers/plan"
)

// How long a verb may take, waiting for the account's budget included.
const (
	observeTimeout = 30 * time.Second
	applyTimeout   = 2 * time.Minute
	syncTimeout    = 30 * time.Second
	listTimeout    = 2 * time.Minute
)

// timed gives each call a time to end by, and words for one that did not keep
// it. It relies on the provider to heed its ctx, as the contract asks. What a
// provider that hangs may hold up meanwhile is the caller's to bound: it has
// few calls at once made on one account.
type timed struct{ providers.Provider }

func limitTime(p providers.Provider) providers.Provider { return timed{p} }

func (t timed) Observe(ctx context.Context, ref providers.Ref) (providers.Observation, error) {
	ctx, cancel := context.WithTimeout(ctx, observeTimeout)
	defer cancel()
	o, err := t.Provider.Observe(ctx, ref)
	return o, late(ctx, err, "look at the load balancer", observeTimeout)
}

func (t timed) Apply(ctx context.Context, ref providers.Ref, p plan.Plan, s providers.EndpointSource) (providers.Observation, []plan.Outcome, error) {
	ctx, cancel := context.WithTimeout(ctx, applyTimeout)
	defer cancel()
	o, outcomes, err := t.Provider.Apply(ctx, ref, p, s)
	return o, outcomes, late(ctx, err, "change the load balancer", applyTimeout)
}

func (t timed) SyncEndpoints(ctx context.Context, ref providers.Ref, pool providers.PoolObservation, changed []ir.ClusterEndpoints) (providers.PoolObservation, error) {
	ctx, cancel := context.WithTimeout(ctx, syncTimeout)
	defer cancel()
	o, err := t.Provider.SyncEndpoints(ctx, ref, pool, changed)
	return o, late(ctx, err, "change endpoints", syncTimeout)
}

func (t timed) List(ctx context.Context, at providers.Location) ([]providers.Ref, error) {
	ctx, cancel := context.WithTimeout(ctx, listTimeout)
	defer cancel()
	refs, err := t.Provider.List(ctx, at)
	return refs, late(ctx, err, "list load balancers", listTimeout)
}

// late gives words to an error that came of a call's end. Errors that the
// provider has words for itself stay.
func late(ctx context.Context, err error, what string, limit time.Duration) error {
	if err == nil || !errors.Is(ctx.Err(), context.DeadlineExceeded) || !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	if _, worded := errors.AsType[*providers.Error](err); worded {
		return err
	}
	return &providers.Error{Reason: "TimedOut", Err: err,
		Message: fmt.Sprintf("the provider took more than %s to %s, and will be asked again", limit, what)}
}

// Unwrap gives the layer below.
func (t timed) Unwrap() providers.Provider { return t.Provider }
