package main

import (
	"testing"
	"time"
)

func TestPercentiles(t *testing.T) {
	var samples []time.Duration
	for i := range 100 {
		samples = append(samples, time.Duration(100-i)*time.Millisecond)
	}
	if got, want := newLatency(samples, 2), (Latency{P50: 50, P90: 90, P99: 99, Samples: 100, Errors: 2}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got, want := newLatency(samples[:1], 0), (Latency{P50: 100, P90: 100, P99: 100, Samples: 1}); got != want {
		t.Errorf("one sample: got %+v, want %+v", got, want)
	}
	if got := newLatency(nil, 3); got != (Latency{Errors: 3}) {
		t.Errorf("no sample: got %+v", got)
	}
}
