package gateway

import (
	"slices"
	"testing"

	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"fairway.dev/fairway/reconcile/internal/gather"
	"fairway.dev/fairway/reconcile/internal/placement"
)

func TestParametersThatCannotBeUsedBeginNothing(t *testing.T) {
	r := newRoom(t)
	r.edit(refer("x"))
	r.must()
	r.says("Accepted", "False", "InvalidParameters", "spec.infrastructure.parametersRef: there is no Parameters n/x; create it or correct the reference")
	r.says("Programmed", "False", "Invalid", "the Gateway is not accepted; its condition Accepted says why, and what to do")
	if len(r.p.calls) != 0 || len(r.gateway().Finalizers) != 0 {
		t.Errorf("calls %v, finalizers %v", r.p.calls, r.gateway().Finalizers)
	}
	r.parameters("x", map[string]any{"region": "a"})
	r.must()
	r.says("Accepted", "True", "Accepted", "the Gateway can be served")
	if !slices.Equal(r.p.calls, []string{"apply a"}) {
		t.Errorf("calls %v", r.p.calls)
	}
}

func TestParametersOfTheClassThatCannotBeUsedAreSaidOfTheGatewayToo(t *testing.T) {
	r := newRoom(t)
	class := &gatewayv1.GatewayClass{}
	if err := r.client.Get(t.Context(), gather.Key{Name: "fairway"}, class); err != nil {
		t.Fatal(err)
	}
	class.Spec.ParametersRef = &gatewayv1.ParametersReference{Group: "fairway.dev", Kind: "Parameters", Name: "x"}
	if err := r.client.Update(t.Context(), class); err != nil {
		t.Fatal(err)
	}
	r.must()
	r.says("Accepted", "False", "InvalidParameters",
		"spec.gatewayClassName: GatewayClass fairway is not accepted; mend its spec.parametersRef.namespace: is empty; name the namespace of Parameters x")
}

func TestAServedGatewayGoesOnWithItsLastGoodParameters(t *testing.T) {
	r := newRoom(t)
	r.parameters("x", map[string]any{"region": "a"})
	r.edit(refer("x"))
	r.must()
	r.parameters("x", map[string]any{"region": "moon"})
	r.edit(func(gw *gatewayv1.Gateway) {
		gw.Spec.Listeners = append(gw.Spec.Listeners, gatewayv1.Listener{Name: "more", Port: 81, Protocol: gatewayv1.HTTPProtocolType})
	})
	r.must()
	r.says("Accepted", "False", "InvalidParameters", "spec.infrastructure.parametersRef: Parameters n/x: spec.region: there is none of that name; choose another")
	if !slices.Equal(r.p.calls, []string{"apply a", "apply a"}) || len(r.p.served["a"].Listeners) != 2 {
		t.Errorf("calls %v", r.p.calls)
	}
}

func TestASecretThatParametersNameHasTheGatewayLookedAt(t *testing.T) {
	r := newRoom(t)
	r.parameters("x", map[string]any{"secret": "key"})
	r.edit(refer("x"))
	r.must()
	if got := r.secretChanged(gather.Key{Namespace: "n", Name: "key"}); !slices.Equal(got, []gather.Key{webKey}) {
		t.Errorf("touched %v", got)
	}
	if got := r.secretChanged(gather.Key{Namespace: "n", Name: "other"}); len(got) != 0 {
		t.Errorf("another Secret touched %v", got)
	}
}

func TestAMoveBuildsThereBeforeItTearsDownHere(t *testing.T) {
	r := newRoom(t)
	r.parameters("x", map[string]any{"region": "a"})
	r.edit(refer("x"))
	r.must()
	r.says("Programmed", "True", "Programmed", "the load balancer serves this generation")

	r.parameters("x", map[string]any{"region": "b"})
	r.p.idle = true
	r.must()
	if r.p.served["a"] == nil || r.p.served["b"] == nil {
		t.Fatalf("while the new one does not serve yet: calls %v", r.p.calls)
	}
	list, err := placement.Of(r.gateway())
	if want := []placement.Placement{{Provider: "local", Location: "b"}, {Provider: "local", Location: "a"}}; err != nil || !slices.Equal(list, want) {
		t.Errorf("placements %v, %v; want %v", list, err, want)
	}
	r.p.idle = false
	r.must()
	r.must()
	if r.p.served["a"] != nil || r.p.served["b"] == nil {
		t.Errorf("once it serves: calls %v", r.p.calls)
	}
	if list, err := placement.Of(r.gateway()); err != nil || len(list) != 1 {
		t.Errorf("placements %v, %v", list, err)
	}
}

func TestDeletionNeedsNeitherClassNorParameters(t *testing.T) {
	r := newRoom(t)
	r.parameters("x", map[string]any{"region": "a"})
	r.edit(refer("x"))
	r.must()
	r.parameters("x", map[string]any{"region": "b"})
	r.p.idle = true
	r.must()
	if err := r.client.Delete(t.Context(), &gatewayv1.GatewayClass{ObjectMeta: named("fairway")}); err != nil {
		t.Fatal(err)
	}
	r.parameters("x", map[string]any{"region": "moon"})
	// The hub is another one, which has no memory.
	r.gateways = map[gather.Key]*state{}
	if err := r.client.Delete(t.Context(), r.gateway()); err != nil {
		t.Fatal(err)
	}
	r.must()
	if len(r.p.served) != 0 {
		t.Errorf("left: %v", r.p.served)
	}
	if err := r.client.Get(t.Context(), webKey, &gatewayv1.Gateway{}); err == nil {
		t.Error("the Gateway is still there")
	}
}

func TestAPlacementOfAnUnknownProviderHoldsTheGateway(t *testing.T) {
	r := newRoom(t)
	r.must()
	r.edit(func(gw *gatewayv1.Gateway) {
		if err := placement.Set(gw, []placement.Placement{{Provider: "moon"}}); err != nil {
			t.Fatal(err)
		}
	})
	if err := r.client.Delete(t.Context(), r.gateway()); err != nil {
		t.Fatal(err)
	}
	r.must()
	r.says("Programmed", "False", "Pending",
		`the load balancer is being removed: annotation fairway.dev/placements: this Fairway has no provider "moon" to remove its load balancer; run one that has`)
}

func TestBrokenPlacementsAreWrittenAnew(t *testing.T) {
	r := newRoom(t)
	r.edit(func(gw *gatewayv1.Gateway) { gw.Annotations = map[string]string{placement.Annotation: "{"} })
	r.must()
	if list, err := placement.Of(r.gateway()); err != nil || len(list) != 1 {
		t.Errorf("%v, %v", list, err)
	}
}
