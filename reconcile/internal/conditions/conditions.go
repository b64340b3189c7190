// Package conditions names every condition that Fairway writes. Each is one
// constructor, so that type, status and reason always fit together. Times and
// generations are filled in by package status.
package conditions

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
)

func condition[T, R ~string](t T, status bool, reason R, message string) metav1.Condition {
	s := metav1.ConditionFalse
	if status {
		s = metav1.ConditionTrue
	}
	return metav1.Condition{Type: string(t), Status: s, Reason: string(reason), Message: message}
}

// ClassAccepted: the GatewayClass is ours and can be used.
func ClassAccepted() metav1.Condition {
	return condition(gatewayv1.GatewayClassConditionStatusAccepted, true, gatewayv1.GatewayClassReasonAccepted, "Fairway serves Gateways of this class")
}

// ClassUnknownProvider: the controller name names no provider of this build.
func ClassUnknownProvider(message string) metav1.Condition {
	return condition(gatewayv1.GatewayClassConditionStatusAccepted, false, gatewayv1.GatewayClassReasonUnsupported, message)
}

// ClassInvalidParameters: spec.parametersRef cannot be used.
func ClassInvalidParameters(message string) metav1.Condition {
	return condition(gatewayv1.GatewayClassConditionStatusAccepted, false, gatewayv1.GatewayClassReasonInvalidParameters, message)
}

// ClassSupportedVersion: the installed Gateway API CRDs are of a version that
// Fairway was built for.
func ClassSupportedVersion(message string) metav1.Condition {
	return condition(gatewayv1.GatewayClassConditionStatusSupportedVersion, true, gatewayv1.GatewayClassReasonSupportedVersion, message)
}

// ClassUnsupportedVersion: they are not; Fairway does its best with them.
func ClassUnsupportedVersion(message string) metav1.Condition {
	return condition(gatewayv1.GatewayClassConditionStatusSupportedVersion, false, gatewayv1.GatewayClassReasonUnsupportedVersion, message)
}

// GatewayAccepted: at least one listener can be served.
func GatewayAccepted() metav1.Condition {
	return condition(gatewayv1.GatewayConditionAccepted, true, gatewayv1.GatewayReasonAccepted, "the Gateway can be served")
}

// GatewayListenersNotValid: some listeners cannot be served; accepted tells
// whether any other can.
func GatewayListenersNotValid(accepted bool, message string) metav1.Condition {
	return condition(gatewayv1.GatewayConditionAccepted, accepted, gatewayv1.GatewayReasonListenersNotValid, message)
}

// GatewayInvalidParameters: spec.infrastructure.parametersRef cannot be used.
func GatewayInvalidParameters(message string) metav1.Condition {
	return condition(gatewayv1.GatewayConditionAccepted, false, gatewayv1.GatewayReasonInvalidParameters, message)
}

// GatewayUnsupportedAddress: an entry of spec.addresses cannot be used.
func GatewayUnsupportedAddress(message string) metav1.Condition {
	return condition(gatewayv1.GatewayConditionAccepted, false, gatewayv1.GatewayReasonUnsupportedAddress, message)
}

// GatewayProgrammed: every part of the load balancer that takes traffic serves
// the listeners. trouble, if any, is what goes wrong beside that.
func GatewayProgrammed(trouble string) metav1.Condition {
	message := "the load balancer serves this generation"
	if trouble != "" {
		message += "; but: " + trouble
	}
	return condition(gatewayv1.GatewayConditionProgrammed, true, gatewayv1.GatewayReasonProgrammed, message)
}

// GatewayLastSeenProgrammed: it was when last seen, and trouble, or something
// that passes by itself, keeps Fairway from looking.
func GatewayLastSeenProgrammed(trouble string) metav1.Condition {
	message := "the load balancer served this generation when last seen; but it cannot be looked at now"
	if trouble != "" {
		message += ": " + trouble
	}
	return condition(gatewayv1.GatewayConditionProgrammed, true, gatewayv1.GatewayReasonProgrammed, message)
}

// GatewayNotProgrammed: not yet, or not any more; message says what is missing.
func GatewayNotProgrammed(reason gatewayv1.GatewayConditionReason, message string) metav1.Condition {
	return condition(gatewayv1.GatewayConditionProgrammed, false, reason, message)
}
