package providertest

import (
	"encoding/json"
	"slices"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/providers/ir"
	"fairway.dev/fairway/providers/plan"
)

var mustPlanTwice = property{
	id:     "P-PLAN-TWICE",
	remedy: "Plan depends on its arguments alone: no clock, no chance, no order of a map, and it changes none of them",
	test: func(p *probe) {
		p.stages(func(w *world, ref providers.Ref, lb *ir.LoadBalancer, o providers.Observation) {
			before := ir.Hash(lb)
			first := w.plan(ref, lb, o)
			if second := w.plan(ref, lb, o); text(first) != text(second) {
				p.errorf("two plans from the same arguments differ:\n%s\n%s", text(first), text(second))
			}
			if ir.Hash(lb) != before {
				p.errorf("Plan changed what is desired")
			}
		})
	},
}

var mustExplainSteps = property{
	id:     "P-PLAN-STEPS",
	remedy: "every step has an id of its own, an operation, a resource and a reason; it depends on earlier steps only, and speaks of wished objects by plan.Subject",
	test: func(p *probe) {
		p.stages(func(w *world, ref providers.Ref, lb *ir.LoadBalancer, o providers.Observation) {
			made := w.plan(ref, lb, o)
			known := subjects(lb)
			ids := map[string]bool{}
			for i, s := range made.Steps {
				if s.ID == "" || ids[s.ID] {
					p.errorf("step %d has the id %q, which is empty or taken", i, s.ID)
				}
				if !slices.Contains([]plan.Op{plan.Create, plan.Update, plan.Delete, plan.Wait}, s.Op) || s.Resource == "" || s.Why == "" {
					p.errorf("step %s: op %q, resource %q and why %q must all be said", s.ID, s.Op, s.Resource, s.Why)
				}
				if (s.Op == plan.Wait) != (s.Gate != "") {
					p.errorf("step %s: a gate belongs to each Wait and to nothing else; op %q has %q", s.ID, s.Op, s.Gate)
				}
				for _, d := range s.DependsOn {
					if !ids[d] {
						p.errorf("step %s depends on %q, which is not an earlier step", s.ID, d)
					}
				}
				for _, subject := range s.Serves {
					if !known[subject] {
						p.errorf("step %s serves %q, which nobody wishes for", s.ID, subject)
					}
				}
				ids[s.ID] = true
			}
			p.verdicts(made, known)
		})
	},
}

// verdicts checks the form of a plan's verdicts.
func (p *probe) verdicts(made plan.Plan, known map[plan.Subject]bool) {
	judged := map[plan.Subject]bool{}
	for _, v := range made.Verdicts {
		if !known[v.Subject] || judged[v.Subject] {
			p.errorf("a verdict is on %q, which nobody wishes for or which was judged already", v.Subject)
		}
		judged[v.Subject] = true
		if v.Service != plan.Native && (v.Reason == "" || v.Message == "") {
			p.errorf("the verdict %s on %s has reason %q and message %q: say both", v.Service, v.Subject, v.Reason, v.Message)
		}
	}
}

// stages plans from nothing to small, on to large and wide, back to less, to more than
// anything can hold, and to nothing.
func (p *probe) stages(look func(*world, providers.Ref, *ir.LoadBalancer, providers.Observation)) {
	w := p.world()
	ref := w.ref("web", w.samples.Settings)
	observe := func() providers.Observation {
		o, err := w.provider.Observe(p.t.Context(), ref)
		p.need(err, "observe")
		return o
	}
	for _, stage := range []wish{small, large, wide, less} {
		lb := w.desired(stage)
		look(w, ref, lb, observe())
		w.build(ref, stage)
		look(w, ref, lb, observe())
	}
	look(w, ref, w.desired(many(crowd)), observe())
	look(w, ref, nil, observe())
}

// subjects are all wished objects.
func subjects(lb *ir.LoadBalancer) map[plan.Subject]bool {
	known := map[plan.Subject]bool{}
	if lb.Empty() {
		return known
	}
	for _, l := range lb.Listeners {
		known[plan.Listener(l.Name)] = true
	}
	for _, c := range lb.Certificates {
		known[plan.Certificate(c.Name)] = true
	}
	for _, pool := range lb.Pools {
		known[plan.Pool(pool.Name)] = true
	}
	for _, r := range lb.Routes {
		known[plan.Route(r.Name)] = true
		for i := range r.Rules {
			known[plan.Rule(r.Name, i)] = true
		}
	}
	return known
}

// text is what of a plan can be shown.
func text(p plan.Plan) string {
	b, err := json.Marshal(p)
	if err != nil {
		return "a plan that cannot be shown: " + err.Error()
	}
	return string(b)
}
