package translate

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/providers/ir"
	"fairway.dev/fairway/reconcile/internal/conditions"
	"fairway.dev/fairway/reconcile/internal/snapshot"
)

// listeners is what a Gateway means without its routes.
type listeners struct {
	all          []listener
	reports      []ListenerReport
	accepted     metav1.Condition
	wished       []ir.Listener
	certificates []ir.Certificate
	// until is as in Result.
	until time.Time
}

// listener is one listener as routes see it.
type listener struct {
	name     gatewayv1.SectionName
	port     gatewayv1.PortNumber
	hostname string
	// tls is true when it terminates TLS.
	tls               bool
	valid, conflicted bool
	// routes is false when no HTTPRoute may attach by kind.
	routes   bool
	from     gatewayv1.FromNamespaces
	selector labels.Selector
}

// served reports whether anything of the Gateway is served.
func (l *listeners) served() bool { return len(l.wished) > 0 }

// sameToRoutes reports whether every route means the same to both.
func (l *listeners) sameToRoutes(o *listeners) bool {
	return l.served() == o.served() && slices.EqualFunc(l.all, o.all, func(a, b listener) bool {
		// That of everything and that of nothing print alike.
		sameSelector := a.selector.String() == b.selector.String() && a.selector.Empty() == b.selector.Empty()
		a.selector, b.selector = nil, nil
		return sameSelector && a == b
	})
}

func understandListeners(s *snapshot.Gateway, c providers.Capabilities) *listeners {
	gw, l := s.Gateway, &listeners{}
	held := make([][]ir.Certificate, len(gw.Spec.Listeners))
	for i := range gw.Spec.Listeners {
		one, report, certificates := understandListener(s, i, c)
		l.all, l.reports = append(l.all, one), append(l.reports, report)
		held[i], l.until = certificates.usable, earlier(l.until, certificates.until)
	}
	shared := sharing(held)
	for i := range l.all {
		if one := &l.all[i]; !one.tls || one.conflicted {
			continue
		}
		if overlap := l.overlapping(i, shared); overlap != nil {
			l.reports[i].Conditions = append(l.reports[i].Conditions, *overlap)
		}
	}
	if l.accepted = l.gatewayAccepted(gw, c); l.accepted.Status == metav1.ConditionTrue {
		l.wish(gw, held)
	}
	return l
}

// wish fills in what is asked of the provider.
func (l *listeners) wish(gw *gatewayv1.Gateway, held [][]ir.Certificate) {
	for i := range l.all {
		if !l.all[i].valid {
			continue
		}
		spec := &gw.Spec.Listeners[i]
		wished := ir.Listener{Name: string(spec.Name), Port: uint16(spec.Port), Protocol: ir.Protocol(spec.Protocol), Hostname: l.all[i].hostname}
		for _, c := range held[i] {
			wished.Certificates = append(wished.Certificates, c.Name)
			l.certificates = append(l.certificates, c)
		}
		l.wished = append(l.wished, wished)
	}
	slices.SortFunc(l.wished, func(a, b ir.Listener) int { return strings.Compare(a.Name, b.Name) })
	slices.SortFunc(l.certificates, func(a, b ir.Certificate) int { return strings.Compare(a.Name, b.Name) })
	l.certificates = slices.CompactFunc(l.certificates, func(a, b ir.Certificate) bool { return a.Name == b.Name })
}

func understandListener(s *snapshot.Gateway, index int, c providers.Capabilities) (listener, ListenerReport, certificates) {
	spec := &s.Gateway.Spec.Listeners[index]
	field := fmt.Sprintf("spec.listeners[%d]", index)
	l := listener{name: spec.Name, port: spec.Port, hostname: hostnameOf(spec), from: gatewayv1.NamespacesFromSame, selector: labels.Nothing()}
	accepted, conflicted := listenerAccepted(s.Gateway, index, &l, c)
	known := slices.Contains(c.Protocols, ir.Protocol(spec.Protocol))
	kinds, badKinds := routeKinds(spec, field, known)
	l.routes = len(kinds) > 0
	l.tls = known && spec.Protocol == gatewayv1.HTTPSProtocolType
	l.conflicted = conflicted.Status == metav1.ConditionTrue

	var held certificates
	if l.tls {
		held = understandCertificates(s, spec, field, l.hostname, c)
	}
	resolved := conditions.But(conditions.ListenerResolvedRefs(), held.remarks...)
	if badKinds != "" {
		held.reason = cmp.Or(held.reason, gatewayv1.ListenerReasonInvalidRouteKinds)
		held.problems = append(held.problems, badKinds)
	}
	if len(held.problems) > 0 {
		resolved = conditions.ListenerUnresolvedRefs(held.reason, list(append(held.problems, held.remarks...)))
	}
	l.valid = accepted.Status == metav1.ConditionTrue && l.routes && (!l.tls || len(held.usable) > 0)
	if accepted.Status == metav1.ConditionTrue && !l.valid {
		accepted = conditions.But(accepted, "not before its references are resolved")
	}
	report := ListenerReport{Name: spec.Name, SupportedKinds: kinds, Valid: l.valid, Conditions: []metav1.Condition{accepted, conflicted, resolved}}
	return l, report, held
}

// listenerAccepted judges a listener by itself and beside the others.
func listenerAccepted(gw *gatewayv1.Gateway, index int, l *listener, c providers.Capabilities) (accepted, conflicted metav1.Condition) {
	spec := &gw.Spec.Listeners[index]
	field := fmt.Sprintf("spec.listeners[%d]", index)
	// Also of a listener that is refused: how many routes it would have is said.
	badSelector := l.allow(spec.AllowedRoutes)
	if reason, message := refuseListener(gw, spec, field, c); reason != "" {
		return conditions.ListenerNotAccepted(reason, message), conditions.ListenerNoConflicts()
	}
	if badSelector != "" {
		return conditions.ListenerNotAccepted(gatewayv1.ListenerReasonUnsupportedValue, field+badSelector), conditions.ListenerNoConflicts()
	}
	if reason, message := conflict(gw, index, c); reason != "" {
		return conditions.ListenerNotAccepted(reason, message), conditions.ListenerConflicted(reason, message)
	}
	return conditions.ListenerAccepted(), conditions.ListenerNoConflicts()
}
