package config

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	discovery "github.com/envoyproxy/go-control-plane/envoy/service/discovery/v3"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/resolver"
	"google.golang.org/grpc/resolver/manual"
	"google.golang.org/grpc/status"

	"fairway.dev/fairway/providers/ir"
	"fairway.dev/fairway/providers/local/wire"
)

// table notes what is put into force, in words. What is named "bad" is
// refused.
type table struct {
	mu   sync.Mutex
	done []string
}

func (t *table) note(format string, args ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.done = append(t.done, fmt.Sprintf(format, args...))
}

func (t *table) set(kind, name string, bad bool) error {
	if bad {
		return errors.New(kind + " is bad")
	}
	t.note("+%s %s", kind, name)
	return nil
}

func (t *table) SetCertificate(c wire.Certificate) error {
	return t.set("certificate", c.Name, c.Chain == "")
}
func (t *table) RemoveCertificate(name string) { t.note("-certificate %s", name) }
func (t *table) SetEndpoints(e wire.Endpoints) error {
	return t.set("endpoints", e.Cluster+" "+e.Pool, len(e.Endpoints) == 0)
}
func (t *table) SetRoute(r *ir.Route) error           { return t.set("route", r.Name, len(r.Rules) == 0) }
func (t *table) SetListener(l wire.Listener) error    { return t.set("listener", l.Name, l.BindPort == 0) }
func (t *table) RemoveEndpoints(pool, cluster string) { t.note("-endpoints %s %s", cluster, pool) }
func (t *table) RemoveRoute(name string)              { t.note("-route %s", name) }
func (t *table) RemoveListener(name string)           { t.note("-listener %s", name) }

// expect compares what was done since the last time.
func (t *table) expect(tt *testing.T, want ...string) {
	tt.Helper()
	t.mu.Lock()
	defer t.mu.Unlock()
	if !slices.Equal(t.done, want) {
		tt.Errorf("done is %q, want %q", t.done, want)
	}
	t.done = nil
}

// A client under test, its table and its metrics.
type fixture struct {
	*Client
	table    *table
	registry *prometheus.Registry
}

func startClient(t *testing.T, target, identity string) *fixture {
	t.Helper()
	f := &fixture{table: &table{}, registry: prometheus.NewRegistry()}
	client, err := New(Options{Hub: target, Identity: identity, Node: "pod-1", Log: slog.New(slog.DiscardHandler)}, f.table, f.registry)
	if err != nil {
		t.Fatal(err)
	}
	f.Client = client
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		client.Run(ctx)
		close(done)
	}()
	t.Cleanup(func() {
		stop()
		<-done
	})
	return f
}

func goodRoute(name string) *ir.Route { return &ir.Route{Name: name, Rules: []ir.Rule{{}}} }

func response(typ string, resources ...*discovery.Resource) *discovery.DeltaDiscoveryResponse {
	return &discovery.DeltaDiscoveryResponse{TypeUrl: typ, Resources: resources}
}

func TestStreamAsksAppliesAndAcknowledges(t *testing.T) {
	ca := newAuthority(t)
	identity := t.TempDir()
	ca.writeIdentity(identity)
	h := startHub(t, ca, "127.0.0.1:0", wire.HubServerName)
	f := startClient(t, h.address, identity)

	s := h.next()
	if got := s.peerURI(); got != "fairway://hub-1/-/ns/gw/uid" {
		t.Errorf("the proxy is %q", got)
	}
	for typ, r := range s.firsts() {
		if r.GetNode().GetId() != "pod-1" || !slices.Equal(r.GetResourceNamesSubscribe(), []string{"*"}) || len(r.GetInitialResourceVersions()) != 0 {
			t.Errorf("the first request for %s is %v", typ, r)
		}
	}
	if err := f.Synced(); err == nil || err.Error() != "the hub has not sent yet: Certificate, Endpoints, Route, Listener" {
		t.Errorf("synced is %v", err)
	}

	c := wire.Certificate{Name: "ns/tls", Chain: "chain", Key: ir.NewSecret([]byte("key"))}
	if a := s.send(response(wire.CertificateType, resource(t, wire.CertificateType, "ns/tls", "1", c))); a.ErrorDetail != nil {
		t.Errorf("the certificate was refused: %v", a.ErrorDetail)
	}
	f.table.expect(t, "+certificate ns/tls")
	e := wire.Endpoints{Pool: "Service/ns/a/80", ClusterEndpoints: ir.ClusterEndpoints{Cluster: "east", Known: true, Endpoints: []ir.Endpoint{{Address: "10.0.0.1", Port: 80}}}}
	if a := s.send(response(wire.EndpointsType, resource(t, wire.EndpointsType, "east/Service/ns/a/80", "1", e))); a.ErrorDetail != nil {
		t.Errorf("endpoints were refused: %v", a.ErrorDetail)
	}
	f.table.expect(t, "+endpoints east Service/ns/a/80")
	if a := s.send(response(wire.RouteType)); a.ErrorDetail != nil {
		t.Errorf("nothing was refused: %v", a.ErrorDetail)
	}
	if err := f.Synced(); err == nil || err.Error() != "the hub has not sent yet: Listener" {
		t.Errorf("synced is %v", err)
	}
	l := wire.Listener{Listener: ir.Listener{Name: "web", Port: 80, Protocol: ir.HTTP}, BindPort: 64592}
	if a := s.send(response(wire.ListenerType, resource(t, wire.ListenerType, "web", "1", l))); a.ErrorDetail != nil {
		t.Errorf("the listener was refused: %v", a.ErrorDetail)
	}
	if err := f.Synced(); err != nil {
		t.Errorf("synced is %v", err)
	}
	f.table.expect(t, "+listener web")

	// The same again changes nothing; removals do.
	s.send(response(wire.ListenerType, resource(t, wire.ListenerType, "web", "1", l)))
	f.table.expect(t)
	for _, typ := range []string{wire.ListenerType, wire.EndpointsType, wire.CertificateType} {
		if a := s.send(&discovery.DeltaDiscoveryResponse{TypeUrl: typ, RemovedResources: []string{"web", "east/Service/ns/a/80", "ns/tls", "never"}}); a.ErrorDetail != nil {
			t.Errorf("a removal was refused: %v", a.ErrorDetail)
		}
	}
	f.table.expect(t, "-listener web", "-endpoints east Service/ns/a/80", "-certificate ns/tls")
}

func TestInvalidResourcesAreRefusedAlone(t *testing.T) {
	ca := newAuthority(t)
	identity := t.TempDir()
	ca.writeIdentity(identity)
	h := startHub(t, ca, "127.0.0.1:0", wire.HubServerName)
	f := startClient(t, h.address, identity)
	s := h.next()
	s.firsts()
	s.send(response(wire.RouteType, resource(t, wire.RouteType, "HTTPRoute/n/keep", "1", goodRoute("HTTPRoute/n/keep"))))

	a := s.send(response(wire.RouteType,
		resource(t, wire.RouteType, "HTTPRoute/n/keep", "2", &ir.Route{Name: "HTTPRoute/n/keep"}),
		resource(t, wire.RouteType, "HTTPRoute/n/json", "1", "{"),
		resource(t, wire.RouteType, "HTTPRoute/n/field", "1", `{"name":"HTTPRoute/n/field","rules":[{}],"newer":1}`),
		resource(t, wire.RouteType, "HTTPRoute/n/name", "1", goodRoute("HTTPRoute/n/other")),
		resource(t, wire.ListenerType, "HTTPRoute/n/type", "1", goodRoute("HTTPRoute/n/type")),
		&discovery.Resource{Name: "HTTPRoute/n/empty", Version: "1"},
		resource(t, wire.RouteType, "HTTPRoute/n/good", "1", goodRoute("HTTPRoute/n/good")),
	))
	f.table.expect(t, "+route HTTPRoute/n/keep", "+route HTTPRoute/n/good")
	st := status.FromProto(a.GetErrorDetail())
	if st.Code() != codes.InvalidArgument || !strings.HasPrefix(st.Message(), "6 of 7 resources refused; the first: HTTPRoute/n/keep: route is bad") {
		t.Errorf("the refusal is %v %q", st.Code(), st.Message())
	}
	violations := map[string]string{}
	for _, d := range st.Details() {
		for _, v := range d.(*errdetails.BadRequest).GetFieldViolations() {
			violations[v.GetField()] = v.GetDescription()
		}
	}
	for name, want := range map[string]string{
		"HTTPRoute/n/keep":  "route is bad",
		"HTTPRoute/n/json":  "unexpected",
		"HTTPRoute/n/field": `unknown field "newer"`,
		"HTTPRoute/n/name":  "another name",
		"HTTPRoute/n/type":  "of type",
		"HTTPRoute/n/empty": "of type",
	} {
		if !strings.Contains(violations[name], want) {
			t.Errorf("%s was refused with %q, want %q", name, violations[name], want)
		}
	}
	f.expectMetrics(t, 2, 6, 2)

	// What is held is said to the next hub; what was refused is not held.
	s.hangUp()
	s = h.next()
	got := s.firsts()[wire.RouteType].GetInitialResourceVersions()
	if want := map[string]string{"HTTPRoute/n/keep": "1", "HTTPRoute/n/good": "1"}; !maps.Equal(got, want) {
		t.Errorf("held is %v, want %v", got, want)
	}

	// A hub that goes back to what is in force is believed.
	if a := s.send(response(wire.RouteType, resource(t, wire.RouteType, "HTTPRoute/n/keep", "1", goodRoute("HTTPRoute/n/keep")))); a.ErrorDetail != nil {
		t.Errorf("the old version was refused: %v", a.ErrorDetail)
	}
	f.expectMetrics(t, 2, 5, 3)

	bad := wire.Certificate{Name: "ns/tls", Key: ir.NewSecret([]byte("confidential"))}
	a = s.send(response(wire.CertificateType, resource(t, wire.CertificateType, "ns/tls", "1", bad)))
	if message := a.GetErrorDetail().GetMessage(); !strings.Contains(message, "ns/tls: certificate is bad") || strings.Contains(fmt.Sprint(a), "confidential") {
		t.Errorf("the refusal is %q", message)
	}

	// A type of a newer hub is refused and harms nothing.
	if a := s.send(response("fairway.dev/v1/Newer")); a.GetErrorDetail() == nil {
		t.Error("an unknown type was acknowledged")
	}
	if a := s.send(response(wire.ListenerType, resource(t, wire.ListenerType, "web", "1", wire.Listener{Listener: ir.Listener{Name: "web"}}))); !strings.Contains(a.GetErrorDetail().GetMessage(), "web: listener is bad") {
		t.Errorf("the refusal is %v", a.GetErrorDetail())
	}
}

func (f *fixture) expectMetrics(t *testing.T, resources, rejected, updates int) {
	t.Helper()
	for name, want := range map[string]int{"resources": resources, "rejected_resources": rejected, "updates_total": updates} {
		name = "fairway_proxy_config_" + name
		families, err := f.registry.Gather()
		if err != nil {
			t.Fatal(err)
		}
		found := false
		for _, family := range families {
			if family.GetName() != name {
				continue
			}
			for _, m := range family.GetMetric() {
				if m.GetLabel()[0].GetValue() == "Route" {
					found = true
					if got := m.GetGauge().GetValue() + m.GetCounter().GetValue(); got != float64(want) {
						t.Errorf("%s is %v, want %d", name, got, want)
					}
				}
			}
		}
		if !found {
			t.Errorf("%s is missing", name)
		}
	}
}

func TestAddressesAreTriedInTurn(t *testing.T) {
	ca := newAuthority(t)
	identity := t.TempDir()
	ca.writeIdentity(identity)
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = closed.Close()
	leader := startHub(t, ca, "127.0.0.1:0", wire.HubServerName)
	addresses := manual.NewBuilderWithScheme("replicas")
	addresses.InitialState(resolver.State{Addresses: []resolver.Address{{Addr: closed.Addr().String()}, {Addr: leader.address}}})
	resolver.Register(addresses)
	startClient(t, "replicas:///hub", identity)
	first := leader.next()
	first.firsts()

	// The leader goes, and the other replica takes over.
	second := startHub(t, ca, closed.Addr().String(), wire.HubServerName)
	leader.server.Stop()
	second.next().firsts()
}

func TestRotationDropsNoStream(t *testing.T) {
	old, next := newAuthority(t), newAuthority(t)
	identity := t.TempDir()
	old.writeIdentity(identity)
	h := startHub(t, old, "127.0.0.1:0", wire.HubServerName)
	f := startClient(t, h.address, identity)
	s := h.next()
	s.firsts()
	next.writeIdentity(identity)
	s.send(response(wire.RouteType, resource(t, wire.RouteType, "HTTPRoute/n/a", "1", goodRoute("HTTPRoute/n/a"))))
	f.table.expect(t, "+route HTTPRoute/n/a")
	if got := testutil.ToFloat64(f.metrics.opened); got != 1 {
		t.Errorf("opened is %v", got)
	}
	if got := testutil.ToFloat64(f.metrics.connected); got != 1 {
		t.Errorf("connected is %v", got)
	}
	h.server.Stop()
	eventually(t, "the stream to end", func() bool { return testutil.ToFloat64(f.metrics.connected) == 0 })
	if err := f.Synced(); err == nil {
		t.Error("synced before every type came")
	}
	again := startHub(t, next, h.address, wire.HubServerName)
	if got := again.next().firsts()[wire.RouteType].GetInitialResourceVersions(); len(got) != 1 {
		t.Errorf("held is %v", got)
	}
}

func TestOnlyTheHubIsBelieved(t *testing.T) {
	ca := newAuthority(t)
	identity := t.TempDir()
	ca.writeIdentity(identity)
	for what, h := range map[string]*hub{
		"hub of another name":         startHub(t, ca, "127.0.0.1:0", "another.name"),
		"hub of another authority":    startHub(t, newAuthority(t), "127.0.0.1:0", wire.HubServerName),
		"proxy with another identity": startHub(t, ca, "127.0.0.1:0", wire.HubServerName),
	} {
		folder, want := identity, "certificate"
		if strings.HasPrefix(what, "proxy") {
			folder, want = t.TempDir(), "no such file"
		}
		client, err := New(Options{Hub: h.address, Identity: folder, Log: slog.New(slog.DiscardHandler)}, &table{}, prometheus.NewRegistry())
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		if err := client.stream(ctx); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: the stream ended with %v", what, err)
		}
		cancel()
		_ = client.conn.Close()
	}
}

func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	ticker := time.NewTicker(2 * time.Millisecond)
	defer ticker.Stop()
	deadline := time.After(patience)
	for !holds() {
		select {
		case <-ticker.C:
		case <-deadline:
			t.Fatalf("%s: waited in vain", what)
		}
	}
}
