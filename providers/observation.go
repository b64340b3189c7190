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
	Addresses []Address
	// Listeners are the states of the listeners that exist, sorted by name.
	Listeners []ListenerState
	// Waiting says what the load balancer waits for before it can serve, in
	// words for a status message; empty when it waits for nothing.
	Waiting string
	// At is when it was seen.
	At time.Time
	// State is the provider's own detail, for its Plan alone.
	State any
}

// AddressType is how an address is written, in the Gateway API's words.
type AddressType string

// The address types.
const (
	IPAddress AddressType = "IPAddress"
	Hostname  AddressType = "Hostname"
)

// Address is where clients reach a load balancer.
type Address struct {
	Type  AddressType
	Value string
}

// ListenerState says whether a listener serves.
type ListenerState struct {
	Name string
	// Programmed is true once every part of the load balancer that takes
	// traffic serves exactly Hash.
	Programmed bool
	// Hash is ir.Hash of the ir.Listener that is being served or rolled out.
	Hash string
	// Message says what is missing or refused while Programmed is false.
	Message string
}

// Capabilities are what a provider can express. The zero value can express
// nothing.
type Capabilities struct {
	// Protocols are the listener protocols.
	Protocols []ir.Protocol
	// PathMatches, ValueMatches are the kinds of match for paths, and for
	// headers and query parameters.
	PathMatches  []ir.MatchKind
	ValueMatches []ir.MatchKind
	// MethodMatches is true when rules can depend on the method.
	MethodMatches bool
	// Filters are the names of the Gateway API filter types that can be
	// applied by a rule, such as "RequestRedirect".
	Filters []string
	// BackendFilters is true when Filters may stand on a backendRef too.
	BackendFilters bool
	// ReservedPorts are port ranges that no listener can have.
	ReservedPorts []PortRange
}

// PortRange is the ports From to To, both included.
type PortRange struct{ From, To uint16 }
