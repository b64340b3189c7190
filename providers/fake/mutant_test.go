package fake

import (
	"context"
	"maps"
	"slices"
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
	plan    func(providers.Ref, *ir.LoadBalancer, providers.Observation) plan.Plan
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
		return m.plan(ref, lb, o)
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
	for _, id := range providertest.IDs() {
		if _, there := mutants[id]; !there {
			t.Errorf("%s is proved by no mutant", id)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(mutants)) {
		t.Run(id, func(t *testing.T) {
			t.Parallel()
			failing := providertest.Failing(t, func(*testing.T) providertest.Harness {
				return mutated{newWorld(), mutants[id].make}
			}, tried(id))
			if len(failing[id]) == 0 {
				t.Errorf("%s: not noticed", mutants[id].what)
			}
			for other, complaints := range failing {
				if other != id && !slices.Contains(mutants[id].also, other) {
					t.Errorf("%s: noticed by %s too: %.300q", mutants[id].what, other, complaints[0])
				}
			}
			for _, other := range mutants[id].also {
				if len(failing[other]) == 0 {
					t.Errorf("%s: not noticed by %s", mutants[id].what, other)
				}
			}
		})
	}
}

// tried are the properties that a mutant is tried with: all, but for those
// that take long and are beside the point.
func tried(mutant string) []string {
	long := []string{"P-CUT-CREATE", "P-CUT-CHANGE", "P-CUT-DELETE"}
	if slices.Contains(long, mutant) || mutant == "P-DELETE" {
		return providertest.IDs()
	}
	return slices.DeleteFunc(providertest.IDs(), func(id string) bool { return slices.Contains(long, id) })
}
