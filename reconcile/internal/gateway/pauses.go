package gateway

import (
	"sync"
	"time"

	"k8s.io/client-go/util/workqueue"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/reconcile/internal/outcome"
)

// pauses keep the feed from asking again before it is time, whatever changes
// meanwhile: what is brought then is what is known then.
type pauses struct {
	// busy grows the waits for a load balancer that is being applied, retries
	// those after passing faults.
	busy, retries workqueue.TypedRateLimiter[errand]

	mu       sync.Mutex
	errands  map[errand]pause
	accounts map[account]time.Time
}

// pause is until when an errand waits, and the trouble that was told of it.
type pause struct {
	until   time.Time
	trouble string
}

func newPauses() pauses {
	return pauses{
		busy:    workqueue.NewTypedItemExponentialFailureRateLimiter[errand](2*time.Millisecond, 100*time.Millisecond),
		retries: workqueue.NewTypedItemExponentialFailureRateLimiter[errand](50*time.Millisecond, time.Minute),
		errands: map[errand]pause{}, accounts: map[account]time.Time{},
	}
}

// left is how long an errand has to wait yet.
func (p *pauses) left(e errand, a account) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return max(time.Until(p.errands[e].until), time.Until(p.accounts[a]))
}

// forBusy is how long to wait for a load balancer that is being applied.
func (p *pauses) forBusy(e errand) time.Duration { return p.busy.When(e) }

// begin says how long an errand that failed is to wait, and whether its trouble
// is news. What an account allows no more of, it allows nobody.
func (p *pauses) begin(e errand, a account, err error) (wait time.Duration, news bool) {
	next := outcome.Of(err)
	wait = next.After
	if next.Backoff || wait == 0 {
		wait = p.retries.When(e)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	until := time.Now().Add(wait)
	if providers.KindOf(err) == providers.Throttled {
		p.accounts[a] = until
	}
	news = next.Trouble != "" && p.errands[e].trouble != next.Trouble
	p.errands[e] = pause{until, next.Trouble}
	return wait, news
}

// end forgets an errand that was done.
func (p *pauses) end(e errand) {
	p.busy.Forget(e)
	p.retries.Forget(e)
	p.mu.Lock()
	delete(p.errands, e)
	p.mu.Unlock()
}
