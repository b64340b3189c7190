package translate

import (
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"fairway.dev/fairway/reconcile/internal/snapshot"
)

// allow reads which namespaces may attach routes, and says what is wrong with
// it.
func (l *listener) allow(a *gatewayv1.AllowedRoutes) string {
	if a == nil || a.Namespaces == nil {
		return ""
	}
	if a.Namespaces.From != nil {
		l.from = *a.Namespaces.From
	}
	if l.from != gatewayv1.NamespacesFromSelector {
		return ""
	}
	if a.Namespaces.Selector == nil {
		return ".allowedRoutes.namespaces.selector: from is Selector and there is none, which lets no route in; add one"
	}
	s, err := metav1.LabelSelectorAsSelector(a.Namespaces.Selector)
	if err != nil {
		return ".allowedRoutes.namespaces.selector: not a label selector: " + shorten(err.Error())
	}
	l.selector = s
	return ""
}

// allows reports whether the listener lets a route of that namespace in.
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

// routeKinds are the kinds of route that a listener takes, and what is wrong
// with those that it names.
func routeKinds(spec *gatewayv1.Listener, field string, known bool) (kinds []gatewayv1.RouteGroupKind, bad string) {
	kinds = []gatewayv1.RouteGroupKind{}
	if !known {
		return kinds, ""
	}
	group := gatewayv1.Group(gatewayv1.GroupName)
	httpRoute := gatewayv1.RouteGroupKind{Group: &group, Kind: "HTTPRoute"}
	if spec.AllowedRoutes == nil || len(spec.AllowedRoutes.Kinds) == 0 {
		return append(kinds, httpRoute), ""
	}
	var others []gatewayv1.Kind
	for _, k := range spec.AllowedRoutes.Kinds {
		if (k.Group == nil || *k.Group == group) && k.Kind == httpRoute.Kind {
			kinds = append(kinds[:0], httpRoute)
		} else {
			others = append(others, k.Kind)
		}
	}
	if len(others) > 0 {
		bad = fmt.Sprintf("%s.allowedRoutes.kinds: %s cannot attach to this listener; use HTTPRoute of group %s", field, joined(others), group)
	}
	return kinds, bad
}
