package gateway

import (
	"slices"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/providers/ir"
	"fairway.dev/fairway/providers/plan"
)

// hold takes out of a plan the deletions for which a member's silence may be
// the only cause, with all that depends on them: those that touch a pool which
// is still wished for while a cluster cannot tell its endpoints. They come
// about once it can, or is a member no more. Taking everything down is not
// held back.
func hold(p plan.Plan, wish *ir.LoadBalancer, source providers.EndpointSource) (plan.Plan, []plan.Step) {
	if wish.Empty() {
		return p, nil
	}
	unknown := map[string]bool{}
	silent := func(pool string) bool {
		if is, asked := unknown[pool]; asked {
			return is
		}
		wished := slices.ContainsFunc(wish.Pools, func(w ir.BackendPool) bool { return w.Name == pool })
		unknown[pool] = wished && slices.ContainsFunc(source.Endpoints(pool), func(c ir.ClusterEndpoints) bool { return !c.Known })
		return unknown[pool]
	}
	kept, held := plan.Plan{Verdicts: p.Verdicts}, []plan.Step(nil)
	for _, step := range p.Steps {
		waits := slices.ContainsFunc(step.DependsOn, func(id string) bool {
			return slices.ContainsFunc(held, func(h plan.Step) bool { return h.ID == id })
		})
		touches := step.Op == plan.Delete && slices.ContainsFunc(step.Serves, func(s plan.Subject) bool {
			sort, name, _ := s.Split()
			return sort == "pool" && silent(name)
		})
		if waits || touches {
			held = append(held, step)
		} else {
			kept.Steps = append(kept.Steps, step)
		}
	}
	if len(held) == 0 {
		return p, nil
	}
	return kept, held
}
