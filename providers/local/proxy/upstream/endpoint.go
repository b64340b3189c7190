package upstream

import (
	"sync/atomic"
	"time"
)

// avoidance is how long an endpoint that refused a connection is left alone
// while there are others. It is long enough to spare most requests of a pod
// that has just gone the detour, and short enough not to matter to one that
// comes back.
const avoidance = time.Second

// Endpoint is one address of a pool.
type Endpoint struct {
	// Cluster is the member that the endpoint runs in; empty is the hub.
	Cluster string
	// Address is host and port, to dial.
	Address string

	serving, terminating bool
	*state
}

// state is what is learnt about an endpoint. It outlives changes of the
// endpoint's other properties.
type state struct {
	inFlight   atomic.Int64
	avoidUntil atomic.Int64 // Unix nanoseconds; 0 when never
}

// Begin counts a request that is sent to the endpoint, until the function
// that it gives is called.
func (e *Endpoint) Begin() (end func()) {
	e.inFlight.Add(1)
	return func() { e.inFlight.Add(-1) }
}

// Refused notes that the endpoint accepted no connection at that time.
func (e *Endpoint) Refused(at time.Time) {
	e.avoidUntil.Store(at.Add(avoidance).UnixNano())
}

func (e *Endpoint) avoided(now func() time.Time) bool {
	until := e.avoidUntil.Load()
	return until != 0 && now().UnixNano() < until
}
