package stream

import (
	"slices"
	"testing"
	"time"

	discovery "github.com/envoyproxy/go-control-plane/envoy/service/discovery/v3"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"fairway.dev/fairway/providers/ir"
	"fairway.dev/fairway/providers/local/authority"
)

func (h *handshakes) count() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.open)
}

// served opens a stream and takes the whole configuration.
func (h *hub) served(t *testing.T, node string) *proxy {
	t.Helper()
	p := h.dial(t, shop)
	p.subscribe(node, [kinds]map[string]string{})
	for k := range kinds {
		p.take(k)
	}
	return p
}

// hears fails unless a change reaches the proxies.
func (h *hub) hears(t *testing.T, what, newRoute string, proxies ...*proxy) {
	t.Helper()
	lb := *h.index.Published(shop)
	lb.Routes = slices.Concat(lb.Routes, []*ir.Route{route(newRoute, "p")})
	h.index.Publish(shop, &lb, someSource)
	for _, p := range proxies {
		names, _, _ := p.take(routes)
		wantNames(t, what, names, "HTTPRoute/shop/"+newRoute)
	}
}

func TestRenewedCertificatesDropNoStreamAndEndedOnesDo(t *testing.T) {
	h := startHub(t)
	h.index.Publish(shop, config1(route("a", "p")), someSource)
	old := h.served(t, "pod-1")
	h.clock.SetTime(h.clock.Now().Add(authority.LeafLifetime - time.Second))
	young := h.served(t, "pod-2")
	h.hears(t, "shortly before the first certificate's end", "b", old, young)

	h.clock.SetTime(h.clock.Now().Add(3 * time.Second))
	if err := old.broken(); status.Code(err) != codes.Unavailable {
		t.Errorf("after the end of its certificate: got %v", err)
	}
	// Its next stream takes another handshake, with the next certificate.
	stream, err := discovery.NewAggregatedDiscoveryServiceClient(old.conn).DeltaAggregatedResources(t.Context(), grpc.WaitForReady(true))
	if err != nil {
		t.Fatal(err)
	}
	old.stream = stream
	old.subscribe("pod-1", [kinds]map[string]string{})
	for k := range kinds {
		old.take(k)
	}
	if n := h.server.handshakes.Load().count(); n != 2 {
		t.Errorf("%d connections are watched, want 2", n)
	}
	h.hears(t, "with good certificates", "c", old, young)
}

func TestARotationOfTheAuthorityDropsNoStream(t *testing.T) {
	h := startHub(t)
	h.index.Publish(shop, config1(route("a", "p")), someSource)
	proxies := []*proxy{h.served(t, "pod-0")}
	for i, name := range []string{"b-made-known", "c-signs", "d-the-only-one"} {
		ring, err := h.keys.Ring().Turn(h.clock.Now().Add(time.Duration(i)*authority.Overlap), true)
		if err != nil {
			t.Fatal(err)
		}
		if name == "d-the-only-one" {
			// What the first authority signed has ended by now.
			proxies = proxies[2:]
		}
		h.turn(ring)
		proxies = append(proxies, h.served(t, "pod-"+name))
		h.hears(t, name, name, proxies...)
	}
	if h.keys.Ring().Current.Fingerprint() == h.ca.Fingerprint() {
		t.Error("the authority is the first still")
	}
}

func TestAnAuthorityThatIsNotTrustedAnyMoreCutsItsStreams(t *testing.T) {
	h := startHub(t)
	h.index.Publish(shop, config1(route("a", "p")), someSource)
	p := h.served(t, "pod-1")
	other, err := authority.New(h.clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	h.turn(other.Ring())
	if err := p.broken(); status.Code(err) != codes.Unavailable {
		t.Errorf("got %v", err)
	}
	h.hears(t, "of the new authority", "b", h.served(t, "pod-2"))
}

func TestTheHubsCertificateIsRenewedInTime(t *testing.T) {
	h := startHub(t)
	s := newHandshakes(h.keys, h.clock, quietLog(t))
	first, err := s.config(nil)
	if err != nil {
		t.Fatal(err)
	}
	h.clock.SetTime(h.clock.Now().Add(authority.LeafLifetime/3*2 - time.Second))
	if same, _ := s.config(nil); same != first {
		t.Error("renewed early")
	}
	h.clock.SetTime(h.clock.Now().Add(time.Second))
	if next, _ := s.config(nil); next == first {
		t.Error("not renewed")
	}
	if _, err := newHandshakes(&keys{}, h.clock, quietLog(t)).config(nil); err == nil {
		t.Error("a handshake without an authority")
	}
}
