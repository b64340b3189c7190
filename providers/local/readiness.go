package local

import (
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/providers/ir"
	"fairway.dev/fairway/providers/local/stream"
	"fairway.dev/fairway/providers/local/wire"
)

// listeners are the states of the published listeners. One is programmed once
// there is a ready proxy, and every ready proxy acknowledged it as it is.
func (s *state) listeners() []providers.ListenerState {
	if s.published == nil {
		return nil
	}
	nodes := map[string]stream.Stream{}
	for _, st := range s.streams {
		if known, ok := nodes[st.Node]; !ok || known.Since.Before(st.Since) {
			nodes[st.Node] = st
		}
	}
	states := make([]providers.ListenerState, 0, len(s.published.Listeners))
	for _, l := range s.published.Listeners {
		hash := ir.Hash(l)
		message := s.lacks(l.Name, hash, nodes)
		if message == "" && !s.takes(l.Port) {
			message = fmt.Sprintf("the Service does not take port %d yet", l.Port)
		}
		states = append(states, providers.ListenerState{
			Name: l.Name, Hash: hash, Programmed: message == "", Down: len(s.ready) == 0, Message: message,
		})
	}
	return states
}

// lacks says what a listener lacks to be programmed; empty for nothing.
func (s *state) lacks(name, hash string, nodes map[string]stream.Stream) string {
	if len(s.ready) == 0 {
		return s.waitingForProxies()
	}
	var away, behind, refusing int
	var words string
	for pod := range s.ready {
		node, connected := nodes[pod]
		refusal, refused := refusalOf(node, wire.ListenerType, name)
		switch {
		case !connected:
			away++
		case refused:
			refusing++
			// The least of several, to say the same each time.
			if words == "" || refusal < words {
				words = refusal
			}
		case node.Listeners[name] != hash:
			behind++
		}
	}
	some := func(n int, one, many string) string {
		verb := many
		if n == 1 {
			verb = one
		}
		return fmt.Sprintf("%d of %d ready proxies %s", n, len(s.ready), verb)
	}
	switch {
	case refusing > 0:
		return some(refusing, "refuses it: ", "refuse it: ") + words
	case behind > 0:
		return some(behind, "has", "have") + " not acknowledged the configuration yet"
	case away > 0:
		return some(away, "is", "are") + " not connected to the hub"
	}
	return ""
}

// takes reports whether the Service sends the port to the proxies: it has the
// port, and so have its EndpointSlices, which follow it.
func (s *state) takes(port uint16) bool {
	service, ok := s.objects["Service"].(*corev1.Service)
	return ok && s.reached[int32(wire.BindPort(port))] && slices.ContainsFunc(service.Spec.Ports, func(p corev1.ServicePort) bool {
		return p.Port == int32(port) && p.TargetPort.IntVal == int32(wire.BindPort(port))
	})
}

func refusalOf(s stream.Stream, kind, name string) (string, bool) {
	for _, r := range s.Refusals {
		if r.Type == kind && r.Name == name {
			return r.Message, true
		}
	}
	return "", false
}

func (s *state) waitingForProxies() string {
	if n := s.replicas(); n > 1 {
		return fmt.Sprintf("waiting for the first of %d proxies to become ready", n)
	}
	return "waiting for the first proxy to become ready"
}

// waiting says what the load balancer as a whole waits for, with the reason
// for a Gateway's condition.
func (s *state) waiting(ref providers.Ref, o providers.Observation) (gatewayv1.GatewayConditionReason, string) {
	const pending = gatewayv1.GatewayReasonPending
	for _, part := range parts {
		if s.leaving[part.kind] {
			return pending, fmt.Sprintf("waiting for %s to be gone", id(part.kind, ref))
		}
	}
	switch {
	case s.published == nil && s.slices && len(s.objects) == 0:
		return pending, fmt.Sprintf("waiting for the endpoints of %s to be gone", id("Service", ref))
	case s.published == nil || len(s.published.Listeners) == 0:
		return "", ""
	case len(s.ready) == 0:
		return pending, s.waitingForProxies()
	}
	if reason, message := s.lackOfAddress(ref, o.Addresses); message != "" {
		return reason, message
	}
	for _, l := range o.Listeners {
		if !l.Programmed {
			return pending, fmt.Sprintf("listener %s: %s", l.Name, l.Message)
		}
	}
	return "", ""
}
