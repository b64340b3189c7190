package providertest

import (
	"fmt"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/providers/ir"
	"fairway.dev/fairway/providers/plan"
)

var mustProgram = property{
	id:     "P-PROGRAMMED",
	remedy: "a listener is Programmed, with its ir.Hash, once it takes traffic and not before; then the load balancer has addresses",
	test: func(p *probe) {
		w := p.world()
		ref := w.ref("web", w.samples.Settings)
		for i, stage := range []wish{small, large} {
			lb := w.desired(stage)
			truthful := func() (providers.Observation, plan.Plan, error) {
				o, made, _, err := w.round(p.t.Context(), ref, lb)
				w.truthful(ref, lb, o)
				return o, made, err
			}
			_, err := w.applyAll(ref, truthful)
			p.need(err, "apply")
			_, o, made := w.build(ref, stage)
			w.truthful(ref, lb, o)
			for _, l := range lb.Listeners {
				if !refusals(made)[plan.Listener(l.Name)] && !isProgrammed(o, l) {
					p.errorf("stage %d: listener %s is served, and Observe does not say that it is programmed with hash %s: %+v", i+1, l.Name, ir.Hash(l), o.Listeners)
				}
			}
			if len(o.Addresses) == 0 {
				p.errorf("stage %d: all is programmed, and Observe gives no address", i+1)
			}
		}
	},
}

// truthful complains about listeners that are said to be programmed and do not
// accept connections.
func (w *world) truthful(ref providers.Ref, lb *ir.LoadBalancer, o providers.Observation) {
	live := w.Live(ref)
	for _, l := range lb.Listeners {
		if _, accepts := live.Listeners[l.Name]; isProgrammed(o, l) && !accepts {
			w.errorf("listener %s is said to be programmed and accepts no connection", l.Name)
		}
	}
}

// crowd is how many rules are more than most load balancers hold.
const crowd = 300

var mustSay = property{
	id:     "P-ALL-SAID",
	remedy: "every rule is served or refused by a verdict, never left out in silence; where there are too many, the youngest routes are refused, so that a newcomer takes nothing down",
	test: func(p *probe) {
		w := p.world()
		ref := w.ref("web", w.samples.Settings)
		w.build(ref, small)
		lb, _, made := w.build(ref, many(crowd))
		w.serves(ref, lb, made, fmt.Sprintf("with %d rules", crowd+3))
		refused := refusals(made)
		for i := range 2 {
			if subject := plan.Rule("HTTPRoute/shop/cart", i); refused[subject] || refused[plan.Route("HTTPRoute/shop/cart")] {
				p.errorf("%s was served, and is refused since a younger route asks for too much", subject)
			}
		}
		p.verdicts(made, subjects(lb))

		// All that is there for a limit makes room for something else.
		other := many(crowd)
		other.routes[1].name = "other"
		lb, _, made = w.build(ref, other)
		w.serves(ref, lb, made, "with as many other rules")
	},
}
