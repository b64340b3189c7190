package stream

import (
	"errors"
	"slices"

	discovery "github.com/envoyproxy/go-control-plane/envoy/service/discovery/v3"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/genproto/googleapis/rpc/status"
	grpcstatus "google.golang.org/grpc/status"
)

// errSubscription is the answer to any subscription but the plain one.
var errSubscription = errors.New("only subscriptions to everything are served")

// receive takes a proxy's request in. refused is true when it was a NACK,
// telling when the outside view of the stream changed.
func (s *session) receive(k kind, r *discovery.DeltaDiscoveryRequest) (refused, telling bool, err error) {
	everything := func(names []string) bool {
		return !slices.ContainsFunc(names, func(name string) bool { return name != "*" })
	}
	if !everything(r.ResourceNamesSubscribe) || len(r.ResourceNamesUnsubscribe) > 0 ||
		len(r.ResourceLocatorsSubscribe) > 0 || len(r.ResourceLocatorsUnsubscribe) > 0 {
		return false, false, errSubscription
	}
	l := &s.lanes[k]
	if !l.subscribed {
		s.subscribe(k, r.InitialResourceVersions)
		return false, false, nil
	}
	if l.flight == nil || l.flight.nonce != r.ResponseNonce {
		return false, false, nil
	}
	return r.ErrorDetail != nil, l.answer(r.ErrorDetail) || k == listeners, nil
}

// answer settles the response under way and reports whether what the proxy
// refuses is now another set.
func (l *lane) answer(detail *status.Status) (changed bool) {
	f := l.flight
	l.flight = nil
	l.answered = true
	refusals := f.refusals(detail)
	for name := range f.names {
		message, refused := refusals[name]
		before, had := l.refused[name]
		if refused {
			l.refused[name] = message
		} else {
			delete(l.refused, name)
		}
		changed = changed || refused != had || message != before
	}
	for _, name := range f.removed {
		if _, had := l.refused[name]; had {
			delete(l.refused, name)
			changed = true
		}
	}
	return changed
}

// refusals are the resources of a response that a NACK refuses, with the
// proxy's words. A NACK that names none of them refuses them all.
func (f *flight) refusals(detail *status.Status) map[string]string {
	if detail == nil {
		return nil
	}
	named := map[string]string{}
	for _, d := range grpcstatus.FromProto(detail).Details() {
		bad, ok := d.(*errdetails.BadRequest)
		if !ok {
			continue
		}
		for _, v := range bad.FieldViolations {
			if _, ours := f.names[v.Field]; ours {
				named[v.Field] = v.Description
			}
		}
	}
	if len(named) == 0 {
		for name := range f.names {
			named[name] = detail.Message
		}
	}
	return named
}
