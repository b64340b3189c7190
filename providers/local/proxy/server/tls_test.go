package server

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"fairway.dev/fairway/providers/ir"
	"fairway.dev/fairway/providers/local/proxy/certificate/certificatetest"
	"fairway.dev/fairway/providers/local/wire"
)

// secure puts an HTTPS listener on the harness's own port.
func (p *proxy) secure(name, hostname string, certificates ...wire.Certificate) {
	p.t.Helper()
	l := wire.Listener{Listener: ir.Listener{Name: name, Port: p.port, Protocol: ir.HTTPS, Hostname: hostname}, BindPort: p.port}
	for _, c := range certificates {
		if err := p.SetCertificate(c); err != nil {
			p.t.Fatal(err)
		}
		l.Certificates = append(l.Certificates, c.Name)
	}
	if err := p.SetListener(l); err != nil {
		p.t.Fatal(err)
	}
}

// startSecure is start with HTTPS on every listener.
func startSecure(t *testing.T) *proxy {
	p := start(t)
	p.RemoveListener("web")
	return p
}

// dial makes a TLS connection; the certificates are not verified.
func (p *proxy) dial(serverName string, protocols ...string) (*tls.Conn, error) {
	dialer := &net.Dialer{Timeout: patience}
	return tls.DialWithDialer(dialer, "tcp", p.address(), &tls.Config{ServerName: serverName, InsecureSkipVerify: true, NextProtos: protocols})
}

// secureClient speaks HTTP/2, or HTTP/1.1 alone, to the harness's port and
// names a server.
func (p *proxy) secureClient(serverName string, h2 bool) *http.Client {
	protocols := new(http.Protocols)
	protocols.SetHTTP2(h2)
	protocols.SetHTTP1(!h2)
	transport := &http.Transport{
		Protocols:       protocols,
		TLSClientConfig: &tls.Config{ServerName: serverName, InsecureSkipVerify: true},
	}
	p.t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: patience,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

func (p *proxy) request(host, path string) *http.Request {
	p.t.Helper()
	r, err := http.NewRequest("GET", "https://"+p.address()+path, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	r.Host = host
	return r
}

func leaf(c *tls.Conn) *x509.Certificate { return c.ConnectionState().PeerCertificates[0] }

func TestCertificatesAreChosenByServerName(t *testing.T) {
	p := startSecure(t)
	p.secure("wild", "*.example.com", certificatetest.ECDSA(t, "ns/wild", "*.example.com"), certificatetest.ECDSA(t, "ns/a", "a.example.com"))
	p.secure("b", "b.example.com", certificatetest.ECDSA(t, "ns/b", "b.example.com"))
	expect := func(serverName, want string) {
		t.Helper()
		c, err := p.dial(serverName)
		if err != nil {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%q: %v, want %q", serverName, err, want)
			}
			return
		}
		defer func() { _ = c.Close() }()
		if got := leaf(c).DNSNames[0]; got != want {
			t.Errorf("%q: the certificate is for %s, want %s", serverName, got, want)
		}
	}
	expect("a.example.com", "a.example.com")
	expect("A.Example.Com", "a.example.com")
	expect("b.example.com", "b.example.com")
	expect("c.example.com", "*.example.com")
	expect("other.org", "unrecognized name")
	expect("", "unrecognized name")
	p.secure("all", "", certificatetest.ECDSA(t, "ns/all", "anything"))
	expect("other.org", "anything")
	expect("", "anything")
	expect("b.example.com", "b.example.com")
	p.RemoveCertificate("ns/all")
	expect("", "unrecognized name")
	if err := p.SetCertificate(wire.Certificate{Name: "ns/b"}); err == nil {
		t.Error("an empty certificate was accepted")
	}
	expect("b.example.com", "b.example.com")
}

func TestSecureRequests(t *testing.T) {
	p := startSecure(t)
	p.secure("web", "", certificatetest.ECDSA(t, "ns/tls", "a.example.com"))
	p.pool("a", backend(t, func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		_, _ = fmt.Fprintf(w, "%s %s %s %s", r.Host, r.Header.Get("X-Forwarded-Proto"), r.Header.Get("X-Forwarded-Host"), body)
	}))
	p.route("r", "/", to("a"))
	p.route("away", "/away", ir.Rule{Filters: []ir.Filter{{Redirect: &ir.Redirect{Hostname: "b.example.com", Status: 302}}}})
	for i, h2 := range []bool{false, true} {
		client := p.secureClient("a.example.com", h2)
		r := p.request("a.example.com", "/")
		r.Method, r.Body = "POST", io.NopCloser(strings.NewReader("some body"))
		response, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		if got := text(t, response); got != "a.example.com https a.example.com some body" || response.ProtoMajor != i+1 {
			t.Errorf("got %q by %s", got, response.Proto)
		}
		response, err = client.Do(p.request("a.example.com", "/away"))
		if err != nil {
			t.Fatal(err)
		}
		_ = text(t, response)
		if got, want := response.Header.Get("Location"), fmt.Sprintf("https://b.example.com:%d/away", p.port); got != want {
			t.Errorf("redirected to %q, want %q", got, want)
		}
	}
	for i, entry := range p.entries(4) {
		if want := []string{"HTTP/1.1", "HTTP/1.1", "HTTP/2.0", "HTTP/2.0"}[i]; entry["protocol"] != want || entry["listener"] != "web" {
			t.Errorf("the log says %v", entry)
		}
	}
	// Who does not speak TLS is told so, and counted.
	if status, _ := raw(t, p, "GET / HTTP/1.1\r\nHost: h\r\n\r\n"); status != 400 {
		t.Errorf("cleartext was answered with %d", status)
	}
	p.expectMetrics(`
# HELP fairway_proxy_tls_handshake_failures_total TLS handshakes of clients that failed.
# TYPE fairway_proxy_tls_handshake_failures_total counter
fairway_proxy_tls_handshake_failures_total 1
`, "fairway_proxy_tls_handshake_failures_total")
}

func TestOldTLSIsRefused(t *testing.T) {
	p := startSecure(t)
	p.secure("web", "", certificatetest.ECDSA(t, "ns/tls", "a"))
	c, err := tls.Dial("tcp", p.address(), &tls.Config{ServerName: "a", InsecureSkipVerify: true, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11})
	if err == nil {
		_ = c.Close()
		t.Error("TLS 1.1 was accepted")
	}
}

// One connection carries requests of several hosts, as browsers reuse it for
// all names of a certificate.
func TestMisdirectedRequestsAreSentElsewhere(t *testing.T) {
	p := startSecure(t)
	c := certificatetest.ECDSA(t, "ns/tls", "a.example.com", "b.example.com")
	p.secure("web", "", c)
	p.secure("b", "b.example.com", c)
	p.pool("a", says(t, "a"))
	p.route("r", "/", to("a"))
	client := p.secureClient("a.example.com", true)
	for host, want := range map[string]string{
		"a.example.com": "200 a",
		"c.example.com": "200 a",
		"b.example.com": "421 fairway: the connection is for another host; use one of its own\n",
	} {
		response, err := client.Do(p.request(host, "/"))
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(response.StatusCode, " ", text(t, response)); got != want {
			t.Errorf("%s: got %q, want %q", host, got, want)
		}
	}
}

func TestRotationDropsNoConnection(t *testing.T) {
	p := startSecure(t)
	p.pool("a", says(t, "a"))
	p.route("r", "/", to("a"))
	p.secure("web", "", certificatetest.ECDSA(t, "ns/tls", "old"))
	clients := []*http.Client{p.secureClient("a", false), p.secureClient("a", true)}
	get := func(c *http.Client) string {
		t.Helper()
		response, err := c.Do(p.request("a", "/"))
		if err != nil {
			t.Fatal(err)
		}
		_ = text(t, response)
		return response.TLS.PeerCertificates[0].DNSNames[0]
	}
	for _, c := range clients {
		get(c)
	}
	if err := p.SetCertificate(certificatetest.RSA(t, "ns/tls", "new")); err != nil {
		t.Fatal(err)
	}
	for _, c := range clients {
		if got := get(c); got != "old" {
			t.Errorf("the open connection was dropped: the certificate is %q", got)
		}
	}
	if got := get(p.secureClient("a", true)); got != "new" {
		t.Errorf("a new connection has the certificate %q", got)
	}
}

func TestListenerChangesItsProtocol(t *testing.T) {
	p := start(t)
	p.pool("a", says(t, "a"))
	p.route("r", "/", to("a"))
	p.expect("/", 200, "a") // and the connection stays open
	p.secure("web", "", certificatetest.ECDSA(t, "ns/tls", "a"))
	if status, _ := p.get("/"); status != 421 {
		t.Errorf("an open connection without TLS is answered with %d", status)
	}
	response, err := p.secureClient("a", true).Do(p.request("a", "/"))
	if err != nil {
		t.Fatal(err)
	}
	if got := text(t, response); got != "a" {
		t.Errorf("got %q", got)
	}
	p.listen("web", p.port, "")
	p.client.CloseIdleConnections()
	p.expect("/", 200, "a")
}

func TestDrainOfHTTP2(t *testing.T) {
	p := startSecure(t)
	p.secure("web", "", certificatetest.ECDSA(t, "ns/tls", "a"))
	began, finish := make(chan struct{}), make(chan struct{})
	p.pool("slow", backend(t, func(w http.ResponseWriter, r *http.Request) {
		close(began)
		<-finish
		_, _ = io.WriteString(w, "slow")
	}))
	p.pool("fast", says(t, "fast"))
	p.route("slow", "/slow", to("slow"))
	p.route("fast", "/fast", to("fast"))
	client := p.secureClient("a", true)
	answered := make(chan string, 1)
	go func() {
		response, err := client.Do(p.request("a", "/slow"))
		if err != nil {
			answered <- err.Error()
			return
		}
		b, _ := io.ReadAll(response.Body)
		_ = response.Body.Close()
		answered <- string(b)
	}()
	wait(t, "the backend", began)
	p.Retire()
	for range 3 { // GOAWAY has the client make connections anew, and fails nothing
		response, err := client.Do(p.request("a", "/fast"))
		if err != nil {
			t.Fatal(err)
		}
		if got := text(t, response); got != "fast" {
			t.Errorf("while draining: %q", got)
		}
	}
	drained := make(chan struct{})
	go func() {
		p.Shutdown(t.Context())
		close(drained)
	}()
	eventually(t, "no more accepting", func() bool {
		c, err := net.DialTimeout("tcp", p.address(), time.Second)
		if err == nil {
			_ = c.Close()
		}
		return err != nil
	})
	close(finish)
	if got := wait(t, "the request under way", answered); got != "slow" {
		t.Errorf("got %q", got)
	}
	wait(t, "the end", drained)
}
