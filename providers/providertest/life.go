package providertest

import (
	"fmt"
	"slices"
	"time"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/providers/ir"
	"fairway.dev/fairway/providers/plan"
)

var mustLive = property{
	id:     "P-LIFE",
	remedy: "after each change clients meet exactly what is wished: look into Plan for a difference that it does not see",
	test: func(p *probe) {
		w := p.world()
		ref := w.ref("web", w.samples.Settings)
		texts := map[plan.Subject]said{}
		for i, stage := range []wish{small, moved, large, spread, wide, less, small} {
			lb := w.desired(stage)
			_, made, err := w.converge(p.t.Context(), ref, lb)
			p.must(err, fmt.Sprintf("stage %d", i+1))
			w.serves(ref, lb, made, fmt.Sprintf("stage %d", i+1))
			if len(w.owned(ref)) == 0 {
				p.errorf("stage %d: the harness's Objects show nothing that carries the marks of %s", i+1, ref)
			}
			for subject, rule := range w.Live(ref).Rules {
				now := said{wish: textOf(lb, subject), text: rule.Text}
				if before, known := texts[subject]; known && before.wish != now.wish && before.text == now.text {
					p.errorf("stage %d: %s has other hosts, matches or filters now, and the world has it as before: %s", i+1, subject, rule.Text)
				}
				texts[subject] = now
			}
		}
		if now, fresh := w.owned(ref), p.objectsAfter(nil, &small); len(now) != len(fresh) {
			p.errorf("there are %d objects after several changes, and %d when the same is built at once: %q, %q", len(now), len(fresh), now, fresh)
		}
		w.tearDown(ref)
		w.gone(ref, "after the removal")
		if live := w.Live(ref); len(live.Listeners)+len(live.Rules) > 0 {
			p.errorf("clients meet something after the removal: %+v", live)
		}
	},
}

// said is what of a rule is no backend: as wished, and as the world has it.
type said struct{ wish, text string }

// textOf is a hash of a wished rule, its hosts included and its backends not.
func textOf(lb *ir.LoadBalancer, subject plan.Subject) string {
	_, name, index := subject.Split()
	for _, r := range lb.Routes {
		if r.Name == name && index >= 0 && index < len(r.Rules) {
			var hosts []string
			for _, a := range r.Attachments {
				hosts = append(hosts, a.Hostnames...)
			}
			slices.Sort(hosts)
			return ir.Hash([]any{slices.Compact(hosts), r.Rules[index].Matches, r.Rules[index].Filters})
		}
	}
	return ""
}

var mustSettle = property{
	id:     "P-SETTLED",
	remedy: "once Apply answered without an error there is no step left, neither for the Observation that it gave nor for a new one; what waits for its time is in RetireAt",
	test: func(p *probe) {
		w := p.world()
		ref := w.ref("web", w.samples.Settings)
		for i, stage := range []wish{small, large, wide, less} {
			lb := w.desired(stage)
			o, err := w.applyAll(ref, func() (providers.Observation, plan.Plan, error) {
				o, made, _, err := w.round(p.t.Context(), ref, lb)
				return o, made, err
			})
			p.need(err, "apply")
			if again := w.plan(ref, lb, o); !again.Empty() {
				p.errorf("stage %d: after Apply the plan for its own Observation is %s", i+1, text(again))
			}
			w.build(ref, stage)
			mark := w.ledger.mark()
			_, made, _, err := w.round(p.t.Context(), ref, lb)
			p.must(err, "observe what is as wished")
			mutations, _ := w.ledger.since(mark)
			if !made.Empty() || len(mutations) > 0 {
				p.errorf("stage %d: all is as wished, and the plan is %s; mutations are %q", i+1, text(made), mutations)
			}
			w.stays(ref, lb, fmt.Sprintf("stage %d", i+1))
		}
	},
}

// later is a time in which nothing is to become due that was not announced.
const later = 30 * time.Minute

// stays complains about steps that time alone brings about, when neither
// RetireAt nor Wake announced them.
func (w *world) stays(ref providers.Ref, lb *ir.LoadBalancer, when string) {
	w.Pass(later)
	if w.woken != nil && w.woken.has(ref) {
		return
	}
	if _, made, _, err := w.round(w.t.Context(), ref, lb); err != nil || !made.Empty() {
		w.errorf("%s: after %s the plan is %s, with %s: what becomes due is announced by RetireAt or Wake", when, later, text(made), answered(err))
	}
}

// applyAll does rounds until one ends without an error.
func (w *world) applyAll(ref providers.Ref, round func() (providers.Observation, plan.Plan, error)) (providers.Observation, error) {
	for range rounds {
		o, _, err := round()
		switch providers.KindOf(err) {
		case providers.Pending, providers.Throttled:
			w.Pass(after(err))
		case providers.Stale:
		default:
			return o, err
		}
	}
	return providers.Observation{}, fmt.Errorf("%s is pending after %d rounds", ref, rounds)
}
