package route

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"fairway.dev/fairway/providers/ir"
)

// SetListener puts a listener in force, in place of the one of the same name.
func (t *Table) SetListener(l ir.Listener) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.listeners[l.Name] = l
	t.storePorts()
}

// RemoveListener takes a listener out of force. The routes that are attached
// to it stay, for when it comes back.
func (t *Table) RemoveListener(name string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.listeners, name)
	t.storePorts()
}

// storePorts builds the index of listeners anew: a Gateway has a few dozen.
func (t *Table) storePorts() {
	ports := map[uint16][]ir.Listener{}
	for _, l := range slices.SortedFunc(maps.Values(t.listeners), compareListeners) {
		ports[l.Port] = append(ports[l.Port], l)
	}
	t.current.Store(&snapshot{ports: ports, hosts: t.current.Load().hosts})
}

// compareListeners puts the more specific hostname first: exact ones, then
// the longest wildcard, then none.
func compareListeners(a, b ir.Listener) int {
	rank := func(l ir.Listener) int {
		switch {
		case l.Hostname == "":
			return 2
		case strings.HasPrefix(l.Hostname, "*"):
			return 1
		}
		return 0
	}
	return cmp.Or(
		cmp.Compare(rank(a), rank(b)),
		cmp.Compare(len(b.Hostname), len(a.Hostname)),
		strings.Compare(a.Name, b.Name),
	)
}

// Listener is the one listener of a port that serves a host: the Gateway
// API's listener isolation lets no other answer for it. It is nil when none
// does, and is not to be changed.
func (t *Table) Listener(port uint16, host string) *ir.Listener {
	return t.current.Load().listener(port, host)
}

// Secure reports whether connections to a port speak TLS. (The listeners of a
// port agree on that, but for a moment while they change.)
func (t *Table) Secure(port uint16) bool {
	return slices.ContainsFunc(t.current.Load().ports[port], func(l ir.Listener) bool { return l.Protocol == ir.HTTPS })
}

func (s *snapshot) listener(port uint16, host string) *ir.Listener {
	listeners := s.ports[port]
	for i := range listeners {
		if fitsHostname(listeners[i].Hostname, host) {
			return &listeners[i]
		}
	}
	return nil
}

// fitsHostname compares a host with a listener's hostname: "*.a.b" fits every
// host below a.b, and an empty one fits all.
func fitsHostname(hostname, host string) bool {
	if hostname == "" {
		return true
	}
	if domain, wild := strings.CutPrefix(hostname, "*"); wild {
		return len(host) > len(domain) && strings.HasSuffix(host, domain)
	}
	return hostname == host
}
