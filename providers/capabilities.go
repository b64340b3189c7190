package providers

import "fairway.dev/fairway/providers/ir"

// Capabilities are what a provider can express with given Settings. The zero
// value can express nothing. What they rule out is refused in translation,
// early and with a condition on the object at fault; what only packing or an
// account's limits can tell is for Plan to refuse, by a verdict.
type Capabilities struct {
	// Protocols are the listener protocols.
	Protocols []ir.Protocol
	// PathMatches, HeaderMatches and QueryMatches are the kinds of match.
	PathMatches   []ir.MatchKind
	HeaderMatches []ir.MatchKind
	QueryMatches  []ir.MatchKind
	// MethodMatches is true when rules can depend on the method.
	MethodMatches bool
	// Filters are the names of the Gateway API filter types that can be
	// applied by a rule, such as "RequestRedirect", BackendFilters of those
	// that may stand on a backendRef too.
	Filters        []string
	BackendFilters []string
	// RedirectStatus are the status codes of redirects.
	RedirectStatus []int
	// KeyTypes are the kinds of key that a listener's certificate may have.
	KeyTypes []ir.KeyType
	// AddressTypes are the types of address that a Gateway may ask for in
	// spec.addresses.
	AddressTypes []ir.AddressType
	// Infrastructure is true when a Gateway's spec.infrastructure labels and
	// annotations reach the objects that are made for it.
	Infrastructure bool
	// ApplicationProtocols are the appProtocols of backend ports that are spoken
	// to as they ask, such as "kubernetes.io/ws" (Service.spec.ports[].appProtocol
	// of Kubernetes). A port that names none, or http, is spoken to in HTTP/1.1
	// without TLS in any case.
	ApplicationProtocols []string
	// MisdirectedRequests is true when a request over TLS for a host of another
	// listener than the connection's is answered with 421 (GEP-3567).
	MisdirectedRequests bool
	// Localities is true when pools are built by where their endpoints are (a
	// group for each zone): core then fills in ir.BackendPool.Localities.
	Localities bool
	// ReservedPorts are port ranges that no listener can have.
	ReservedPorts []PortRange
}

// PortRange is the ports From to To, both included.
type PortRange struct{ From, To uint16 }
