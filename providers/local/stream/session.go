package stream

import (
	"time"

	discovery "github.com/envoyproxy/go-control-plane/envoy/service/discovery/v3"
)

// session is one stream: what its proxy holds, and what it has yet to be
// sent. All but awake is guarded by config.mu.
type session struct {
	config *config
	node   string
	since  time.Time
	// subscribed is true once the proxy asked for listeners, the last kind: an
	// older proxy does not know every kind. Nothing is sent before, so that
	// the order of the first responses is ours.
	subscribed bool
	lanes      [kinds]lane
	responses  uint64
	// awake holds a token when there may be something to send.
	awake chan struct{}
}

// lane is the part of a session that carries one kind of resource.
type lane struct {
	subscribed bool
	// answered is true once the proxy answered the lane's first response.
	answered bool
	// held are the versions that the proxy was sent, or said to hold, by name.
	held map[string]string
	// dirty are the names of which the proxy was not sent what it is to hold.
	dirty map[string]struct{}
	// refused are the proxy's words on the resources that it refused.
	refused map[string]string
	// flight is the response that is not answered yet.
	flight *flight
}

// flight is a response under way.
type flight struct {
	nonce string
	// names are what it brings, removed what it takes away.
	names   map[string]struct{}
	removed []string
	// fresh is true when it brings a name that the proxy did not hold before.
	fresh bool
}

func newSession(c *config, node string, now time.Time) *session {
	s := &session{config: c, node: node, since: now, awake: make(chan struct{}, 1)}
	for k := range s.lanes {
		s.lanes[k] = lane{held: map[string]string{}, dirty: map[string]struct{}{}, refused: map[string]string{}}
	}
	return s
}

// subscribe begins a lane with the versions that the proxy holds from an
// earlier stream.
func (s *session) subscribe(k kind, versions map[string]string) {
	l := &s.lanes[k]
	l.subscribed = true
	for name, version := range versions {
		l.held[name] = version
	}
	s.subscribed = s.subscribed || k == listeners
	if s.subscribed && s.config.published != nil {
		s.compare()
	}
}

// compare marks all that differs between what is held and what is to be held.
func (s *session) compare() {
	for k := range kinds {
		for name := range s.config.resources[k] {
			s.mark(k, name)
		}
		for name := range s.lanes[k].held {
			s.mark(k, name)
		}
	}
}

// mark notes whether name has to be sent.
func (s *session) mark(k kind, name string) {
	l := &s.lanes[k]
	wished := s.config.resources[k][name]
	held, holds := l.held[name]
	settled := !holds
	if wished != nil {
		settled = holds && held == wished.Version
	} else if s.config.unknown(k, name) {
		settled = true
	}
	if settled {
		delete(l.dirty, name)
	} else {
		l.dirty[name] = struct{}{}
	}
}

// quiet forgets what was to be sent.
func (s *session) quiet() {
	for k := range s.lanes {
		clear(s.lanes[k].dirty)
	}
}

// settled reports whether the proxy answered all that there is in a lane. One
// that it never asked for holds nothing up.
func (l *lane) settled() bool {
	return !l.subscribed || l.answered && l.flight == nil && len(l.dirty) == 0
}

// record notes a response as sent.
func (l *lane) record(r *discovery.DeltaDiscoveryResponse) {
	f := &flight{nonce: r.Nonce, names: make(map[string]struct{}, len(r.Resources)), removed: r.RemovedResources}
	for _, resource := range r.Resources {
		if _, holds := l.held[resource.Name]; !holds {
			f.fresh = true
		}
		f.names[resource.Name] = struct{}{}
		l.held[resource.Name] = resource.Version
		delete(l.dirty, resource.Name)
	}
	for _, name := range r.RemovedResources {
		delete(l.held, name)
		delete(l.dirty, name)
	}
	l.flight = f
}
