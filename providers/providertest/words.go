package providertest

import (
	"encoding/json"
	"slices"
	"strings"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/providers/plan"
)

var mustWordStably = property{
	id:     "P-MESSAGES",
	remedy: "Message is your own sentence, the same for the same fault; what the API said (ids, times) belongs into Err, for logs",
	test: func(p *probe) {
		for _, from := range []*wish{nil, &small} {
			w := p.world()
			ref := w.ref("web", w.samples.Settings)
			if from != nil {
				w.build(ref, *from)
			}
			w.ledger.arm(&fault{way: refused, at: 1, forever: true})
			if first, second := w.words(ref), w.words(ref); !slices.Equal(first, second) {
				p.errorf("the same fault has two wordings:\n%q\n%q", first, second)
			}
		}
		w := p.world()
		ref := w.ref("web", w.samples.Settings)
		if _, ok := w.Obstruct(ref); ok {
			if w.untilConflict(ref) == nil {
				// P-IN-THE-WAY complains about that.
				return
			}
			if first, second := w.words(ref), w.words(ref); !slices.Equal(first, second) {
				p.errorf("the same conflict has two wordings:\n%q\n%q", first, second)
			}
		}
	},
}

// words are the messages of one round's errors.
func (w *world) words(ref providers.Ref) []string {
	_, _, outcomes, err := w.round(w.t.Context(), ref, w.desired(large))
	var all []string
	for _, e := range append([]error{err}, failures(outcomes)...) {
		said := errorOf(e)
		if said == nil {
			continue
		}
		if strings.Contains(said.Message, "request id") {
			w.errorf("the message %q holds the API's own words", said.Message)
		}
		if said.Message == "" && said.Kind != providers.Stale {
			w.errorf("an Error of kind %q has no message: %v", said.Kind, e)
		}
		all = append(all, string(said.Kind)+" "+said.Reason+": "+said.Message)
	}
	return all
}

var mustRefuseShown = property{
	id:     "P-SHOWN",
	remedy: "a plan that was read back from JSON has lost its payloads, and its secrets: Apply answers with an error for each step and changes nothing",
	test: func(p *probe) {
		w := p.world()
		ref := w.ref("web", w.samples.Settings)
		o, err := w.provider.Observe(p.t.Context(), ref)
		p.need(err, "observe")
		var shown plan.Plan
		p.need(json.Unmarshal([]byte(text(w.plan(ref, w.desired(small), o))), &shown), "read a plan back from JSON")
		mark := w.ledger.mark()
		if _, _, err = w.provider.Apply(p.t.Context(), ref, shown, w.source); err == nil || providers.KindOf(err) == providers.Pending {
			p.errorf("Apply answered %s for a plan that was read back from JSON; want an error for each step", answered(err))
		}
		if mutations, _ := w.ledger.since(mark); len(mutations) > 0 || len(w.owned(ref)) > 0 {
			p.errorf("a plan that was read back from JSON changed the world: %q", mutations)
		}
	},
}
