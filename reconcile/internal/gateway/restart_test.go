package gateway

import (
	"slices"
	"testing"

	"k8s.io/apimachinery/pkg/api/meta"
	"sigs.k8s.io/controller-runtime/pkg/client"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/providers/ir"
	"fairway.dev/fairway/reconcile/internal/gather"
	"fairway.dev/fairway/reconcile/internal/placement"
)

// restart forgets all that a hub keeps in memory, and with it what a provider
// has published that keeps it there too.
func (r *room) restart() {
	r.gateways = map[gather.Key]*state{}
	r.Gather = gather.New(r.client)
	r.p.served = map[providers.Location]*ir.LoadBalancer{}
}

// coherent waits until the Gateway is not Programmed, and no listener is.
func (r *room) coherent() {
	r.t.Helper()
	r.says("Programmed", "False", "Invalid", "the Gateway is not accepted; its condition Accepted says why, and what to do")
	for _, l := range r.gateway().Status.Listeners {
		if meta.IsStatusConditionTrue(l.Conditions, "Programmed") {
			r.t.Errorf("listener %s is programmed, and its Gateway is not", l.Name)
		}
	}
}

func TestAServedGatewayGoesOnWithItsLastGoodParametersAfterARestart(t *testing.T) {
	r := newRoom(t)
	r.parameters("x", map[string]any{"region": "a"})
	r.edit(refer("x"))
	r.must()
	r.parameters("x", map[string]any{"region": "moon"})
	r.restart()
	r.edit(func(gw *gatewayv1.Gateway) {
		gw.Spec.Listeners = append(gw.Spec.Listeners, gatewayv1.Listener{Name: "more", Port: 81, Protocol: gatewayv1.HTTPProtocolType})
	})
	r.must()
	r.says("Accepted", "False", "InvalidParameters", "spec.infrastructure.parametersRef: Parameters n/x: spec.region: there is none of that name; choose another")
	r.coherent()
	if !slices.Equal(r.p.calls, []string{"apply a", "apply a"}) || len(r.p.served["a"].Listeners) != 2 {
		t.Errorf("calls %v, served %v", r.p.calls, r.p.served)
	}
	if users := r.users(ir.Service{Kind: "ServiceImport", Namespace: "n", Name: "echo"}); len(users) != 1 {
		t.Errorf("pods are followed by %v", users)
	}
	if err := r.client.Delete(t.Context(), &gatewayv1.GatewayClass{ObjectMeta: named("fairway")}); err != nil {
		t.Fatal(err)
	}
	r.restart()
	r.must()
	r.says("Accepted", "False", "Invalid", "spec.gatewayClassName: there is no GatewayClass fairway; create it or name another")
	r.routeSays("Accepted", "True", "Accepted", "the route is attached")
	if r.p.served["a"] == nil {
		t.Error("it is frozen without its class")
	}
}

func TestWhatAGatewayWasAcceptedWithIsBelievedOnlyWhereItWas(t *testing.T) {
	r := newRoom(t)
	r.parameters("x", map[string]any{"region": "a"})
	r.edit(refer("x"))
	r.must()
	r.parameters("x", map[string]any{"region": "moon"})
	r.restart()
	r.edit(func(gw *gatewayv1.Gateway) {
		if err := placement.WriteGood(gw, &placement.Good{Settings: providers.Settings(`{"region":"b"}`)}); err != nil {
			t.Fatal(err)
		}
	})
	r.p.calls = nil
	r.must()
	r.coherent()
	if len(r.p.calls) != 0 {
		t.Errorf("calls %v", r.p.calls)
	}
}

func TestAGatewayThatIsNoLongerAcceptedIsServedOnAfterARestart(t *testing.T) {
	r := newRoom(t)
	r.must()
	r.edit(func(gw *gatewayv1.Gateway) { gw.Spec.Addresses = []gatewayv1.GatewaySpecAddress{{Value: "192.0.2.1"}} })
	r.restart()
	r.must()
	r.coherent()
	if lb := r.p.served[""]; lb == nil || len(lb.Routes) != 1 || len(lb.Addresses) != 0 {
		t.Fatalf("served %+v", lb)
	}
	r.routeSays("Accepted", "True", "Accepted", "the route is attached")
	route := &gatewayv1.HTTPRoute{}
	if err := r.client.Get(t.Context(), gather.Key{Namespace: "n", Name: "r"}, route); err != nil {
		t.Fatal(err)
	}
	if err := r.client.Delete(t.Context(), route); err != nil {
		t.Fatal(err)
	}
	r.Gather.RouteChanged(client.ObjectKeyFromObject(route), nil)
	r.must()
	if lb := r.p.served[""]; len(lb.Routes) != 0 {
		t.Errorf("served %+v: routes are not followed", lb)
	}
}

func TestAGatewayThatNeverWasAcceptedBeginsNothing(t *testing.T) {
	r := newRoom(t)
	r.edit(func(gw *gatewayv1.Gateway) { gw.Spec.Addresses = []gatewayv1.GatewaySpecAddress{{Value: "192.0.2.1"}} })
	r.must()
	r.restart()
	r.must()
	if len(r.p.calls) != 0 {
		t.Errorf("calls %v", r.p.calls)
	}
}

func TestPodsAreFollowedWhereNoListenerIsLeftAfterARestart(t *testing.T) {
	r := newRoom(t)
	east := ir.ClusterEndpoints{Cluster: "east", Known: true, Endpoints: endpointsIn("e1")}
	r.Endpoints = endpointMap{pool: {east}}
	r.must()
	r.edit(func(gw *gatewayv1.Gateway) { gw.Spec.Listeners[0].Protocol = "example.com/x" })
	held := r.p.served
	r.restart()
	r.p.served, r.p.pools, r.p.calls = held, []providers.PoolObservation{{Name: pool}}, nil
	r.must()
	if !slices.Equal(r.p.calls, []string{"sync " + pool}) {
		t.Errorf("calls %v: what changed meanwhile is not caught up with", r.p.calls)
	}
	if users := r.users(ir.Service{Kind: "ServiceImport", Namespace: "n", Name: "echo"}); len(users) != 1 {
		t.Errorf("pods are followed by %v", users)
	}
}
