package fake

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/providers/fake/cloud"
	"fairway.dev/fairway/providers/ir"
	"fairway.dev/fairway/providers/plan"
)

// mutants are a provider with something wrong for each property.
var mutants = map[string]struct {
	what string
	make func(*mutant, *world)
	// also are other properties that notice it, unavoidably.
	also []string
}{
	"P-SETTINGS": {"bad settings are located somewhere", func(m *mutant, _ *world) {
		m.locate = func(s providers.Settings) (providers.Location, error) {
			if at, err := m.Provider.Locate(s); err == nil {
				return at, nil
			}
			return m.Provider.Locate(north)
		}
	}, nil},
	"P-NOTHING": {"Observe of nothing leaves something", func(m *mutant, w *world) {
		m.observe = func(ctx context.Context, ref providers.Ref) (providers.Observation, error) {
			o, err := m.Provider.Observe(ctx, ref)
			if err == nil && !o.Exists && providers.Spend(ctx, writes) == nil {
				_ = w.cloud.In("north").Insert(ctx, cloud.Resource{Kind: cloud.KindGroup, Name: "probe", Spec: cloud.Group{}})
			}
			return o, err
		}
	}, nil},
	"P-PLAN-TWICE": {"no plan is like another", func(m *mutant, _ *world) {
		var plans atomic.Int64
		m.plan = func(ref providers.Ref, lb *ir.LoadBalancer, o providers.Observation) plan.Plan {
			p := m.Provider.Plan(ref, nil, lb, o)
			for i := range p.Steps {
				p.Steps[i].Why += fmt.Sprint(" ", plans.Add(1))
			}
			return p
		}
	}, nil},
	"P-PLAN-STEPS": {"steps have no reason", func(m *mutant, _ *world) {
		m.plan = func(ref providers.Ref, lb *ir.LoadBalancer, o providers.Observation) plan.Plan {
			p := m.Provider.Plan(ref, nil, lb, o)
			for i := range p.Steps {
				p.Steps[i].Why = ""
			}
			return p
		}
	}, nil},
	"P-LIFE": {"a changed match is not seen", func(m *mutant, _ *world) {
		m.plan = func(ref providers.Ref, lb *ir.LoadBalancer, o providers.Observation) plan.Plan {
			return planWithout(m.Provider.Plan(ref, nil, lb, o), func(s plan.Step) bool {
				p, ok := s.Payload.(put)
				if !ok || !p.exists || p.Kind != cloud.KindRule {
					return false
				}
				have, _ := o.State.(*state).find(p.Kind, p.Name)
				return ir.Equal(have.Spec.(cloud.Rule).Targets, p.Spec.(cloud.Rule).Targets)
			})
		}
	}, nil},
	"P-SETTLED": {"Apply answers with what was before", func(m *mutant, _ *world) {
		m.apply = func(ctx context.Context, ref providers.Ref, p plan.Plan, source providers.EndpointSource) (providers.Observation, []plan.Outcome, error) {
			before, err := m.Provider.Observe(ctx, ref)
			if err != nil {
				return before, nil, err
			}
			_, outcomes, err := m.Provider.Apply(ctx, ref, p, source)
			return before, outcomes, err
		}
	}, []string{"P-KEPT"}},
	"P-KEPT": {"Apply answers with nothing about pools", func(m *mutant, _ *world) {
		m.apply = func(ctx context.Context, ref providers.Ref, p plan.Plan, source providers.EndpointSource) (providers.Observation, []plan.Outcome, error) {
			o, outcomes, err := m.Provider.Apply(ctx, ref, p, source)
			o.Pools = nil
			return o, outcomes, err
		}
	}, nil},
	"P-PROGRAMMED": {"a listener is programmed once it is wished", func(m *mutant, _ *world) {
		wishes := map[providers.Ref]*ir.LoadBalancer{}
		m.plan = func(ref providers.Ref, lb *ir.LoadBalancer, o providers.Observation) plan.Plan {
			m.mu.Lock()
			defer m.mu.Unlock()
			wishes[ref] = lb
			return m.Provider.Plan(ref, nil, lb, o)
		}
		m.apply = func(ctx context.Context, ref providers.Ref, p plan.Plan, source providers.EndpointSource) (providers.Observation, []plan.Outcome, error) {
			o, outcomes, err := m.Provider.Apply(ctx, ref, p, source)
			m.mu.Lock()
			defer m.mu.Unlock()
			if lb := wishes[ref]; !lb.Empty() {
				o.Listeners = nil
				for _, l := range lb.Listeners {
					o.Listeners = append(o.Listeners, providers.ListenerState{Name: l.Name, Programmed: true, Hash: ir.Hash(l)})
				}
			}
			return o, outcomes, err
		}
	}, nil},
	"P-ALL-SAID": {"what has no place is left out in silence", func(m *mutant, _ *world) {
		m.plan = func(ref providers.Ref, lb *ir.LoadBalancer, o providers.Observation) plan.Plan {
			p := m.Provider.Plan(ref, nil, lb, o)
			p.Verdicts = nil
			return p
		}
	}, nil},
	"P-DELETE": {"a process removes only what it made", func(m *mutant, _ *world) {
		made := map[providers.Ref]bool{}
		m.apply = func(ctx context.Context, ref providers.Ref, p plan.Plan, source providers.EndpointSource) (providers.Observation, []plan.Outcome, error) {
			m.mu.Lock()
			made[ref] = true
			m.mu.Unlock()
			return m.Provider.Apply(ctx, ref, p, source)
		}
		m.plan = func(ref providers.Ref, lb *ir.LoadBalancer, o providers.Observation) plan.Plan {
			m.mu.Lock()
			defer m.mu.Unlock()
			if lb.Empty() && !made[ref] {
				return plan.Plan{}
			}
			return m.Provider.Plan(ref, nil, lb, o)
		}
	}, []string{"P-CUT-DELETE"}},
	"P-LIST": {"what is half built is not listed", func(m *mutant, _ *world) {
		m.list = func(ctx context.Context, at providers.Location) ([]providers.Ref, error) {
			refs, err := m.Provider.List(ctx, at)
			return slices.DeleteFunc(refs, func(ref providers.Ref) bool {
				o, _ := m.Provider.Observe(ctx, ref)
				return len(o.Listeners) == 0
			}), err
		}
	}, nil},
	"P-NAMES": {"names are cut off", func(m *mutant, _ *world) {
		short := func(ref providers.Ref) providers.Ref {
			ref.Name = ref.Name[:min(len(ref.Name), 40)]
			return ref
		}
		m.observe = func(ctx context.Context, ref providers.Ref) (providers.Observation, error) {
			return m.Provider.Observe(ctx, short(ref))
		}
		m.plan = func(ref providers.Ref, lb *ir.LoadBalancer, o providers.Observation) plan.Plan {
			return m.Provider.Plan(short(ref), nil, lb, o)
		}
		m.apply = func(ctx context.Context, ref providers.Ref, p plan.Plan, source providers.EndpointSource) (providers.Observation, []plan.Outcome, error) {
			return m.Provider.Apply(ctx, short(ref), p, source)
		}
	}, nil},
	"P-APART": {"the Ref at work is kept in one place for all", func(m *mutant, _ *world) {
		var at atomic.Pointer[providers.Ref]
		m.observe = func(ctx context.Context, ref providers.Ref) (providers.Observation, error) {
			at.Store(&ref)
			return m.Provider.Observe(ctx, ref)
		}
		m.plan = func(ref providers.Ref, lb *ir.LoadBalancer, o providers.Observation) plan.Plan {
			if last := at.Load(); last != nil {
				ref = *last
			}
			return m.Provider.Plan(ref, nil, lb, o)
		}
	}, nil},
	"P-MOVE": {"all is built in one place", func(m *mutant, _ *world) {
		here, _ := m.Provider.Locate(north)
		home := func(ref providers.Ref) providers.Ref {
			ref.Location = here
			return ref
		}
		m.observe = func(ctx context.Context, ref providers.Ref) (providers.Observation, error) {
			return m.Provider.Observe(ctx, home(ref))
		}
		m.plan = func(ref providers.Ref, lb *ir.LoadBalancer, o providers.Observation) plan.Plan {
			return m.Provider.Plan(home(ref), nil, lb, o)
		}
		m.apply = func(ctx context.Context, ref providers.Ref, p plan.Plan, source providers.EndpointSource) (providers.Observation, []plan.Outcome, error) {
			return m.Provider.Apply(ctx, home(ref), p, source)
		}
	}, nil},
	"P-BESIDE": {"a group that is not ours is emptied", func(m *mutant, w *world) {
		m.apply = func(ctx context.Context, ref providers.Ref, p plan.Plan, source providers.EndpointSource) (providers.Observation, []plan.Outcome, error) {
			o, outcomes, err := m.Provider.Apply(ctx, ref, p, source)
			if err == nil && providers.Spend(ctx, writes) == nil {
				_ = w.cloud.In("north").Detach(ctx, "theirs", []string{"10.9.9.9:80"})
			}
			return o, outcomes, err
		}
	}, nil},
	"P-IN-THE-WAY": {"what is in the way is deleted", func(m *mutant, w *world) {
		m.apply = func(ctx context.Context, ref providers.Ref, p plan.Plan, source providers.EndpointSource) (providers.Observation, []plan.Outcome, error) {
			for _, s := range p.Steps {
				if put, ok := s.Payload.(put); ok && put.Kind == cloud.KindBalancer && !put.exists {
					for _, r := range w.cloud.All("north") {
						if r.Name == put.Name && r.Labels == nil {
							w.cloud.Lose("north", r.Kind, r.Name)
						}
					}
				}
			}
			return m.Provider.Apply(ctx, ref, p, source)
		}
	}, nil},
	"P-DRIFT": {"a listener that somebody deleted stays away", func(m *mutant, _ *world) {
		m.plan = func(ref providers.Ref, lb *ir.LoadBalancer, o providers.Observation) plan.Plan {
			s, _ := o.State.(*state)
			return planWithout(m.Provider.Plan(ref, nil, lb, o), func(step plan.Step) bool {
				p, ok := step.Payload.(put)
				return ok && p.Kind == cloud.KindListener && slices.ContainsFunc(s.of(cloud.KindRule), func(r seen) bool {
					return r.names(cloud.KindListener, p.Name)
				}) && !p.exists
			})
		}
	}, nil},
	"P-STALE": {"what was overtaken is called invalid", func(m *mutant, _ *world) {
		m.apply = func(ctx context.Context, ref providers.Ref, p plan.Plan, source providers.EndpointSource) (providers.Observation, []plan.Outcome, error) {
			o, outcomes, err := m.Provider.Apply(ctx, ref, p, source)
			if e := (*providers.Error)(nil); errors.As(err, &e) && e.Kind == providers.Stale {
				e.Kind = providers.Invalid
			}
			return o, outcomes, err
		}
	}, nil},
	"P-MAKE-FIRST": {"groups are filled last", func(m *mutant, _ *world) {
		m.plan = func(ref providers.Ref, lb *ir.LoadBalancer, o providers.Observation) plan.Plan {
			whole := m.Provider.Plan(ref, nil, lb, o)
			p := planWithout(whole, func(s plan.Step) bool { _, ok := s.Payload.(fill); return ok })
			var before []string
			for _, s := range p.Steps {
				before = append(before, s.ID)
			}
			for _, s := range whole.Steps {
				if _, ok := s.Payload.(fill); ok {
					s.DependsOn = before
					p.Steps = append(p.Steps, s)
				}
			}
			return p
		}
	}, nil},
	"P-GO-ON": {"the first failure ends all", func(m *mutant, _ *world) {
		m.apply = func(ctx context.Context, ref providers.Ref, p plan.Plan, source providers.EndpointSource) (providers.Observation, []plan.Outcome, error) {
			chain := plan.Plan{Steps: slices.Clone(p.Steps)}
			for i := range chain.Steps {
				if i > 0 {
					chain.Steps[i].DependsOn = append(slices.Clone(chain.Steps[i].DependsOn), chain.Steps[i-1].ID)
				}
			}
			return m.Provider.Apply(ctx, ref, chain, source)
		}
	}, nil},
	"P-CUT-CREATE": {"a balancer is marked after it was made", func(m *mutant, w *world) {
		m.apply = func(ctx context.Context, ref providers.Ref, p plan.Plan, source providers.EndpointSource) (providers.Observation, []plan.Outcome, error) {
			p.Steps = slices.Clone(p.Steps)
			var late *cloud.Resource
			for i, s := range p.Steps {
				if put, ok := s.Payload.(put); ok && put.Kind == cloud.KindBalancer && !put.exists {
					if err := providers.Spend(ctx, writes); err != nil {
						return providers.Observation{}, nil, err
					}
					late = &cloud.Resource{Kind: put.Kind, Name: put.Name, Labels: put.Labels, Note: put.Note, Spec: put.Spec, Revision: 1}
					put.Labels = nil
					p.Steps[i].Payload = put
				}
			}
			o, outcomes, err := m.Provider.Apply(ctx, ref, p, source)
			if late != nil && (err == nil || providers.KindOf(err) == providers.Pending) {
				if err := w.cloud.In(region(ref.Location)).Update(ctx, *late); err != nil {
					return o, outcomes, explain(err, "mark the balancer")
				}
			}
			return o, outcomes, err
		}
	}, nil},
	"P-CUT-CHANGE": {"old certificates go only along with the change", func(m *mutant, _ *world) {
		m.plan = func(ref providers.Ref, lb *ir.LoadBalancer, o providers.Observation) plan.Plan {
			p := m.Provider.Plan(ref, nil, lb, o)
			changes := lb.Empty() || slices.ContainsFunc(p.Steps, func(s plan.Step) bool { return s.Op == plan.Update && strings.HasPrefix(s.ID, "listener/") })
			return planWithout(p, func(s plan.Step) bool {
				d, ok := s.Payload.(drop)
				return ok && d.kind == cloud.KindCertificate && !changes
			})
		}
	}, nil},
	"P-CUT-DELETE": {"a deletion is tried once", func(m *mutant, _ *world) {
		tried := map[string]bool{}
		key := func(ref providers.Ref, s plan.Step) string { return ref.UID + string(ref.Location) + s.ID }
		m.plan = func(ref providers.Ref, lb *ir.LoadBalancer, o providers.Observation) plan.Plan {
			m.mu.Lock()
			defer m.mu.Unlock()
			return planWithout(m.Provider.Plan(ref, nil, lb, o), func(s plan.Step) bool { return lb.Empty() && tried[key(ref, s)] })
		}
		m.apply = func(ctx context.Context, ref providers.Ref, p plan.Plan, source providers.EndpointSource) (providers.Observation, []plan.Outcome, error) {
			o, outcomes, err := m.Provider.Apply(ctx, ref, p, source)
			m.mu.Lock()
			defer m.mu.Unlock()
			for i, s := range p.Steps {
				if s.Op == plan.Delete && outcomes[i].Err != nil {
					tried[key(ref, s)] = true
				}
			}
			return o, outcomes, err
		}
	}, nil},
	"P-RESTART": {"a new process writes everything anew", func(m *mutant, _ *world) {
		applied := map[providers.Ref]bool{}
		m.plan = func(ref providers.Ref, lb *ir.LoadBalancer, o providers.Observation) plan.Plan {
			m.mu.Lock()
			defer m.mu.Unlock()
			if s, ok := o.State.(*state); ok && !applied[ref] && !lb.Empty() {
				forgotten := &state{present: slices.Clone(s.present)}
				for i, r := range forgotten.present {
					if r.Kind == cloud.KindBalancer {
						forgotten.present[i].Note = ""
					}
				}
				o.State = forgotten
			}
			return m.Provider.Plan(ref, nil, lb, o)
		}
		m.apply = func(ctx context.Context, ref providers.Ref, p plan.Plan, source providers.EndpointSource) (providers.Observation, []plan.Outcome, error) {
			o, outcomes, err := m.Provider.Apply(ctx, ref, p, source)
			m.mu.Lock()
			defer m.mu.Unlock()
			applied[ref] = true
			return o, outcomes, err
		}
	}, nil},
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
	"P-MESSAGES": {"messages have the cloud's words", func(m *mutant, _ *world) {
		m.apply = func(ctx context.Context, ref providers.Ref, p plan.Plan, source providers.EndpointSource) (providers.Observation, []plan.Outcome, error) {
			o, outcomes, err := m.Provider.Apply(ctx, ref, p, source)
			for _, out := range outcomes {
				if e := (*providers.Error)(nil); errors.As(out.Err, &e) && e.Err != nil {
					e.Message += ": " + e.Err.Error()
				}
			}
			return o, outcomes, err
		}
	}, nil},
	"P-SECRETS": {"a step tells the key", func(m *mutant, _ *world) {
		m.plan = func(ref providers.Ref, lb *ir.LoadBalancer, o providers.Observation) plan.Plan {
			p := m.Provider.Plan(ref, nil, lb, o)
			for i, s := range p.Steps {
				if put, ok := s.Payload.(put); ok && put.Kind == cloud.KindCertificate {
					p.Steps[i].Why += string(put.key.Reveal())
				}
			}
			return p
		}
	}, nil},
	"P-SHOWN": {"a step without its payload is passed over", func(m *mutant, _ *world) {
		m.apply = func(ctx context.Context, ref providers.Ref, p plan.Plan, source providers.EndpointSource) (providers.Observation, []plan.Outcome, error) {
			return m.Provider.Apply(ctx, ref, planWithout(p, func(s plan.Step) bool { return s.Payload == nil }), source)
		}
	}, nil},
	"P-BUDGET": {"nobody counts the calls of Apply", func(m *mutant, _ *world) {
		m.apply = func(ctx context.Context, ref providers.Ref, p plan.Plan, source providers.EndpointSource) (providers.Observation, []plan.Outcome, error) {
			return m.Provider.Apply(providers.WithSpender(ctx, generous{}), ref, p, source)
		}
	}, nil},
	"P-WAKE": {"nobody is woken", func(m *mutant, _ *world) {
		m.wake = make(chan providers.Ref)
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

// generous grants everything.
type generous struct{}

func (generous) Spend(context.Context, string) error { return nil }

// heldBy is how many endpoints of a cluster a pool holds.
func heldBy(pool providers.PoolObservation, cluster string) int {
	for _, c := range pool.Clusters {
		if c.Cluster == cluster {
			return len(c.Endpoints)
		}
	}
	return 0
}
