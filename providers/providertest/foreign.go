package providertest

import (
	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/providers/owner"
	"fairway.dev/fairway/providers/plan"
)

var mustLeaveForeign = property{
	id:     "P-BESIDE",
	remedy: "only what carries the Ref's owner marks is ever written to or deleted: ask owner.Owns before each write",
	test: func(p *probe) {
		w := p.world()
		w.Populate()
		before := w.foreign()
		w.populated()
		ref := w.ref("web", w.samples.Settings)
		for _, stage := range []wish{small, large, less} {
			w.build(ref, stage)
		}
		w.untouched(before, "after create and change")
		w.tearDown(ref)
		w.untouched(before, "after delete")
	},
}

// populated complains unless there are objects of nobody and of another hub.
func (w *world) populated() {
	var byHand, otherHub bool
	for _, o := range w.Objects() {
		hub := o.Marks[owner.HubKey]
		byHand = byHand || hub == ""
		otherHub = otherHub || hub != "" && hub != Hub
	}
	if !byHand || !otherHub {
		w.errorf("the harness's Populate made things by hand: %t, and of another hub: %t; want both", byHand, otherHub)
	}
}

var mustNotTakeOver = property{
	id:     "P-IN-THE-WAY",
	remedy: "an object of our name without our marks is an Error of kind Conflict that names it: it is neither changed nor deleted, and once it is gone all comes about",
	test: func(p *probe) {
		w := p.world()
		ref := w.ref("web", w.samples.Settings)
		name, ok := w.Obstruct(ref)
		if !ok {
			p.skip("names cannot collide in this world")
		}
		before := w.foreign()
		if conflict := w.untilConflict(ref); conflict == nil {
			p.errorf("%s is in the way, and no Error of kind Conflict says so", name)
		} else if conflict.Message == "" || conflict.Reason == "" {
			p.errorf("the Conflict has reason %q and message %q: say both", conflict.Reason, conflict.Message)
		}
		w.untouched(before, "while it is in the way")
		w.tearDown(ref)
		w.untouched(before, "after delete")
		if !w.Remove(name) {
			p.fatalf("the harness cannot remove %s, which it made", name)
		}
		lb, _, made := w.build(ref, small)
		w.serves(ref, lb, made, "once nothing is in the way")
	},
}

// untilConflict does some rounds, and gives the Conflict that one of them
// ended with.
func (w *world) untilConflict(ref providers.Ref) *providers.Error {
	lb := w.desired(small)
	for range 8 {
		_, _, outcomes, err := w.round(w.t.Context(), ref, lb)
		for _, e := range append([]error{err}, failures(outcomes)...) {
			if providers.KindOf(e) == providers.Conflict {
				return errorOf(e)
			}
		}
		w.Pass(soon)
	}
	return nil
}

func failures(outcomes []plan.Outcome) []error {
	var all []error
	for _, o := range outcomes {
		if o.Err != nil {
			all = append(all, o.Err)
		}
	}
	return all
}

var mustNoticeStale = property{
	id:     "P-STALE",
	remedy: "a plan that the world has overtaken is an Error of kind Stale where the API tells (412, a conflict of versions), and never ends in a kind that core does not try again at once",
	test: func(p *probe) {
		for _, stages := range [][2]wish{{small, large}, {large, small}, {small, less}} {
			w := p.world()
			ref := w.ref("web", w.samples.Settings)
			w.build(ref, stages[0])
			first := w.provider
			o, err := first.Observe(p.t.Context(), ref)
			p.need(err, "observe")
			overtaken := w.plan(ref, w.desired(stages[1]), o)

			w.restart()
			w.build(ref, wish{routes: large.routes[:1], certificate: 1})
			_, outcomes, err := first.Apply(p.t.Context(), ref, overtaken, w.source)
			for _, e := range append([]error{err}, failures(outcomes)...) {
				if kind := providers.KindOf(e); e != nil && kind != providers.Stale && kind != providers.Pending {
					p.errorf("a plan that was overtaken ended in kind %q: %v; want Stale", kind, e)
				}
			}
			lb, _, made := w.build(ref, stages[1])
			w.serves(ref, lb, made, "after a plan was overtaken")
		}
	},
}
