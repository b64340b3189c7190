package status

import (
	"cmp"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"
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
	// Parameters is the Accepted condition of a Gateway whose parameters
	// cannot be used; nil where they can.
	Parameters *metav1.Condition
	// Observation is the provider's last.
	Observation providers.Observation
	Refusals    Refusals
	// Trouble is what a provider's error says for a status, or empty, and
	// Reason that of a Programmed condition that is False for it.
	Trouble string
	Reason  gatewayv1.GatewayConditionReason
	// Blind is true when the load balancer could not be looked at: what was
	// said of it before stands.
	Blind bool
	// Steady keeps Programmed True while the data plane is being found again,
	// such as after a restart of the hub.
	Steady bool
	// Moving is true while the Gateway's load balancer in another place
	// serves on, until this one does.
	Moving bool
}

// accepted is the Gateway's Accepted condition.
func (s Seen) accepted() metav1.Condition {
	if s.Parameters != nil {
		return *s.Parameters
	}
	return s.Result.Gateway[0]
}

// Gateway changes present into the wished status of a Gateway.
func Gateway(present *gatewayv1.GatewayStatus, now metav1.Time, seen Seen) {
	var listeners []gatewayv1.ListenerStatus
	programmed, waiting := true, ""
	for _, report := range seen.Result.Listeners {
		var old gatewayv1.ListenerStatus
		if i := slices.IndexFunc(present.Listeners, func(l gatewayv1.ListenerStatus) bool { return l.Name == report.Name }); i >= 0 {
			old = present.Listeners[i]
		}
		wished := replace(report.Conditions, listenerWished(report, old, seen)...)
		condition := meta.FindStatusCondition(wished, string(gatewayv1.ListenerConditionProgrammed))
		if report.Valid && condition.Status != metav1.ConditionTrue {
			programmed = false
			waiting = cmp.Or(waiting, "listener "+string(report.Name)+": "+condition.Message)
		}
		listeners = append(listeners, gatewayv1.ListenerStatus{
			Name: report.Name, SupportedKinds: report.SupportedKinds, AttachedRoutes: report.AttachedRoutes,
			Conditions: set(unlessWished(old.Conditions, wished, string(gatewayv1.ListenerConditionOverlappingTLSConfig)), seen.Generation, now, wished...),
		})
	}
	present.Listeners = listeners
	if len(seen.Observation.Addresses) > 0 || !seen.Steady && !seen.Blind && !seen.Moving {
		present.Addresses = addresses(seen.Observation.Addresses)
	}
	accepted := seen.accepted()
	addressed := len(present.Addresses) > 0 && (len(seen.Observation.Addresses) > 0 || !seen.Moving)
	present.Conditions = set(present.Conditions, seen.Generation, now, accepted, gatewayProgrammed(seen, accepted, addressed, programmed, waiting))
}

// GatewayParameters changes present into the status of a Gateway that is not
// served, and has never been in this hub's life, for its parameters.
func GatewayParameters(present *gatewayv1.GatewayStatus, generation int64, now metav1.Time, accepted metav1.Condition) {
	present.Conditions = set(present.Conditions, generation, now, accepted,
		conditions.GatewayNotProgrammed(gatewayv1.GatewayReasonInvalid, notAccepted))
	for i := range present.Listeners {
		l := &present.Listeners[i]
		if meta.IsStatusConditionTrue(l.Conditions, string(gatewayv1.ListenerConditionProgrammed)) {
			l.Conditions = set(l.Conditions, generation, now, conditions.ListenerNotProgrammed(gatewayv1.ListenerReasonInvalid, notAccepted))
		}
	}
}

// GatewayRemoval changes present into the status of a Gateway that is going
// while something of its load balancer cannot be removed.
func GatewayRemoval(present *gatewayv1.GatewayStatus, generation int64, now metav1.Time, trouble string) {
	present.Conditions = set(present.Conditions, generation, now,
		conditions.GatewayNotProgrammed(gatewayv1.GatewayReasonPending, "the load balancer is being removed: "+trouble))
}

const notAccepted = "the Gateway is not accepted; its condition Accepted says why, and what to do"

func gatewayProgrammed(seen Seen, accepted metav1.Condition, addressed, programmed bool, waiting string) metav1.Condition {
	late := waits(seen.Observation)
	switch {
	case accepted.Status != metav1.ConditionTrue:
		return conditions.GatewayNotProgrammed(gatewayv1.GatewayReasonInvalid, notAccepted)
	case seen.Trouble != "" && (!programmed || !addressed):
		return conditions.GatewayNotProgrammed(cmp.Or(seen.Reason, gatewayv1.GatewayReasonPending), seen.Trouble)
	case !seen.Steady && !seen.Blind && notGiven(seen) != "":
		return conditions.GatewayNotProgrammed(gatewayv1.GatewayReasonAddressNotUsable, cmp.Or(late,
			"spec.addresses: the load balancer has no address "+notGiven(seen)+"; ask for one that is free, or for none"))
	case !addressed:
		reason := gatewayv1.GatewayReasonAddressNotAssigned
		if seen.Observation.WaitingReason == string(gatewayv1.GatewayReasonAddressNotUsable) {
			reason = gatewayv1.GatewayReasonAddressNotUsable
		}
		return conditions.GatewayNotProgrammed(reason, cmp.Or(late, "waiting for an address"))
	case !programmed:
		reason := gatewayv1.GatewayConditionReason(cmp.Or(seen.Observation.WaitingReason, string(gatewayv1.GatewayReasonPending)))
		return conditions.GatewayNotProgrammed(reason, cmp.Or(late, waiting))
	case seen.Observation.WaitingReason == string(gatewayv1.GatewayReasonAddressNotUsable):
		// It serves, but not at the address that was asked for.
		return conditions.GatewayNotProgrammed(gatewayv1.GatewayReasonAddressNotUsable, late)
	case seen.Blind:
		return conditions.GatewayLastSeenProgrammed(seen.Trouble)
	}
	return conditions.GatewayProgrammed(seen.Trouble)
}

// waits says what a load balancer waits for, or nothing.
func waits(o providers.Observation) string {
	if o.Waiting != "" || o.InFlight == nil {
		return o.Waiting
	}
	return "the provider is carrying out " + o.InFlight.Name + ", begun at " + o.InFlight.Since.UTC().Format("2006-01-02 15:04:05 UTC")
}

// listenerWished are the conditions of a listener that the provider has a say
// in: always Programmed, and ResolvedRefs for a certificate that it refuses.
func listenerWished(report translate.ListenerReport, old gatewayv1.ListenerStatus, seen Seen) []metav1.Condition {
	if !report.Valid {
		return []metav1.Condition{conditions.ListenerNotProgrammed(gatewayv1.ListenerReasonInvalid, "the listener cannot be served; its condition "+firstFalse(report.Conditions)+" says why, and what to do")}
	}
	if seen.accepted().Status != metav1.ConditionTrue {
		return []metav1.Condition{conditions.ListenerNotProgrammed(gatewayv1.ListenerReasonInvalid, notAccepted)}
	}
	var out []metav1.Condition
	wished := wishedListener(seen.Result.LoadBalancer, string(report.Name))
	var reason gatewayv1.ListenerConditionReason
	message := ""
	for _, name := range wished.Certificates {
		if r, refused := seen.Refusals.Certificates[name]; refused && message == "" {
			reason, message = gatewayv1.ListenerReasonInvalid, "certificate "+name+": "+r.Message
			out = append(out, conditions.ListenerUnresolvedRefs(gatewayv1.ListenerReasonInvalidCertificateRef, message))
		}
	}
	if r, refused := seen.Refusals.Listeners[string(report.Name)]; refused {
		reason, message = gatewayv1.ListenerConditionReason(cmp.Or(r.Reason, string(gatewayv1.ListenerReasonInvalid))), r.Message
	}
	if message != "" {
		return append(out, conditions.ListenerNotProgrammed(reason, message))
	}
	return append(out, listenerObserved(wished, old, seen))
}

// firstFalse names the first of a refused listener's conditions that is bad.
func firstFalse(all []metav1.Condition) string {
	for _, c := range all {
		if c.Status == metav1.ConditionFalse && c.Type != string(gatewayv1.ListenerConditionConflicted) {
			return c.Type
		}
	}
	return string(gatewayv1.ListenerConditionAccepted)
}

// listenerObserved is Programmed as the observation has it.
func listenerObserved(wished ir.Listener, old gatewayv1.ListenerStatus, seen Seen) metav1.Condition {
	i := slices.IndexFunc(seen.Observation.Listeners, func(s providers.ListenerState) bool { return s.Name == wished.Name })
	message, down := "the load balancer does not serve it yet", false
	if i >= 0 {
		state := seen.Observation.Listeners[i]
		down = state.Down
		current := state.Hash == "" || state.Hash == ir.Hash(wished)
		if state.Programmed && current {
			return conditions.ListenerProgrammed()
		}
		if state.Programmed {
			message = "the load balancer serves an earlier version of it"
		}
		message = cmp.Or(state.Message, message)
	}
	if seen.Steady && !down || seen.Blind {
		before := meta.FindStatusCondition(old.Conditions, string(gatewayv1.ListenerConditionProgrammed))
		if before != nil && before.Status == metav1.ConditionTrue && before.ObservedGeneration == seen.Generation {
			return conditions.ListenerProgrammed()
		}
	}
	return conditions.ListenerNotProgrammed(gatewayv1.ListenerReasonPending, message)
}

func wishedListener(lb *ir.LoadBalancer, name string) ir.Listener {
	for _, l := range lb.Listeners {
		if l.Name == name {
			return l
		}
	}
	return ir.Listener{Name: name}
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
