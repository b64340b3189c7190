package gateway

import (
	"sync"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/reconcile/internal/instrument"
	"fairway.dev/fairway/reconcile/internal/placement"
)

const (
	// atOnce is how much is done at once on one account: calls to a cloud that
	// hangs hold up nothing but its own load balancers.
	atOnce = 4
	// workers do rounds, and as many feed endpoints. So many accounts may hang
	// before others wait for them: workers/atOnce.
	workers = 64
)

// account is whose API calls go to: what its slowness may hold up.
type account struct{ provider, name string }

// account is a placement's: that of a provider's budget, or else its location.
func (c *Controller) account(p placement.Placement) account {
	if b, is := instrument.Power[providers.Budgeted](c.Providers[p.Provider]); is {
		return account{p.Provider, b.Budget(p.Location).Account}
	}
	return account{p.Provider, string(p.Location)}
}

// turns lets a few things at once be done on each account. Nobody waits: whoever
// finds no room is woken when there is some.
type turns[K comparable] struct {
	wake func(K)

	mu    sync.Mutex
	lines map[account]*line[K]
}

// line is what is done on one account, and who is to be woken in what order.
type line[K comparable] struct {
	busy    int
	order   []K
	waiting map[K]bool
}

func newTurns[K comparable](wake func(K)) *turns[K] {
	return &turns[K]{wake: wake, lines: map[account]*line[K]{}}
}

// take reports whether there is room. Whoever got it gives it back.
func (t *turns[K]) take(a account, who K) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	l := t.lines[a]
	if l == nil {
		l = &line[K]{waiting: map[K]bool{}}
		t.lines[a] = l
	}
	if l.busy < atOnce {
		l.busy++
		delete(l.waiting, who)
		return true
	}
	if !l.waiting[who] {
		l.waiting[who] = true
		l.order = append(l.order, who)
	}
	return false
}

// do does something if there is room, and reports whether there was.
func (t *turns[K]) do(a account, who K, something func()) bool {
	if !t.take(a, who) {
		return false
	}
	defer t.give(a)
	something()
	return true
}

// give gives room back, and wakes as many as there is room for.
func (t *turns[K]) give(a account) {
	t.mu.Lock()
	l := t.lines[a]
	l.busy--
	var next []K
	for len(l.order) > 0 && len(next) < atOnce-l.busy {
		if who := l.order[0]; l.waiting[who] {
			next = append(next, who)
			delete(l.waiting, who)
		}
		l.order = l.order[1:]
	}
	if l.busy == 0 && len(l.order) == 0 {
		delete(t.lines, a)
	}
	t.mu.Unlock()
	for _, who := range next {
		t.wake(who)
	}
}
