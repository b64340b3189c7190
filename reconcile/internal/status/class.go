package status

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
)

// Class changes present into the wished status of a GatewayClass.
func Class(present *gatewayv1.GatewayClassStatus, generation int64, now metav1.Time, features []gatewayv1.SupportedFeature, wished ...metav1.Condition) {
	present.Conditions = set(present.Conditions, generation, now, wished...)
	present.SupportedFeatures = features
}
