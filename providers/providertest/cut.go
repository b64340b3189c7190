package providertest

import (
	"context"
	"fmt"
	"slices"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/providers/ir"
)

// mostCuts bounds the mutations that a property cuts at.
const mostCuts = 250

// cuts does something in a new world each, and lets it go wrong in this way at
// its first mutation, its second and so on, until it comes through whole.
// Where the hub ended another process takes over. Afterwards it looks.
func (p *probe) cuts(way way, prepare func(*world) (providers.Ref, func(context.Context) error), look func(*world, providers.Ref, string)) {
	for at := 1; ; at++ {
		if at > mostCuts {
			p.fatalf("%d mutations and no end", mostCuts)
		}
		w := p.world()
		ref, do := prepare(w)
		ctx, end := context.WithCancel(p.t.Context())
		f := &fault{way: way, at: at}
		if way == cut || way == cutAfter {
			f.end = end
		}
		w.ledger.arm(f)
		err := do(ctx)
		w.ledger.arm(nil)
		end()
		if !f.fired() {
			p.need(err, "come through without any fault")
			return
		}
		if f.end != nil {
			w.restart()
		}
		look(w, ref, fmt.Sprintf("%s at mutation %d", way, at))
	}
}

// survives is the property that a change of a load balancer can be cut
// anywhere.
func survives(from, to *wish) func(*probe) {
	return func(p *probe) {
		straight := p.objectsAfter(from, to)
		for _, way := range ways {
			p.cuts(way, func(w *world) (providers.Ref, func(context.Context) error) {
				ref := w.ref("web", w.samples.Settings)
				if from != nil {
					w.build(ref, *from)
				}
				return ref, func(ctx context.Context) error { return w.toward(ctx, ref, to) }
			}, func(w *world, ref providers.Ref, when string) {
				w.ledger.watch(w.guard(ref, from, to, when))
				p.must(w.toward(p.t.Context(), ref, to), when+", then observe, plan and apply")
				if now := w.owned(ref); len(now) != len(straight) {
					p.errorf("%s: there are %d objects in the end, and %d without it: %q, %q", when, len(now), len(straight), now, straight)
				}
				if to == nil {
					w.gone(ref, when)
				} else {
					lb := w.desired(*to)
					o, err := w.provider.Observe(p.t.Context(), ref)
					p.need(err, "observe")
					w.serves(ref, lb, w.plan(ref, lb, o), when)
				}
			})
		}
	}
}

// guard looks at each mutation of a change for breaks; see P-MAKE-FIRST.
func (w *world) guard(ref providers.Ref, from, to *wish, when string) func(Call) {
	if to == nil {
		return nil
	}
	g := &guard{world: w, ref: ref, before: &ir.LoadBalancer{}, after: w.desired(*to), when: when}
	if from != nil {
		g.before = w.desired(*from)
	}
	return g.look
}

// objectsAfter are the objects that a change leaves that is not cut.
func (p *probe) objectsAfter(from, to *wish) []string {
	w := p.world()
	ref := w.ref("web", w.samples.Settings)
	if from != nil {
		w.build(ref, *from)
	}
	p.need(w.toward(p.t.Context(), ref, to), "come through without any fault")
	if mutations, _ := w.ledger.since(0); len(mutations) == 0 {
		p.errorf("the harness intercepts no mutation: nothing can be cut")
	}
	return slices.Clone(w.owned(ref))
}

// toward converges on a wish, or on nothing.
func (w *world) toward(ctx context.Context, ref providers.Ref, to *wish) error {
	if to == nil {
		_, _, err := w.converge(ctx, ref, nil)
		return err
	}
	_, _, err := w.converge(ctx, ref, w.desired(*to))
	return err
}

const cutRemedy = "whatever was done before the cut is found again by name and marks, and the rest is done then: nothing twice, nothing forgotten"

var (
	mustSurviveCreate = property{id: "P-CUT-CREATE", remedy: cutRemedy, test: survives(nil, &small)}
	mustSurviveChange = property{id: "P-CUT-CHANGE", remedy: cutRemedy, test: survives(&small, &large)}
	mustSurviveDelete = property{id: "P-CUT-DELETE", remedy: cutRemedy, test: survives(&large, nil)}
)

var mustRestart = property{
	id:     "P-RESTART",
	remedy: "what is needed lies in the world, not in memory: a new process finds everything as wished and changes nothing",
	test: func(p *probe) {
		w := p.world()
		ref := w.ref("web", w.samples.Settings)
		lb, _, made := w.build(ref, large)
		before := w.Objects()
		w.restart()
		mark := w.ledger.mark()
		_, _, err := w.converge(p.t.Context(), ref, lb)
		p.must(err, "converge after a restart")
		if mutations, _ := w.ledger.since(mark); len(mutations) > 0 {
			p.errorf("nothing has changed but the process, and it makes the mutations %q", mutations)
		}
		if len(before) != len(w.Objects()) {
			p.errorf("there were %d objects and are %d after a restart", len(before), len(w.Objects()))
		}
		w.serves(ref, lb, made, "after a restart")
	},
}
