package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/utils/clock"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/providers/ir"
	"fairway.dev/fairway/providers/local/authority"
	"fairway.dev/fairway/providers/local/proxy/certificate/certificatetest"
	"fairway.dev/fairway/providers/local/stream"
	"fairway.dev/fairway/providers/local/wire"
)

const patience = 15 * time.Second

var ref = providers.Ref{Hub: "hub-1", Namespace: "ns", Name: "gw", UID: "uid"}

// endpoints is a source in which one cluster, "east", gives one endpoint to
// every pool.
type endpoints struct{ at netip.AddrPort }

func (e endpoints) Endpoints(string) []ir.ClusterEndpoints {
	return []ir.ClusterEndpoints{{Cluster: "east", Known: true, Endpoints: []ir.Endpoint{
		{Address: e.at.Addr().String(), Port: e.at.Port(), Serving: true},
	}}}
}

// startHub serves one load balancer as the hub does, until the function that
// it gives is called.
func startHub(t *testing.T, address string, ca *authority.Authority, lb *ir.LoadBalancer, source providers.EndpointSource) (string, func()) {
	t.Helper()
	index := stream.NewIndex(func(providers.Ref) {})
	index.Publish(ref, lb, source)
	return serveIndex(t, address, ca, index)
}

// serveIndex is startHub for what is in an index.
func serveIndex(t *testing.T, address string, ca *authority.Authority, index *stream.Index) (string, func()) {
	t.Helper()
	s, err := stream.NewServer(stream.Options{
		Index: index, Hub: ref.Hub, Registerer: prometheus.NewRegistry(), Log: logr.Discard(), Clock: clock.RealClock{},
	})
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, l, ca) }()
	return l.Addr().String(), func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

func writeIdentity(t *testing.T, ca *authority.Authority) string {
	t.Helper()
	pair, err := ca.Client(wire.Identity{Hub: ref.Hub, Namespace: ref.Namespace, Gateway: ref.Name, UID: ref.UID}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	for name, content := range map[string][]byte{wire.CertFile: pair.Certificate, wire.KeyFile: pair.Key, wire.CAFile: ca.Certificate()} {
		if err := os.WriteFile(filepath.Join(folder, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

func freePort(t *testing.T) uint16 {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return netip.MustParseAddrPort(l.Addr().String()).Port()
}

// loadBalancer has one listener and one route for a path.
func loadBalancer(port uint16, path string) *ir.LoadBalancer {
	service := ir.Service{Kind: "Service", Namespace: "ns", Name: "a"}
	pool := ir.BackendPool{Name: ir.PoolName(service, 80), Service: service, Port: 80}
	return &ir.LoadBalancer{
		Listeners: []ir.Listener{{Name: "web", Port: port, Protocol: ir.HTTP}},
		Routes: []*ir.Route{{
			Name:        "HTTPRoute/ns/r",
			Attachments: []ir.Attachment{{Listener: "web", Hostnames: []string{"*"}}},
			Rules: []ir.Rule{{
				Matches:  []ir.Match{{Path: ir.PathMatch{Kind: ir.Prefix, Value: path}}},
				Backends: []ir.Backend{{Pool: pool.Name, Weight: 1}},
			}},
		}},
		Pools: []ir.BackendPool{pool},
	}
}

// status asks until the answer is as wanted, and fails if it never is.
func status(t *testing.T, url string, want int) string {
	t.Helper()
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	deadline := time.After(patience)
	for {
		got := "no answer"
		if r, err := http.Get(url); err == nil {
			b, _ := io.ReadAll(r.Body)
			_ = r.Body.Close()
			if r.StatusCode == want {
				return string(b)
			}
			got = fmt.Sprint(r.StatusCode, " ", string(b))
		} else if want == 0 {
			return ""
		}
		select {
		case <-ticker.C:
		case <-deadline:
			t.Fatalf("%s: got %s, want %d", url, got, want)
		}
	}
}

// The proxy as a whole against the hub's own end of the stream: it becomes
// ready, serves, outlives the hub, follows the next one, and drains.
func TestProxyFollowsTheHubAndOutlivesIt(t *testing.T) {
	ca, err := authority.New(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "pod")
	}))
	defer backend.Close()
	source := endpoints{netip.MustParseAddrPort(backend.Listener.Addr().String())}
	port := freePort(t)
	hub, stopHub := startHub(t, "127.0.0.1:0", ca, loadBalancer(port, "/first"), source)

	var access bytes.Buffer // read once run has ended
	o, err := parse([]string{
		"--hub=" + hub, "--identity=" + writeIdentity(t, ca), "--node-name=pod-1",
		fmt.Sprintf("--admin-address=127.0.0.1:%d", freePort(t)), "--drain-delay=0s",
	}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	ctx, signal := context.WithCancel(context.Background())
	defer signal()
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, o, &access, slog.New(slog.DiscardHandler)) }()

	admin, traffic := "http://"+o.adminAddress, fmt.Sprintf("http://127.0.0.1:%d", port)
	status(t, admin+"/readyz", 200)
	if got := status(t, traffic+"/first", 200); got != "pod" {
		t.Errorf("got %q", got)
	}
	stopHub()
	status(t, traffic+"/first", 200)
	status(t, admin+"/readyz", 200)
	_, stopHub = startHub(t, hub, ca, loadBalancer(port, "/second"), source)
	defer stopHub()
	status(t, traffic+"/second", 200)
	status(t, traffic+"/first", 404)
	if metrics := status(t, admin+"/metrics", 200); !strings.Contains(metrics, `fairway_proxy_config_updates_total{type="Route"} 2`) ||
		!strings.Contains(metrics, `fairway_proxy_config_updates_total{type="Listener"} 1`) {
		t.Error("the second hub sent more than what differs")
	}

	signal()
	select {
	case err := <-ended:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(patience):
		t.Fatal("the proxy does not end")
	}
	status(t, traffic+"/second", 0)
	if !strings.Contains(access.String(), `"pool":"Service/ns/a/80","cluster":"east"`) {
		t.Errorf("the access log is %s", access.String())
	}
}

// A certificate that the hub renews is presented at once, and while the hub
// is away the latest stays.
func TestProxyServesHTTPSWithWhatTheHubLastSaid(t *testing.T) {
	ca, err := authority.New(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.Header.Get("X-Forwarded-Proto"))
	}))
	defer backend.Close()
	source := endpoints{netip.MustParseAddrPort(backend.Listener.Addr().String())}
	port := freePort(t)
	lb := func(name string) *ir.LoadBalancer {
		lb := loadBalancer(port, "/")
		c := certificatetest.ECDSA(t, "ns/tls", name)
		lb.Certificates = []ir.Certificate{{Name: c.Name, Chain: c.Chain, Key: c.Key}}
		lb.Listeners[0].Protocol, lb.Listeners[0].Certificates = ir.HTTPS, []string{c.Name}
		return lb
	}
	index := stream.NewIndex(func(providers.Ref) {})
	index.Publish(ref, lb("old"), source)
	hub, stopHub := serveIndex(t, "127.0.0.1:0", ca, index)
	o, err := parse([]string{
		"--hub=" + hub, "--identity=" + writeIdentity(t, ca), "--node-name=pod-1", "--access-log=off",
		fmt.Sprintf("--admin-address=127.0.0.1:%d", freePort(t)), "--drain-delay=0s",
	}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	ctx, signal := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, o, nil, slog.New(slog.DiscardHandler)) }()
	defer func() {
		signal()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}()

	presented := func(want string) {
		t.Helper()
		deadline, ticker := time.After(patience), time.NewTicker(5*time.Millisecond)
		defer ticker.Stop()
		for got := ""; got != "https "+want; {
			client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
			r, err := client.Get(fmt.Sprintf("https://127.0.0.1:%d/", port))
			if err == nil {
				b, _ := io.ReadAll(r.Body)
				_ = r.Body.Close()
				got = string(b) + " " + r.TLS.PeerCertificates[0].DNSNames[0]
			}
			select {
			case <-ticker.C:
			case <-deadline:
				t.Fatalf("got %q, %v; want %q", got, err, want)
			}
		}
	}
	presented("old")
	index.Publish(ref, lb("new"), source)
	presented("new")
	stopHub()
	presented("new")
	status(t, "http://"+o.adminAddress+"/readyz", 200)
}

func TestParseRefuses(t *testing.T) {
	t.Setenv("POD_NAME", "")
	for line, want := range map[string]string{
		"":                                     "--hub is required",
		"--hub=h:1":                            "--node-name or $POD_NAME is required",
		"--hub=h:1 --node-name=p extra":        `unexpected argument "extra"`,
		"--hub=h:1 --node-name=p --access-log": "flag needs an argument",
		"--hub=h:1 --node-name=p --access-log=xml":                 "xml\" is none of json, text and off",
		"--hub=h:1 --node-name=p --log-level=loud":                 "invalid value",
		"--hub=h:1 --node-name=p --drain-delay=-1s":                "below zero",
		"--hub=h:1 --node-name=p --stall-timeout=-1s":              "--stall-timeout cannot be below zero",
		"--hub=h:1 --node-name=p --header-timeout=0s":              "--header-timeout has to be above zero",
		"--hub=h:1 --node-name=p --max-concurrent-streams=0":       "--max-concurrent-streams is too small",
		"--hub=h:1 --node-name=p --max-connections=-1":             "--max-connections is too small",
		"--hub=h:1 --node-name=p --trusted-proxies=10.0.0.0/8,web": "netip.ParsePrefix(\"web\")",
		"--nonsense": "not defined",
	} {
		var out bytes.Buffer
		if _, err := parse(strings.Fields(line), &out); err == nil || !strings.Contains(out.String(), want) {
			t.Errorf("%q: got %v and %q, want %q", line, err, out.String(), want)
		}
	}
	t.Setenv("POD_NAME", "pod-1")
	if o, err := parse([]string{"--hub=h:1", "--log-level=debug"}, io.Discard); err != nil || o.node != "pod-1" || o.logLevel != slog.LevelDebug || o.accessLog != "json" {
		t.Errorf("got %+v, %v", o, err)
	}
	o, err := parse([]string{"--hub=h:1", "--access-log=off", "--max-body-bytes=7", "--trusted-proxies=10.1.2.3/8, fd00::/8"}, io.Discard)
	if err != nil || o.accessLog != "" || o.server.BodyBytes != 7 || fmt.Sprint(o.server.TrustedProxies) != "[10.0.0.0/8 fd00::/8]" {
		t.Errorf("got %+v, %v", o, err)
	}
}
