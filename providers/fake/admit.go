package fake

import (
	"cmp"
	"fmt"
	"slices"

	"fairway.dev/fairway/providers/ir"
	"fairway.dev/fairway/providers/plan"
)

// What the cloud allows and Capabilities cannot tell: it takes the whole wish
// to see it.
const (
	rulesPerListener = 5
	poolsPerRule     = 3
)

// admitted is a rule that has a place.
type admitted struct {
	route *ir.Route
	index int
}

func (a admitted) subject() plan.Subject { return plan.Rule(a.route.Name, a.index) }

func (a admitted) names(pool string) bool {
	return slices.ContainsFunc(a.route.Rules[a.index].Backends, func(b ir.Backend) bool { return b.Pool == pool })
}

// admit gives the rules that have a place, and a verdict on each that has none.
// Older routes come first: a newcomer takes nothing down.
func admit(lb *ir.LoadBalancer) ([]admitted, []plan.Verdict) {
	routes := slices.Clone(lb.Routes)
	slices.SortStableFunc(routes, func(a, b *ir.Route) int {
		return cmp.Or(cmp.Compare(a.Created, b.Created), cmp.Compare(a.Name, b.Name))
	})
	var rules []admitted
	var verdicts []plan.Verdict
	used := map[string]int{}
	for _, route := range routes {
		for index, rule := range route.Rules {
			a := admitted{route, index}
			if reason, message := misfit(rule, route, used); reason != "" {
				verdicts = append(verdicts, plan.Verdict{Subject: a.subject(), Service: plan.Refused, Reason: reason, Message: message})
				continue
			}
			for _, at := range route.Attachments {
				used[at.Listener]++
			}
			rules = append(rules, a)
		}
	}
	return rules, verdicts
}

// misfit says why a rule has no place beside those that are there already.
func misfit(rule ir.Rule, route *ir.Route, used map[string]int) (reason, message string) {
	if n := len(rule.Backends); n > poolsPerRule {
		return "TooManyBackends", fmt.Sprintf("the rule has %d backends and this cloud splits traffic among %d at most: remove some", n, poolsPerRule)
	}
	for _, at := range route.Attachments {
		if used[at.Listener] >= rulesPerListener {
			return "TooManyRules", fmt.Sprintf("listener %s has the %d rules that this cloud allows: remove rules of older routes, or use another Gateway", at.Listener, rulesPerListener)
		}
	}
	return "", ""
}
