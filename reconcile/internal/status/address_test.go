package status

import (
	"testing"

	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/providers/ir"
)

func TestAnAskedAddressIsToBeGiven(t *testing.T) {
	listeners := []providers.ListenerState{{Name: "http", Programmed: true}}
	one, other := ir.Address{Type: ir.IPAddress, Value: "192.0.2.1"}, ir.Address{Type: ir.IPAddress, Value: "192.0.2.2"}
	for name, c := range map[string]struct {
		asked, given    []ir.Address
		waiting         string
		reason, message string
	}{
		"given":         {asked: []ir.Address{one, {Type: ir.IPAddress}}, given: []ir.Address{one}, reason: "Programmed"},
		"any":           {asked: []ir.Address{{Type: ir.IPAddress}}, given: []ir.Address{other}, reason: "Programmed"},
		"another given": {asked: []ir.Address{one}, given: []ir.Address{other}, reason: "AddressNotUsable", message: "spec.addresses: the load balancer has no address 192.0.2.1; ask for one that is free, or for none"},
		"none given":    {asked: []ir.Address{one}, waiting: "192.0.2.1 is taken", reason: "AddressNotUsable", message: "192.0.2.1 is taken"},
	} {
		in := seen(providers.Observation{Addresses: c.given, Listeners: listeners, Waiting: c.waiting})
		in.Result.LoadBalancer.Addresses = c.asked
		var g gatewayv1.GatewayStatus
		Gateway(&g, at(1), in)
		if got := find(t, g.Conditions, "Programmed"); got.Reason != c.reason || c.message != "" && got.Message != c.message {
			t.Errorf("%s: %+v", name, got)
		}
	}
}
