package fake

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/providers/ir"
	"fairway.dev/fairway/providers/plan"
	"fairway.dev/fairway/providers/providertest"
)

// mutant is the fake with one thing wrong: what is set takes the place of a
// verb, and gets the verb that it replaces from the Provider inside.
type mutant struct {
	*Provider
	mu sync.Mutex

	locate  func(providers.Settings) (providers.Location, error)
	observe func(context.Context, providers.Ref) (providers.Observation, error)
	plan    func(providers.Ref, providers.Settings, *ir.LoadBalancer, providers.Observation) plan.Plan
	apply   func(context.Context, providers.Ref, plan.Plan, providers.EndpointSource) (providers.Observation, []plan.Outcome, error)
	sync    func(context.Context, providers.Ref, providers.PoolObservation, []ir.ClusterEndpoints) (providers.PoolObservation, error)
	list    func(context.Context, providers.Location) ([]providers.Ref, error)
	wake    chan providers.Ref
}

func (m *mutant) Locate(s providers.Settings) (providers.Location, error) {
	if m.locate != nil {
		return m.locate(s)
	}
	return m.Provider.Locate(s)
}

func (m *mutant) Observe(ctx context.Context, ref providers.Ref) (providers.Observation, error) {
	if m.observe != nil {
		return m.observe(ctx, ref)
	}
	return m.Provider.Observe(ctx, ref)
}

func (m *mutant) Plan(ref providers.Ref, s providers.Settings, lb *ir.LoadBalancer, o providers.Observation) plan.Plan {
	if m.plan != nil {
		return m.plan(ref, s, lb, o)
	}
	return m.Provider.Plan(ref, s, lb, o)
}

func (m *mutant) Apply(ctx context.Context, ref providers.Ref, p plan.Plan, source providers.EndpointSource) (providers.Observation, []plan.Outcome, error) {
	if m.apply != nil {
		return m.apply(ctx, ref, p, source)
	}
	return m.Provider.Apply(ctx, ref, p, source)
}

func (m *mutant) SyncEndpoints(ctx context.Context, ref providers.Ref, pool providers.PoolObservation, changed []ir.ClusterEndpoints) (providers.PoolObservation, error) {
	if m.sync != nil {
		return m.sync(ctx, ref, pool, changed)
	}
	return m.Provider.SyncEndpoints(ctx, ref, pool, changed)
}

func (m *mutant) List(ctx context.Context, at providers.Location) ([]providers.Ref, error) {
	if m.list != nil {
		return m.list(ctx, at)
	}
	return m.Provider.List(ctx, at)
}

func (m *mutant) Wake() <-chan providers.Ref {
	if m.wake != nil {
		return m.wake
	}
	return m.Provider.Wake()
}

// planWithout gives a plan without some of its steps.
func planWithout(p plan.Plan, unwanted func(plan.Step) bool) plan.Plan {
	var kept []plan.Step
	for _, s := range p.Steps {
		if unwanted(s) {
			continue
		}
		s.DependsOn = slices.DeleteFunc(slices.Clone(s.DependsOn), func(id string) bool {
			return !slices.ContainsFunc(kept, func(k plan.Step) bool { return k.ID == id })
		})
		kept = append(kept, s)
	}
	p.Steps = kept
	return p
}

// carrying is a pool's State with something more in it.
type carrying struct {
	groups []group
	more   any
}

// carry has each pool's State carry something more, which is asked for when
// the pools are observed.
func (m *mutant) carry(more func(providers.Ref, providers.Observation) any) {
	load := func(ref providers.Ref, o providers.Observation) providers.Observation {
		loaded := more(ref, o)
		for i, pool := range o.Pools {
			o.Pools[i].State = carrying{pool.State.([]group), loaded}
		}
		return o
	}
	unload := func(pool providers.PoolObservation) providers.PoolObservation {
		if c, ok := pool.State.(carrying); ok {
			pool.State = c.groups
		}
		return pool
	}
	m.observe = func(ctx context.Context, ref providers.Ref) (providers.Observation, error) {
		o, err := m.Provider.Observe(ctx, ref)
		return load(ref, o), err
	}
	m.apply = func(ctx context.Context, ref providers.Ref, p plan.Plan, source providers.EndpointSource) (providers.Observation, []plan.Outcome, error) {
		o, outcomes, err := m.Provider.Apply(ctx, ref, p, source)
		return load(ref, o), outcomes, err
	}
	m.plan = func(ref providers.Ref, set providers.Settings, lb *ir.LoadBalancer, o providers.Observation) plan.Plan {
		o.Pools = slices.Clone(o.Pools)
		for i, pool := range o.Pools {
			o.Pools[i] = unload(pool)
		}
		return m.Provider.Plan(ref, set, lb, o)
	}
	m.sync = func(ctx context.Context, ref providers.Ref, pool providers.PoolObservation, changed []ir.ClusterEndpoints) (providers.PoolObservation, error) {
		return m.Provider.SyncEndpoints(ctx, ref, unload(pool), changed)
	}
}

// drawn has Plan draw something else than what is wished.
func (m *mutant) drawn(change func(*ir.LoadBalancer)) {
	m.plan = func(ref providers.Ref, set providers.Settings, lb *ir.LoadBalancer, o providers.Observation) plan.Plan {
		if lb.Empty() {
			return m.Provider.Plan(ref, set, lb, o)
		}
		other := *lb
		other.Listeners = slices.Clone(lb.Listeners)
		other.Routes = nil
		for _, r := range lb.Routes {
			one := *r
			one.Rules, one.Attachments = slices.Clone(r.Rules), slices.Clone(r.Attachments)
			other.Routes = append(other.Routes, &one)
		}
		change(&other)
		return m.Provider.Plan(ref, set, &other, o)
	}
}

// mutated is a world whose provider is a mutant.
type mutated struct {
	*world
	make func(*mutant, *world)
}

func (w mutated) Start() providers.Provider {
	m := &mutant{Provider: New(w.cloud, providertest.Hub)}
	w.make(m, w.world)
	return m
}

// TestTheKitSaysNo proves each property with a provider that breaks it.
func TestTheKitSaysNo(t *testing.T) {
	proved := map[string]bool{}
	mutants := maps.Clone(mutants)
	maps.Copy(mutants, syncMutants)
	for _, key := range slices.Sorted(maps.Keys(mutants)) {
		id, _, _ := strings.Cut(key, " ")
		proved[id] = true
		t.Run(key, func(t *testing.T) {
			t.Parallel()
			one := mutants[key]
			failing := providertest.Failing(t, func(*testing.T) providertest.Harness {
				return mutated{newWorld(), one.make}
			}, tried(id))
			if len(failing[id]) == 0 {
				t.Errorf("%s: not noticed", one.what)
			}
			for other, complaints := range failing {
				if other != id && !slices.Contains(one.also, other) {
					t.Errorf("%s: noticed by %s too: %.300q", one.what, other, complaints[0])
				}
			}
			for _, other := range one.also {
				if len(failing[other]) == 0 {
					t.Errorf("%s: not noticed by %s", one.what, other)
				}
			}
		})
	}
	for _, id := range providertest.IDs() {
		if !proved[id] {
			t.Errorf("%s is proved by no mutant", id)
		}
	}
}

// tried are the properties that a mutant is tried with: all, but for those
// that take long and are beside the point.
func tried(mutant string) []string {
	if mutant == "P-FIRST" {
		return []string{mutant} // Run skips the others then.
	}
	long := []string{"P-CUT-CREATE", "P-CUT-CHANGE", "P-CUT-DELETE"}
	if slices.Contains(long, mutant) || mutant == "P-DELETE" {
		return providertest.IDs()
	}
	return slices.DeleteFunc(providertest.IDs(), func(id string) bool { return slices.Contains(long, id) })
}
