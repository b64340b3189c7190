package conditions

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
)

// GatewayInvalid: the Gateway asks for something that its class cannot do, and
// leaving it out would change what it means.
func GatewayInvalid(message string) metav1.Condition {
	return condition(gatewayv1.GatewayConditionAccepted, false, gatewayv1.GatewayReasonInvalid, message)
}

// ListenerUnresolvedRefs: something that the listener names cannot be used.
func ListenerUnresolvedRefs(reason gatewayv1.ListenerConditionReason, message string) metav1.Condition {
	return condition(gatewayv1.ListenerConditionResolvedRefs, false, reason, message)
}

// ListenerOverlappingTLS: a client may send another listener's requests over a
// connection to this one. It is left out where it is not so.
func ListenerOverlappingTLS(reason gatewayv1.ListenerConditionReason, message string) metav1.Condition {
	return condition(gatewayv1.ListenerConditionOverlappingTLSConfig, true, reason, message)
}
