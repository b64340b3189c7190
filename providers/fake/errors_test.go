package fake

import (
	"errors"
	"slices"
	"testing"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/providers/fake/cloud"
	"fairway.dev/fairway/providers/ir"
	"fairway.dev/fairway/providers/plan"
	"fairway.dev/fairway/providers/providertest"
)

// shop is a load balancer with two rules.
func shop() *ir.LoadBalancer {
	route := &ir.Route{Name: "HTTPRoute/shop/cart", Attachments: []ir.Attachment{{Listener: "http", Hostnames: []string{"*"}}}}
	for _, path := range []string{"/good", "/bad"} {
		route.Rules = append(route.Rules, ir.Rule{Matches: []ir.Match{{Path: ir.PathMatch{Kind: ir.Prefix, Value: path}}}})
	}
	return &ir.LoadBalancer{
		Listeners: []ir.Listener{{Name: "http", Port: 80, Protocol: ir.HTTP}},
		Routes:    []*ir.Route{route},
	}
}

func refOf(t *testing.T, p *Provider, name string) providers.Ref {
	t.Helper()
	at, err := p.Locate(north)
	if err != nil {
		t.Fatal(err)
	}
	return providers.Ref{Hub: providertest.Hub, Namespace: "shop", Name: name, UID: name, Location: at}
}

// round observes, plans and applies once.
func round(t *testing.T, p *Provider, ref providers.Ref) ([]plan.Outcome, error) {
	t.Helper()
	o, err := p.Observe(t.Context(), ref)
	if err != nil {
		return nil, err
	}
	_, outcomes, err := p.Apply(t.Context(), ref, p.Plan(ref, north, shop(), o), nil)
	return outcomes, err
}

func TestTheCloudsErrorsHaveTheirKind(t *testing.T) {
	full := cloud.DefaultLimits()
	full.Balancers = 0
	for name, c := range map[string]struct {
		limits cloud.Limits
		faults cloud.Faults
		want   providers.Kind
	}{
		"throttled": {cloud.DefaultLimits(), cloud.Faults{Throttle: 100}, providers.Throttled},
		"denied":    {cloud.DefaultLimits(), cloud.Faults{Denied: true}, providers.Denied},
		"full":      {full, cloud.Faults{}, providers.Quota},
	} {
		world := newWorld()
		world.cloud.Limits = c.limits
		world.cloud.Suffer(c.faults)
		p := New(world.cloud, providertest.Hub)
		if _, err := round(t, p, refOf(t, p, "web")); providers.KindOf(err) != c.want {
			t.Errorf("%s: %v; want kind %s", name, err, c.want)
		}
	}
}

func TestARuleThatTheCloudRefusesLeavesTheOthers(t *testing.T) {
	world := newWorld()
	world.cloud.Suffer(cloud.Faults{Refused: "/bad"})
	p := New(world.cloud, providertest.Hub)
	ref := refOf(t, p, "web")
	if _, err := round(t, p, ref); providers.KindOf(err) != providers.Pending {
		t.Fatalf("the first round ended in %v; want it to be pending", err)
	}
	world.cloud.Advance(cloud.ProvisionTime)
	outcomes, err := round(t, p, ref)
	if providers.KindOf(err) != providers.Invalid {
		t.Errorf("the second round ended in %v; want kind Invalid", err)
	}
	bad := plan.Rule("HTTPRoute/shop/cart", 1)
	if !slices.ContainsFunc(outcomes, func(o plan.Outcome) bool {
		var e *providers.Error
		return errors.As(o.Err, &e) && e.Subject == bad
	}) {
		t.Errorf("no outcome blames %s: %+v", bad, outcomes)
	}
	if live := world.Live(ref); len(live.Rules) != 1 {
		t.Errorf("rules that are served: %v; want the good one", live.Rules)
	}
}
