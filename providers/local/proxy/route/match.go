package route

import (
	"slices"

	"fairway.dev/fairway/providers/ir"
	"fairway.dev/fairway/providers/local/proxy/request"
)

// Match is the answer to a lookup.
type Match struct {
	// Listener is the name of the listener that the request belongs to,
	// empty when the host fits none of the port's.
	Listener string
	// Misdirected is true when the request came on a connection that is for
	// another listener: no rule serves it then.
	Misdirected bool
	// Rule serves the request; nil when no rule fits.
	Rule *Rule
	// Elements is the number of path elements that the rule matched by
	// prefix, for the filters that replace them.
	Elements int
}

// Match finds the rule for a request that came in on a listener's port.
//
// The listener is the one with the most specific hostname that fits. The
// connection has to be that listener's too, as Listener.hostname of the
// Gateway API asks: of its protocol, and with a server name that fits no
// other listener better. Of its
// hosts, the exact one is tried first, then the longest wildcard and so on to
// "*"; a less specific host is tried when no match of a more specific one
// fits. Within a host the order is that of ir.ComparePlaces.
func (t *Table) Match(port uint16, r *request.Request) Match {
	s := t.current.Load()
	l := s.listener(port, r.Host)
	if l == nil {
		return Match{}
	}
	listener := l.Name
	if s.misdirected(port, r, l) {
		return Match{Listener: listener, Misdirected: true}
	}
	var keySpace [256]byte
	var hostSpace [8]*host
	hosts := hostSpace[:0]
	for it := s.hosts.Root().PathIterator(appendHostKey(keySpace[:0], listener, r.Host)); ; {
		_, h, ok := it.Next()
		if !ok {
			break
		}
		hosts = append(hosts, h)
	}
	for _, h := range slices.Backward(hosts) {
		if c := h.find(r); c != nil {
			return Match{Listener: listener, Rule: c.rule, Elements: c.elements}
		}
	}
	return Match{Listener: listener}
}

func (s *snapshot) misdirected(port uint16, r *request.Request, to *ir.Listener) bool {
	switch {
	case r.Scheme == "https" && to.Protocol == ir.HTTPS:
		return r.ServerName != r.Host && s.listener(port, r.ServerName) != to
	default:
		return (r.Scheme == "https") != (to.Protocol == ir.HTTPS)
	}
}
