package providertest

import (
	"slices"
	"sync"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/providers/ir"
	"fairway.dev/fairway/providers/plan"
)

// kept are last observations, as core keeps them. A nil one keeps nothing.
type kept struct {
	mu   sync.Mutex
	last map[providers.Ref]providers.Observation
}

func (k *kept) get(ref providers.Ref) (providers.Observation, bool) {
	if k == nil {
		return providers.Observation{}, false
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	o, found := k.last[ref]
	return o, found
}

func (k *kept) put(ref providers.Ref, o providers.Observation) {
	if k != nil {
		k.mu.Lock()
		defer k.mu.Unlock()
		k.last[ref] = o
	}
}

func (k *kept) drop(ref providers.Ref) {
	if k != nil {
		k.mu.Lock()
		defer k.mu.Unlock()
		delete(k.last, ref)
	}
}

// pool puts what SyncEndpoints answered into the observation that is kept.
func (k *kept) pool(ref providers.Ref, now providers.PoolObservation) {
	o, found := k.get(ref)
	if !found {
		return
	}
	o.Pools = slices.Clone(o.Pools)
	i := slices.IndexFunc(o.Pools, func(p providers.PoolObservation) bool { return p.Name == now.Name })
	if i < 0 {
		return
	}
	o.Pools[i] = now
	k.put(ref, o)
}

var mustBeKept = property{
	id:     "P-KEPT",
	remedy: "the Observation that Apply answers with is as good as a new one: core plans from it, without a call, for as long as nothing goes wrong",
	test: func(p *probe) {
		w := p.world()
		w.kept = &kept{last: map[providers.Ref]providers.Observation{}}
		ref := w.ref("web", w.samples.Settings)
		for i, stage := range []wish{small, large, less, small} {
			lb := w.desired(stage)
			o, err := w.applyAll(ref, func() (providers.Observation, plan.Plan, error) {
				o, made, _, err := w.round(p.t.Context(), ref, lb)
				return o, made, err
			})
			p.need(err, "apply")
			now, err := w.provider.Observe(p.t.Context(), ref)
			p.need(err, "observe")
			if !ir.Equal(held(o), held(now)) {
				p.errorf("Apply says that the pools hold %+v, and Observe that they hold %+v", held(o), held(now))
			}
			_, _, made := w.build(ref, stage)
			w.serves(ref, lb, made, []string{"created", "changed", "shrunk", "grown"}[i]+" from kept observations")
			mark := w.ledger.mark()
			_, made, err = w.converge(p.t.Context(), ref, lb)
			p.need(err, "converge on what is there")
			if mutations, reads := w.ledger.since(mark); !made.Empty() || len(mutations)+len(reads) > 0 {
				p.errorf("all is as wished and the last Observation is kept; made were %q and %q, the plan is %s", mutations, reads, text(made))
			}
		}
		w.tearDown(ref)
		w.gone(ref, "removed from kept observations")
	},
}

// held is what an observation says of pools, by name.
func held(o providers.Observation) map[string][]any {
	all := map[string][]any{}
	for _, p := range o.Pools {
		all[p.Name] = []any{p.Clusters, p.Unsorted}
	}
	return all
}
