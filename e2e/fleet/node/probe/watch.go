package probe

import (
	"context"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// firstPause is how soon an eager watch asks for the second time; each pause is twice the last, up to the period.
const firstPause = 10 * time.Millisecond

// Watch asks again and again until ctx ends, and reports the verdict whenever the probe's thresholds say that there is a
// first or another one. An eager watch does not wait for the period to learn of the first success; the failures that it
// meets on the way count no more than those of a patient one.
func Watch(ctx context.Context, p *corev1.Probe, eager bool, ask func(context.Context) (bool, string), report func(healthy bool, message string)) {
	period := time.Duration(max(p.PeriodSeconds, 1)) * time.Second
	next, pause := time.Now().Add(time.Duration(p.InitialDelaySeconds)*time.Second), firstPause
	if !wait(ctx, time.Until(next)) {
		return
	}
	var v verdict
	for {
		due := !time.Now().Before(next)
		if due {
			next = time.Now().Add(period)
		}
		healthy, message := ask(ctx)
		if ctx.Err() != nil {
			return
		}
		if healthy {
			eager = false
		}
		if (due || healthy) && v.observe(healthy, p) {
			report(healthy, message)
		}
		delay := time.Until(next)
		if eager {
			delay = min(delay, pause)
			pause *= 2
		}
		if !wait(ctx, delay) {
			return
		}
	}
}

// verdict counts answers in a row.
type verdict struct {
	known, healthy bool
	last           bool
	streak         int32
}

// observe takes an answer and tells whether there is a new verdict.
func (v *verdict) observe(healthy bool, p *corev1.Probe) bool {
	if v.streak == 0 || healthy != v.last {
		v.streak, v.last = 0, healthy
	}
	v.streak++
	threshold := max(p.FailureThreshold, 1)
	if healthy {
		threshold = max(p.SuccessThreshold, 1)
	}
	if v.streak < threshold || (v.known && v.healthy == healthy) {
		return false
	}
	v.known, v.healthy = true, healthy
	return true
}

// wait pauses and tells whether ctx still runs.
func wait(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}
