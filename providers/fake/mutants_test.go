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
	"fairway.dev/fairway/providers/owner"
	"fairway.dev/fairway/providers/plan"
)

// fakes are mutants by the property that they break, with a word behind it
// where there are several.
type fakes map[string]struct {
	what string
	make func(*mutant, *world)
	// also are other properties that notice it, unavoidably.
	also []string
}

// mutants are a provider with something wrong for each property.
var mutants = fakes{
	"P-FIRST": {"nothing is ever planned", func(m *mutant, _ *world) {
		m.plan = func(providers.Ref, providers.Settings, *ir.LoadBalancer, providers.Observation) plan.Plan {
			return plan.Plan{}
		}
	}, nil},
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
		m.plan = func(ref providers.Ref, set providers.Settings, lb *ir.LoadBalancer, o providers.Observation) plan.Plan {
			p := m.Provider.Plan(ref, set, lb, o)
			for i := range p.Steps {
				p.Steps[i].Why += fmt.Sprint(" ", plans.Add(1))
			}
			return p
		}
	}, nil},
	"P-PLAN-STEPS": {"steps have no reason", func(m *mutant, _ *world) {
		m.plan = func(ref providers.Ref, set providers.Settings, lb *ir.LoadBalancer, o providers.Observation) plan.Plan {
			p := m.Provider.Plan(ref, set, lb, o)
			for i := range p.Steps {
				p.Steps[i].Why = ""
			}
			return p
		}
	}, nil},
	"P-LIFE": {"a changed match is not seen", func(m *mutant, _ *world) {
		m.plan = func(ref providers.Ref, set providers.Settings, lb *ir.LoadBalancer, o providers.Observation) plan.Plan {
			return planWithout(m.Provider.Plan(ref, set, lb, o), func(s plan.Step) bool {
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
		m.plan = func(ref providers.Ref, set providers.Settings, lb *ir.LoadBalancer, o providers.Observation) plan.Plan {
			m.mu.Lock()
			defer m.mu.Unlock()
			wishes[ref] = lb
			return m.Provider.Plan(ref, set, lb, o)
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
		m.plan = func(ref providers.Ref, set providers.Settings, lb *ir.LoadBalancer, o providers.Observation) plan.Plan {
			p := m.Provider.Plan(ref, set, lb, o)
			p.Verdicts = nil
			return p
		}
	}, nil},
	"P-CHANGED": {"settings are heeded at first only", func(m *mutant, _ *world) {
		first := map[providers.Ref]providers.Settings{}
		m.plan = func(ref providers.Ref, set providers.Settings, lb *ir.LoadBalancer, o providers.Observation) plan.Plan {
			m.mu.Lock()
			defer m.mu.Unlock()
			if _, known := first[ref]; !known && set != nil {
				first[ref] = set
			}
			return m.Provider.Plan(ref, first[ref], lb, o)
		}
	}, nil},
	"P-REMADE": {"what an earlier Gateway of the name left is taken over", func(m *mutant, w *world) {
		m.apply = func(ctx context.Context, ref providers.Ref, p plan.Plan, source providers.EndpointSource) (providers.Observation, []plan.Outcome, error) {
			for _, r := range w.cloud.All(region(ref.Location)) {
				if owner.Precedes(ref, r.Labels) {
					w.cloud.Alter(region(ref.Location), r.Kind, r.Name, func(r *cloud.Resource) { r.Labels = owner.Marks(ref) })
				}
			}
			return m.Provider.Apply(ctx, ref, p, source)
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
		m.plan = func(ref providers.Ref, set providers.Settings, lb *ir.LoadBalancer, o providers.Observation) plan.Plan {
			m.mu.Lock()
			defer m.mu.Unlock()
			if lb.Empty() && !made[ref] {
				return plan.Plan{}
			}
			return m.Provider.Plan(ref, set, lb, o)
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
		m.plan = func(ref providers.Ref, set providers.Settings, lb *ir.LoadBalancer, o providers.Observation) plan.Plan {
			return m.Provider.Plan(short(ref), set, lb, o)
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
		m.plan = func(ref providers.Ref, set providers.Settings, lb *ir.LoadBalancer, o providers.Observation) plan.Plan {
			if last := at.Load(); last != nil {
				ref = *last
			}
			return m.Provider.Plan(ref, set, lb, o)
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
		m.plan = func(ref providers.Ref, set providers.Settings, lb *ir.LoadBalancer, o providers.Observation) plan.Plan {
			return m.Provider.Plan(home(ref), set, lb, o)
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
		m.plan = func(ref providers.Ref, set providers.Settings, lb *ir.LoadBalancer, o providers.Observation) plan.Plan {
			s, _ := o.State.(*state)
			return planWithout(m.Provider.Plan(ref, set, lb, o), func(step plan.Step) bool {
				p, ok := step.Payload.(put)
				return ok && p.Kind == cloud.KindListener && slices.ContainsFunc(s.of(cloud.KindRule), func(r seen) bool {
					return r.names(cloud.KindListener, p.Name)
				}) && !p.exists
			})
		}
	}, nil},
	"P-DRIFT by hand": {"what was written once is taken to be there", func(m *mutant, _ *world) {
		written := map[string]string{}
		id := func(ref providers.Ref, p put) string { return string(ref.Location) + resource(p.Kind, p.Name) }
		m.plan = func(ref providers.Ref, set providers.Settings, lb *ir.LoadBalancer, o providers.Observation) plan.Plan {
			m.mu.Lock()
			defer m.mu.Unlock()
			return planWithout(m.Provider.Plan(ref, set, lb, o), func(s plan.Step) bool {
				p, ok := s.Payload.(put)
				return ok && p.exists && written[id(ref, p)] == ir.Hash(p.Spec)+p.Note
			})
		}
		m.apply = func(ctx context.Context, ref providers.Ref, p plan.Plan, source providers.EndpointSource) (providers.Observation, []plan.Outcome, error) {
			o, outcomes, err := m.Provider.Apply(ctx, ref, p, source)
			m.mu.Lock()
			defer m.mu.Unlock()
			for i, s := range p.Steps {
				if put, ok := s.Payload.(put); ok && outcomes[i].Done {
					written[id(ref, put)] = ir.Hash(put.Spec) + put.Note
				}
			}
			return o, outcomes, err
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
		m.plan = func(ref providers.Ref, set providers.Settings, lb *ir.LoadBalancer, o providers.Observation) plan.Plan {
			whole := m.Provider.Plan(ref, set, lb, o)
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
		m.plan = func(ref providers.Ref, set providers.Settings, lb *ir.LoadBalancer, o providers.Observation) plan.Plan {
			p := m.Provider.Plan(ref, set, lb, o)
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
		m.plan = func(ref providers.Ref, set providers.Settings, lb *ir.LoadBalancer, o providers.Observation) plan.Plan {
			m.mu.Lock()
			defer m.mu.Unlock()
			return planWithout(m.Provider.Plan(ref, set, lb, o), func(s plan.Step) bool { return lb.Empty() && tried[key(ref, s)] })
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
		m.plan = func(ref providers.Ref, set providers.Settings, lb *ir.LoadBalancer, o providers.Observation) plan.Plan {
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
			return m.Provider.Plan(ref, set, lb, o)
		}
		m.apply = func(ctx context.Context, ref providers.Ref, p plan.Plan, source providers.EndpointSource) (providers.Observation, []plan.Outcome, error) {
			o, outcomes, err := m.Provider.Apply(ctx, ref, p, source)
			m.mu.Lock()
			defer m.mu.Unlock()
			applied[ref] = true
			return o, outcomes, err
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
		m.plan = func(ref providers.Ref, set providers.Settings, lb *ir.LoadBalancer, o providers.Observation) plan.Plan {
			p := m.Provider.Plan(ref, set, lb, o)
			for i, s := range p.Steps {
				if put, ok := s.Payload.(put); ok && put.Kind == cloud.KindCertificate {
					p.Steps[i].Why += string(put.key.Reveal())
				}
			}
			return p
		}
	}, nil},
	"P-SECRETS in a payload": {"a step carries the key as it is", func(m *mutant, _ *world) {
		m.plan = func(ref providers.Ref, set providers.Settings, lb *ir.LoadBalancer, o providers.Observation) plan.Plan {
			p := m.Provider.Plan(ref, set, lb, o)
			for i, s := range p.Steps {
				if put, ok := s.Payload.(put); ok && put.Kind == cloud.KindCertificate {
					put.Spec = cloud.Certificate{Chain: put.Spec.(cloud.Certificate).Chain, Key: string(put.key.Reveal())}
					p.Steps[i].Payload = put
				}
			}
			return p
		}
	}, nil},
	"P-SECRETS in State": {"what is observed has the key", func(m *mutant, _ *world) {
		var key []byte
		m.plan = func(ref providers.Ref, set providers.Settings, lb *ir.LoadBalancer, o providers.Observation) plan.Plan {
			m.mu.Lock()
			defer m.mu.Unlock()
			if !lb.Empty() && len(lb.Certificates) > 0 {
				key = lb.Certificates[0].Key.Reveal()
			}
			return m.Provider.Plan(ref, set, lb, o)
		}
		m.observe = func(ctx context.Context, ref providers.Ref) (providers.Observation, error) {
			o, err := m.Provider.Observe(ctx, ref)
			m.mu.Lock()
			defer m.mu.Unlock()
			if s, ok := o.State.(*state); ok {
				for i, r := range s.present {
					if spec, ok := r.Spec.(cloud.Certificate); ok {
						s.present[i].Spec = cloud.Certificate{Chain: spec.Chain, Key: string(key)}
					}
				}
			}
			return o, err
		}
	}, nil},
	"P-SECRETS in a pool": {"a pool carries the key", func(m *mutant, _ *world) {
		var key []byte
		m.carry(func(providers.Ref, providers.Observation) any {
			m.mu.Lock()
			defer m.mu.Unlock()
			return key
		})
		whole := m.plan
		m.plan = func(ref providers.Ref, set providers.Settings, lb *ir.LoadBalancer, o providers.Observation) plan.Plan {
			m.mu.Lock()
			if !lb.Empty() && len(lb.Certificates) > 0 {
				key = lb.Certificates[0].Key.Reveal()
			}
			m.mu.Unlock()
			return whole(ref, set, lb, o)
		}
	}, nil},
	"P-LIFE certificates": {"a listener presents its first certificate only", func(m *mutant, _ *world) {
		m.plan = func(ref providers.Ref, set providers.Settings, lb *ir.LoadBalancer, o providers.Observation) plan.Plan {
			p := m.Provider.Plan(ref, set, lb, o)
			for i, s := range p.Steps {
				if put, ok := s.Payload.(put); ok && put.Kind == cloud.KindListener {
					spec := put.Spec.(cloud.Listener)
					spec.Certificates = spec.Certificates[:min(1, len(spec.Certificates))]
					put.Spec = spec
					p.Steps[i].Payload = put
				}
			}
			return planWithout(p, func(s plan.Step) bool {
				p, ok := s.Payload.(put)
				if !ok || !p.exists || p.Kind != cloud.KindListener {
					return false
				}
				have, _ := o.State.(*state).find(p.Kind, p.Name)
				return same(p.Resource, have.Resource)
			})
		}
	}, nil},
	"P-LIFE unresolved": {"a share without a pool goes to the others", func(m *mutant, _ *world) {
		m.drawn(func(lb *ir.LoadBalancer) {
			for _, r := range lb.Routes {
				for i, rule := range r.Rules {
					r.Rules[i].Backends = slices.DeleteFunc(slices.Clone(rule.Backends), func(b ir.Backend) bool { return b.Pool == "" })
				}
			}
		})
	}, nil},
	"P-LIFE hosts": {"a rule is for its first host only", func(m *mutant, _ *world) {
		m.drawn(func(lb *ir.LoadBalancer) {
			for _, r := range lb.Routes {
				for i := range r.Attachments {
					r.Attachments[i].Hostnames = []string{"shop.example.com"}
				}
				for i, rule := range r.Rules {
					r.Rules[i].Matches = rule.Matches[:1]
				}
			}
		})
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

// generous grants everything.
type generous struct{}

func (generous) Spend(context.Context, string) error { return nil }
