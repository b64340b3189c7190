package stream

import (
	"context"
	"crypto/tls"
	"net"
	"sync"
	"testing"
	"time"

	core "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	discovery "github.com/envoyproxy/go-control-plane/envoy/service/discovery/v3"
	"github.com/go-logr/logr"
	"github.com/go-logr/logr/testr"
	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	clocktesting "k8s.io/utils/clock/testing"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/providers/local/authority"
	"fairway.dev/fairway/providers/local/wire"
)

// patience is how long a test waits for what must come.
const patience = 20 * time.Second

// hub is a server on a loopback socket, and what it serves.
type hub struct {
	index   *Index
	ca      *authority.Authority
	keys    *keys
	server  *Server
	address string
	clock   *clocktesting.FakeClock
	changes chan providers.Ref
}

func startHub(t *testing.T) *hub {
	t.Helper()
	h := &hub{clock: clocktesting.NewFakeClock(time.Now()), changes: make(chan providers.Ref, 1)}
	ca, err := authority.New(h.clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	h.ca, h.keys = ca, &keys{ring: ca.Ring()}
	h.index = NewIndex(func(ref providers.Ref) {
		select {
		case h.changes <- ref:
		default:
		}
	})
	h.server, err = NewServer(Options{
		Index: h.index, Hub: "hub-1", Registerer: prometheus.NewRegistry(), Log: quietLog(t), Clock: h.clock,
	})
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	h.address = listener.Addr().String()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- h.server.Serve(ctx, listener, h.keys) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	return h
}

// keys are a ring that a test can turn.
type keys struct {
	mu   sync.Mutex
	ring authority.Ring
}

func (k *keys) Ring() authority.Ring {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.ring
}

// turn makes another ring the hub's.
func (h *hub) turn(ring authority.Ring) {
	h.keys.mu.Lock()
	h.keys.ring = ring
	h.keys.mu.Unlock()
	h.server.Doubt()
}

// quietLog logs to the test only as long as it is running.
func quietLog(t *testing.T) logr.Logger {
	if testing.Verbose() {
		return testr.NewWithInterface(t, testr.Options{})
	}
	return logr.Discard()
}

// proxy is a proxy's end of a stream.
type proxy struct {
	t      *testing.T
	conn   *grpc.ClientConn
	stream discovery.AggregatedDiscoveryService_DeltaAggregatedResourcesClient
	leave  func()
}

// identity is what shop's proxies carry.
func identity(ref providers.Ref) wire.Identity {
	return wire.Identity{Hub: ref.Hub, Cluster: ref.Cluster, Namespace: ref.Namespace, Gateway: ref.Name, UID: ref.UID}
}

// dial opens a stream as one of ref's proxies.
func (h *hub) dial(t *testing.T, ref providers.Ref) *proxy {
	t.Helper()
	p, err := h.tryDial(t, h.keys.Ring(), ref)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// tryDial opens a stream with a certificate of the ring's for ref, and trusts
// those of the ring and the hub's first.
func (h *hub) tryDial(t *testing.T, ring authority.Ring, ref providers.Ref) (*proxy, error) {
	t.Helper()
	trusted := ring.Pool()
	trusted.AppendCertsFromPEM(h.ca.Certificate())
	newest := func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
		pair, err := ring.Current.Client(identity(ref), h.clock.Now())
		if err != nil {
			return nil, err
		}
		certificate, err := tls.X509KeyPair(pair.Certificate, pair.Key)
		return &certificate, err
	}
	conn, err := grpc.NewClient(h.address, grpc.WithTransportCredentials(credentials.NewTLS(&tls.Config{
		GetClientCertificate: newest, RootCAs: trusted, ServerName: wire.HubServerName, Time: h.clock.Now,
	})))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	leave := func() {
		cancel()
		_ = conn.Close()
	}
	t.Cleanup(leave)
	p := &proxy{t: t, conn: conn, leave: leave}
	p.stream, err = discovery.NewAggregatedDiscoveryServiceClient(conn).DeltaAggregatedResources(ctx)
	return p, err
}

// subscribe asks for everything, holding the given versions.
func (p *proxy) subscribe(node string, held [kinds]map[string]string) {
	p.t.Helper()
	for k := range kinds {
		p.say(&discovery.DeltaDiscoveryRequest{
			Node: &core.Node{Id: node}, TypeUrl: k.url(), InitialResourceVersions: held[k],
		})
	}
}

func (p *proxy) say(r *discovery.DeltaDiscoveryRequest) {
	p.t.Helper()
	if err := p.stream.Send(r); err != nil {
		p.t.Fatal(err)
	}
}

// hear takes the next response, which must be of kind k.
func (p *proxy) hear(k kind) *discovery.DeltaDiscoveryResponse {
	p.t.Helper()
	r, err := p.stream.Recv()
	if err != nil {
		p.t.Fatal(err)
	}
	if r.TypeUrl != k.url() {
		p.t.Fatalf("got a response of type %s, want %s", r.TypeUrl, k.url())
	}
	return r
}

func (p *proxy) answer(r *discovery.DeltaDiscoveryResponse, nack *status.Status) {
	p.t.Helper()
	p.say(&discovery.DeltaDiscoveryRequest{TypeUrl: r.TypeUrl, ResponseNonce: r.Nonce, ErrorDetail: nack})
}

// take hears and acknowledges a response, and gives the names that it brings
// and takes away, and the versions of the former.
func (p *proxy) take(k kind) (names, removed []string, versions map[string]string) {
	p.t.Helper()
	r := p.hear(k)
	p.answer(r, nil)
	versions = map[string]string{}
	for _, resource := range r.Resources {
		names = append(names, resource.Name)
		versions[resource.Name] = resource.Version
	}
	return names, r.RemovedResources, versions
}

// broken waits for the stream's end.
func (p *proxy) broken() error {
	for {
		if _, err := p.stream.Recv(); err != nil {
			return err
		}
	}
}

// until waits until ok holds. It asks again after a change, and in between
// for what is not told as one.
func (h *hub) until(t *testing.T, what string, ok func([]Stream) bool) []Stream {
	t.Helper()
	deadline := time.After(patience)
	again := time.NewTicker(5 * time.Millisecond)
	defer again.Stop()
	for {
		if streams := h.index.Streams(shop); ok(streams) {
			return streams
		}
		select {
		case <-h.changes:
		case <-again.C:
		case <-deadline:
			t.Fatalf("waited for %s; there is %+v", what, h.index.Streams(shop))
		}
	}
}
