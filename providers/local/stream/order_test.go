package stream

import (
	"testing"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/providers/ir"
	"fairway.dev/fairway/providers/local/wire"
)

// expect polls and checks what comes: the kinds of the responses, in order.
func (m *model) expect(want ...kind) {
	m.t.Helper()
	for m.poll() {
	}
	if len(m.inbox) != len(want) {
		m.t.Fatalf("got %d responses (%v), want %v", len(m.inbox), m.inbox, want)
	}
	for i, k := range want {
		if m.inbox[i].TypeUrl != k.url() {
			m.t.Fatalf("response %d is %s, want %s", i, m.inbox[i].TypeUrl, k)
		}
	}
}

func TestMakeBeforeBreak(t *testing.T) {
	x := NewIndex(func(providers.Ref) {})
	x.Publish(shop, config1(route("a", "p")), someSource)
	m := newModel(t)
	m.connect(x)
	m.settle()

	// Route a gives way to b on another pool, listener web to two others.
	lb := config1(route("b", "q"))
	lb.Listeners = []ir.Listener{{Name: "a", Port: 80, Protocol: ir.HTTP}, {Name: "b", Port: 81, Protocol: ir.HTTP}}
	x.Publish(shop, lb, someSource)
	m.expect(endpoints)
	m.answer()
	m.expect(routes)
	if r := m.inbox[0]; len(r.Resources) != 1 || len(r.RemovedResources) != 0 {
		t.Errorf("the first response on routes is %v", r)
	}
	m.answer()
	m.expect(listeners)
	if r := m.inbox[0]; len(r.Resources) != 2 || len(r.RemovedResources) != 1 {
		t.Errorf("the response on listeners is %v", r)
	}
	m.answer()
	m.expect(routes)
	m.answer()
	m.expect(endpoints)
	m.answer()
	m.expect()
}

func TestPodsThatComeAndGoHoldUpNoRoute(t *testing.T) {
	x := NewIndex(func(providers.Ref) {})
	x.Publish(shop, config1(route("a", "p")), someSource)
	m := newModel(t)
	m.connect(x)
	m.settle()
	if err := x.SetEndpoints(shop, "p", []ir.ClusterEndpoints{pods("east", "10.0.0.9")}); err != nil {
		t.Fatal(err)
	}
	m.expect(endpoints)
	x.Publish(shop, config1(route("a", "p"), route("b", "p")), someSource)
	m.expect(endpoints, routes)
}

func TestChangesOfAnUnansweredResourceAreSentOnce(t *testing.T) {
	x := NewIndex(func(providers.Ref) {})
	x.Publish(shop, config1(route("a", "p")), someSource)
	m := newModel(t)
	m.connect(x)
	m.settle()
	for _, address := range []string{"10.0.0.2", "10.0.0.3", "10.0.0.4"} {
		if err := x.SetEndpoints(shop, "p", []ir.ClusterEndpoints{pods("east", address)}); err != nil {
			t.Fatal(err)
		}
		m.expect(endpoints)
	}
	m.answer()
	m.expect(endpoints)
	m.answer()
	m.expect()
	var e wire.Endpoints
	if err := wire.Decode(m.held[endpoints]["east/p"].Resource.Value, &e); err != nil || e.Endpoints[0].Address != "10.0.0.4" {
		t.Errorf("the proxy holds %+v (%v)", e, err)
	}
}

func TestEndpointsOfAnUnpublishedPoolAreRefused(t *testing.T) {
	x := NewIndex(func(providers.Ref) {})
	if err := x.SetEndpoints(shop, "p", nil); err == nil {
		t.Error("endpoints were taken before the first configuration")
	}
	x.Publish(shop, config1(route("a", "p")), someSource)
	if err := x.SetEndpoints(shop, "q", nil); err == nil {
		t.Error("endpoints were taken for a pool that is not there")
	}
	x.Remove(shop)
	if err := x.SetEndpoints(shop, "p", nil); err == nil || x.Published(shop) != nil {
		t.Error("endpoints were taken after removal")
	}
}

func TestRemovalLeavesTheProxySilentlyServing(t *testing.T) {
	x := NewIndex(func(providers.Ref) {})
	x.Publish(shop, config1(route("a", "p")), someSource)
	m := newModel(t)
	m.connect(x)
	m.settle()
	x.Remove(shop)
	m.expect()
	x.Publish(shop, config1(route("a", "p")), someSource)
	m.expect()
	x.Publish(shop, config1(), someSource)
	m.expect(routes)
}
