package providertest

import (
	"fmt"
	"slices"
	"sync"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/providers/ir"
	"fairway.dev/fairway/providers/plan"
)

var mustMakeFirst = property{
	id:     "P-MAKE-FIRST",
	remedy: "make before break: a pool holds its endpoints before a rule sends it traffic and until no rule does; what is wished before and after a change is served all the while",
	test: func(p *probe) {
		w := p.world()
		ref := w.ref("web", w.samples.Settings)
		before := &ir.LoadBalancer{}
		for i, stage := range []wish{small, large, less, small} {
			lb := w.desired(stage)
			g := &guard{world: w, ref: ref, before: before, after: lb, when: fmt.Sprintf("stage %d", i+1)}
			w.ledger.watch(g.look)
			w.build(ref, stage)
			w.ledger.watch(nil)
			before = lb
		}
	},
}

// guard looks at what clients meet after each mutation of a change.
type guard struct {
	*world
	ref           providers.Ref
	before, after *ir.LoadBalancer
	when          string

	mu sync.Mutex
}

func (g *guard) look(call Call) {
	g.mu.Lock()
	defer g.mu.Unlock()
	live := g.Live(g.ref)
	for subject, rule := range live.Rules {
		for pool := range rule.Pools {
			if len(live.Pools[pool]) == 0 && len(addresses(g.source.Endpoints(pool))) > 0 {
				g.errorf("%s, after %s: %s sends traffic to pool %s, which is empty", g.when, call.Name, subject, pool)
			}
		}
	}
	for subject := range subjects(g.before) {
		sort, name, _ := subject.Split()
		if sort == "rule" && wished(g.after, subject) {
			if _, serves := live.Rules[subject]; !serves {
				g.errorf("%s, after %s: %s is not served for the time being", g.when, call.Name, subject)
			}
		}
		if sort == "listener" && subjects(g.after)[subject] {
			have, accepts := live.Listeners[name]
			if !accepts || len(have.Chains) == 0 && g.encrypted(name) {
				g.errorf("%s, after %s: listener %s does not accept connections for the time being", g.when, call.Name, name)
			}
		}
	}
}

func (g *guard) encrypted(listener string) bool {
	return slices.ContainsFunc(g.after.Listeners, func(l ir.Listener) bool { return l.Name == listener && l.Protocol == ir.HTTPS })
}

var mustGoOn = property{
	id:     "P-GO-ON",
	remedy: "give plan.Run the steps with what each really depends on: a step that fails holds back those, and no other; each step has its outcome, in the plan's order",
	test: func(p *probe) {
		for at := 1; at <= mostCuts; at++ {
			w := p.world()
			ref := w.ref("web", w.samples.Settings)
			w.build(ref, small)
			o, err := w.provider.Observe(p.t.Context(), ref)
			p.need(err, "observe")
			made := w.plan(ref, w.desired(large), o)
			f := &fault{way: refused, at: at}
			w.ledger.arm(f)
			_, outcomes, err := w.provider.Apply(p.t.Context(), ref, made, w.source)
			w.ledger.arm(nil)
			if !f.fired() {
				return
			}
			if err == nil && len(failures(outcomes)) == 0 {
				// The provider tried again by itself.
				continue
			}
			w.wentOn(made, outcomes, fmt.Sprintf("mutation %d fails", at))
		}
	},
}

// wentOn complains about steps that were not tried although nothing that they
// depend on failed, and the other way round.
func (w *world) wentOn(made plan.Plan, outcomes []plan.Outcome, when string) {
	if len(outcomes) != len(made.Steps) {
		w.errorf("%s: %d steps have %d outcomes", when, len(made.Steps), len(outcomes))
		return
	}
	done := map[string]bool{}
	failed := 0
	for i, s := range made.Steps {
		o := outcomes[i]
		if o.Step != s.ID {
			w.errorf("%s: outcome %d is of step %q; want %q", when, i, o.Step, s.ID)
		}
		done[s.ID] = o.Done
		if o.Err != nil && providers.KindOf(o.Err) != providers.Pending {
			failed++
		}
		held := slices.ContainsFunc(s.DependsOn, func(d string) bool { return !done[d] })
		switch {
		case held && (o.Done || o.Err != nil):
			w.errorf("%s: step %s was tried although a step that it depends on did not succeed", when, s.ID)
		case !held && !o.Done && o.Err == nil:
			w.errorf("%s: step %s was not tried although all that it depends on succeeded", when, s.ID)
		}
	}
	if failed > 1 {
		w.errorf("%s: one call failed, and %d steps", when, failed)
	}
}
