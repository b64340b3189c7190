package translate

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/providers/ir"
	"fairway.dev/fairway/reconcile/internal/conditions"
	"fairway.dev/fairway/reconcile/internal/snapshot"
)

// route translates one route for one Gateway.
func route(in *snapshot.Route, gw *gatewayv1.Gateway, l *listeners, c providers.Capabilities) *translated {
	t := &translated{in: in, report: &RouteReport{Key: in.Key, Generation: in.Route.Generation}}
	rules := translateRules(in, c)
	t.report.Rules = rules.places
	var remarks []string
	if scope := in.Route.Spec.UseDefaultGateways; scope != "" && scope != gatewayv1.GatewayDefaultScopeNone {
		remarks = append(remarks, "spec.useDefaultGateways: not supported, and the route is attached only where it says so; name each Gateway in spec.parentRefs")
	}
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
		} else if accepted.Status == metav1.ConditionTrue {
			accepted = conditions.But(accepted, remarks...)
		}
		report := ParentReport{Ref: ref, Conditions: []metav1.Condition{accepted, rules.resolved}}
		if accepted.Status == metav1.ConditionTrue && rules.partial != nil {
			report.Conditions = append(report.Conditions, *rules.partial)
		}
		t.report.Parents = append(t.report.Parents, report)
	}
	slices.Sort(t.attached)
	if len(rules.rules) > 0 {
		t.bind(rules, l, hosts)
	}
	if rules.broken != nil {
		// Listeners count the routes that are accepted.
		t.attached = nil
	}
	return t
}

// bind makes the fragment of a route whose hosts at each listener are known.
func (t *translated) bind(r rules, l *listeners, hosts map[string][]string) {
	in := t.in
	f := &ir.Route{Name: t.report.Fragment(), Created: in.Route.CreationTimestamp.Unix(), Rules: r.rules}
	for _, i := range t.attached {
		if l.all[i].valid {
			name := string(l.all[i].name)
			f.Attachments = append(f.Attachments, ir.Attachment{Listener: name, Hostnames: hosts[name]})
		}
	}
	if len(f.Attachments) > 0 && l.served() {
		slices.SortFunc(f.Attachments, func(a, b ir.Attachment) int { return strings.Compare(a.Listener, b.Listener) })
		t.fragment, t.pools = f, r.pools
	}
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
	named, kind, allowed, found := false, false, false, false
	for i := range l.all {
		one := &l.all[i]
		if ref.SectionName != nil && *ref.SectionName != one.name || ref.Port != nil && *ref.Port != one.port {
			continue
		}
		named, kind = true, kind || one.routes
		if !one.allows(in, gw) {
			continue
		}
		allowed = true
		if names := intersect(one.hostname, in.Route.Spec.Hostnames); len(names) > 0 {
			found = true
			attached(i, names)
		}
	}
	refuse := func(r gatewayv1.RouteConditionReason, format string, args ...any) metav1.Condition {
		return conditions.RouteNotAccepted(r, fmt.Sprintf(format, args...))
	}
	switch {
	case found:
		return conditions.RouteAccepted()
	case !named:
		return refuse(gatewayv1.RouteReasonNoMatchingParent, "%s: Gateway %s/%s has no listener %s; name one of those that it has: %s", field, gw.Namespace, gw.Name, wanted(ref), l.names())
	case !kind:
		return refuse(gatewayv1.RouteReasonNotAllowedByListeners, "%s: no listener that it names of Gateway %s/%s takes HTTPRoutes; change its protocol, or its allowedRoutes.kinds", field, gw.Namespace, gw.Name)
	case !allowed:
		return refuse(gatewayv1.RouteReasonNotAllowedByListeners, "%s: no listener that it names of Gateway %s/%s takes HTTPRoutes of namespace %q; change its allowedRoutes.namespaces", field, gw.Namespace, gw.Name, in.Key.Namespace)
	default:
		return refuse(gatewayv1.RouteReasonNoMatchingListenerHostname, "spec.hostnames: none fits the hostname of a listener that %s names; the Gateway has these: %s; add a hostname that fits", field, l.hosts())
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
	return shorten(strings.Join(all, ", "))
}

// hosts are the listeners with their hostnames, for messages.
func (l *listeners) hosts() string {
	var all []string
	for _, one := range l.all {
		all = append(all, fmt.Sprintf("%s (%s)", one.name, cmp.Or(one.hostname, "any")))
	}
	return shorten(strings.Join(all, ", "))
}
