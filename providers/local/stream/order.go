package stream

import (
	"maps"
	"slices"
	"strconv"

	discovery "github.com/envoyproxy/go-control-plane/envoy/service/discovery/v3"
	"google.golang.org/protobuf/proto"
)

// maxResponse is the size in bytes after which a response is full.
const maxResponse = 1 << 20

// next is the response to send now; nil when there is none until the proxy
// answers or the configuration changes. It counts as sent.
//
// Additions go certificates and endpoints, routes, listeners, and each waits
// until what it can name is answered; removals go the other way. So a proxy
// never learns of a route whose pool it does not know, nor opens a port before
// the port's certificates and routes are there. New endpoints of a known pool
// hold nothing up: pods that come and go all the time would otherwise starve
// the routes. Nor do renewed certificates.
func (s *session) next() *discovery.DeltaDiscoveryResponse {
	if !s.subscribed || s.config.published == nil {
		return nil
	}
	for k := range kinds {
		l := &s.lanes[k]
		if !l.subscribed || l.flight != nil || l.answered && len(l.dirty) == 0 {
			continue
		}
		if r := s.response(k, s.mayAdd(k), s.mayRemove(k)); r != nil {
			l.record(r)
			return r
		}
	}
	return nil
}

func (s *session) mayAdd(k kind) bool {
	switch k {
	case certificates, endpoints:
		return true
	case routes:
		return !s.lanes[endpoints].fresh()
	default:
		return !s.lanes[certificates].fresh() && !s.lanes[endpoints].fresh() && !s.newRoutes()
	}
}

func (s *session) mayRemove(k kind) bool {
	switch k {
	case endpoints:
		return s.lanes[routes].settled() && s.lanes[listeners].settled()
	case certificates, routes:
		return s.lanes[listeners].settled()
	default:
		// Together with additions: a listener that was renamed keeps its port.
		return s.mayAdd(k)
	}
}

// fresh reports whether something that the proxy knows nothing of is under
// way or still to be sent.
func (l *lane) fresh() bool {
	if !l.subscribed {
		return false
	}
	if !l.answered || l.flight != nil && l.flight.fresh {
		return true
	}
	for name := range l.dirty {
		if _, holds := l.held[name]; !holds {
			return true
		}
	}
	return false
}

// newRoutes reports whether new or changed routes are under way or still to
// be sent.
func (s *session) newRoutes() bool {
	l := &s.lanes[routes]
	if !l.answered || l.flight != nil {
		return true
	}
	for name := range l.dirty {
		if s.config.resources[routes][name] != nil {
			return true
		}
	}
	return false
}

// response gathers what may be sent of one kind, up to maxResponse. The first
// response of a lane is made even if it is empty: proxies wait for it.
func (s *session) response(k kind, add, remove bool) *discovery.DeltaDiscoveryResponse {
	l := &s.lanes[k]
	if !add && (!remove || !l.answered) {
		return nil
	}
	r := &discovery.DeltaDiscoveryResponse{TypeUrl: k.url()}
	size := 0
	for _, name := range slices.Sorted(maps.Keys(l.dirty)) {
		if size >= maxResponse {
			break
		}
		resource := s.config.resources[k][name]
		switch {
		case resource != nil && add:
			r.Resources = append(r.Resources, resource)
			size += proto.Size(resource)
		case resource == nil && remove:
			r.RemovedResources = append(r.RemovedResources, name)
			size += len(name)
		}
	}
	if l.answered && len(r.Resources) == 0 && len(r.RemovedResources) == 0 {
		return nil
	}
	s.responses++
	r.Nonce = strconv.FormatUint(s.responses, 10)
	return r
}
