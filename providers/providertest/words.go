package providertest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/providers/ir"
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

var mustKeepSecrets = property{
	id:     "P-SECRETS",
	remedy: "key material stays in ir.Secret until it goes over the wire: no plan, observation or error holds it",
	test: func(p *probe) {
		w := p.world()
		ref := w.ref("web", w.samples.Settings)
		lb := w.desired(small)
		if len(lb.Certificates) == 0 {
			p.skip("the provider serves no HTTPS")
		}
		w.ledger.arm(&fault{way: refused, at: 1})
		for range 4 {
			o, made, outcomes, err := w.round(p.t.Context(), ref, lb)
			seen, marshalErr := json.Marshal(o)
			p.must(marshalErr, "print an Observation as JSON")
			for what, words := range map[string]string{
				"a plan": text(made), "an observation": string(seen), "an error": fmt.Sprintf("%v %+v", err, failures(outcomes)),
			} {
				if leaks(words, lb.Certificates) {
					p.errorf("%s holds a private key", what)
				}
			}
			w.Pass(after(err))
		}
	},
}

// leaks reports whether words hold a line of a key.
func leaks(words string, certificates []ir.Certificate) bool {
	return slices.ContainsFunc(certificates, func(c ir.Certificate) bool {
		lines := strings.Split(string(c.Key.Reveal()), "\n")
		return slices.ContainsFunc(lines, func(l string) bool { return len(l) > 32 && strings.Contains(words, l) })
	})
}

var mustRefuseShown = property{
	id:     "P-SHOWN",
	remedy: "a plan that was read back from JSON has lost its payloads, and its secrets: Apply answers with an error for each step and changes nothing",
	test: func(p *probe) {
		w := p.world()
		ref := w.ref("web", w.samples.Settings)
		o, err := w.provider.Observe(p.t.Context(), ref)
		p.must(err, "observe")
		var shown plan.Plan
		p.must(json.Unmarshal([]byte(text(w.plan(ref, w.desired(small), o))), &shown), "read a plan back from JSON")
		mark := w.ledger.mark()
		if _, _, err = w.provider.Apply(p.t.Context(), ref, shown, w.source); err == nil || providers.KindOf(err) == providers.Pending {
			p.errorf("Apply took a plan that was read back from JSON: %v", err)
		}
		if mutations, _ := w.ledger.since(mark); len(mutations) > 0 || len(w.owned(ref)) > 0 {
			p.errorf("a plan that was read back from JSON changed the world: %q", mutations)
		}
	},
}
