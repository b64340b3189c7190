package fake

import (
	"context"
	"errors"
	"maps"
	"slices"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/providers/fake/cloud"
	"fairway.dev/fairway/providers/ir"
	"fairway.dev/fairway/providers/plan"
)

// syncMutants are those with something wrong about endpoints.
var syncMutants = fakes{
	"P-SYNC-ONE": {"pods are added one by one", func(m *mutant, _ *world) {
		m.sync = func(ctx context.Context, ref providers.Ref, pool providers.PoolObservation, changed []ir.ClusterEndpoints) (providers.PoolObservation, error) {
			for _, c := range changed {
				held := heldBy(pool, c.Cluster)
				if n := len(c.Endpoints); n > held+1 && held > 0 {
					c.Endpoints = c.Endpoints[:n-1]
					var err error
					if pool, err = m.Provider.SyncEndpoints(ctx, ref, pool, []ir.ClusterEndpoints{c}); err != nil {
						return pool, err
					}
				}
			}
			return m.Provider.SyncEndpoints(ctx, ref, pool, changed)
		}
	}, nil},
	"P-SYNC-NONE": {"endpoints are written without a difference", func(m *mutant, _ *world) {
		applied := map[providers.Ref]bool{}
		m.apply = func(ctx context.Context, ref providers.Ref, p plan.Plan, source providers.EndpointSource) (providers.Observation, []plan.Outcome, error) {
			m.mu.Lock()
			applied[ref] = true
			m.mu.Unlock()
			return m.Provider.Apply(ctx, ref, p, source)
		}
		m.sync = func(ctx context.Context, ref providers.Ref, pool providers.PoolObservation, changed []ir.ClusterEndpoints) (providers.PoolObservation, error) {
			now, err := m.Provider.SyncEndpoints(ctx, ref, pool, changed)
			m.mu.Lock()
			defer m.mu.Unlock()
			if err == nil && applied[ref] && ir.Equal(now.Clusters, pool.Clusters) && slices.ContainsFunc(changed, func(c ir.ClusterEndpoints) bool { return c.Known }) {
				g := now.State.([]group)[0]
				err = m.client(ref.Location).attach(ctx, g.Name, g.Endpoints)
			}
			return now, err
		}
	}, []string{"P-KEPT"}},
	"P-SYNC-POOLS": {"what was observed of all pools is written back with each", func(m *mutant, w *world) {
		m.carry(func(_ providers.Ref, o providers.Observation) any {
			all := map[string][]string{}
			for _, pool := range o.Pools {
				for _, g := range pool.State.([]group) {
					all[g.Name] = g.Endpoints
				}
			}
			return all
		})
		m.sync = func(ctx context.Context, ref providers.Ref, pool providers.PoolObservation, changed []ir.ClusterEndpoints) (providers.PoolObservation, error) {
			carried, ok := pool.State.(carrying)
			if !ok {
				return m.Provider.SyncEndpoints(ctx, ref, pool, changed)
			}
			pool.State = carried.groups
			now, err := m.Provider.SyncEndpoints(ctx, ref, pool, changed)
			all := maps.Clone(carried.more.(map[string][]string))
			for _, g := range now.State.([]group) {
				all[g.Name] = g.Endpoints
			}
			for _, r := range w.cloud.All(region(ref.Location)) {
				if want, known := all[r.Name]; known && r.Kind == cloud.KindGroup && err == nil {
					err = m.client(ref.Location).bring(ctx, group{Name: r.Name, Endpoints: r.Endpoints}, want)
				}
			}
			now.State = carrying{now.State.([]group), all}
			return now, err
		}
	}, []string{"P-DRIFT"}},
	"P-SYNC-UNKNOWN": {"a silent cluster counts as empty", func(m *mutant, _ *world) {
		m.sync = func(ctx context.Context, ref providers.Ref, pool providers.PoolObservation, changed []ir.ClusterEndpoints) (providers.PoolObservation, error) {
			changed = slices.Clone(changed)
			for i := range changed {
				changed[i].Known = true
			}
			return m.Provider.SyncEndpoints(ctx, ref, pool, changed)
		}
	}, []string{"P-SYNC-MISSED"}},
	"P-SYNC-REMOVED": {"an empty cluster counts as silent", func(m *mutant, _ *world) {
		m.sync = func(ctx context.Context, ref providers.Ref, pool providers.PoolObservation, changed []ir.ClusterEndpoints) (providers.PoolObservation, error) {
			changed = slices.Clone(changed)
			for i := range changed {
				changed[i].Known = len(changed[i].Endpoints) > 0
			}
			return m.Provider.SyncEndpoints(ctx, ref, pool, changed)
		}
	}, nil},
	"P-FILL": {"a pool is not filled while one cluster is silent", func(m *mutant, _ *world) {
		m.apply = func(ctx context.Context, ref providers.Ref, p plan.Plan, source providers.EndpointSource) (providers.Observation, []plan.Outcome, error) {
			return m.Provider.Apply(ctx, ref, p, allOrNothing{source})
		}
	}, nil},
	"P-SYNC-MISSED": {"a new process overlooks a pod of each group", func(m *mutant, _ *world) {
		known := map[providers.Ref]bool{}
		m.observe = func(ctx context.Context, ref providers.Ref) (providers.Observation, error) {
			o, err := m.Provider.Observe(ctx, ref)
			m.mu.Lock()
			defer m.mu.Unlock()
			for i, pool := range o.Pools {
				groups := slices.Clone(pool.State.([]group))
				for j := range groups {
					groups[j].Endpoints = groups[j].Endpoints[min(1, len(groups[j].Endpoints)):]
				}
				if !known[ref] {
					o.Pools[i] = observation(pool.Name, groups)
				}
			}
			known[ref] = true
			return o, err
		}
	}, []string{"P-RESTART"}},
	"P-SYNC-KEPT": {"Apply puts endpoints back as they were observed", func(m *mutant, _ *world) {
		seen := map[string][]string{}
		m.observe = func(ctx context.Context, ref providers.Ref) (providers.Observation, error) {
			o, err := m.Provider.Observe(ctx, ref)
			m.mu.Lock()
			defer m.mu.Unlock()
			for _, pool := range o.Pools {
				for _, g := range pool.State.([]group) {
					seen[g.Name] = g.Endpoints
				}
			}
			return o, err
		}
		m.apply = func(ctx context.Context, ref providers.Ref, p plan.Plan, source providers.EndpointSource) (providers.Observation, []plan.Outcome, error) {
			o, outcomes, err := m.Provider.Apply(ctx, ref, p, source)
			m.mu.Lock()
			defer m.mu.Unlock()
			for _, pool := range o.Pools {
				for _, g := range pool.State.([]group) {
					if late := without(g.Endpoints, seen[g.Name]); err == nil && len(late) > 0 && seen[g.Name] != nil {
						err = m.client(ref.Location).detach(ctx, g.Name, late)
					}
				}
			}
			return o, outcomes, err
		}
	}, nil},
	"P-SYNC-READY": {"all pods take traffic", func(m *mutant, _ *world) {
		m.sync = func(ctx context.Context, ref providers.Ref, pool providers.PoolObservation, changed []ir.ClusterEndpoints) (providers.PoolObservation, error) {
			changed = slices.Clone(changed)
			for i := range changed {
				changed[i].Endpoints = slices.Clone(changed[i].Endpoints)
				for j := range changed[i].Endpoints {
					changed[i].Endpoints[j].Serving, changed[i].Endpoints[j].Terminating = true, false
				}
			}
			return m.Provider.SyncEndpoints(ctx, ref, pool, changed)
		}
	}, nil},
	"P-SYNC-PLACES": {"a pod in a new zone is called invalid", func(m *mutant, _ *world) {
		m.sync = func(ctx context.Context, ref providers.Ref, pool providers.PoolObservation, changed []ir.ClusterEndpoints) (providers.PoolObservation, error) {
			now, err := m.Provider.SyncEndpoints(ctx, ref, pool, changed)
			if e := (*providers.Error)(nil); errors.As(err, &e) && e.Kind == providers.Stale {
				e.Kind = providers.Invalid
			}
			return now, err
		}
	}, nil},
}

// allOrNothing knows nothing of a pool while one of its clusters is silent.
type allOrNothing struct{ providers.EndpointSource }

func (s allOrNothing) Endpoints(pool string) []ir.ClusterEndpoints {
	all := s.EndpointSource.Endpoints(pool)
	if slices.ContainsFunc(all, func(c ir.ClusterEndpoints) bool { return !c.Known }) {
		return nil
	}
	return all
}

// heldBy is how many endpoints of a cluster a pool holds.
func heldBy(pool providers.PoolObservation, cluster string) int {
	for _, c := range pool.Clusters {
		if c.Cluster == cluster {
			return len(c.Endpoints)
		}
	}
	return 0
}
