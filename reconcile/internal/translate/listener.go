package translate

import (
	"fmt"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/providers/ir"
	"fairway.dev/fairway/reconcile/internal/conditions"
)

// listeners is what a Gateway's specification means by itself.
type listeners struct {
	uid        types.UID
	generation int64
	all        []listener
	reports    []ListenerReport
	gateway    []metav1.Condition
	wished     []ir.Listener
}

// same reports whether the Gateway's specification is the one understood.
func (l *listeners) same(gw *gatewayv1.Gateway) bool {
	return l.uid == gw.UID && l.generation == gw.Generation
}

// listener is one listener as routes see it.
type listener struct {
	name     gatewayv1.SectionName
	port     gatewayv1.PortNumber
	hostname string
	valid    bool
	// routes is false when no HTTPRoute may attach by kind.
	routes   bool
	from     gatewayv1.FromNamespaces
	selector labels.Selector
}

func understandListeners(gw *gatewayv1.Gateway, c providers.Capabilities) *listeners {
	l := &listeners{uid: gw.UID, generation: gw.Generation}
	var invalid []string
	for i := range gw.Spec.Listeners {
		spec := &gw.Spec.Listeners[i]
		one, report := understandListener(gw, i, c)
		if !one.valid {
			invalid = append(invalid, string(spec.Name))
		} else {
			l.wished = append(l.wished, ir.Listener{Name: string(spec.Name), Port: uint16(spec.Port), Protocol: ir.Protocol(spec.Protocol), Hostname: one.hostname})
		}
		l.all = append(l.all, one)
		l.reports = append(l.reports, report)
	}
	slices.SortFunc(l.wished, func(a, b ir.Listener) int { return strings.Compare(a.Name, b.Name) })
	accepted := gatewayCondition(gw, len(l.wished), invalid)
	if accepted.Status != metav1.ConditionTrue {
		l.wished = nil
	}
	l.gateway = []metav1.Condition{accepted}
	return l
}

func gatewayCondition(gw *gatewayv1.Gateway, valid int, invalid []string) metav1.Condition {
	switch {
	case gw.Spec.Infrastructure != nil && gw.Spec.Infrastructure.ParametersRef != nil:
		return conditions.GatewayInvalidParameters("spec.infrastructure.parametersRef: the local provider takes no parameters; remove it")
	case len(gw.Spec.Addresses) > 0:
		return conditions.GatewayUnsupportedAddress("spec.addresses: the local provider cannot give a Gateway an address of your choice; remove it and read the address from status.addresses")
	case valid == 0 && len(invalid) == 0:
		return conditions.GatewayListenersNotValid(false, "spec.listeners: the Gateway has no listener; add one")
	case len(invalid) > 0:
		return conditions.GatewayListenersNotValid(valid > 0, fmt.Sprintf("spec.listeners: %s cannot be served; see the listeners' own conditions", strings.Join(invalid, ", ")))
	}
	return conditions.GatewayAccepted()
}

func understandListener(gw *gatewayv1.Gateway, index int, c providers.Capabilities) (listener, ListenerReport) {
	spec := &gw.Spec.Listeners[index]
	l := listener{name: spec.Name, port: spec.Port, from: gatewayv1.NamespacesFromSame, selector: labels.Nothing()}
	if spec.Hostname != nil {
		l.hostname = strings.ToLower(string(*spec.Hostname))
	}
	accepted, conflicted := listenerAccepted(gw, index, &l, c)
	resolved, kinds := routeKinds(spec, accepted.Reason == string(gatewayv1.ListenerReasonUnsupportedProtocol))
	l.routes = len(kinds) > 0
	l.valid = accepted.Status == metav1.ConditionTrue && (l.routes || resolved.Status == metav1.ConditionTrue)
	return l, ListenerReport{Name: spec.Name, SupportedKinds: kinds, Valid: l.valid,
		Conditions: []metav1.Condition{accepted, conflicted, resolved}}
}

func listenerAccepted(gw *gatewayv1.Gateway, index int, l *listener, c providers.Capabilities) (accepted, conflicted metav1.Condition) {
	spec := &gw.Spec.Listeners[index]
	field := fmt.Sprintf("spec.listeners[%d]", index)
	refuse := func(r gatewayv1.ListenerConditionReason, message string) (metav1.Condition, metav1.Condition) {
		return conditions.ListenerNotAccepted(r, message), conditions.ListenerNoConflicts()
	}
	if !slices.Contains(c.Protocols, ir.Protocol(spec.Protocol)) {
		return refuse(gatewayv1.ListenerReasonUnsupportedProtocol, fmt.Sprintf("%s.protocol: %s is not served by this class; it serves %v", field, spec.Protocol, c.Protocols))
	}
	for _, r := range c.ReservedPorts {
		if p := uint16(spec.Port); p >= r.From && p <= r.To {
			return refuse(gatewayv1.ListenerReasonPortUnavailable, fmt.Sprintf("%s.port: ports %d to %d are reserved; choose another", field, r.From, r.To))
		}
	}
	if spec.Filters != nil {
		return refuse(gatewayv1.ListenerReasonUnsupportedValue, field+".filters: filters on listeners are not supported; put them on the routes")
	}
	if err := l.allow(spec.AllowedRoutes); err != nil {
		return refuse(gatewayv1.ListenerReasonUnsupportedValue, fmt.Sprintf("%s.allowedRoutes.namespaces.selector: %v", field, err))
	}
	for i, other := range gw.Spec.Listeners {
		if i == index || other.Port != spec.Port {
			continue
		}
		if other.Protocol != spec.Protocol && slices.Contains(c.Protocols, ir.Protocol(other.Protocol)) {
			m := fmt.Sprintf("%s.protocol: listener %q has another protocol on port %d; give one of them another port", field, other.Name, spec.Port)
			return conditions.ListenerNotAccepted(gatewayv1.ListenerReasonProtocolConflict, m), conditions.ListenerConflicted(gatewayv1.ListenerReasonProtocolConflict, m)
		}
		if other.Protocol == spec.Protocol && hostnameOf(&other) == l.hostname {
			m := fmt.Sprintf("%s.hostname: listener %q has the same hostname on port %d; give one of them another", field, other.Name, spec.Port)
			return conditions.ListenerNotAccepted(gatewayv1.ListenerReasonHostnameConflict, m), conditions.ListenerConflicted(gatewayv1.ListenerReasonHostnameConflict, m)
		}
	}
	return conditions.ListenerAccepted(), conditions.ListenerNoConflicts()
}

func hostnameOf(l *gatewayv1.Listener) string {
	if l.Hostname == nil {
		return ""
	}
	return strings.ToLower(string(*l.Hostname))
}

// allow reads which namespaces may attach routes.
func (l *listener) allow(a *gatewayv1.AllowedRoutes) error {
	if a == nil || a.Namespaces == nil {
		return nil
	}
	if a.Namespaces.From != nil {
		l.from = *a.Namespaces.From
	}
	if l.from != gatewayv1.NamespacesFromSelector {
		return nil
	}
	s, err := metav1.LabelSelectorAsSelector(a.Namespaces.Selector)
	if err != nil {
		return err
	}
	l.selector = s
	return nil
}

// routeKinds are the kinds of route that a listener takes.
func routeKinds(spec *gatewayv1.Listener, unsupported bool) (metav1.Condition, []gatewayv1.RouteGroupKind) {
	kinds := []gatewayv1.RouteGroupKind{}
	if unsupported {
		return conditions.ListenerResolvedRefs(), kinds
	}
	group := gatewayv1.Group(gatewayv1.GroupName)
	httpRoute := gatewayv1.RouteGroupKind{Group: &group, Kind: "HTTPRoute"}
	if spec.AllowedRoutes == nil || len(spec.AllowedRoutes.Kinds) == 0 {
		return conditions.ListenerResolvedRefs(), append(kinds, httpRoute)
	}
	var bad []string
	for _, k := range spec.AllowedRoutes.Kinds {
		if (k.Group == nil || *k.Group == group) && k.Kind == httpRoute.Kind {
			kinds = append(kinds[:0], httpRoute)
		} else {
			bad = append(bad, string(k.Kind))
		}
	}
	if len(bad) > 0 {
		return conditions.ListenerInvalidRouteKinds(fmt.Sprintf("allowedRoutes.kinds: %s cannot attach to this listener; it takes HTTPRoute", strings.Join(bad, ", "))), kinds
	}
	return conditions.ListenerResolvedRefs(), kinds
}
