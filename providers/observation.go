package providers

import (
	"time"

	"fairway.dev/fairway/providers/ir"
)

// Observation is what a provider saw of one load balancer.
type Observation struct {
	// Exists is true while anything of the load balancer is left.
	Exists bool
	// Addresses are where clients reach it, in the provider's order.
	Addresses []ir.Address
	// Listeners are the states of the listeners that exist, sorted by name.
	Listeners []ListenerState
	// Pools are what the pools hold, sorted by name. A provider that needs no
	// reminder to do SyncEndpoints leaves them out.
	Pools []PoolObservation
	// InFlight is the operation that the provider's API is still carrying out,
	// if any.
	InFlight *Operation
	// RetireAt is when things that were taken out of service may be deleted;
	// zero when none wait for that. Core looks again then.
	RetireAt time.Time
	// Waiting says what the load balancer waits for before it can serve, in
	// words for a status message; empty when it waits for nothing.
	Waiting string
	// WaitingReason is the Gateway API's reason for a Gateway that is not
	// programmed meanwhile, such as AddressNotUsable; empty leaves it to core.
	WaitingReason string
	// At is when it was seen.
	At time.Time
	// State is the provider's own detail, for its Plan alone.
	State any
}

// ListenerState says whether a listener serves.
type ListenerState struct {
	Name string
	// Programmed is true once every part of the load balancer that takes
	// traffic serves exactly Hash.
	Programmed bool
	// Hash is ir.Hash of the ir.Listener that is being served or rolled out.
	Hash string
	// Down is true when it is certain that it takes no traffic at all. One that
	// is neither this nor Programmed may serve on: core leaves a Gateway
	// Programmed for some seconds where it only cannot be told.
	Down bool
	// Message says what is missing or refused while Programmed is false.
	Message string
}

// Operation is something long that the provider's API is doing for us.
type Operation struct {
	// Name is the provider's name for it, Since when it was begun.
	Name  string
	Since time.Time
}

// PoolObservation is what one pool holds: all that SyncEndpoints needs in order
// to read nothing. Core keeps the latest and hands it back.
type PoolObservation struct {
	// Name is the pool's.
	Name string
	// Clusters are the endpoints that it holds, sorted by cluster. Those that
	// take traffic are Serving; core compares them with what it knows by
	// address and port, and nothing else of them has to be told.
	Clusters []ir.ClusterEndpoints
	// Unsorted are endpoints that it holds as well, without a note of their
	// cluster, sorted by address and port: see Sort. A provider that can tell
	// the cluster of each leaves it out.
	Unsorted []ir.Endpoint
	// State is the provider's own detail: ids, fingerprints.
	State any
}

// Pool is the observation of one pool, by its name alone if nothing was seen of
// it.
func (o Observation) Pool(name string) PoolObservation {
	for _, p := range o.Pools {
		if p.Name == name {
			return p
		}
	}
	return PoolObservation{Name: name}
}
