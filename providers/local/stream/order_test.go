package stream

import (
	"testing"
	"time"

	discovery "github.com/envoyproxy/go-control-plane/envoy/service/discovery/v3"

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

// secured is config1 with one listener that presents a certificate.
func secured(name, key string) *ir.LoadBalancer {
	lb := config1(route("a", "p"))
	lb.Listeners[0].Protocol, lb.Listeners[0].Certificates = ir.HTTPS, []string{name}
	lb.Certificates = []ir.Certificate{someCertificate(name, key)}
	return lb
}

func TestCertificatesComeBeforeTheirListenersAndGoAfter(t *testing.T) {
	x := NewIndex(func(providers.Ref) {})
	x.Publish(shop, secured("shop/a", "1"), someSource)
	m := newModel(t)
	m.connect(x)
	m.expect(certificates, endpoints)
	m.settle()

	// A renewed certificate is one response, and the listener is untouched.
	x.Publish(shop, secured("shop/a", "2"), someSource)
	m.expect(certificates)
	m.answer()
	m.expect()
	var c wire.Certificate
	if err := wire.Decode(m.held[certificates]["shop/a"].Resource.Value, &c); err != nil || string(c.Key.Reveal()) != "2" {
		t.Errorf("the proxy holds %v (%v)", c, err)
	}

	x.Publish(shop, secured("shop/b", "3"), someSource)
	m.expect(certificates)
	m.answer()
	m.expect(listeners)
	m.answer()
	m.expect(certificates)
	if r := m.inbox[0]; len(r.Resources) != 0 || len(r.RemovedResources) != 1 {
		t.Errorf("the last response is %v", r)
	}
}

func TestACertificateReachesOnlyItsGateway(t *testing.T) {
	x := NewIndex(func(providers.Ref) {})
	other := shop
	other.Name, other.UID = "other", "u-2"
	x.Publish(other, secured("shop/secret", "1"), someSource)
	x.Publish(shop, config1(route("a", "p")), someSource)
	m := newModel(t)
	m.connect(x)
	m.settle()
	if len(m.held[certificates]) != 0 {
		t.Errorf("another Gateway's proxy holds %d certificates", len(m.held[certificates]))
	}
}

func TestVersionsOfCertificatesTellNothing(t *testing.T) {
	a, b := encodeCertificate(someCertificate("shop/a", "1")), encodeCertificate(someCertificate("shop/a", "2"))
	again := encodeCertificate(someCertificate("shop/a", "1"))
	if a.Version == b.Version || a.Version != again.Version {
		t.Error("versions do not follow the key")
	}
	if a.Version == encode(certificates, "shop/a", wire.Certificate{Name: "shop/a", Chain: "chain of shop/a", Key: ir.NewSecret([]byte("1"))}).Version {
		t.Error("a version is a hash of the key's own bytes")
	}
}

func TestAnOlderProxyIsServedWhatItKnows(t *testing.T) {
	x := NewIndex(func(providers.Ref) {})
	x.Publish(shop, secured("shop/a", "1"), someSource)
	m := newModel(t)
	s, err := x.attach(shop, "pod", time.Unix(0, 0))
	if err != nil {
		t.Fatal(err)
	}
	m.session = s
	for _, k := range []kind{endpoints, routes, listeners} {
		m.say(&discovery.DeltaDiscoveryRequest{TypeUrl: k.url()})
	}
	m.refuses = func(name string) bool { return name == "web" }
	m.settle()
	if len(m.held[routes]) != 1 || len(m.held[certificates]) != 0 || len(s.view().Refusals) != 1 {
		t.Errorf("it holds %v, the hub sees %+v", m.held, s.view())
	}
}
