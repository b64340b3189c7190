package gateway

import (
	"context"
	"errors"
	"testing"

	"sigs.k8s.io/controller-runtime/pkg/client"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/providers/ir"
	"fairway.dev/fairway/providers/plan"
	"fairway.dev/fairway/reconcile/internal/placement"
)

// foreseen are the steps that somebody who only wants to know is told of.
func (r *room) foreseen() []plan.Step {
	r.t.Helper()
	gw, inputs := r.gateway(), r.inputs()
	inputs.Gather = r.Gather.Over(r.client, nil)
	p, err := inputs.Understand(r.t.Context(), gw)
	if err != nil {
		r.t.Fatal(err)
	}
	var steps []plan.Step
	for i, at := range p.Places {
		var wish *ir.LoadBalancer
		if i == 0 && !p.Foreign {
			wish = p.Served.LoadBalancer
		}
		now, held, err := r.Foresee(r.t.Context(), gw, at, p.Settings, wish)
		if err != nil {
			r.t.Fatal(err)
		}
		steps = append(append(steps, now.Steps...), held...)
	}
	return steps
}

func TestAfterARoundNothingIsForeseen(t *testing.T) {
	r := newRoom(t)
	r.parameters("x", map[string]any{"region": "a"})
	r.edit(refer("x"))
	for _, c := range []struct {
		name   string
		change func()
	}{
		{"accepted", func() {}},
		{"refused", func() {
			r.edit(func(gw *gatewayv1.Gateway) { gw.Spec.Addresses = []gatewayv1.GatewaySpecAddress{{Value: "10.0.0.1"}} })
		}},
		{"parameters refused", func() {
			r.edit(func(gw *gatewayv1.Gateway) { gw.Spec.Addresses = nil })
			r.parameters("x", map[string]any{"region": "moon"})
		}},
		{"moving", func() { r.parameters("x", map[string]any{"region": "b"}) }},
	} {
		c.change()
		r.must()
		if steps := r.foreseen(); len(steps) > 0 {
			t.Errorf("%s: %+v", c.name, steps)
		}
	}
}

func TestWhatASilentMemberKeepsIsForeseen(t *testing.T) {
	r := newRoom(t)
	at := func(cluster, address string) ir.ClusterEndpoints {
		return ir.ClusterEndpoints{Cluster: cluster, Known: true, Endpoints: []ir.Endpoint{{Address: address, Zone: cluster + "1", Serving: true}}}
	}
	r.Silent = func() []string { return []string{"quiet"} }
	r.Endpoints = endpointMap{pool: {at("east", "10.0.0.1")}}
	r.p.pools = []providers.PoolObservation{{Name: pool, Clusters: []ir.ClusterEndpoints{at("east", "10.0.0.1"), at("quiet", "10.2.0.1")}}}
	r.must()
	calls := len(r.p.calls)
	if steps := r.foreseen(); len(steps) > 0 {
		t.Errorf("while it is silent: %+v", steps)
	}
	r.Silent = nil
	if steps := r.foreseen(); len(steps) == 0 {
		t.Error("nothing is foreseen of its leaving")
	}
	if len(r.p.calls) != calls {
		t.Errorf("calls %v: looking changes nothing", r.p.calls[calls:])
	}
}

// Whoever only wants to know may have read a Gateway that was made anew since.
func TestLookingAtAGatewayOfThePastLeavesWhatIsKept(t *testing.T) {
	r := newRoom(t)
	r.must()
	gw := r.gateway()
	kept := r.state(gw)
	past := gw.DeepCopy()
	past.UID = "another"
	places, err := placement.Of(past)
	if err != nil || len(places) != 1 {
		t.Fatal(places, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := r.Foresee(ctx, past, places[0], nil, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("it was looked at: %v", err)
	}
	if r.gateways[client.ObjectKeyFromObject(gw)] != kept {
		t.Error("what was kept of the Gateway is lost")
	}
}
