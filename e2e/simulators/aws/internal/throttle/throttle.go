// Package throttle refuses calls that come faster than AWS takes them: token
// buckets for each account, region and class of calls.
package throttle

import (
	"sync"
	"time"

	"golang.org/x/time/rate"

	"fairway.dev/fairway/e2e/simulators/aws/internal/api"
)

// Throttle is safe for concurrent use. Buckets fill in real time, whatever the
// simulator's clock does: clients pace themselves by the real one.
type Throttle struct {
	now func() time.Time

	mu      sync.Mutex
	scale   float64
	buckets map[key]*rate.Limiter
}

type key struct{ account, region, service, class string }

// New makes a Throttle with full buckets. The scale multiplies sizes and rates:
// 1 is AWS's, 0 switches throttling off.
func New(scale float64, now func() time.Time) *Throttle {
	return &Throttle{now: now, scale: scale, buckets: map[key]*rate.Limiter{}}
}

// SetScale changes the scale and fills all buckets.
func (t *Throttle) SetScale(scale float64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.scale, t.buckets = scale, map[key]*rate.Limiter{}
}

// Allow takes a token for a call. Without one it gives the service's own error.
func (t *Throttle) Allow(c *api.Call, service, operation string) *api.Error {
	class, size := classify(service, operation)
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.scale <= 0 || class == "" {
		return nil
	}
	k := key{c.Account, c.Region, service, class}
	bucket := t.buckets[k]
	if bucket == nil {
		bucket = rate.NewLimiter(rate.Limit(size.perSecond*t.scale), max(1, int(float64(size.tokens)*t.scale)))
		t.buckets[k] = bucket
	}
	if bucket.AllowN(t.now(), 1) {
		return nil
	}
	return Error(service)
}
