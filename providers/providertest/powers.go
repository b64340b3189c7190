package providertest

import (
	"context"
	"slices"
	"sync"

	"fairway.dev/fairway/providers"
)

// purse is a Spender that counts what was granted, and refuses once there is
// nothing left.
type purse struct {
	*probe
	rates map[string]providers.Rate

	mu      sync.Mutex
	granted int
	left    int
}

// Spend implements providers.Spender.
func (s *purse) Spend(_ context.Context, class string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.rates[class]; !ok {
		s.errorf("Spend asks for a call of class %q; Budget names %q", class, names(s.rates))
	}
	if s.left == 0 {
		return &providers.Error{Kind: providers.Throttled, Reason: "Throttled", Message: "the account's call budget is used up: wait"}
	}
	s.left--
	s.granted++
	return nil
}

// charge takes one grant for a call.
func (s *purse) charge(_ context.Context, call Call) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.granted--; s.granted < 0 {
		s.granted = 0
		s.errorf("%s was called without a Spend before it", call.Name)
	}
}

var mustSpend = property{
	id:     "P-BUDGET",
	remedy: "call providers.Spend with the verb's ctx before each call to the API, and hand its error on: an account's limits are shared by all its Gateways",
	test: func(p *probe) {
		w := p.world()
		budgeted, ok := w.provider.(providers.Budgeted)
		if !ok {
			p.skip("the provider is not Budgeted")
		}
		ref := w.ref("web", w.samples.Settings)
		budget := budgeted.Budget(ref.Location)
		if budget.Account == "" || len(budget.Rates) == 0 {
			p.errorf("Budget names the account %q and the rates %v", budget.Account, budget.Rates)
		}
		s := &purse{probe: p, rates: budget.Rates, left: 5}
		w.ledger.charge(s.charge)
		ctx := providers.WithSpender(p.t.Context(), s)
		lb := w.desired(small)
		throttled := false
		for range 8 {
			_, _, outcomes, err := w.round(ctx, ref, lb)
			throttled = throttled || slices.ContainsFunc(append(failures(outcomes), err), func(e error) bool {
				return providers.KindOf(e) == providers.Throttled
			})
		}
		if !throttled {
			p.errorf("the budget is used up, and no error of kind Throttled says so")
		}
		s.left = 1 << 20
		_, _, err := w.converge(ctx, ref, lb)
		p.must(err, "converge with a budget")
		_, err = w.provider.List(ctx, ref.Location)
		p.must(err, "list with a budget")
		_, _, err = w.converge(ctx, ref, nil)
		p.must(err, "remove with a budget")
	},
}

var mustWake = property{
	id:     "P-WAKE",
	remedy: "a Pending without After is a promise: Wake delivers the Ref once what it waits for has come about",
	test: func(p *probe) {
		w := p.world()
		if w.woken == nil {
			p.skip("the provider is no Waker")
		}
		ref := w.ref("web", w.samples.Settings)
		lb := w.desired(small)
		promised := false
		for range rounds {
			w.woken.forget()
			_, made, _, err := w.round(p.t.Context(), ref, lb)
			if err == nil && made.Empty() {
				break
			}
			if e := errorOf(err); e != nil && e.Kind == providers.Pending && e.After == 0 {
				promised = true
				for i := 0; i < rounds && !w.woken.has(ref); i++ {
					w.Pass(soon)
				}
				if !w.woken.take(ref) {
					p.fatalf("Apply answered Pending without After (%s), and nothing woke core", e.Message)
				}
				continue
			}
			w.Pass(after(err))
		}
		if !promised {
			p.skip("the provider never answers Pending without After")
		}
	},
}
