package instrument

import (
	"context"
	"slices"
	"sync"
	"time"

	"k8s.io/utils/clock"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/providers/ir"
	"fairway.dev/fairway/providers/plan"
)

// freshFor is how long a kept observation stands in for another look.
const freshFor = 10 * time.Minute

// Forgetter drops what is kept of a load balancer, since it may not be so any
// more.
type Forgetter interface{ Forget(providers.Ref) }

// last keeps the last observation of each load balancer that is at rest, so that
// a steady state costs no call. Any error drops it, and so do its age, the end
// of a wait that it names, and Forget.
type last struct {
	providers.Provider
	clock clock.PassiveClock

	mu   sync.Mutex
	kept map[providers.Ref]*entry
}

// entry is what is kept of one load balancer.
type entry struct {
	seen *providers.Observation
	at   time.Time
	// looking is true while a verb is under way; what it sees is not kept if
	// Forget was called meanwhile.
	looking, spoilt bool
}

func keep(p providers.Provider, c clock.PassiveClock) providers.Provider {
	return &last{Provider: p, clock: c, kept: map[providers.Ref]*entry{}}
}

func (l *last) Observe(ctx context.Context, ref providers.Ref) (providers.Observation, error) {
	if o, fresh := l.fresh(ref); fresh {
		return o, nil
	}
	began := l.begin(ref)
	o, err := l.Provider.Observe(ctx, ref)
	l.end(ref, o, began, err)
	return o, err
}

func (l *last) Apply(ctx context.Context, ref providers.Ref, p plan.Plan, s providers.EndpointSource) (providers.Observation, []plan.Outcome, error) {
	began := l.begin(ref)
	o, outcomes, err := l.Provider.Apply(ctx, ref, p, s)
	l.end(ref, o, began, err)
	return o, outcomes, err
}

func (l *last) SyncEndpoints(ctx context.Context, ref providers.Ref, pool providers.PoolObservation, changed []ir.ClusterEndpoints) (providers.PoolObservation, error) {
	now, err := l.Provider.SyncEndpoints(ctx, ref, pool, changed)
	if err != nil {
		l.Forget(ref)
		return now, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	e := l.kept[ref]
	if e == nil || e.seen == nil {
		return now, nil
	}
	// Those who were given the observation keep theirs.
	pools := slices.Clone(e.seen.Pools)
	if i := slices.IndexFunc(pools, func(p providers.PoolObservation) bool { return p.Name == now.Name }); i >= 0 {
		pools[i] = now
		o := *e.seen
		o.Pools = pools
		e.seen = &o
	}
	return now, nil
}

// Forget implements [Forgetter].
func (l *last) Forget(ref providers.Ref) {
	l.mu.Lock()
	defer l.mu.Unlock()
	e := l.kept[ref]
	switch {
	case e == nil:
	case e.looking:
		e.seen, e.spoilt = nil, true
	default:
		delete(l.kept, ref)
	}
}

func (l *last) fresh(ref providers.Ref) (providers.Observation, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	e := l.kept[ref]
	if e == nil || e.seen == nil || l.clock.Since(e.at) >= freshFor {
		return providers.Observation{}, false
	}
	if due := e.seen.RetireAt; !due.IsZero() && !l.clock.Now().Before(due) {
		return providers.Observation{}, false
	}
	return *e.seen, true
}

// atRest reports whether nothing of a load balancer is to come about by itself.
func atRest(o providers.Observation) bool {
	return o.Exists && o.Waiting == "" && o.InFlight == nil &&
		!slices.ContainsFunc(o.Listeners, func(l providers.ListenerState) bool { return !l.Programmed })
}

func (l *last) begin(ref providers.Ref) time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.kept[ref] = &entry{looking: true}
	return l.clock.Now()
}

func (l *last) end(ref providers.Ref, o providers.Observation, began time.Time, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	e := l.kept[ref]
	if e == nil {
		return
	}
	if err != nil || e.spoilt || !atRest(o) {
		delete(l.kept, ref)
		return
	}
	e.seen, e.at, e.looking = &o, began, false
}

// Unwrap gives the layer below.
func (l *last) Unwrap() providers.Provider { return l.Provider }
