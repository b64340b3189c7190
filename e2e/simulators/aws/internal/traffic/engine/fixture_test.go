package engine_test

import (
	"context"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"fairway.dev/fairway/e2e/simulators/aws/internal/clock"
	"fairway.dev/fairway/e2e/simulators/aws/internal/traffic"
	"fairway.dev/fairway/e2e/simulators/aws/internal/traffic/engine"
)

const (
	albARN      = "arn:aws:elasticloadbalancing:us-east-1:111122223333:loadbalancer/app/web/1"
	listenerARN = "arn:aws:elasticloadbalancing:us-east-1:111122223333:listener/app/web/1/2"
	blueARN     = "arn:aws:elasticloadbalancing:us-east-1:111122223333:targetgroup/blue/3"
	greenARN    = "arn:aws:elasticloadbalancing:us-east-1:111122223333:targetgroup/green/4"
	certARN     = "arn:aws:acm:us-east-1:111122223333:certificate/5"
	trustARN    = "arn:aws:elasticloadbalancing:us-east-1:111122223333:truststore/ca/6"
)

// world is an engine with one load balancer at an address of its own.
type world struct {
	*engine.Engine
	t        *testing.T
	clock    *clock.Clock
	address  netip.Addr
	port     uint16
	balancer traffic.LoadBalancer
	listener traffic.Listener

	mu        sync.Mutex
	changes   []traffic.Change
	exchanges []traffic.Exchange
}

// newWorld starts an engine whose clock runs a hundred times as fast.
func newWorld(t *testing.T, kind traffic.Kind) *world {
	t.Helper()
	w := &world{t: t, clock: clock.New(time.Now(), 100)}
	w.address = netip.AddrFrom4([4]byte{127, byte(100 + rand.IntN(100)), byte(rand.IntN(255)), byte(1 + rand.IntN(250))})
	w.port = freePort(t, w.address)
	var err error
	w.Engine, err = engine.New(engine.Options{
		Clock: w.clock,
		Log:   slog.New(slog.NewTextHandler(io.Discard, nil)),
		OnHealth: func(c traffic.Change) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.changes = append(w.changes, c)
		},
		Observe: func(x traffic.Exchange) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.exchanges = append(w.exchanges, x)
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Close)
	w.balancer = traffic.LoadBalancer{
		ARN: albARN, Name: "web", Kind: kind, DNSName: "web-1.us-east-1.elb.amazonaws.com",
		Addresses:  []traffic.Address{{IP: w.address, Zone: "us-east-1a"}},
		Attributes: traffic.Attributes{},
	}
	protocol := "HTTP"
	if kind == traffic.Network {
		protocol = "TCP"
	}
	w.listener = traffic.Listener{
		ARN: listenerARN, LoadBalancer: albARN, Protocol: protocol, Port: w.port,
		Attributes: traffic.Attributes{}, DefaultActions: []traffic.Action{forward(blueARN)},
	}
	return w
}

// start opens the load balancer and its listener as they are set.
func (w *world) start() {
	w.t.Helper()
	w.must(w.SetLoadBalancer(w.balancer))
	w.must(w.SetListener(w.listener))
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// group sets a group in use with targets, and waits until all are healthy.
func (w *world) group(config traffic.TargetGroup, targets ...traffic.Target) {
	w.t.Helper()
	config.InUse = true
	if config.Protocol == "" {
		config.Protocol = "HTTP"
	}
	if config.HealthCheck.Protocol == "" {
		config.HealthCheck = quick
	}
	w.SetTargetGroup(config)
	w.SetTargets(config.ARN, targets)
	for _, target := range targets {
		w.await(config.ARN, target, traffic.Healthy)
	}
}

// quick is a health check that any listening target passes.
var quick = traffic.HealthCheck{
	Enabled: true, Protocol: "TCP", Interval: 5 * time.Second, Timeout: 2 * time.Second, HealthyThreshold: 2, UnhealthyThreshold: 2,
}

// await waits until a target has a state.
func (w *world) await(group string, target traffic.Target, state traffic.State) traffic.Health {
	w.t.Helper()
	var health traffic.Health
	eventually(w.t, func() bool {
		health = w.Health(group, target.Key())
		return health.State == state
	}, func() any { return health })
	return health
}

// eventually polls a condition until it holds.
func eventually(t *testing.T, holds func() bool, state func() any) {
	t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for !holds() {
		if time.Now().After(deadline) {
			t.Fatalf("it did not come to be; at last: %+v", state())
		}
		<-time.After(2 * time.Millisecond)
	}
}

// exchange is the last request that the engine told of.
func (w *world) exchange(count int) traffic.Exchange {
	w.t.Helper()
	eventually(w.t, func() bool {
		w.mu.Lock()
		defer w.mu.Unlock()
		return len(w.exchanges) >= count
	}, func() any { return w.exchanges })
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.exchanges[count-1]
}

// url leads to the listener, whatever host is named in the request.
func (w *world) url(path string) string {
	return strings.ToLower(w.listener.Protocol) + "://" + netip.AddrPortFrom(w.address, w.port).String() + path
}

// get sends a request made of a URL and "Name: value" lines; Host is one of the names.
func (w *world) get(client *http.Client, url string, lines ...string) (*http.Response, string) {
	w.t.Helper()
	return w.do(client, http.MethodGet, url, nil, lines...)
}

func (w *world) do(client *http.Client, method, url string, body io.Reader, lines ...string) (*http.Response, string) {
	w.t.Helper()
	request, err := http.NewRequestWithContext(context.Background(), method, url, body)
	w.must(err)
	for _, line := range lines {
		name, value, _ := strings.Cut(line, ": ")
		if name == "Host" {
			request.Host = value
			continue
		}
		request.Header.Add(name, value)
	}
	response, err := client.Do(request)
	w.must(err)
	text, err := io.ReadAll(response.Body)
	w.must(err)
	w.must(response.Body.Close())
	return response, string(text)
}

// client follows no redirects.
func client(t *testing.T) *http.Client {
	transport := &http.Transport{DisableCompression: true}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// backend is a target with a handler.
func backend(t *testing.T, handler http.HandlerFunc) traffic.Target {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return targetAt(t, server.Listener.Addr().String())
}

func targetAt(t *testing.T, address string) traffic.Target {
	t.Helper()
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		t.Fatal(err)
	}
	return traffic.Target{ID: at.Addr().String(), Port: at.Port(), Zone: "us-east-1a", Address: at.Addr()}
}

// says is a handler that answers with a word.
func says(word string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, word) }
}

func forward(groups ...string) traffic.Action {
	f := &traffic.Forward{}
	for _, arn := range groups {
		f.Groups = append(f.Groups, traffic.WeightedGroup{ARN: arn, Weight: 1})
	}
	return traffic.Action{Forward: f}
}

func freePort(t *testing.T, address netip.Addr) uint16 {
	t.Helper()
	socket, err := net.Listen("tcp", netip.AddrPortFrom(address, 0).String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = socket.Close() }()
	return socket.Addr().(*net.TCPAddr).AddrPort().Port()
}
