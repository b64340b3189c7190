package probe

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// seen runs a watch in made-up time. The container is healthy during the given spans of seconds since the start.
func seen(t *testing.T, p *corev1.Probe, eager bool, length time.Duration, healthy ...[2]float64) (reports []string, asked int) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), length)
		defer cancel()
		Watch(ctx, p, eager, func(context.Context) (bool, string) {
			asked++
			at := time.Since(start).Seconds()
			return slices.ContainsFunc(healthy, func(span [2]float64) bool { return at >= span[0] && at < span[1] }), ""
		}, func(healthy bool, _ string) {
			reports = append(reports, fmt.Sprintf("%.2f %v", time.Since(start).Seconds(), healthy))
		})
	})
	return reports, asked
}

func TestWatchFollowsThresholds(t *testing.T) {
	p := &corev1.Probe{PeriodSeconds: 2, FailureThreshold: 3, SuccessThreshold: 1, InitialDelaySeconds: 1}
	// Asked at 1, 3, 5, ...: healthy at first, down at 5 for one answer only, down for good from 9 on.
	got, _ := seen(t, p, false, 20*time.Second, [2]float64{0, 4.5}, [2]float64{6, 8.5})
	if want := []string{"1.00 true", "13.00 false"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	p.SuccessThreshold = 2
	got, _ = seen(t, p, false, 20*time.Second, [2]float64{6, 100})
	if want := []string{"5.00 false", "9.00 true"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestEagerWatch(t *testing.T) {
	p := &corev1.Probe{PeriodSeconds: 10, FailureThreshold: 3, SuccessThreshold: 1}
	got, asked := seen(t, p, true, 60*time.Second, [2]float64{0.05, 100})
	if want := []string{"0.07 true"}; !slices.Equal(got, want) || asked > 11 {
		t.Errorf("got %q after %d questions, want %q", got, asked, want)
	}
	// Never healthy: the verdict comes no sooner than that of a patient watch.
	got, _ = seen(t, p, true, 60*time.Second)
	if want := []string{"20.00 false"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
