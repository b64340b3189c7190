package main

import (
	"fmt"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
)

// routeOf is a route to a Gateway, accepted, with a rule for each of these
// backends.
func routeOf(resolved metav1.ConditionStatus, message string, backends ...gatewayv1.HTTPBackendRef) *gatewayv1.HTTPRoute {
	parent := gatewayv1.ParentReference{Name: "web"}
	r := &gatewayv1.HTTPRoute{}
	r.Namespace, r.Spec.ParentRefs = "shop", []gatewayv1.ParentReference{parent}
	for _, b := range backends {
		r.Spec.Rules = append(r.Spec.Rules, gatewayv1.HTTPRouteRule{BackendRefs: []gatewayv1.HTTPBackendRef{b}})
	}
	r.Status.Parents = []gatewayv1.RouteParentStatus{{ParentRef: parent, ControllerName: "fairway.dev/local", Conditions: []metav1.Condition{
		{Type: "Accepted", Status: metav1.ConditionTrue, Reason: "Accepted"},
		{Type: "ResolvedRefs", Status: resolved, Reason: "BackendNotFound", Message: message},
	}}}
	return r
}

func backendOf(name string, weight *int32) gatewayv1.HTTPBackendRef {
	b := gatewayv1.HTTPBackendRef{}
	b.Name, b.Weight = gatewayv1.ObjectName(name), weight
	return b
}

func TestOnlyBackendsThatGetRequestsCount(t *testing.T) {
	web := gatewayStatus{Namespace: "shop", Name: "web", Listeners: []listenerStatus{{Name: "http", Programmed: true}}}
	message := "spec.rules[0].backendRefs[0].name: there is none; and 1 more: spec.rules[1].backendRefs[0].name"
	for name, c := range map[string]struct {
		route    *gatewayv1.HTTPRoute
		served   bool
		pools    string
		problems int
	}{
		"all":             {routeOf(metav1.ConditionTrue, "", backendOf("a", nil), backendOf("b", ptr.To[int32](1))), true, "[a b]", 0},
		"refused":         {routeOf(metav1.ConditionFalse, message, backendOf("a", nil), backendOf("b", nil)), false, "[]", 1},
		"one idle":        {routeOf(metav1.ConditionTrue, "", backendOf("a", nil), backendOf("b", ptr.To[int32](0))), true, "[a]", 0},
		"idle altogether": {routeOf(metav1.ConditionTrue, "", backendOf("a", ptr.To[int32](0))), false, "[]", 1},
	} {
		got, _ := newRouteStatus(c.route, web)
		pools := []string{}
		for _, k := range got.backends {
			pools = append(pools, k.name)
		}
		if got.Served != c.served || fmt.Sprint(pools) != c.pools || len(got.Problems) != c.problems {
			t.Errorf("%s: served %t, pools %v, problems %v", name, got.Served, pools, got.Problems)
		}
	}
}
