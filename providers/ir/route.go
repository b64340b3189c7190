package ir

// Route is the fragment of a LoadBalancer that one Gateway API route became.
type Route struct {
	// Name is "<Kind>/<namespace>/<name>".
	Name string `json:"name"`
	// Created is the route's creation time in Unix seconds: an older route
	// wins between equal matches.
	Created int64 `json:"created"`
	// Attachments say where the rules apply, sorted by listener.
	Attachments []Attachment `json:"attachments,omitempty"`
	// Rules are in the order of the route's specification.
	Rules []Rule `json:"rules,omitempty"`
}

// Attachment binds a route to a listener for a set of hosts.
type Attachment struct {
	// Listener is the Name of a Listener of the same LoadBalancer.
	Listener string `json:"listener"`
	// Hostnames are the hosts served, lower case and sorted: exact names,
	// "*.domain" (any depth below domain, not domain itself), or "*" alone
	// for every host. Never empty, and each within the listener's own
	// Hostname.
	//
	// A request may fit several hostnames of one listener. The Gateway API
	// gives precedence to rules, not to hosts: those of the exact name come
	// first, then those of the longest wildcard and so on to "*", and one of
	// these is tried where no rule of a more specific host fits. A load
	// balancer that chooses a host first and then stays with it has to be given
	// the rules of the wildcards above a host behind the host's own.
	Hostnames []string `json:"hostnames"`
}

// Rule sends the requests that fit any of its matches to its backends.
type Rule struct {
	// Name is the rule's own name, if it has one.
	Name string `json:"name,omitempty"`
	// Matches are alternatives; never empty.
	Matches []Match `json:"matches"`
	// Filters are applied in this order.
	Filters []Filter `json:"filters,omitempty"`
	// Backends share the traffic by weight. A rule that has neither a
	// redirect nor a backend of weight above zero answers 500. A share may be
	// off by a hundredth of the whole; where that cannot be had, the rule is
	// refused.
	Backends []Backend `json:"backends,omitempty"`
}

// Backend is one weighted share of a rule's traffic.
type Backend struct {
	// Pool is the Name of a BackendPool. Empty means that the reference
	// could not be resolved: its share is answered with 500, as the Gateway
	// API requires. That of a pool without endpoints is answered with 503, and
	// neither share goes to the others.
	Pool string `json:"pool,omitempty"`
	// Weight is 0 to 1,000,000; the share is Weight divided by the sum of
	// the rule's weights.
	Weight int32 `json:"weight"`
	// Filters apply to this backend's share only, after the rule's.
	Filters []Filter `json:"filters,omitempty"`
}
