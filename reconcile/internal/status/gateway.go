package status

import (
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/providers/ir"
	"fairway.dev/fairway/reconcile/internal/conditions"
	"fairway.dev/fairway/reconcile/internal/translate"
)

// Seen is what came of a Gateway's last round.
type Seen struct {
	// Generation is the Gateway's generation that the round was about.
	Generation int64
	Result     *translate.Result
	// Observation is the provider's last.
	Observation providers.Observation
	// Trouble is what a provider's error says for a status, or empty.
	Trouble string
	// Steady keeps Programmed True while the data plane is being found again,
	// such as after a restart of the hub.
	Steady bool
}

// Class is the wished status of a GatewayClass.
func Class(present *gatewayv1.GatewayClassStatus, generation int64, now metav1.Time, accepted metav1.Condition) {
	present.Conditions = set(present.Conditions, generation, now, accepted)
}

// Gateway changes present into the wished status of a Gateway.
func Gateway(present *gatewayv1.GatewayStatus, now metav1.Time, seen Seen) {
	states := map[string]providers.ListenerState{}
	for _, s := range seen.Observation.Listeners {
		states[s.Name] = s
	}
	var listeners []gatewayv1.ListenerStatus
	programmed, waiting := true, ""
	for _, report := range seen.Result.Listeners {
		var old gatewayv1.ListenerStatus
		if i := slices.IndexFunc(present.Listeners, func(l gatewayv1.ListenerStatus) bool { return l.Name == report.Name }); i >= 0 {
			old = present.Listeners[i]
		}
		condition := listenerProgrammed(report, states[string(report.Name)], old, seen)
		if report.Valid && condition.Status != metav1.ConditionTrue {
			programmed = false
			if waiting == "" {
				waiting = "listener " + string(report.Name) + ": " + condition.Message
			}
		}
		listeners = append(listeners, gatewayv1.ListenerStatus{
			Name: report.Name, SupportedKinds: report.SupportedKinds, AttachedRoutes: report.AttachedRoutes,
			Conditions: set(old.Conditions, seen.Generation, now, append(slices.Clone(report.Conditions), condition)...),
		})
	}
	present.Listeners = listeners
	if len(seen.Observation.Addresses) > 0 || !seen.Steady {
		present.Addresses = addresses(seen.Observation.Addresses)
	}
	accepted := seen.Result.Gateway[0]
	present.Conditions = set(present.Conditions, seen.Generation, now, accepted, gatewayProgrammed(seen, accepted, len(present.Addresses) > 0, programmed, waiting))
}

func gatewayProgrammed(seen Seen, accepted metav1.Condition, addressed, programmed bool, waiting string) metav1.Condition {
	switch {
	case accepted.Status != metav1.ConditionTrue:
		return conditions.GatewayNotProgrammed(gatewayv1.GatewayReasonInvalid, "the Gateway is not accepted")
	case seen.Trouble != "" && (!programmed || !addressed):
		return conditions.GatewayNotProgrammed(gatewayv1.GatewayReasonPending, seen.Trouble)
	case !addressed:
		message := seen.Observation.Waiting
		if message == "" {
			message = "waiting for an address"
		}
		return conditions.GatewayNotProgrammed(gatewayv1.GatewayReasonAddressNotAssigned, message)
	case !programmed:
		if seen.Observation.Waiting != "" {
			waiting = seen.Observation.Waiting
		}
		return conditions.GatewayNotProgrammed(gatewayv1.GatewayReasonPending, waiting)
	}
	return conditions.GatewayProgrammed(seen.Trouble)
}

func listenerProgrammed(report translate.ListenerReport, state providers.ListenerState, old gatewayv1.ListenerStatus, seen Seen) metav1.Condition {
	if !report.Valid {
		return conditions.ListenerNotProgrammed(gatewayv1.ListenerReasonInvalid, "the listener cannot be served; see its other conditions")
	}
	if state.Programmed {
		return conditions.ListenerProgrammed()
	}
	if seen.Steady {
		for _, c := range old.Conditions {
			if c.Type == string(gatewayv1.ListenerConditionProgrammed) && c.Status == metav1.ConditionTrue && c.ObservedGeneration == seen.Generation {
				return conditions.ListenerProgrammed()
			}
		}
	}
	message := state.Message
	if message == "" {
		message = "the proxies do not serve it yet"
	}
	return conditions.ListenerNotProgrammed(gatewayv1.ListenerReasonPending, message)
}

func addresses(seen []ir.Address) []gatewayv1.GatewayStatusAddress {
	var out []gatewayv1.GatewayStatusAddress
	for _, a := range seen {
		t := gatewayv1.IPAddressType
		if a.Type == ir.Hostname {
			t = gatewayv1.HostnameAddressType
		}
		out = append(out, gatewayv1.GatewayStatusAddress{Type: &t, Value: a.Value})
	}
	slices.SortFunc(out, func(a, b gatewayv1.GatewayStatusAddress) int { return strings.Compare(a.Value, b.Value) })
	return out
}
