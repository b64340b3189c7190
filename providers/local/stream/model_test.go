package stream

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	discovery "github.com/envoyproxy/go-control-plane/envoy/service/discovery/v3"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/genproto/googleapis/rpc/status"
	grpcstatus "google.golang.org/grpc/status"

	"google.golang.org/grpc/codes"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/providers/ir"
	"fairway.dev/fairway/providers/local/wire"
)

var shop = providers.Ref{Hub: "hub-1", Namespace: "shop", Name: "web", UID: "u-1"}

// source are the endpoints that a test gives to Publish, by pool.
type source map[string][]ir.ClusterEndpoints

func (s source) Endpoints(pool string) []ir.ClusterEndpoints { return s[pool] }

// model is the simplest proxy: it keeps what it is sent and answers when told.
type model struct {
	t       testing.TB
	session *session
	held    [kinds]map[string]*discovery.Resource
	refuses func(name string) bool
	inbox   []*discovery.DeltaDiscoveryResponse
	// check is run after every response that was taken in.
	check func()
}

func newModel(t testing.TB) *model {
	m := &model{t: t, refuses: func(string) bool { return false }, check: func() {}}
	for k := range m.held {
		m.held[k] = map[string]*discovery.Resource{}
	}
	return m
}

// connect begins a stream to x, as a proxy does that kept what it holds.
func (m *model) connect(x *Index) {
	m.t.Helper()
	s, err := x.attach(shop, "pod", time.Unix(0, 0))
	if err != nil {
		m.t.Fatal(err)
	}
	m.session, m.inbox = s, nil
	for k := range kinds {
		versions := map[string]string{}
		for name, r := range m.held[k] {
			versions[name] = r.Version
		}
		m.say(&discovery.DeltaDiscoveryRequest{TypeUrl: k.url(), InitialResourceVersions: versions})
	}
}

func (m *model) say(r *discovery.DeltaDiscoveryRequest) {
	m.t.Helper()
	k, _ := kindOf(r.TypeUrl)
	m.session.config.mu.Lock()
	defer m.session.config.mu.Unlock()
	if _, _, err := m.session.receive(k, r); err != nil {
		m.t.Fatal(err)
	}
}

// poll takes what the hub has to send into the inbox.
func (m *model) poll() bool {
	m.session.config.mu.Lock()
	defer m.session.config.mu.Unlock()
	r := m.session.next()
	if r == nil {
		return false
	}
	m.inbox = append(m.inbox, r)
	return true
}

// answer takes the oldest response in and answers it.
func (m *model) answer() bool {
	if len(m.inbox) == 0 {
		return false
	}
	r := m.inbox[0]
	m.inbox = m.inbox[1:]
	k, _ := kindOf(r.TypeUrl)
	var bad []*errdetails.BadRequest_FieldViolation
	for _, resource := range r.Resources {
		if m.refuses(resource.Name) {
			bad = append(bad, &errdetails.BadRequest_FieldViolation{Field: resource.Name, Description: "will not have " + resource.Name})
			continue
		}
		m.held[k][resource.Name] = resource
	}
	for _, name := range r.RemovedResources {
		delete(m.held[k], name)
	}
	m.check()
	var detail *status.Status
	if len(bad) > 0 {
		st, err := grpcstatus.New(codes.InvalidArgument, "refused").WithDetails(&errdetails.BadRequest{FieldViolations: bad})
		if err != nil {
			m.t.Fatal(err)
		}
		detail = st.Proto()
	}
	m.say(&discovery.DeltaDiscoveryRequest{TypeUrl: r.TypeUrl, ResponseNonce: r.Nonce, ErrorDetail: detail})
	return true
}

func (m *model) settle() {
	for m.poll() || m.answer() {
	}
}

// TestModel lets a hub and its proxies do random things and then compares.
func TestModel(t *testing.T) {
	for seed := range uint64(200) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) { runModel(t, rand.New(rand.NewPCG(seed, 1)), seed%2 == 0) })
	}
}

func runModel(t *testing.T, random *rand.Rand, refusing bool) {
	world := &world{random: random}
	x := NewIndex(func(providers.Ref) {})
	var proxies []*model
	for range 3 {
		m := newModel(t)
		m.connect(x)
		if !refusing {
			m.check = func() { checkWhole(t, m) }
		}
		proxies = append(proxies, m)
	}
	for range 200 {
		m := proxies[random.IntN(len(proxies))]
		switch n := random.IntN(20); {
		case n < 3:
			x.Publish(shop, world.configuration(), world)
		case n < 6:
			// A pool that is not published is refused, which is no matter here.
			_ = x.SetEndpoints(shop, world.pool(), []ir.ClusterEndpoints{world.endpoints()})
		case n == 6:
			x.Remove(shop)
		case n == 7:
			x.detach(m.session)
			m.connect(x)
		case n == 8:
			x = NewIndex(func(providers.Ref) {})
			for _, m := range proxies {
				m.connect(x)
			}
		case n == 9 && refusing:
			refused := random.IntN(6)
			m.refuses = func(name string) bool { return name[len(name)-1] == byte('0'+refused) }
		case n < 15:
			m.poll()
		default:
			m.answer()
		}
	}
	for _, m := range proxies {
		m.refuses = func(string) bool { return false }
	}
	x.Publish(shop, world.configuration(), world)
	for _, m := range proxies {
		m.settle()
		compareModel(t, x, m)
	}
}

func compareModel(t *testing.T, x *Index, m *model) {
	t.Helper()
	c := x.find(shop)
	view := m.session.view()
	if view.Current != (len(view.Refusals) == 0) {
		t.Errorf("current is %v with refusals %v", view.Current, view.Refusals)
	}
	refused := map[string]bool{}
	for _, r := range view.Refusals {
		refused[r.Type+r.Name] = true
	}
	for k := range kinds {
		for name, r := range c.resources[k] {
			if held := m.held[k][name]; (held == nil || held.Version != r.Version) && !refused[k.url()+name] {
				t.Errorf("%s %s is not held as it is wished", k, name)
			} else if held != nil && held.Version == r.Version && refused[k.url()+name] {
				t.Errorf("%s %s is held as wished and counts as refused", k, name)
			}
		}
		for name := range m.held[k] {
			if c.resources[k][name] == nil && !c.unknown(k, name) {
				t.Errorf("%s %s is held and not wished", k, name)
			}
		}
	}
	if l, r := len(c.resources[listeners]), len(c.resources[routes]); l != len(c.published.Listeners) || r != len(c.published.Routes) {
		t.Errorf("%d listeners and %d routes are wished, want %d and %d", l, r, len(c.published.Listeners), len(c.published.Routes))
	}
	if n := len(c.resources[certificates]); n != len(c.published.Certificates) {
		t.Errorf("%d certificates are wished, want %d", n, len(c.published.Certificates))
	}
	for name := range c.resources[endpoints] {
		pool, _ := wire.SplitEndpointsName(name)
		if !slices.ContainsFunc(c.published.Pools, func(p ir.BackendPool) bool { return p.Name == pool }) {
			t.Errorf("endpoints %s are wished for a pool that no route names", name)
		}
	}
	for _, l := range c.published.Listeners {
		if want := ir.Hash(l); view.Listeners[l.Name] != want && !refused[wire.ListenerType+l.Name] {
			t.Errorf("listener %s: acknowledged %q, want %q", l.Name, view.Listeners[l.Name], want)
		}
	}
}

// checkWhole fails if a proxy would answer with an error because something
// that it serves names something that it was not sent yet.
func checkWhole(t *testing.T, m *model) {
	t.Helper()
	pools := map[string]bool{}
	for name := range m.held[endpoints] {
		pool, _ := wire.SplitEndpointsName(name)
		pools[pool] = true
	}
	for name, r := range m.held[listeners] {
		var l wire.Listener
		if err := wire.Decode(r.Resource.Value, &l); err != nil {
			t.Fatal(err)
		}
		for _, certificate := range l.Certificates {
			if m.held[certificates][certificate] == nil {
				t.Fatalf("listener %s is served and names certificate %s, which is not held", name, certificate)
			}
		}
	}
	for name, r := range m.held[routes] {
		var route ir.Route
		if err := wire.Decode(r.Resource.Value, &route); err != nil {
			t.Fatal(err)
		}
		for _, rule := range route.Rules {
			for _, b := range rule.Backends {
				if !pools[b.Pool] {
					t.Fatalf("route %s is served and names pool %s, which has no endpoints", name, b.Pool)
				}
			}
		}
	}
}

// world makes random configurations out of a few names.
type world struct {
	random *rand.Rand
	routes []*ir.Route
}

func (w *world) pool() string { return fmt.Sprintf("Service/shop/s/%d", w.random.IntN(6)) }

func (w *world) endpoints() ir.ClusterEndpoints {
	e := ir.ClusterEndpoints{Cluster: fmt.Sprintf("c%d", w.random.IntN(3)), Known: w.random.IntN(4) > 0}
	for i := range w.random.IntN(3) {
		e.Endpoints = append(e.Endpoints, ir.Endpoint{Address: fmt.Sprintf("10.0.0.%d", i), Port: 80, Serving: w.random.IntN(2) == 0})
	}
	return e
}

// Endpoints gives every pool one cluster that is known, so that checkWhole
// can ask for it, and perhaps another.
func (w *world) Endpoints(string) []ir.ClusterEndpoints {
	return []ir.ClusterEndpoints{{Cluster: "a", Known: true}, w.endpoints()}
}

func (w *world) configuration() *ir.LoadBalancer {
	pools := map[string]bool{}
	kept := map[string]*ir.Route{}
	for _, r := range w.routes {
		switch w.random.IntN(4) {
		case 0:
		case 1:
			again := *r
			kept[r.Name] = &again
		default:
			kept[r.Name] = r
		}
	}
	for range w.random.IntN(4) {
		name := fmt.Sprintf("HTTPRoute/shop/r%d", w.random.IntN(6))
		kept[name] = &ir.Route{Name: name, Created: w.random.Int64N(3), Rules: []ir.Rule{{
			Backends: []ir.Backend{{Pool: w.pool(), Weight: 1}, {Pool: w.pool(), Weight: 1}},
		}}}
	}
	w.routes = nil
	for _, name := range slices.Sorted(maps.Keys(kept)) {
		w.routes = append(w.routes, kept[name])
		for _, b := range kept[name].Rules[0].Backends {
			pools[b.Pool] = true
		}
	}
	lb := &ir.LoadBalancer{Routes: slices.Clone(w.routes)}
	for _, name := range slices.Sorted(maps.Keys(pools)) {
		lb.Pools = append(lb.Pools, ir.BackendPool{Name: name})
	}
	named := map[string]bool{}
	for i := range 3 {
		if w.random.IntN(3) > 0 {
			l := ir.Listener{Name: fmt.Sprintf("l%d", i), Port: uint16(80 + w.random.IntN(2)), Protocol: ir.HTTP}
			if w.random.IntN(2) == 0 {
				certificate := fmt.Sprintf("shop/t%d", w.random.IntN(4))
				l.Protocol, l.Certificates, named[certificate] = ir.HTTPS, []string{certificate}, true
			}
			lb.Listeners = append(lb.Listeners, l)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(named)) {
		lb.Certificates = append(lb.Certificates, someCertificate(name, fmt.Sprint("key ", w.random.IntN(2))))
	}
	return lb
}

// someCertificate makes one that is nothing but its name and its key.
func someCertificate(name, key string) ir.Certificate {
	return ir.Certificate{Name: name, Chain: "chain of " + name, Key: ir.NewSecret([]byte(key))}
}
