package providertest

var mustObserveNothing = property{
	id:     "P-NOTHING",
	remedy: "what is absent is an Observation with Exists false, and Observe only reads",
	test: func(p *probe) {
		w := p.world()
		w.Populate()
		ref := w.ref("web", w.samples.Settings)
		o, err := w.provider.Observe(p.t.Context(), ref)
		p.must(err, "Observe of what does not exist")
		if o.Exists || len(o.Listeners) > 0 || len(o.Addresses) > 0 {
			p.errorf("Observe of what does not exist says %+v", o)
		}
		if plan := w.plan(ref, nil, o); !plan.Empty() {
			p.errorf("to remove what does not exist takes %d steps, the first is %s: %s", len(plan.Steps), plan.Steps[0].ID, plan.Steps[0].Why)
		}
		if mutations, _ := w.ledger.since(0); len(mutations) > 0 {
			p.errorf("Observe changed the world: %q", mutations)
		}
	},
}
