package conditions

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
)

// RouteAccepted: the route is attached to the parent.
func RouteAccepted() metav1.Condition {
	return condition(gatewayv1.RouteConditionAccepted, true, gatewayv1.RouteReasonAccepted, "the route is attached")
}

// RouteNotAccepted: it is not, for the given reason.
func RouteNotAccepted(reason gatewayv1.RouteConditionReason, message string) metav1.Condition {
	return condition(gatewayv1.RouteConditionAccepted, false, reason, message)
}

// RouteResolvedRefs: every reference of the route leads somewhere.
func RouteResolvedRefs() metav1.Condition {
	return condition(gatewayv1.RouteConditionResolvedRefs, true, gatewayv1.RouteReasonResolvedRefs, "all references are resolved")
}

// RouteUnresolvedRefs: one does not; its share of traffic is answered with 500.
func RouteUnresolvedRefs(reason gatewayv1.RouteConditionReason, message string) metav1.Condition {
	return condition(gatewayv1.RouteConditionResolvedRefs, false, reason, message)
}

// RoutePartiallyInvalid: some rules cannot be served as written.
func RoutePartiallyInvalid(message string) metav1.Condition {
	return condition(gatewayv1.RouteConditionPartiallyInvalid, true, gatewayv1.RouteReasonUnsupportedValue, message)
}
