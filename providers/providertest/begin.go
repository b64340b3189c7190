package providertest

import (
	"fmt"
	"slices"
	"strings"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/providers/ir"
)

var mustBegin = property{
	id:     "P-FIRST",
	remedy: "begin with this one: one listener's worth of Capabilities, a Plan with a step for each thing that is wished, an Apply that makes it, and a harness that shows it",
	test: func(p *probe) {
		w := p.world()
		if w.provider == nil {
			p.fatalf("the harness's Start gives no provider")
		}
		at, err := w.provider.Locate(w.samples.Settings)
		p.must(err, "Locate for the harness's Samples().Settings")
		caps := w.provider.Capabilities(w.samples.Settings)
		if len(listeners(caps, false)) == 0 {
			p.fatalf("Capabilities name no protocol that a listener could have: begin with Protocols HTTP (HTTPS takes KeyTypes too); they are %+v", caps)
		}
		if len(caps.PathMatches) == 0 {
			p.fatalf("Capabilities name no kind of path match: begin with PathMatches PathPrefix; they are %+v", caps)
		}
		ref := w.ref("web", w.samples.Settings)
		o, err := w.provider.Observe(p.t.Context(), ref)
		p.must(err, "Observe of what does not exist yet")
		lb := w.desired(small)
		made := w.plan(ref, lb, o)
		if made.Empty() {
			p.fatalf("nothing exists at %q, %d listeners and %d routes are wished, and Plan gives no step; its verdicts are %+v", at, len(lb.Listeners), len(lb.Routes), made.Verdicts)
		}
		o, made, err = w.converge(p.t.Context(), ref, lb)
		p.must(err, "build a listener or two, and a route of two rules")
		if mutations, _ := w.ledger.since(0); len(mutations) == 0 {
			p.errorf("something was built, and the harness intercepted no call that mutates: put the function that Intercept was given around each call to the API")
		}
		if len(w.owned(ref)) == 0 {
			p.errorf("something was built, and the harness's Objects show nothing that carries owner.Marks of %s at Location %q", ref, ref.Location)
		}
		w.serves(ref, lb, made, "built")
		if len(p.complaints) > 0 {
			p.errorf("the harness's Live shows %s; Observe says that Exists is %t, with listeners %+v", shown(w.Live(ref)), o.Exists, o.Listeners)
		}
	},
}

// shown is what clients meet, in a line.
func shown(live Live) string {
	var rules []string
	for subject, rule := range live.Rules {
		rules = append(rules, fmt.Sprintf("%s on %q to %v", subject, rule.Listeners, rule.Pools))
	}
	return fmt.Sprintf("listeners %q, rules [%s] and pools %v", names(live.Listeners), strings.Join(rules, "; "), live.Pools)
}

// lacking is what keeps a load balancer from being as wished, for an author
// whose rounds come to no end.
func (w *world) lacking(ref providers.Ref, lb *ir.LoadBalancer, o providers.Observation) string {
	var lacks []string
	if lb.Empty() {
		lacks = append(lacks, fmt.Sprintf("there still are %q, and Observe says Exists %t", w.owned(ref), o.Exists))
	} else {
		lacks = w.compare(ref, lb, w.plan(ref, lb, o))
		for _, l := range lb.Listeners {
			if !isProgrammed(o, l) {
				i := slices.IndexFunc(o.Listeners, func(s providers.ListenerState) bool { return s.Name == l.Name })
				says := "nothing of it"
				if i >= 0 {
					says = fmt.Sprintf("%+v", o.Listeners[i])
				}
				lacks = append(lacks, fmt.Sprintf("Observe does not say that listener %s is programmed with hash %s; it says %s", l.Name, ir.Hash(l), says))
			}
		}
	}
	if len(lacks) == 0 {
		return "clients meet all that is wished, and Observe says so: what is left over is steps or waiting that never ends"
	}
	return strings.Join(folded(lacks), "; ")
}
