package server

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"fairway.dev/fairway/providers/local/proxy/certificate/certificatetest"
)

func TestLargeBodiesAreRefused(t *testing.T) {
	p := start(t, func(c *Config) { c.BodyBytes = 10 })
	p.pool("a", backend(t, func(w http.ResponseWriter, r *http.Request) {
		n, _ := io.Copy(io.Discard, r.Body)
		_, _ = fmt.Fprint(w, n)
	}))
	p.route("r", "/", to("a"))
	for _, told := range []bool{true, false} {
		for body, want := range map[string]string{
			strings.Repeat("x", 10): "200 10",
			strings.Repeat("x", 11): "413 fairway: the request's body is too large\n",
		} {
			r, err := http.NewRequest("POST", p.url("/"), strings.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			if !told {
				r.ContentLength = -1
			}
			response, err := p.client.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			if got := fmt.Sprint(response.StatusCode, " ", text(t, response)); got != want {
				t.Errorf("%d bytes, length told is %v: got %q, want %q", len(body), told, got, want)
			}
		}
	}
}

func TestSlowBodiesAreCutOff(t *testing.T) {
	p := start(t, func(c *Config) { c.StallTimeout = 20 * time.Millisecond })
	p.pool("a", backend(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
	}))
	p.route("r", "/", to("a"))
	status, body := raw(t, p, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nhalf")
	if status != 408 || body != "fairway: the request's body did not come in time\n" {
		t.Errorf("got %d %q", status, body)
	}
}

func TestSlowReadersAreCutOff(t *testing.T) {
	p := start(t, func(c *Config) { c.StallTimeout = 20 * time.Millisecond })
	gone := make(chan struct{})
	p.pool("a", backend(t, func(w http.ResponseWriter, r *http.Request) {
		defer close(gone)
		block := make([]byte, 1<<20)
		for {
			if _, err := w.Write(block); err != nil {
				return
			}
		}
	}))
	p.route("r", "/", to("a"))
	c, err := net.Dial("tcp", p.address())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	if _, err := io.WriteString(c, "GET / HTTP/1.1\r\nHost: h\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	wait(t, "the backend to be let go", gone)
	if entry := p.entries(1)[0]; entry["aborted"] != true {
		t.Errorf("the log says %v", entry)
	}
}

// What streams both ways may be silent for longer than a body may stall. Until
// the answer begins the stall counts, so that it leaves a busy machine time.
func TestStreamsMayBeSilent(t *testing.T) {
	for _, h2 := range []bool{false, true} {
		t.Run(fmt.Sprint("HTTP/2 is ", h2), func(t *testing.T) {
			t.Parallel()
			streamsMayBeSilent(t, h2)
		})
	}
}

func streamsMayBeSilent(t *testing.T, h2 bool) {
	const stall = time.Second
	p := start(t, func(c *Config) { c.StallTimeout = stall })
	p.RemoveListener("web")
	p.secure("web", "", certificatetest.ECDSA(t, "ns/tls", "a"))
	p.pool("a", backend(t, func(w http.ResponseWriter, r *http.Request) {
		control := http.NewResponseController(w)
		_ = control.EnableFullDuplex() // HTTP/1 always can
		_ = control.Flush()
		in := bufio.NewReader(r.Body)
		for {
			line, err := in.ReadString('\n')
			if err != nil {
				return
			}
			_, _ = io.WriteString(w, "echo "+line)
			_ = control.Flush()
		}
	}))
	p.route("r", "/", to("a"))
	reader, writer := io.Pipe()
	r := p.request("a", "/")
	r.Method, r.Body, r.ContentLength = "POST", reader, -1
	response, err := p.secureClient("a", h2).Do(r)
	if err != nil {
		t.Fatal(err)
	}
	in := bufio.NewReader(response.Body)
	for range 2 {
		<-time.After(2 * stall) // the silence that is on trial
		if _, err := io.WriteString(writer, "line\n"); err != nil {
			t.Fatal(err)
		}
		if got, err := in.ReadString('\n'); err != nil || got != "echo line\n" {
			t.Fatalf("got %q, %v", got, err)
		}
	}
	_ = writer.Close()
	_ = text(t, response)
}

func TestConnectionsBeyondTheLimitAreClosed(t *testing.T) {
	p := start(t, func(c *Config) { c.Connections = 2 })
	p.pool("a", says(t, "a"))
	p.route("r", "/", to("a"))
	ask := func(c net.Conn) error {
		if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(c, "GET / HTTP/1.1\r\nHost: h\r\n\r\n"); err != nil {
			return err
		}
		response, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil {
			return err
		}
		_ = text(t, response)
		return nil
	}
	var open []net.Conn
	for i := range 3 {
		c, err := net.Dial("tcp", p.address())
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = c.Close() }()
		if err := ask(c); (err == nil) != (i < 2) {
			t.Errorf("connection %d: %v", i, err)
		}
		open = append(open, c)
	}
	p.expectMetrics(`
# HELP fairway_proxy_connections Connections of clients that are open.
# TYPE fairway_proxy_connections gauge
fairway_proxy_connections 2
# HELP fairway_proxy_connections_refused_total Connections of clients that were closed at once because there were too many.
# TYPE fairway_proxy_connections_refused_total counter
fairway_proxy_connections_refused_total 1
`, "fairway_proxy_connections", "fairway_proxy_connections_refused_total")
	_ = open[0].Close()
	eventually(t, "room for another", func() bool {
		c, err := net.Dial("tcp", p.address())
		if err != nil {
			return false
		}
		defer func() { _ = c.Close() }()
		return ask(c) == nil
	})
}

// What net/http answers by itself is in the books all the same.
func TestUnreadableRequestsAreBooked(t *testing.T) {
	p := start(t)
	p.pool("a", says(t, "a"))
	p.route("r", "/", to("a"))
	for _, c := range []struct {
		request string
		status  float64
	}{
		{"GET / HTTP/1.1\r\n\r\n", 400},
		{"GET / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: odd\r\n\r\n", 501},
		{"GET / HTTP/1.1\r\nHost: h\r\nX: " + strings.Repeat("x", 80<<10) + "\r\n\r\n", 431},
		{"GET / HTTP/1.1\r\nHost: h\r\nExpect: wonders\r\n\r\n", 417},
	} {
		status, _ := raw(t, p, c.request)
		entries := p.entries(1)
		entry := entries[len(entries)-1]
		if float64(status) != c.status || entry["status"] != c.status || entry["cause"] != "the request could not be read" || len(entries) != 1 {
			t.Errorf("%.60q: answered with %d, the log says %v", c.request, status, entries)
		}
		p.log.reset()
	}
	// A good request before a bad one on the same connection is booked once.
	conn, err := net.Dial("tcp", p.address())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if _, err := io.WriteString(conn, "GET / HTTP/1.1\r\nHost: h\r\n\r\nnonsense\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(conn); err != nil {
		t.Fatal(err)
	}
	if entries := p.entries(2); len(entries) != 2 || entries[0]["status"] != 200.0 || entries[1]["status"] != 400.0 {
		t.Errorf("the log says %v", entries)
	}
}

func TestForwardedHeadersAreBelievedOnlyFromTrustedProxies(t *testing.T) {
	for trusted, want := range map[string]string{
		"127.0.0.0/8": "1.2.3.4, 127.0.0.1 | shop.example.com | https | ",
		"10.0.0.0/8":  "127.0.0.1 | h | http | ",
	} {
		p := start(t, func(c *Config) { c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix(trusted)} })
		p.pool("a", backend(t, func(w http.ResponseWriter, r *http.Request) {
			for _, name := range []string{"X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "Forwarded"} {
				_, _ = io.WriteString(w, strings.Join(r.Header[name], ", ")+" | ")
			}
		}))
		p.route("r", "/", to("a"))
		_, got := raw(t, p, "GET / HTTP/1.1\r\nHost: h\r\nX-Forwarded-For: 1.2.3.4\r\nX-Forwarded-Host: shop.example.com\r\n"+
			"X-Forwarded-Proto: https\r\nForwarded: for=1.2.3.4\r\n\r\n")
		if got != want+" | " {
			t.Errorf("%s is trusted: the backend got %q, want %q", trusted, got, want)
		}
		entry := p.entries(1)[0]
		if told, logged := strings.HasPrefix(trusted, "127."), entry["forwarded_for"] == "1.2.3.4"; told != logged {
			t.Errorf("%s is trusted: the log says %v", trusted, entry)
		}
	}
}
