package stream

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	discovery "github.com/envoyproxy/go-control-plane/envoy/service/discovery/v3"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/providers/ir"
	"fairway.dev/fairway/providers/local/authority"
	"fairway.dev/fairway/providers/local/wire"
)

// route makes a route that sends everything to one pool.
func route(name, pool string) *ir.Route {
	return &ir.Route{
		Name:        "HTTPRoute/shop/" + name,
		Attachments: []ir.Attachment{{Listener: "web", Hostnames: []string{"*"}}},
		Rules: []ir.Rule{{
			Matches:  []ir.Match{{Path: ir.PathMatch{Kind: ir.Prefix, Value: "/" + name}}},
			Backends: []ir.Backend{{Pool: pool, Weight: 1}},
		}},
	}
}

func config1(rs ...*ir.Route) *ir.LoadBalancer {
	lb := &ir.LoadBalancer{Listeners: []ir.Listener{{Name: "web", Port: 80, Protocol: ir.HTTP}}, Routes: rs}
	for _, r := range rs {
		lb.Pools = append(lb.Pools, ir.BackendPool{Name: r.Rules[0].Backends[0].Pool})
	}
	slices.SortFunc(lb.Pools, func(a, b ir.BackendPool) int { return strings.Compare(a.Name, b.Name) })
	lb.Pools = slices.CompactFunc(lb.Pools, func(a, b ir.BackendPool) bool { return a.Name == b.Name })
	return lb
}

func pods(cluster string, addresses ...string) ir.ClusterEndpoints {
	e := ir.ClusterEndpoints{Cluster: cluster, Known: true}
	for _, a := range addresses {
		e.Endpoints = append(e.Endpoints, ir.Endpoint{Address: a, Port: 8080, Serving: true})
	}
	return e
}

var someSource = source{"p": {pods("east", "10.0.0.1"), pods("west", "10.1.0.1")}, "q": {pods("east", "10.0.0.2")}}

func wantNames(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func TestStrangersAreTurnedAway(t *testing.T) {
	h := startHub(t)
	other, err := authority.New(h.clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	foreign := shop
	foreign.Hub = "hub-2"
	// It shows at once or with the first answer.
	p, err := h.tryDial(t, other.Ring(), shop)
	if err == nil {
		err = p.broken()
	}
	if status.Code(err) != codes.Unavailable {
		t.Errorf("a certificate of another authority: got %v", err)
	}
	if err := h.dial(t, foreign).broken(); status.Code(err) != codes.PermissionDenied {
		t.Errorf("an identity of another hub: got %v", err)
	}
	if h.index.find(shop) != nil || h.index.find(foreign) != nil {
		t.Error("a stranger has a stream")
	}
}

func TestOnlyPlainSubscriptionsAreServed(t *testing.T) {
	h := startHub(t)
	for name, r := range map[string]*discovery.DeltaDiscoveryRequest{
		"one name":       {TypeUrl: wire.RouteType, ResourceNamesSubscribe: []string{"HTTPRoute/shop/a"}},
		"a foreign type": {TypeUrl: "type.googleapis.com/envoy.config.cluster.v3.Cluster"},
	} {
		p := h.dial(t, shop)
		p.say(r)
		if err := p.broken(); status.Code(err) != codes.InvalidArgument {
			t.Errorf("%s: got %v, want InvalidArgument", name, err)
		}
	}
}

func TestAProxyWaitsForTheFirstConfigurationAndGetsItInOrder(t *testing.T) {
	h := startHub(t)
	p := h.dial(t, shop)
	p.subscribe("pod-1", [kinds]map[string]string{})
	h.until(t, "the stream", func(s []Stream) bool { return len(s) == 1 && s[0].Node == "pod-1" && !s[0].Current })
	again := shop
	again.UID = "u-2"
	h.index.Publish(again, config1(route("other", "p")), someSource)

	lb := config1(route("a", "p"))
	h.index.Publish(shop, lb, someSource)
	p.take(certificates)
	names, _, _ := p.take(endpoints)
	wantNames(t, "endpoints", names, "east/p", "west/p")
	names, _, _ = p.take(routes)
	wantNames(t, "routes", names, "HTTPRoute/shop/a")
	r := p.hear(listeners)
	var l wire.Listener
	if err := wire.Decode(r.Resources[0].Resource.Value, &l); err != nil || l.BindPort != wire.AdminPort+80 || l.Name != "web" {
		t.Errorf("listener is %+v (%v)", l, err)
	}
	if s := h.index.Streams(shop)[0]; len(s.Listeners) > 0 || s.Current {
		t.Errorf("a listener counts as acknowledged that is not: %+v", s)
	}
	p.answer(r, nil)
	s := h.until(t, "the acknowledgement", func(s []Stream) bool { return s[0].Current })
	if got := s[0].Listeners["web"]; got != ir.Hash(lb.Listeners[0]) {
		t.Errorf("listener is acknowledged as %q", got)
	}
	p.leave()
	h.until(t, "the stream's end", func(s []Stream) bool { return len(s) == 0 })
}

func TestNothingConfiguredIsSaidToo(t *testing.T) {
	h := startHub(t)
	h.index.Publish(shop, &ir.LoadBalancer{}, someSource)
	p := h.dial(t, shop)
	p.subscribe("pod-1", [kinds]map[string]string{})
	for k := range kinds {
		if names, removed, _ := p.take(k); len(names)+len(removed) > 0 {
			t.Errorf("%s: got %v, %v", k, names, removed)
		}
	}
}

func TestARestartedHubSendsOnlyDifferences(t *testing.T) {
	first := startHub(t)
	first.index.Publish(shop, config1(route("a", "p"), route("b", "q"), route("c", "q")), someSource)
	p := first.dial(t, shop)
	p.subscribe("pod-1", [kinds]map[string]string{})
	var held [kinds]map[string]string
	for k := range kinds {
		_, _, held[k] = p.take(k)
	}

	h := startHub(t)
	p = h.dial(t, shop)
	p.subscribe("pod-1", held)
	// West cannot be asked: what the proxy has of it stays.
	h.index.Publish(shop, config1(route("a", "p"), route("b", "p")), source{"p": {pods("east", "10.0.0.1"), {Cluster: "west"}}})
	p.take(certificates)
	names, removed, _ := p.take(endpoints)
	wantNames(t, "endpoints", names)
	wantNames(t, "endpoints removed", removed)
	names, removed, _ = p.take(routes)
	wantNames(t, "routes", names, "HTTPRoute/shop/b")
	wantNames(t, "routes removed before the listeners were told", removed)
	names, removed, _ = p.take(listeners)
	wantNames(t, "listeners", names)
	wantNames(t, "listeners removed", removed)
	_, removed, _ = p.take(routes)
	wantNames(t, "routes removed", removed, "HTTPRoute/shop/c")
	_, removed, _ = p.take(endpoints)
	wantNames(t, "endpoints removed", removed, "east/q")
	h.until(t, "the acknowledgement", func(s []Stream) bool { return s[0].Current })

	if err := h.index.SetEndpoints(shop, "p", []ir.ClusterEndpoints{pods("west")}); err != nil {
		t.Fatal(err)
	}
	names, _, _ = p.take(endpoints)
	wantNames(t, "endpoints of west, known again", names, "west/p")
}

func TestARefusalIsKeptUntilItIsMended(t *testing.T) {
	h := startHub(t)
	h.index.Publish(shop, config1(route("a", "p"), route("b", "p")), someSource)
	p := h.dial(t, shop)
	p.subscribe("pod-1", [kinds]map[string]string{})
	p.take(certificates)
	p.take(endpoints)
	refusal, err := status.New(codes.InvalidArgument, "1 resource is refused").WithDetails(&errdetails.BadRequest{
		FieldViolations: []*errdetails.BadRequest_FieldViolation{{Field: "HTTPRoute/shop/b", Description: "unknown field"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	p.answer(p.hear(routes), refusal.Proto())
	// A refusal without details is one of everything.
	p.answer(p.hear(listeners), status.New(codes.Internal, "port 80 is taken").Proto())
	s := h.until(t, "both refusals", func(s []Stream) bool { return len(s[0].Refusals) == 2 })
	want := []Refusal{{wire.RouteType, "HTTPRoute/shop/b", "unknown field"}, {wire.ListenerType, "web", "port 80 is taken"}}
	if !slices.Equal(s[0].Refusals, want) || s[0].Current || len(s[0].Listeners) > 0 {
		t.Errorf("stream is %+v, want refusals %v", s[0], want)
	}

	lb := config1(route("a", "p"))
	lb.Listeners[0].Port = 81
	h.index.Publish(shop, lb, someSource)
	p.take(listeners)
	p.take(routes)
	h.until(t, "the mending", func(s []Stream) bool { return s[0].Current && len(s[0].Listeners) == 1 })
}

func TestAChangeAmongAThousandRoutesSendsWhatChanged(t *testing.T) {
	h := startHub(t)
	var rs []*ir.Route
	for i := range 1000 {
		rs = append(rs, route(fmt.Sprintf("r%04d", i), "p"))
	}
	h.index.Publish(shop, config1(rs...), someSource)
	proxies := []*proxy{h.dial(t, shop), h.dial(t, shop)}
	for i, p := range proxies {
		p.subscribe(fmt.Sprint("pod-", i), [kinds]map[string]string{})
		for k := range kinds {
			p.take(k)
		}
	}
	h.until(t, "both", func(s []Stream) bool { return len(s) == 2 && s[0].Current && s[1].Current })
	sent := func(k kind) float64 { return testutil.ToFloat64(h.server.metrics.sent.WithLabelValues(k.String())) }
	var before [kinds]float64
	for k := range kinds {
		before[k] = sent(k)
	}

	same := config1(rs...)
	h.index.Publish(shop, same, someSource)
	changed := slices.Clone(rs)
	changed[500] = route("r0500", "p")
	changed[500].Rules[0].Name = "other"
	h.index.Publish(shop, config1(changed...), someSource)
	if err := h.index.SetEndpoints(shop, "p", []ir.ClusterEndpoints{pods("east", "10.0.0.1"), pods("west", "10.1.0.7")}); err != nil {
		t.Fatal(err)
	}
	for _, p := range proxies {
		for range 2 {
			r, err := p.stream.Recv()
			if err != nil {
				t.Fatal(err)
			}
			p.answer(r, nil)
		}
	}
	h.until(t, "both", func(s []Stream) bool { return s[0].Current && s[1].Current })
	for k, want := range map[kind]float64{endpoints: 2, routes: 2, listeners: 0} {
		if got := sent(k) - before[k]; got != want {
			t.Errorf("%s: sent %v resources, want %v", k, got, want)
		}
	}
	if got := testutil.ToFloat64(h.server.metrics.connected); got != 2 {
		t.Errorf("%v streams are connected, want 2", got)
	}
}

func TestResponsesAreSplit(t *testing.T) {
	h := startHub(t)
	var rs []*ir.Route
	for i := range 40 {
		r := route(fmt.Sprintf("r%02d", i), "p")
		r.Rules[0].Name = strings.Repeat("x", 100_000)
		rs = append(rs, r)
	}
	h.index.Publish(shop, config1(rs...), someSource)
	p := h.dial(t, shop)
	p.subscribe("pod-1", [kinds]map[string]string{})
	p.take(certificates)
	p.take(endpoints)
	for got := 0; got < len(rs); {
		r := p.hear(routes)
		if size := proto.Size(r); size > maxResponse+110_000 {
			t.Errorf("a response has %d bytes", size)
		}
		got += len(r.Resources)
		p.answer(r, nil)
	}
	p.take(listeners)
}

func TestStreamsOfOneGatewayAreBounded(t *testing.T) {
	x := NewIndex(func(providers.Ref) {})
	var all []*session
	for range maxStreams {
		s, err := x.attach(shop, "pod", time.Now())
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, s)
	}
	if _, err := x.attach(shop, "pod", time.Now()); err == nil {
		t.Error("no bound")
	}
	for _, s := range all {
		x.detach(s)
	}
	if len(x.configs) != 0 {
		t.Error("a load balancer without streams and configuration is remembered")
	}
}
