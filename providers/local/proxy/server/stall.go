package server

import (
	"net/http"
	"time"
)

// stall cuts a transfer off of which a single step takes too long. A client
// that makes no progress would otherwise hold its request, and a backend's
// connection, for as long as it likes.
type stall struct {
	after time.Duration
	timer *time.Timer // nil when a step may take for ever
}

// longAgo is a deadline that has passed.
var longAgo = time.Unix(1, 0)

func newStall(after time.Duration, cut func(deadline time.Time) error) stall {
	if after == 0 {
		return stall{}
	}
	timer := time.AfterFunc(after, func() {
		_ = cut(longAgo) // connections can; one that was hijacked is its handler's
	})
	timer.Stop()
	return stall{after, timer}
}

func stalledReads(w http.ResponseWriter, after time.Duration) stall {
	return newStall(after, http.NewResponseController(w).SetReadDeadline)
}

func stalledWrites(w http.ResponseWriter, after time.Duration) stall {
	return newStall(after, http.NewResponseController(w).SetWriteDeadline)
}

// begin begins a step. One step at a time may be under way.
func (s stall) begin() {
	if s.timer != nil {
		s.timer.Reset(s.after)
	}
}

// end ends the step.
func (s stall) end() {
	if s.timer != nil {
		s.timer.Stop()
	}
}
