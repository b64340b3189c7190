package stream

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"
)

// Stream is what is known of one proxy's stream.
type Stream struct {
	// Node is the proxy's name for itself: its pod's name.
	Node string
	// Since is when the stream began.
	Since time.Time
	// Listeners are the listeners that the proxy serves as they are wished,
	// with ir.Hash of each. It acknowledged them after everything that was
	// published before them.
	Listeners map[string]string
	// Current is true when the proxy acknowledged all there is.
	Current bool
	// Refusals are what the proxy refused, sorted by type and name.
	Refusals []Refusal
}

// Refusal is a resource that a proxy refused. It serves what it had before.
type Refusal struct {
	// Type is one of wire.Types.
	Type string
	Name string
	// Message is the proxy's word on it.
	Message string
}

// streams are the sessions' public views.
func (c *config) streams() []Stream {
	all := make([]Stream, 0, len(c.sessions))
	for s := range c.sessions {
		all = append(all, s.view())
	}
	slices.SortFunc(all, func(a, b Stream) int {
		return cmp.Or(strings.Compare(a.Node, b.Node), a.Since.Compare(b.Since))
	})
	return all
}

func (s *session) view() Stream {
	v := Stream{Node: s.node, Since: s.since, Listeners: map[string]string{}, Current: s.subscribed}
	l := &s.lanes[listeners]
	for name, hash := range s.config.hashes {
		if l.serves(name) {
			v.Listeners[name] = hash
		}
	}
	for k := range kinds {
		l := &s.lanes[k]
		v.Current = v.Current && l.settled() && len(l.refused) == 0
		for _, name := range slices.Sorted(maps.Keys(l.refused)) {
			v.Refusals = append(v.Refusals, Refusal{Type: k.url(), Name: name, Message: l.refused[name]})
		}
	}
	return v
}

// serves reports whether the proxy acknowledged name as it is wished now.
func (l *lane) serves(name string) bool {
	if _, waits := l.dirty[name]; waits || !l.answered {
		return false
	}
	if l.flight != nil {
		if _, flies := l.flight.names[name]; flies {
			return false
		}
	}
	_, refused := l.refused[name]
	return !refused
}
