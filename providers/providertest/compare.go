package providertest

import (
	"encoding/pem"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/providers/ir"
	"fairway.dev/fairway/providers/owner"
	"fairway.dev/fairway/providers/plan"
)

// refusals are the subjects that a plan refuses.
func refusals(p plan.Plan) map[plan.Subject]bool {
	out := map[plan.Subject]bool{}
	for _, v := range p.Verdicts {
		if v.Service == plan.Refused {
			out[v.Subject] = true
		}
	}
	return out
}

// refusedRule reports whether a rule need not be served: it, its route, all
// its listeners or one of its pools are refused.
func refusedRule(r *ir.Route, index int, refused map[plan.Subject]bool) bool {
	if refused[plan.Route(r.Name)] || refused[plan.Rule(r.Name, index)] {
		return true
	}
	if !slices.ContainsFunc(r.Attachments, func(a ir.Attachment) bool { return !refused[plan.Listener(a.Listener)] }) {
		return true
	}
	return slices.ContainsFunc(r.Rules[index].Backends, func(b ir.Backend) bool { return refused[plan.Pool(b.Pool)] })
}

// attached are the listeners that a route is to be served on, sorted.
func attached(r *ir.Route, refused map[plan.Subject]bool) []string {
	var all []string
	for _, a := range r.Attachments {
		if !refused[plan.Listener(a.Listener)] {
			all = append(all, a.Listener)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// usedPools are the pools that rules send traffic to that are to be served.
func usedPools(lb *ir.LoadBalancer, refused map[plan.Subject]bool) map[string]bool {
	used := map[string]bool{}
	for _, r := range lb.Routes {
		for i := range r.Rules {
			if refusedRule(r, i, refused) {
				continue
			}
			for _, b := range r.Rules[i].Backends {
				if b.Pool != "" && b.Weight > 0 {
					used[b.Pool] = true
				}
			}
		}
	}
	return used
}

// compare gives what clients meet that is not as wished.
func (w *world) compare(ref providers.Ref, lb *ir.LoadBalancer, p plan.Plan) []string {
	live, refused := w.Live(ref), refusals(p)
	var wrong []string
	wrong = append(wrong, compareListeners(lb, live, refused)...)
	for _, r := range lb.Routes {
		for i, rule := range r.Rules {
			subject := plan.Rule(r.Name, i)
			served, ok := live.Rules[subject]
			switch {
			case refusedRule(r, i, refused):
			case !ok:
				wrong = append(wrong, fmt.Sprintf("%s is neither served nor refused by a verdict", subject))
			case !slices.Equal(served.Listeners, attached(r, refused)):
				wrong = append(wrong, fmt.Sprintf("%s is served on listeners %q; wished is %q", subject, served.Listeners, attached(r, refused)))
			case !sameShares(rule.Backends, served.Pools):
				wrong = append(wrong, fmt.Sprintf("%s sends traffic to %v; wished is %v", subject, served.Pools, sharesOf(rule.Backends)))
			}
		}
	}
	for subject := range live.Rules {
		if !wished(lb, subject) {
			wrong = append(wrong, fmt.Sprintf("%s is served although nobody wishes for it", subject))
		}
	}
	for pool := range usedPools(lb, refused) {
		if want, have := addresses(w.source.Endpoints(pool)), live.Pools[pool]; !slices.Equal(want, have) {
			wrong = append(wrong, fmt.Sprintf("pool %s holds %q; its endpoints are %q", pool, have, want))
		}
	}
	slices.Sort(wrong)
	return wrong
}

func compareListeners(lb *ir.LoadBalancer, live Live, refused map[plan.Subject]bool) []string {
	var wrong []string
	for _, l := range lb.Listeners {
		have, ok := live.Listeners[l.Name]
		var chains []string
		for _, name := range l.Certificates {
			i := slices.IndexFunc(lb.Certificates, func(c ir.Certificate) bool { return c.Name == name })
			chains = append(chains, lb.Certificates[i].Chain)
		}
		switch {
		case refused[plan.Listener(l.Name)]:
		case !ok:
			wrong = append(wrong, fmt.Sprintf("listener %s is neither there nor refused by a verdict", l.Name))
		case have.Port != l.Port:
			wrong = append(wrong, fmt.Sprintf("listener %s is on port %d; wished is %d", l.Name, have.Port, l.Port))
		case len(have.Chains) != len(chains):
			wrong = append(wrong, fmt.Sprintf("listener %s presents %d certificates; wished are %d: %q", l.Name, len(have.Chains), len(chains), l.Certificates))
		default:
			for i, chain := range chains {
				if difference := differs(have.Chains[i], chain); difference != "" {
					wrong = append(wrong, fmt.Sprintf("listener %s presents as certificate %d another one than %s: %s", l.Name, i+1, l.Certificates[i], difference))
				}
			}
		}
	}
	for name := range live.Listeners {
		if !slices.ContainsFunc(lb.Listeners, func(l ir.Listener) bool { return l.Name == name }) {
			wrong = append(wrong, fmt.Sprintf("listener %s is there although nobody wishes for it", name))
		}
	}
	return wrong
}

// sameShares compares weights by proportion, to a hundredth: some clouds
// round.
func sameShares(want []ir.Backend, have map[string]int32) bool {
	wished := sharesOf(want)
	var total, sum float64
	for _, weight := range wished {
		total += float64(weight)
	}
	for _, weight := range have {
		sum += float64(weight)
	}
	if !slices.Equal(names(wished), names(have)) {
		return false
	}
	for pool, weight := range wished {
		if math.Abs(float64(weight)/total-float64(have[pool])/sum) > 0.01 {
			return false
		}
	}
	return true
}

// sharesOf are the weights above 0, by pool.
func sharesOf(backends []ir.Backend) map[string]int32 {
	shares := map[string]int32{}
	for _, b := range backends {
		if b.Weight > 0 {
			shares[b.Pool] += b.Weight
		}
	}
	return shares
}

// differs says where two certificate chains differ first; what surrounds
// their PEM blocks does not count.
func differs(have, want string) string {
	a, b := strings.Split(blocks(have), "\n"), strings.Split(blocks(want), "\n")
	for i := range max(len(a), len(b)) {
		var has, is string
		if i < len(a) {
			has = a[i]
		}
		if i < len(b) {
			is = b[i]
		}
		if has != is {
			return fmt.Sprintf("line %d of its PEM is %q; want %q", i+1, has, is)
		}
	}
	return ""
}

// blocks are the PEM blocks of a chain alone.
func blocks(chain string) string {
	var all []byte
	for rest := []byte(chain); ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			return string(all)
		}
		all = append(all, pem.EncodeToMemory(block)...)
	}
}

func wished(lb *ir.LoadBalancer, subject plan.Subject) bool {
	return slices.ContainsFunc(lb.Routes, func(r *ir.Route) bool {
		for i := range r.Rules {
			if plan.Rule(r.Name, i) == subject {
				return true
			}
		}
		return false
	})
}

// serves complains about everything that clients meet and that is not as
// wished.
func (w *world) serves(ref providers.Ref, lb *ir.LoadBalancer, p plan.Plan, when string) {
	for _, wrong := range w.compare(ref, lb, p) {
		w.errorf("%s: %s", when, wrong)
	}
}

// gone complains about anything that is left of ref.
func (w *world) gone(ref providers.Ref, when string) {
	if left := w.owned(ref); len(left) > 0 {
		w.errorf("%s: %s is left in the world", when, strings.Join(left, ", "))
	}
	o, err := w.provider.Observe(w.t.Context(), ref)
	if err != nil || o.Exists {
		w.errorf("%s: Observe says Exists %t and answers %s", when, o.Exists, answered(err))
	}
}

// foreign are the objects that no load balancer of the kit's hub owns, by name.
func (w *world) foreign() map[string]string {
	out := map[string]string{}
	for _, o := range w.Objects() {
		if o.Marks[owner.HubKey] != Hub {
			out[o.Name] = o.Content
		}
	}
	return out
}

// untouched complains about foreign objects that are not as they were.
func (w *world) untouched(before map[string]string, when string) {
	now := w.foreign()
	for _, name := range names(before) {
		if now[name] != before[name] {
			w.errorf("%s: %s, which is not Fairway's, was touched", when, name)
		}
	}
}

func owns(ref providers.Ref, o Object) bool {
	return owner.Owns(ref, o.Marks) && o.Location == ref.Location
}

// answered is an error, or the lack of one, in words.
func answered(err error) string {
	if err == nil {
		return "no error"
	}
	return fmt.Sprintf("%q (kind %q)", err, providers.KindOf(err))
}

// errorOf is the first Error in err's chain.
func errorOf(err error) *providers.Error {
	var e *providers.Error
	if errors.As(err, &e) {
		return e
	}
	return nil
}
