package conditions

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
)

// ListenerAccepted: the listener can be served.
func ListenerAccepted() metav1.Condition {
	return condition(gatewayv1.ListenerConditionAccepted, true, gatewayv1.ListenerReasonAccepted, "the listener can be served")
}

// ListenerNotAccepted: it cannot, for the given reason.
func ListenerNotAccepted(reason gatewayv1.ListenerConditionReason, message string) metav1.Condition {
	return condition(gatewayv1.ListenerConditionAccepted, false, reason, message)
}

// ListenerConflicted: another listener of the Gateway wants the same traffic.
func ListenerConflicted(reason gatewayv1.ListenerConditionReason, message string) metav1.Condition {
	return condition(gatewayv1.ListenerConditionConflicted, true, reason, message)
}

// ListenerNoConflicts: none does.
func ListenerNoConflicts() metav1.Condition {
	return condition(gatewayv1.ListenerConditionConflicted, false, gatewayv1.ListenerReasonNoConflicts, "no other listener wants the same traffic")
}

// ListenerResolvedRefs: everything that the listener names can be used.
func ListenerResolvedRefs() metav1.Condition {
	return condition(gatewayv1.ListenerConditionResolvedRefs, true, gatewayv1.ListenerReasonResolvedRefs, "all references are resolved")
}

// ListenerProgrammed: every part of the load balancer that takes traffic serves
// the listener.
func ListenerProgrammed() metav1.Condition {
	return condition(gatewayv1.ListenerConditionProgrammed, true, gatewayv1.ListenerReasonProgrammed, "the load balancer serves the listener")
}

// ListenerNotProgrammed: not yet, or it cannot be.
func ListenerNotProgrammed(reason gatewayv1.ListenerConditionReason, message string) metav1.Condition {
	return condition(gatewayv1.ListenerConditionProgrammed, false, reason, message)
}
