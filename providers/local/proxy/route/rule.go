package route

import (
	"fmt"
	"strconv"

	"fairway.dev/fairway/providers/ir"
	"fairway.dev/fairway/providers/local/proxy/filter"
)

// Rule is what to do with a request. It never changes.
type Rule struct {
	// Route is the route's name, and Index the rule's place in it, in
	// digits.
	Route, Index string
	// Filters apply whatever backend is chosen.
	Filters filter.Chain

	backends []Backend
	total    uint64 // of the weights
}

// Backend is one share of a rule's traffic.
type Backend struct {
	// Pool is the name of the pool; empty means that the share is answered
	// with an error.
	Pool string
	// Filters apply after the rule's.
	Filters filter.Chain

	upTo uint64 // this backend's weight and those before it
}

func compileRule(r *ir.Route, index int) (*Rule, error) {
	from := &r.Rules[index]
	filters, err := filter.Compile(from.Filters)
	if err != nil {
		return nil, err
	}
	rule := &Rule{Route: r.Name, Index: strconv.Itoa(index), Filters: filters}
	for i, b := range from.Backends {
		if b.Weight < 0 {
			return nil, fmt.Errorf("backend %d: the weight %d is below zero", i, b.Weight)
		}
		if b.Weight == 0 {
			continue
		}
		filters, err := filter.Compile(b.Filters)
		if err != nil {
			return nil, fmt.Errorf("backend %d: %w", i, err)
		}
		rule.total += uint64(b.Weight)
		rule.backends = append(rule.backends, Backend{Pool: b.Pool, Filters: filters, upTo: rule.total})
	}
	return rule, nil
}

func (r *Rule) needsPrefix() bool {
	for i := range r.backends {
		if r.backends[i].Filters.NeedsPrefix() {
			return true
		}
	}
	return r.Filters.NeedsPrefix()
}

// Choose picks a backend in proportion to the weights, and nil when none has
// a weight. random gives a number below its argument, each as likely.
func (r *Rule) Choose(random func(uint64) uint64) *Backend {
	switch len(r.backends) {
	case 0:
		return nil
	case 1:
		return &r.backends[0]
	}
	n := random(r.total)
	for i := range r.backends {
		if n < r.backends[i].upTo {
			return &r.backends[i]
		}
	}
	return nil
}
