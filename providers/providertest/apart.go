package providertest

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/providers/ir"
)

var mustName = property{
	id:     "P-NAMES",
	remedy: "take names from owner.Name with your limit: they fit, and two Gateways that differ only far to the right do not collide",
	test: func(p *probe) {
		w := p.world()
		long := strings.Repeat("long-", 50)
		refs := []providers.Ref{w.ref("web", w.samples.Settings)}
		add := func(change func(*providers.Ref)) {
			r := w.ref("web", w.samples.Settings)
			r.UID = fmt.Sprintf("uid-%d", len(refs))
			change(&r)
			refs = append(refs, r)
		}
		add(func(r *providers.Ref) { r.Name = long + "a" })
		add(func(r *providers.Ref) { r.Name = long + "b" })
		add(func(r *providers.Ref) { r.Namespace = "other" })
		add(func(r *providers.Ref) { r.Namespace = strings.Repeat("n", 62) + "a" })
		add(func(r *providers.Ref) { r.Namespace = strings.Repeat("n", 62) + "b" })
		add(func(r *providers.Ref) { r.Cluster = east })
		w.separate(refs, func(do func(providers.Ref)) {
			for _, r := range refs {
				do(r)
			}
		})
	},
}

// lonely is how long a call waits for another one to overlap with.
const lonely = 2 * time.Millisecond

var mustStayApart = property{
	id:     "P-APART",
	remedy: "verbs run for several Refs at once: share nothing between them that is not locked, and keep nothing by anything less than the whole Ref",
	test: func(p *probe) {
		w := p.world()
		var refs []providers.Ref
		for i := range 6 {
			refs = append(refs, w.ref(fmt.Sprintf("web-%d", i), w.samples.Settings))
		}
		// Calls wait for each other in pairs, so that the verbs do overlap.
		pair := make(chan struct{})
		w.ledger.charge(func(context.Context, Call) {
			select {
			case pair <- struct{}{}:
			case <-pair:
			case <-time.After(lonely):
			}
		})
		w.separate(refs, func(do func(providers.Ref)) {
			var all sync.WaitGroup
			for _, r := range refs {
				all.Go(func() { do(r) })
			}
			all.Wait()
		})
	},
}

// separate builds load balancers, changes every other one and removes every
// third, and complains about each that is not as wished then. each runs a
// function for every ref.
func (w *world) separate(refs []providers.Ref, each func(func(providers.Ref))) {
	stages := map[providers.Ref]*ir.LoadBalancer{}
	first, second := w.desired(small), w.desired(large)
	for i, r := range refs {
		switch {
		case i%3 == 2:
			stages[r] = nil
		case i%2 == 0:
			stages[r] = second
		default:
			stages[r] = first
		}
	}
	converge := func(lb func(providers.Ref) *ir.LoadBalancer) {
		each(func(r providers.Ref) {
			if _, _, err := w.converge(w.t.Context(), r, lb(r)); err != nil {
				w.errorf("among %d load balancers: %v", len(refs), err)
			}
		})
	}
	converge(func(providers.Ref) *ir.LoadBalancer { return first })
	converge(func(r providers.Ref) *ir.LoadBalancer { return stages[r] })
	var there []providers.Ref
	for _, r := range refs {
		when := fmt.Sprintf("%s among %d load balancers", shorten(r.String()), len(refs))
		if stages[r] == nil {
			w.gone(r, when)
			continue
		}
		there = append(there, r)
		o, err := w.provider.Observe(w.t.Context(), r)
		if err != nil {
			w.errorf("%s: observe: %v", when, err)
			continue
		}
		w.serves(r, stages[r], w.plan(r, stages[r], o), when)
	}
	w.listed(refs[0].Location, there...)
}

func shorten(s string) string {
	if len(s) <= 40 {
		return s
	}
	return s[:20] + "..." + s[len(s)-10:]
}

var mustMove = property{
	id:     "P-MOVE",
	remedy: "load balancers of one Gateway in two Locations are two: what is done to one leaves the other alone",
	test: func(p *probe) {
		w := p.world()
		if w.samples.Elsewhere == nil {
			p.skip("the provider has one Location only")
		}
		here, there := w.ref("web", w.samples.Settings), w.ref("web", w.samples.Elsewhere)
		if here.Location == there.Location {
			p.fatalf("both sample settings are located at %s", here.Location)
		}
		w.build(here, small)
		lb, _, made := w.build(there, small)
		w.listed(here.Location, here)
		w.listed(there.Location, there)
		w.tearDown(here)
		w.gone(here, "after the move")
		w.serves(there, lb, made, "after the move")
		w.listed(here.Location)
		w.listed(there.Location, there)
	},
}
