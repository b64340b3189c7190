package clock

import (
	"context"
	"slices"
	"testing"
	"time"
)

var start = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func TestAdvanceCallsInOrderAtTheirMoments(t *testing.T) {
	c := New(start, 0)
	var seen []time.Duration
	note := func() { seen = append(seen, c.Since(start)) }
	c.AfterFunc(3*time.Second, note)
	c.AfterFunc(time.Second, func() {
		note()
		c.AfterFunc(time.Second, note)
	})
	stopped := c.AfterFunc(2*time.Second, func() { t.Error("a stopped timer fired") })
	if !stopped.Stop() || stopped.Stop() {
		t.Error("Stop does not tell whether it was in time")
	}
	c.AfterFunc(11*time.Second, func() { t.Error("fired too early") })
	c.Advance(10 * time.Second)
	if want := []time.Duration{time.Second, 2 * time.Second, 3 * time.Second}; !slices.Equal(seen, want) {
		t.Errorf("fired at %v, want %v", seen, want)
	}
	if got := c.Since(start); got != 10*time.Second {
		t.Errorf("after Advance it is %v", got)
	}
}

func TestRateRunsTimersFaster(t *testing.T) {
	c := New(start, 3600)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if err := c.Sleep(ctx, time.Hour); err != nil {
		t.Fatalf("an hour at 3600 times the speed did not pass: %v", err)
	}
	if c.Since(start) < time.Hour {
		t.Errorf("only %v passed", c.Since(start))
	}
}

func TestNothingToWaitForFiresWhileTheClockStands(t *testing.T) {
	c := New(start, 0)
	select {
	case <-c.After(0):
	case <-t.Context().Done():
	case <-time.After(30 * time.Second):
		t.Fatal("a timer of no duration waits for Advance")
	}
}

func TestSleepEndsWithItsContext(t *testing.T) {
	c := New(start, 0)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if c.Sleep(ctx, time.Hour) == nil {
		t.Error("slept on")
	}
}

func TestNothingIsCalledAfterTheEnd(t *testing.T) {
	c := New(start, 0)
	c.AfterFunc(time.Second, func() { t.Error("called after the end") })
	c.End()
	c.AfterFunc(0, func() { t.Error("called after the end") })
	c.Advance(time.Hour)
	if c.Since(start) != time.Hour {
		t.Error("time does not go on")
	}
}
