package server

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"fairway.dev/fairway/providers/ir"
	"fairway.dev/fairway/providers/local/wire"
)

// patience is how long tests wait for what must happen.
const patience = 10 * time.Second

// proxy is a Server on loopback with one listener, "web".
type proxy struct {
	*Server
	t        *testing.T
	port     uint16
	registry *prometheus.Registry
	log      *lockedBuffer
	client   *http.Client
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) reset() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.b.Reset()
}

func (l *lockedBuffer) lines() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Split(strings.TrimSpace(l.b.String()), "\n")
}

func start(t *testing.T, configure ...func(*Config)) *proxy {
	t.Helper()
	p := &proxy{t: t, port: freePort(t), registry: prometheus.NewRegistry(), log: &lockedBuffer{}}
	c := DefaultConfig()
	c.BindAddress, c.AccessLog, c.DrainTimeout = "127.0.0.1", p.log, patience
	for _, f := range configure {
		f(&c)
	}
	p.Server = New(c, p.registry)
	p.listen("web", p.port, "")
	transport := &http.Transport{DisableCompression: true}
	p.client = &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Timeout:       patience,
	}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		p.Shutdown(ctx)
	})
	return p
}

// freePort is a port that nobody listens on.
func freePort(t *testing.T) uint16 {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return netip.MustParseAddrPort(l.Addr().String()).Port()
}

func (p *proxy) listen(name string, port uint16, hostname string) {
	p.t.Helper()
	l := wire.Listener{Listener: ir.Listener{Name: name, Port: port, Protocol: ir.HTTP, Hostname: hostname}, BindPort: port}
	if err := p.SetListener(l); err != nil {
		p.t.Fatal(err)
	}
}

// route sets a route of one rule for every host on "web".
func (p *proxy) route(name, path string, rule ir.Rule) {
	p.t.Helper()
	rule.Matches = []ir.Match{{Path: ir.PathMatch{Kind: ir.Prefix, Value: path}}}
	err := p.SetRoute(&ir.Route{
		Name:        "HTTPRoute/ns/" + name,
		Attachments: []ir.Attachment{{Listener: "web", Hostnames: []string{"*"}}},
		Rules:       []ir.Rule{rule},
	})
	if err != nil {
		p.t.Fatal(err)
	}
}

// to is a rule with one backend.
func to(pool string) ir.Rule { return ir.Rule{Backends: []ir.Backend{{Pool: pool, Weight: 1}}} }

// pool sets the endpoints that the cluster "east" gives to a pool.
func (p *proxy) pool(name string, addresses ...string) {
	p.t.Helper()
	e := wire.Endpoints{Pool: name, ClusterEndpoints: ir.ClusterEndpoints{Cluster: "east", Known: true}}
	for _, a := range addresses {
		ap := netip.MustParseAddrPort(a)
		e.Endpoints = append(e.Endpoints, ir.Endpoint{Address: ap.Addr().String(), Port: ap.Port(), Serving: true})
	}
	if err := p.SetEndpoints(e); err != nil {
		p.t.Fatal(err)
	}
}

func (p *proxy) address() string { return fmt.Sprintf("127.0.0.1:%d", p.port) }

func (p *proxy) url(path string) string { return "http://" + p.address() + path }

// get gives status and body.
func (p *proxy) get(path string) (int, string) {
	p.t.Helper()
	r, err := p.client.Get(p.url(path))
	if err != nil {
		p.t.Fatal(err)
	}
	return r.StatusCode, text(p.t, r)
}

func (p *proxy) expect(path string, status int, body string) {
	p.t.Helper()
	if gotStatus, gotBody := p.get(path); gotStatus != status || gotBody != body {
		p.t.Errorf("%s: got %d %q, want %d %q", path, gotStatus, gotBody, status, body)
	}
}

// entries are the lines of the access log, once there are n.
func (p *proxy) entries(n int) []map[string]any {
	p.t.Helper()
	var out []map[string]any
	eventually(p.t, "access log lines", func() bool {
		p.core.access.flush()
		out = nil
		for _, line := range p.log.lines() {
			var entry map[string]any
			if json.Unmarshal([]byte(line), &entry) == nil {
				out = append(out, entry)
			}
		}
		return len(out) >= n
	})
	return out
}

func (p *proxy) expectMetrics(want string, names ...string) {
	p.t.Helper()
	if err := testutil.GatherAndCompare(p.registry, strings.NewReader(want), names...); err != nil {
		p.t.Error(err)
	}
}

// backend is a server that runs the handler; its address is given.
func backend(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.Listener.Addr().String()
}

// background sends a request and delivers the text of its answer, or of the
// error.
func (p *proxy) background(path string) <-chan string {
	answered := make(chan string, 1)
	go func() {
		r, err := p.client.Get(p.url(path))
		if err != nil {
			answered <- err.Error()
			return
		}
		defer func() { _ = r.Body.Close() }()
		b, err := io.ReadAll(r.Body)
		if err != nil {
			b = []byte(err.Error())
		}
		answered <- string(b)
	}()
	return answered
}

// says is a backend that answers with a text.
func says(t *testing.T, what string) string {
	return backend(t, func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, what) })
}

// refusing is an address that accepts no connection.
func refusing(t *testing.T) string { return fmt.Sprintf("127.0.0.1:%d", freePort(t)) }

func text(t *testing.T, r *http.Response) string {
	t.Helper()
	defer func() { _ = r.Body.Close() }()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// eventually polls until a condition holds.
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

// wait receives, or fails.
func wait[T any](t *testing.T, what string, from <-chan T) T {
	t.Helper()
	select {
	case v := <-from:
		return v
	case <-time.After(patience):
		t.Fatalf("%s: waited in vain", what)
		panic("unreachable")
	}
}
