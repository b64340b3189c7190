package main

import (
	"fmt"

	"sigs.k8s.io/controller-runtime/pkg/client"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
)

// gatewayOf is the Gateway that a parentRef of a route in namespace names.
func gatewayOf(ref gatewayv1.ParentReference, namespace string) (client.ObjectKey, bool) {
	if ref.Group != nil && *ref.Group != gatewayv1.GroupName || ref.Kind != nil && *ref.Kind != "Gateway" {
		return client.ObjectKey{}, false
	}
	if ref.Namespace != nil {
		namespace = string(*ref.Namespace)
	}
	return client.ObjectKey{Namespace: namespace, Name: string(ref.Name)}, true
}

// orphan is a route as far as it leads to no Gateway of Fairway's, which no
// object's status tells: the Gateway API has no controller speak of Gateways
// that are not its own. It is false for a route that has no such parent in
// namespace, if that is not empty, and is not in it either.
func orphan(r *gatewayv1.HTTPRoute, may *readable, all classes, namespace string) (routeStatus, bool) {
	one := newRoute(r)
	mine := namespace == "" || r.Namespace == namespace
	if len(r.Spec.ParentRefs) == 0 && mine {
		one.Problems = []problem{{Message: "spec.parentRefs: it names no Gateway; name one"}}
	}
	for i, ref := range r.Spec.ParentRefs {
		to, isGateway := gatewayOf(ref, r.Namespace)
		if !mine && to.Namespace != namespace {
			continue
		}
		field := fmt.Sprintf("spec.parentRefs[%d]", i)
		_, theirs := saidOf(r, ref, "")
		message := ""
		switch gw := may.gateways[to]; {
		case !isGateway:
			// What another controller serves is its own affair, and so are
			// parents of no Gateway API, such as a mesh's Services.
			// In this group, what is no Gateway names its kind.
			if ours := ref.Group == nil || *ref.Group == gatewayv1.GroupName; ours && !theirs {
				message = fmt.Sprintf("%s.kind: Fairway serves no %s; name a Gateway", field, *ref.Kind)
			}
		case may.hidden[to.Namespace]:
			// Nobody can tell.
		case gw == nil:
			message = fmt.Sprintf("%s: there is no Gateway %s; create it or name another", field, to)
		case all.foreign(gw.Spec.GatewayClassName) && !theirs:
			class := all[gw.Spec.GatewayClassName]
			message = fmt.Sprintf("%s: Gateway %s is of class %s, and its controller %s says nothing of the route; name a Gateway of a Fairway class",
				field, to, class.Name, class.Spec.ControllerName)
		}
		if message != "" {
			one.Problems = append(one.Problems, problem{Message: message})
		}
	}
	return one, len(one.Problems) > 0
}
