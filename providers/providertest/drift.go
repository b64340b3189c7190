package providertest

import (
	"fmt"
	"reflect"
	"slices"

	"fairway.dev/fairway/providers"
)

var mustRepair = property{
	id:     "P-DRIFT",
	remedy: "Observe sees what somebody deleted or changed by hand, and Plan puts it right: compare all of a resource with what is drawn, not its presence",
	test: func(p *probe) {
		for _, verb := range []string{"deleted", "changed"} {
			w := p.world()
			touch := w.Remove
			if verb == "changed" {
				touch = w.Alter
			}
			ref := w.ref("web", w.samples.Settings)
			lb, _, made := w.build(ref, small)
			before := w.Live(ref)
			for _, name := range w.owned(ref) {
				if !slices.Contains(w.owned(ref), name) || !touch(name) {
					continue
				}
				when := fmt.Sprintf("after somebody %s %s", verb, name)
				o, err := w.provider.Observe(p.t.Context(), ref)
				p.must(err, "observe "+when)
				if verb == "deleted" {
					w.truthful(ref, lb, o)
				}
				if _, _, err := w.converge(p.t.Context(), ref, lb); err != nil {
					p.errorf("%s: %v", when, err)
					continue
				}
				w.serves(ref, lb, made, when)
				if now := w.Live(ref); verb == "changed" && !reflect.DeepEqual(now.Rules, before.Rules) {
					p.errorf("%s and it was put right, the rules are %+v, and were %+v", when, now.Rules, before.Rules)
				}
			}
		}
	},
}

var mustFollowPredecessor = property{
	id:     "P-REMADE",
	remedy: "a Gateway made anew under its old name is another load balancer: leave what carries our marks and another UID alone, answer Pending (or Conflict) while it has a name that you need, and build once it is gone",
	test: func(p *probe) {
		w := p.world()
		old := w.ref("web", w.samples.Settings)
		w.build(old, small)
		before := w.contents(old)
		anew := old
		anew.UID += "-2"
		lb := w.desired(small)
		for range 4 {
			_, _, outcomes, err := w.round(p.t.Context(), anew, lb)
			for _, e := range append(failures(outcomes), err) {
				said := errorOf(e)
				switch {
				case e == nil:
				case said == nil, !slices.Contains([]providers.Kind{providers.Pending, providers.Conflict, providers.Stale}, said.Kind):
					p.errorf("the Gateway was made anew while the old one's load balancer is there: %v of kind %q; want Pending or Conflict", e, providers.KindOf(e))
				case said.Kind != providers.Stale && said.Message == "":
					p.errorf("the Gateway was made anew while the old one's load balancer is there: an Error of kind %s has no message", said.Kind)
				}
			}
			w.Pass(after(err))
		}
		if now := w.contents(old); !reflect.DeepEqual(now, before) {
			p.errorf("the old Gateway's load balancer was touched by its successor: it had %q, and has %q", names(before), names(now))
		}
		w.tearDown(old)
		w.gone(old, "after the old Gateway's removal")
		_, made, err := w.converge(p.t.Context(), anew, lb)
		p.must(err, "build the successor's load balancer, once the old one's is gone")
		w.serves(anew, lb, made, "made anew")
		w.listed(anew.Location, anew)
		w.tearDown(anew)
		w.gone(anew, "after the removal of what was made anew")
	},
}

// contents are ref's objects, by name.
func (w *world) contents(ref providers.Ref) map[string]string {
	all := map[string]string{}
	for _, o := range w.Objects() {
		if owns(ref, o) {
			all[o.Name] = o.Content
		}
	}
	return all
}
