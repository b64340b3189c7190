package translate

import (
	"fmt"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/providers/ir"
	"fairway.dev/fairway/reconcile/internal/conditions"
	"fairway.dev/fairway/reconcile/internal/snapshot"
)

// route translates one route for one Gateway.
func route(in *snapshot.Route, gw *gatewayv1.Gateway, l *listeners, c providers.Capabilities) translated {
	t := translated{in: in, report: &RouteReport{Key: in.Key, Generation: in.Route.Generation}}
	rules := translateRules(in, c)
	hosts := map[string][]string{}
	for i, ref := range in.Route.Spec.ParentRefs {
		if !RefersTo(ref, in.Key.Namespace, gw.Namespace, gw.Name) {
			continue
		}
		accepted := attach(in, gw, l, ref, i, func(index int, names []string) {
			name := string(l.all[index].name)
			if _, twice := hosts[name]; !twice {
				t.attached = append(t.attached, index)
			}
			hosts[name] = union(hosts[name], names)
		})
		if accepted.Status == metav1.ConditionTrue && rules.broken != nil {
			accepted = *rules.broken
		}
		report := ParentReport{Ref: ref, Conditions: []metav1.Condition{accepted, rules.resolved}}
		if accepted.Status == metav1.ConditionTrue && rules.partial != nil {
			report.Conditions = append(report.Conditions, *rules.partial)
		}
		t.report.Parents = append(t.report.Parents, report)
	}
	slices.Sort(t.attached)
	if len(rules.rules) == 0 {
		return t
	}
	f := &ir.Route{Name: "HTTPRoute/" + in.Key.Namespace + "/" + in.Key.Name, Created: in.Route.CreationTimestamp.Unix(), Rules: rules.rules}
	for _, i := range t.attached {
		if l.all[i].valid {
			name := string(l.all[i].name)
			f.Attachments = append(f.Attachments, ir.Attachment{Listener: name, Hostnames: hosts[name]})
		}
	}
	if len(f.Attachments) > 0 && len(l.wished) > 0 {
		slices.SortFunc(f.Attachments, func(a, b ir.Attachment) int { return strings.Compare(a.Listener, b.Listener) })
		t.fragment, t.pools = f, rules.pools
	}
	return t
}

// RefersTo reports whether a parentRef of a route in namespace names the
// Gateway.
func RefersTo(ref gatewayv1.ParentReference, namespace, gatewayNamespace, gateway string) bool {
	if ref.Group != nil && *ref.Group != gatewayv1.GroupName || ref.Kind != nil && *ref.Kind != "Gateway" {
		return false
	}
	if ref.Namespace != nil {
		namespace = string(*ref.Namespace)
	}
	return namespace == gatewayNamespace && string(ref.Name) == gateway
}

// attach finds the listeners that one parentRef attaches the route to, and
// says why when there is none.
func attach(in *snapshot.Route, gw *gatewayv1.Gateway, l *listeners, ref gatewayv1.ParentReference, index int, attached func(int, []string)) metav1.Condition {
	field := fmt.Sprintf("spec.parentRefs[%d]", index)
	named, allowed, found := false, false, false
	for i := range l.all {
		one := &l.all[i]
		if ref.SectionName != nil && *ref.SectionName != one.name || ref.Port != nil && *ref.Port != one.port {
			continue
		}
		named = true
		if !one.allows(in, gw) {
			continue
		}
		allowed = true
		if names := intersect(one.hostname, in.Route.Spec.Hostnames); len(names) > 0 {
			found = true
			attached(i, names)
		}
	}
	switch {
	case found:
		return conditions.RouteAccepted()
	case !named:
		return conditions.RouteNotAccepted(gatewayv1.RouteReasonNoMatchingParent, fmt.Sprintf("%s: Gateway %s/%s has no listener %s; it has %s", field, gw.Namespace, gw.Name, wanted(ref), l.names()))
	case !allowed:
		return conditions.RouteNotAccepted(gatewayv1.RouteReasonNotAllowedByListeners, fmt.Sprintf("%s: no listener of Gateway %s/%s takes an HTTPRoute from namespace %q; see its listeners' allowedRoutes", field, gw.Namespace, gw.Name, in.Key.Namespace))
	default:
		return conditions.RouteNotAccepted(gatewayv1.RouteReasonNoMatchingListenerHostname, fmt.Sprintf("spec.hostnames: none fits the hostname of a listener that %s names", field))
	}
}

// wanted says which listener a parentRef names.
func wanted(ref gatewayv1.ParentReference) string {
	var parts []string
	if ref.SectionName != nil {
		parts = append(parts, fmt.Sprintf("named %q", *ref.SectionName))
	}
	if ref.Port != nil {
		parts = append(parts, fmt.Sprintf("on port %d", *ref.Port))
	}
	return strings.Join(parts, " ")
}

// names are the listeners with their ports, for messages.
func (l *listeners) names() string {
	var all []string
	for _, one := range l.all {
		all = append(all, fmt.Sprintf("%s (%d)", one.name, one.port))
	}
	return strings.Join(all, ", ")
}

func (l *listener) allows(in *snapshot.Route, gw *gatewayv1.Gateway) bool {
	if !l.routes {
		return false
	}
	switch l.from {
	case gatewayv1.NamespacesFromAll:
		return true
	case gatewayv1.NamespacesFromSame:
		return in.Key.Namespace == gw.Namespace
	case gatewayv1.NamespacesFromSelector:
		return l.selector.Matches(labels.Set(in.NamespaceLabels))
	}
	return false
}
