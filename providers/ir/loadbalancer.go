package ir

// LoadBalancer is everything that one Gateway asks of a provider.
//
// Each slice is sorted by Name and holds no name twice. A *Route that is the
// same pointer in two LoadBalancers has not changed between them: providers
// may skip it without looking inside. Nothing in it may be changed once it
// has been handed on.
type LoadBalancer struct {
	Listeners    []Listener    `json:"listeners,omitempty"`
	Certificates []Certificate `json:"certificates,omitempty"`
	Routes       []*Route      `json:"routes,omitempty"`
	Pools        []BackendPool `json:"pools,omitempty"`
	// Addresses are those that the Gateway asks for, in its order; none means
	// any. An empty Value means any of that Type.
	Addresses []Address `json:"addresses,omitempty"`
	// Labels and Annotations are to be on everything that is made for the
	// Gateway and can carry them (Gateway.spec.infrastructure).
	Labels      map[string]string `json:"labels,omitempty"`
	Annotations map[string]string `json:"annotations,omitempty"`
}

// Empty reports whether nothing is wished for: the load balancer is to go.
func (l *LoadBalancer) Empty() bool {
	return l == nil || len(l.Listeners) == 0 && len(l.Routes) == 0 && len(l.Pools) == 0
}

// Protocol is what a listener speaks, in the Gateway API's words.
type Protocol string

// The listener protocols that Fairway knows.
const (
	HTTP Protocol = "HTTP"
	// HTTPS is HTTP over TLS that the listener terminates.
	HTTPS Protocol = "HTTPS"
)

// Listener accepts traffic on one port. An HTTPS listener none of whose
// certificates can be used is left out by core, and its routes' attachments
// with it.
type Listener struct {
	// Name is the listener's name in its Gateway.
	Name string `json:"name"`
	// Port is what clients connect to, 1 to 65535.
	Port uint16 `json:"port"`
	// Protocol is what clients speak on Port.
	Protocol Protocol `json:"protocol"`
	// Hostname limits the listener to one host ("a.example.com") or to the
	// hosts below a domain ("*.example.com"); empty means every host. Listeners
	// of one Port differ in it, and have the same Protocol: a request belongs
	// to the one with the most specific hostname that fits, and to no other,
	// whether or not a rule of it fits.
	Hostname string `json:"hostname,omitempty"`
	// Certificates are the Names of those that the listener presents, in the
	// Gateway's order. A client that names a host (SNI) gets the one that is
	// for this very name, or else one with a wildcard for it, or else the
	// first; one that names none gets the first. There is at least one if
	// Protocol is HTTPS, and none otherwise.
	Certificates []string `json:"certificates,omitempty"`
}
