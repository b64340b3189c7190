package translate

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/providers/ir"
	"fairway.dev/fairway/reconcile/internal/conditions"
)

// gatewayAccepted judges the Gateway as a whole, once its listeners are
// understood.
func (l *listeners) gatewayAccepted(gw *gatewayv1.Gateway, c providers.Capabilities) metav1.Condition {
	if refusal := refuseGateway(gw, c); refusal != nil {
		return *refusal
	}
	var remarks []string
	if a := gw.Spec.AllowedListeners; a != nil && a.Namespaces != nil && value(a.Namespaces.From) != "" && *a.Namespaces.From != gatewayv1.NamespacesFromNone {
		remarks = append(remarks, "spec.allowedListeners: ListenerSets are not supported and add no listener; put their listeners into the Gateway")
	}
	if scope := gw.Spec.DefaultScope; scope != "" && scope != gatewayv1.GatewayDefaultScopeNone {
		remarks = append(remarks, "spec.defaultScope: not supported, and only routes that name the Gateway are attached; name it in their parentRefs")
	}
	var served, conflicted, invalid []gatewayv1.SectionName
	for i := range l.all {
		one := &l.all[i]
		switch {
		case one.valid:
			served = append(served, one.name)
		case one.conflicted:
			conflicted = append(conflicted, one.name)
		default:
			invalid = append(invalid, one.name)
		}
	}
	if len(conflicted) == 0 && len(invalid) == 0 && len(served) > 0 {
		return conditions.But(conditions.GatewayAccepted(), remarks...)
	}
	message := "spec.listeners: the Gateway has no listener; add one"
	if len(l.all) > 0 {
		message = "spec.listeners: " + notServed(conflicted, invalid)
	}
	return conditions.But(conditions.GatewayListenersNotValid(len(served) > 0, message), remarks...)
}

// notServed names the listeners that are not, and where each one's remedy is.
func notServed(conflicted, invalid []gatewayv1.SectionName) string {
	var parts []string
	if len(conflicted) > 0 {
		parts = append(parts, "not served for a conflict with another listener: "+joined(conflicted))
	}
	if len(invalid) > 0 {
		parts = append(parts, "not served: "+joined(invalid))
	}
	return strings.Join(parts, "; ") + "; the conditions of each in status.listeners say why, and what to do"
}

// refuseGateway says what the Gateway asks for that its class cannot do and
// that cannot be left out, or nil.
func refuseGateway(gw *gatewayv1.Gateway, c providers.Capabilities) *metav1.Condition {
	if message := refuseAddresses(gw, c); message != "" {
		refused := conditions.GatewayUnsupportedAddress(message)
		return &refused
	}
	message := ""
	infrastructure := gw.Spec.Infrastructure
	switch {
	case infrastructure != nil && len(infrastructure.Labels) > 0 && !c.Infrastructure:
		message = "spec.infrastructure.labels: this class cannot put labels on what it makes for a Gateway; remove them"
	case infrastructure != nil && len(infrastructure.Annotations) > 0 && !c.Infrastructure:
		message = "spec.infrastructure.annotations: this class cannot put annotations on what it makes for a Gateway; remove them"
	case gw.Spec.TLS != nil && gw.Spec.TLS.Backend != nil && gw.Spec.TLS.Backend.ClientCertificateRef != nil:
		message = "spec.tls.backend.clientCertificateRef: this class does not speak TLS to backends; remove it"
	default:
		return nil
	}
	refused := conditions.GatewayInvalid(message)
	return &refused
}

func refuseAddresses(gw *gatewayv1.Gateway, c providers.Capabilities) string {
	for i, a := range gw.Spec.Addresses {
		at := fmt.Sprintf("spec.addresses[%d]", i)
		kind := cmp.Or(value(a.Type), gatewayv1.IPAddressType)
		switch {
		case len(c.AddressTypes) == 0:
			return at + ": this class cannot give a Gateway an address of your choice; remove it and read the address from status.addresses"
		case !slices.Contains(c.AddressTypes, ir.AddressType(kind)):
			return fmt.Sprintf("%s.type: %s is not supported by this class; %s", at, kind, instead(c.AddressTypes))
		case a.Routability != "":
			return at + ".routability: this class offers no choice of it; remove it"
		}
	}
	return ""
}

// ask fills in what a Gateway asks for beside listeners and routes.
func ask(lb *ir.LoadBalancer, gw *gatewayv1.Gateway) {
	for _, a := range gw.Spec.Addresses {
		lb.Addresses = append(lb.Addresses, ir.Address{Type: ir.AddressType(cmp.Or(value(a.Type), gatewayv1.IPAddressType)), Value: a.Value})
	}
	if i := gw.Spec.Infrastructure; i != nil {
		lb.Labels, lb.Annotations = plain(i.Labels), plain(i.Annotations)
	}
}

func plain[K, V ~string](in map[K]V) map[string]string {
	if len(in) == 0 {
		return nil
	}
	out := make(map[string]string, len(in))
	for k, v := range in {
		out[string(k)] = string(v)
	}
	return out
}
