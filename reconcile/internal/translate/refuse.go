package translate

import (
	"fmt"
	"slices"
	"strings"

	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/providers/ir"
)

// refuseListener says what a listener asks for that its class cannot do.
func refuseListener(gw *gatewayv1.Gateway, spec *gatewayv1.Listener, field string, c providers.Capabilities) (gatewayv1.ListenerConditionReason, string) {
	if !slices.Contains(c.Protocols, ir.Protocol(spec.Protocol)) {
		return gatewayv1.ListenerReasonUnsupportedProtocol, fmt.Sprintf("%s.protocol: %s is not served by this class; use %s", field, spec.Protocol, joined(c.Protocols))
	}
	for _, r := range c.ReservedPorts {
		if p := uint16(spec.Port); p >= r.From && p <= r.To {
			return gatewayv1.ListenerReasonPortUnavailable, fmt.Sprintf("%s.port: ports %d to %d are reserved; choose another", field, r.From, r.To)
		}
	}
	message := ""
	https := spec.Protocol == gatewayv1.HTTPSProtocolType
	switch {
	case spec.Filters != nil && len(spec.Filters.Requests) > 0:
		message = field + ".filters: filters on listeners are not supported; put them on the routes"
	case spec.TLS != nil && !https:
		message = field + ".tls: only a listener of protocol HTTPS has certificates; remove it, or make the protocol HTTPS"
	case spec.TLS != nil && value(spec.TLS.Mode) == gatewayv1.TLSModePassthrough:
		message = field + ".tls.mode: an HTTPS listener cannot pass TLS through; make it Terminate"
	case spec.TLS != nil && len(spec.TLS.Options) > 0:
		message = field + ".tls.options: this class knows none; remove them"
	case https && validates(gw, spec.Port):
		message = fmt.Sprintf("%s.port: spec.tls.frontend asks for client certificates on port %d, which this class cannot validate; remove it", field, spec.Port)
	default:
		return "", ""
	}
	return gatewayv1.ListenerReasonUnsupportedValue, message
}

// validates reports whether clients of an HTTPS port are to show certificates.
func validates(gw *gatewayv1.Gateway, port gatewayv1.PortNumber) bool {
	if gw.Spec.TLS == nil || gw.Spec.TLS.Frontend == nil {
		return false
	}
	for _, p := range gw.Spec.TLS.Frontend.PerPort {
		if p.Port == port {
			return p.TLS.Validation != nil
		}
	}
	return gw.Spec.TLS.Frontend.Default.Validation != nil
}

// conflict says which other listener wants the same traffic.
func conflict(gw *gatewayv1.Gateway, index int, c providers.Capabilities) (gatewayv1.ListenerConditionReason, string) {
	spec := &gw.Spec.Listeners[index]
	for i := range gw.Spec.Listeners {
		other := &gw.Spec.Listeners[i]
		if i == index || other.Port != spec.Port || !slices.Contains(c.Protocols, ir.Protocol(other.Protocol)) {
			continue
		}
		if other.Protocol != spec.Protocol {
			return gatewayv1.ListenerReasonProtocolConflict, fmt.Sprintf("spec.listeners[%d].protocol: listener %q has protocol %s on port %d too; give one of them another port", index, other.Name, other.Protocol, spec.Port)
		}
		if hostnameOf(other) == hostnameOf(spec) {
			return gatewayv1.ListenerReasonHostnameConflict, fmt.Sprintf("spec.listeners[%d].hostname: listener %q has the same hostname on port %d; give one of them another", index, other.Name, spec.Port)
		}
	}
	return "", ""
}

func hostnameOf(l *gatewayv1.Listener) string { return strings.ToLower(string(value(l.Hostname))) }
