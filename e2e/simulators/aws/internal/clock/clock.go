// Package clock is the simulator's own time. It runs as fast as it is told to,
// or stands still, and tests step it: everything that AWS takes its time for
// (provisioning, probes, draining, lag) is scheduled here.
package clock

import (
	"container/heap"
	"context"
	"sync"
	"time"
)

// Clock is virtual time. Use New to make one.
type Clock struct {
	rate float64

	// run is held while due functions are called, so that they are called one at a time and in order.
	run sync.Mutex

	mu sync.Mutex
	// virtual and real are a moment on both clocks; between moments virtual time runs at the rate.
	virtual time.Time
	real    time.Time
	// held keeps virtual time where it is while Advance calls what became due at that moment.
	held bool
	// ended clocks call nothing any more.
	ended bool
	due   queue
	seq   uint64
	wake  *time.Timer
}

// New starts a clock at a moment. A rate of 1 is real time, 10 is ten times
// as fast; with 0 the clock stands still but for Advance.
func New(start time.Time, rate float64) *Clock {
	return &Clock{rate: rate, virtual: start, real: time.Now()}
}

// Rate is how many virtual seconds pass in a real one.
func (c *Clock) Rate() float64 { return c.rate }

// Now is the virtual time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now()
}

func (c *Clock) now() time.Time {
	if c.held {
		return c.virtual
	}
	return c.virtual.Add(time.Duration(float64(time.Since(c.real)) * c.rate))
}

// Since is the virtual time that has passed since a moment.
func (c *Clock) Since(t time.Time) time.Duration { return c.Now().Sub(t) }

// Timer is a function or a channel waiting for its moment.
type Timer struct {
	// C gets the virtual time when the moment has come; nil for a timer made by AfterFunc.
	C <-chan time.Time

	clock *Clock
	entry *entry
}

// Stop keeps the timer from firing. It tells whether it was in time.
func (t *Timer) Stop() bool {
	t.clock.mu.Lock()
	defer t.clock.mu.Unlock()
	if t.entry.index < 0 {
		return false
	}
	heap.Remove(&t.clock.due, t.entry.index)
	t.clock.arm()
	return true
}

// AfterFunc calls f once the duration has passed. Functions are called one
// after the other in the order of their moments, so f must not block: long
// work belongs in a goroutine. f may schedule, but must not call Advance.
func (c *Clock) AfterFunc(d time.Duration, f func()) *Timer {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seq++
	e := &entry{at: c.now().Add(d), seq: c.seq, f: f}
	heap.Push(&c.due, e)
	c.arm()
	return &Timer{clock: c, entry: e}
}

// NewTimer gives a timer with a channel.
func (c *Clock) NewTimer(d time.Duration) *Timer {
	fired := make(chan time.Time, 1)
	t := c.AfterFunc(d, func() { fired <- c.Now() })
	t.C = fired
	return t
}

// After is NewTimer's channel.
func (c *Clock) After(d time.Duration) <-chan time.Time { return c.NewTimer(d).C }

// Sleep waits for virtual time to pass, or for the context's end.
func (c *Clock) Sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	t := c.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// Advance steps the clock. Whatever becomes due on the way is called before
// Advance returns, each at its own moment, also what is scheduled meanwhile.
func (c *Clock) Advance(d time.Duration) {
	c.run.Lock()
	defer c.run.Unlock()
	c.mu.Lock()
	c.virtual = c.now()
	target := c.virtual.Add(d)
	c.held = true
	for len(c.due) > 0 && !c.ended && !c.due[0].at.After(target) {
		e := c.due.next()
		if e.at.After(c.virtual) {
			c.virtual = e.at
		}
		c.mu.Unlock()
		e.f()
		c.mu.Lock()
	}
	c.held = false
	c.virtual, c.real = target, time.Now()
	c.arm()
	c.mu.Unlock()
}

// End keeps all that is scheduled from being called, but for what is being
// called now. Time goes on.
func (c *Clock) End() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ended = true
	c.arm()
}

// arm sets the real timer to the first moment. The lock is held.
func (c *Clock) arm() {
	if c.wake != nil {
		c.wake.Stop()
		c.wake = nil
	}
	if len(c.due) == 0 || c.held || c.ended {
		return
	}
	wait := c.due[0].at.Sub(c.now())
	switch {
	case wait <= 0:
		wait = 0
	case c.rate <= 0:
		return
	default:
		wait = time.Duration(float64(wait)/c.rate) + time.Microsecond
	}
	c.wake = time.AfterFunc(wait, c.fire)
}

// fire calls what is due by the passing of real time.
func (c *Clock) fire() {
	c.run.Lock()
	defer c.run.Unlock()
	c.mu.Lock()
	for len(c.due) > 0 && !c.ended && !c.due[0].at.After(c.now()) {
		e := c.due.next()
		c.mu.Unlock()
		e.f()
		c.mu.Lock()
	}
	c.arm()
	c.mu.Unlock()
}
