package providertest

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/providers/ir"
	"fairway.dev/fairway/providers/plan"
)

const (
	// rounds bound how often core tries before the kit gives up.
	rounds = 60
	// spins is how often on end an error may be Stale.
	spins = 3
	// soon is how long core waits where the provider names no time.
	soon = 10 * time.Second
	// wakes is how long a wake-up may take in real time.
	wakes = 5 * time.Second
	// patience is how long a call may take in real time.
	patience = 30 * time.Second
)

// world is a harness with core beside it.
type world struct {
	*probe
	Harness
	samples  Samples
	provider providers.Provider
	source   *source
	ledger   *ledger
	woken    *woken
	// chosen are the settings in place of the samples' good ones, once they
	// were changed.
	chosen providers.Settings
	// kept are the last observations, for properties that keep them as core
	// does; nil for those that observe each time.
	kept *kept
}

// world makes a new one, with the first process of the provider.
func (p *probe) world() *world {
	w := &world{probe: p, Harness: p.new(p.t), source: newSource(), ledger: &ledger{}}
	w.samples = w.Samples()
	w.Intercept(w.ledger.around)
	w.restart()
	w.populate()
	return w
}

// restart begins another process of the provider.
func (w *world) restart() {
	w.ledger.arm(nil)
	w.provider = w.Start()
	w.woken = listen(w.t.Context(), w.provider)
}

// round is one round of core: observe, plan, and apply if there is something
// to do. The observation is the latest.
func (w *world) round(ctx context.Context, ref providers.Ref, lb *ir.LoadBalancer) (providers.Observation, plan.Plan, []plan.Outcome, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	o, found := w.kept.get(ref)
	if !found {
		var err error
		if o, err = w.provider.Observe(ctx, ref); err != nil {
			return o, plan.Plan{}, nil, fmt.Errorf("observe %s: %w", ref, err)
		}
		w.kept.put(ref, o)
	}
	p := w.plan(ref, lb, o)
	if p.Empty() {
		return o, p, nil, nil
	}
	o, outcomes, err := w.provider.Apply(ctx, ref, p, w.source)
	w.kept.put(ref, o)
	if err != nil {
		w.kept.drop(ref)
		err = fmt.Errorf("apply %s: %w", ref, err)
	}
	return o, p, outcomes, err
}

// plan is the provider's plan for what is wished now. What goes has no
// settings.
func (w *world) plan(ref providers.Ref, lb *ir.LoadBalancer, o providers.Observation) plan.Plan {
	if lb.Empty() {
		return w.provider.Plan(ref, nil, nil, o)
	}
	return w.provider.Plan(ref, w.settings(ref), w.localized(lb), o)
}

// settings are those that were located where ref is.
func (w *world) settings(ref providers.Ref) providers.Settings {
	if at, err := w.provider.Locate(w.samples.Settings); err != nil || at != ref.Location {
		return w.samples.Elsewhere
	}
	if w.chosen != nil {
		return w.chosen
	}
	return w.samples.Settings
}

// converge does rounds until nothing is left to do and nothing is awaited, and
// then brings the pools up to date. It gives the last observation and plan.
func (w *world) converge(ctx context.Context, ref providers.Ref, lb *ir.LoadBalancer) (providers.Observation, plan.Plan, error) {
	var trail []string
	var last providers.Observation
	stale := 0
	for range rounds {
		o, p, outcomes, err := w.round(ctx, ref, lb)
		last = o
		if stale++; !isStale(err, outcomes) {
			stale = 0
		}
		if stale > spins {
			return o, p, fmt.Errorf("%s: Stale in %d rounds on end, with which core would spin, though nobody else is at work: %w", ref, stale, err)
		}
		switch kind := providers.KindOf(err); {
		case kind == providers.Stale:
			trail = append(trail, "stale")
		case kind == providers.Pending || kind == providers.Throttled:
			trail = append(trail, string(kind))
			w.Pass(after(err))
		case err != nil:
			return o, p, err
		case !p.Empty():
			trail = append(trail, fmt.Sprintf("%d steps (%s: %s)", len(p.Steps), p.Steps[0].ID, p.Steps[0].Why))
		default:
			if wait, what := awaited(o, lb, p); wait > 0 {
				trail = append(trail, what)
				w.kept.drop(ref)
				w.Pass(wait)
				continue
			}
			if err := w.syncAll(ctx, ref, lb, o, p); providers.KindOf(err) == providers.Stale {
				trail = append(trail, "stale pool")
				w.kept.drop(ref)
				continue
			} else if err != nil {
				return o, p, err
			}
			w.Pass(0)
			return o, p, nil
		}
	}
	return last, plan.Plan{}, fmt.Errorf("%s came to no end in %d rounds; the last were: %s; what is missing: %s",
		ref, rounds, strings.Join(folded(trail[len(trail)-4:]), ", "), w.lacking(ref, lb, last))
}

// isStale reports whether any error of a round is Stale.
func isStale(err error, outcomes []plan.Outcome) bool {
	return slices.ContainsFunc(append(failures(outcomes), err), func(e error) bool { return providers.KindOf(e) == providers.Stale })
}

// awaited is how long core waits before it looks again although there is no
// step, and for what; 0 when it waits for nothing.
func awaited(o providers.Observation, lb *ir.LoadBalancer, p plan.Plan) (time.Duration, string) {
	switch {
	case o.InFlight != nil:
		return soon, "operation " + o.InFlight.Name
	case o.Waiting != "":
		return soon, o.Waiting
	case !o.RetireAt.IsZero():
		return max(o.RetireAt.Sub(o.At), time.Second), "things to retire"
	case lb.Empty() && o.Exists:
		return soon, "what still exists"
	}
	if lb.Empty() {
		return 0, ""
	}
	for _, l := range lb.Listeners {
		if !refusals(p)[plan.Listener(l.Name)] && !isProgrammed(o, l) {
			return soon, "listener " + l.Name + " to be programmed"
		}
	}
	return 0, ""
}

func isProgrammed(o providers.Observation, l ir.Listener) bool {
	return slices.ContainsFunc(o.Listeners, func(s providers.ListenerState) bool {
		return s.Name == l.Name && s.Programmed && s.Hash == ir.Hash(l)
	})
}

// after is how long an error asks to wait.
func after(err error) time.Duration {
	if e := errorOf(err); e != nil && e.After > 0 {
		return e.After
	}
	return soon
}

// syncAll brings the pools that are used up to date, as core does once it has
// a new observation.
func (w *world) syncAll(ctx context.Context, ref providers.Ref, lb *ir.LoadBalancer, o providers.Observation, p plan.Plan) error {
	if lb.Empty() {
		return nil
	}
	for _, name := range names(usedPools(lb, refusals(p))) {
		now, err := w.provider.SyncEndpoints(ctx, ref, o.Pool(name).Sort(w.source.Endpoints(name)), w.source.Endpoints(name))
		if err != nil {
			return fmt.Errorf("sync pool %s of %s: %w", name, ref, err)
		}
		w.kept.pool(ref, now)
	}
	return nil
}

// owned are the names of ref's objects.
func (w *world) owned(ref providers.Ref) []string {
	var names []string
	for _, o := range w.Objects() {
		if owns(ref, o) {
			names = append(names, o.Name)
		}
	}
	slices.Sort(names)
	return names
}

// build converges on a wish and ends the property if that fails.
func (w *world) build(ref providers.Ref, wish wish) (*ir.LoadBalancer, providers.Observation, plan.Plan) {
	lb := w.desired(wish)
	o, p, err := w.converge(w.t.Context(), ref, lb)
	w.need(err, "build a load balancer")
	return lb, o, p
}

// tearDown removes everything of ref.
func (w *world) tearDown(ref providers.Ref) {
	_, _, err := w.converge(w.t.Context(), ref, nil)
	w.need(err, "remove a load balancer")
}

// woken are the refs that a provider woke core for.
type woken struct {
	mu   sync.Mutex
	refs map[providers.Ref]bool
	news chan struct{}
}

// listen takes what p delivers, if it is a Waker; nil otherwise.
func listen(ctx context.Context, p providers.Provider) *woken {
	waker, ok := p.(providers.Waker)
	if !ok {
		return nil
	}
	w := &woken{refs: map[providers.Ref]bool{}, news: make(chan struct{}, 1)}
	wake := waker.Wake()
	go func() {
		for {
			select {
			case ref := <-wake:
				w.mu.Lock()
				w.refs[ref] = true
				w.mu.Unlock()
				select {
				case w.news <- struct{}{}:
				default:
				}
			case <-ctx.Done():
				return
			}
		}
	}()
	return w
}

// forget drops what was delivered.
func (w *woken) forget() {
	w.mu.Lock()
	defer w.mu.Unlock()
	clear(w.refs)
}

// has reports whether ref was woken by now.
func (w *woken) has(ref providers.Ref) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.refs[ref]
}

// take reports whether ref was woken, within wakes, and forgets it.
func (w *woken) take(ref providers.Ref) bool {
	deadline := time.After(wakes)
	for {
		w.mu.Lock()
		woken := w.refs[ref]
		clear(w.refs)
		w.mu.Unlock()
		if woken {
			return true
		}
		select {
		case <-w.news:
		case <-deadline:
			return false
		}
	}
}

// names are the sorted keys of a map.
func names[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
