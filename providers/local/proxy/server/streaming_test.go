package server

import (
	"bufio"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"strings"
	"testing"
	"time"
)

func TestStreamingIsNotHeldBack(t *testing.T) {
	p := start(t)
	next := make(chan struct{})
	p.pool("a", backend(t, func(w http.ResponseWriter, r *http.Request) {
		for i := range 3 {
			_, _ = fmt.Fprintf(w, "event %d\n", i)
			_ = http.NewResponseController(w).Flush()
			<-next
		}
	}))
	p.route("r", "/", to("a"))
	response, err := p.client.Get(p.url("/"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	lines := bufio.NewReader(response.Body)
	for i := range 3 {
		line, err := lines.ReadString('\n')
		if err != nil || line != fmt.Sprintf("event %d\n", i) {
			t.Fatalf("got %q, %v", line, err)
		}
		next <- struct{}{} // only now does the backend go on
	}
}

func TestLargeBodiesPassBothWays(t *testing.T) {
	p := start(t)
	const size = 32 << 20
	p.pool("a", backend(t, func(w http.ResponseWriter, r *http.Request) {
		if err := http.NewResponseController(w).EnableFullDuplex(); err != nil {
			t.Error(err)
		}
		_, _ = io.Copy(w, r.Body)
	}))
	p.route("r", "/", to("a"))
	for _, length := range []int64{size, -1} {
		sent, got := sha256.New(), sha256.New()
		body := io.TeeReader(io.LimitReader(&counting{}, size), sent)
		r, err := http.NewRequest("POST", p.url("/"), body)
		if err != nil {
			t.Fatal(err)
		}
		r.ContentLength = length
		response, err := p.client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		n, err := io.Copy(got, response.Body)
		_ = response.Body.Close()
		if err != nil || n != size || string(sent.Sum(nil)) != string(got.Sum(nil)) {
			t.Errorf("content length %d: got %d bytes back, %v", length, n, err)
		}
	}
}

// counting is an endless stream in which no two places look alike.
type counting struct{ n uint64 }

func (c *counting) Read(p []byte) (int, error) {
	for i := range p {
		c.n += 0x9e3779b97f4a7c15
		p[i] = byte(c.n >> 56)
	}
	return len(p), nil
}

func TestUpgrade(t *testing.T) {
	p := start(t)
	p.pool("a", backend(t, echoUpgraded(t)))
	p.route("r", "/", to("a"))
	conn, in := upgrade(t, p)
	for _, line := range []string{"hello\n", "again\n"} {
		if _, err := io.WriteString(conn, line); err != nil {
			t.Fatal(err)
		}
		if got, err := in.ReadString('\n'); err != nil || got != line {
			t.Fatalf("got %q, %v; want %q", got, err, line)
		}
	}
	_ = conn.Close()
	if entry := p.entries(1)[0]; entry["status"] != 101.0 || entry["endpoint"] == nil {
		t.Errorf("the log says %v", entry)
	}
}

// raw sends a request as it stands and gives the answer.
func raw(t *testing.T, p *proxy, request string) (int, string) {
	t.Helper()
	conn, err := net.Dial("tcp", p.address())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(conn, request); err != nil {
		t.Fatal(err)
	}
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, text(t, response)
}

func TestUnusualRequests(t *testing.T) {
	p := start(t)
	p.pool("a", backend(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = fmt.Fprint(w, r.Method, " ", r.RequestURI, " ", r.Header["Upgrade"], r.Header["Connection"], r.Header["Http2-Settings"])
	}))
	p.route("r", "/", to("a"))
	for request, want := range map[string]string{
		"GET http://h HTTP/1.1\r\nHost: other\r\n\r\n":     "200 GET / [] [] []",
		"GET http://h/a?b HTTP/1.1\r\nHost: other\r\n\r\n": "200 GET /a?b [] [] []",
		"GET /a HTTP/1.0\r\n\r\n":                          "200 GET /a [] [] []",
		"CONNECT h:80 HTTP/1.1\r\nHost: h:80\r\n\r\n":      "405 fairway: CONNECT is not served\n",
		"GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n": "200 GET / [] [] []",
		"GET / HTTP/1.1\r\nHost: h\r\nX: " + strings.Repeat("x", 80<<10) + "\r\n\r\n":                                                  "431 431 Request Header Fields Too Large",
	} {
		status, body := raw(t, p, request)
		if got := fmt.Sprint(status, " ", body); got != want {
			t.Errorf("%.60q: got %q, want %q", request, got, want)
		}
	}
}

// echoUpgraded switches protocols and sends back what comes.
func echoUpgraded(t *testing.T) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Upgrade") != "echo" || r.Header.Get("Connection") != "Upgrade" {
			t.Errorf("the backend got %v", r.Header)
		}
		w.Header().Set("Connection", "Upgrade")
		w.Header().Set("Upgrade", "echo")
		w.WriteHeader(http.StatusSwitchingProtocols)
		conn, buffered, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer func() { _ = conn.Close() }()
		_, _ = io.Copy(conn, buffered)
	}
}

func upgrade(t *testing.T, p *proxy) (net.Conn, *bufio.Reader) {
	t.Helper()
	conn, err := net.Dial("tcp", p.address())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(conn, "GET /ws HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	in := bufio.NewReader(conn)
	response, err := http.ReadResponse(in, nil)
	if err != nil || response.StatusCode != 101 {
		t.Fatalf("got %v, %v", response, err)
	}
	return conn, in
}

func TestEarlyHintsAndTrailersPass(t *testing.T) {
	p := start(t)
	p.pool("a", backend(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Link", "</style.css>")
		w.WriteHeader(http.StatusEarlyHints)
		w.Header().Del("Link")
		w.Header().Set("Trailer", "X-Announced")
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		_, _ = fmt.Fprintf(w, "%s %s", body, r.Trailer.Get("X-Request-Trailer"))
		w.Header().Set("X-Announced", "1")
		w.Header().Set(http.TrailerPrefix+"X-Surprise", "2")
	}))
	p.route("r", "/", to("a"))
	var hints []string
	ctx := httptrace.WithClientTrace(context.Background(), &httptrace.ClientTrace{
		Got1xxResponse: func(code int, h textproto.MIMEHeader) error {
			hints = append(hints, fmt.Sprint(code, h.Get("Link")))
			return nil
		},
	})
	r, err := http.NewRequestWithContext(ctx, "POST", p.url("/"), io.MultiReader(strings.NewReader("body")))
	if err != nil {
		t.Fatal(err)
	}
	r.Trailer = http.Header{"X-Request-Trailer": {"late"}}
	response, err := p.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	if got := text(t, response); got != "body late" {
		t.Errorf("the backend got %q", got)
	}
	if len(hints) != 1 || hints[0] != "103</style.css>" {
		t.Errorf("early hints are %q", hints)
	}
	if got := fmt.Sprint(response.Trailer.Get("X-Announced"), response.Trailer.Get("X-Surprise")); got != "12" {
		t.Errorf("trailers are %v", response.Trailer)
	}
}

func TestAnswerBeforeTheRequestEnds(t *testing.T) {
	p := start(t)
	p.pool("a", backend(t, func(w http.ResponseWriter, r *http.Request) {
		if err := http.NewResponseController(w).EnableFullDuplex(); err != nil {
			t.Error(err)
		}
		lines := bufio.NewScanner(r.Body)
		for lines.Scan() {
			_, _ = fmt.Fprintf(w, "%s back\n", lines.Text())
			_ = http.NewResponseController(w).Flush()
		}
	}))
	p.route("r", "/", to("a"))
	body, send := io.Pipe()
	answered := make(chan *http.Response, 1)
	go func() {
		response, err := p.client.Post(p.url("/"), "text/plain", body)
		if err != nil {
			t.Error(err)
		}
		answered <- response
	}()
	if _, err := io.WriteString(send, "first\n"); err != nil {
		t.Fatal(err)
	}
	response := wait(t, "the response's header", answered)
	if response == nil {
		return
	}
	defer func() { _ = response.Body.Close() }()
	in := bufio.NewReader(response.Body)
	for _, word := range []string{"first", "second"} {
		if word == "second" {
			if _, err := io.WriteString(send, "second\n"); err != nil {
				t.Fatal(err)
			}
		}
		if line, err := in.ReadString('\n'); err != nil || line != word+" back\n" {
			t.Fatalf("got %q, %v", line, err)
		}
	}
	_ = send.Close()
}

func TestClientAbortReachesTheBackend(t *testing.T) {
	p := start(t)
	began, gone := make(chan struct{}), make(chan struct{})
	p.pool("a", backend(t, func(w http.ResponseWriter, r *http.Request) {
		close(began)
		<-r.Context().Done()
		close(gone)
	}))
	p.route("r", "/", to("a"))
	ctx, abort := context.WithCancel(context.Background())
	r, err := http.NewRequestWithContext(ctx, "GET", p.url("/"), nil)
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		wait(t, "the backend", began)
		abort()
	}()
	if _, err := p.client.Do(r); err == nil {
		t.Error("an answer came all the same")
	}
	wait(t, "the backend to notice", gone)
	if entry := p.entries(1)[0]; entry["status"] != 499.0 {
		t.Errorf("the log says %v", entry)
	}
}

func TestBackendThatBreaksOffBreaksTheClientOff(t *testing.T) {
	p := start(t)
	p.pool("a", backend(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "half")
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}))
	p.route("r", "/", to("a"))
	response, err := p.client.Get(p.url("/"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	if b, err := io.ReadAll(response.Body); err == nil {
		t.Errorf("got the whole of %q", b)
	}
	if entry := p.entries(1)[0]; entry["status"] != 200.0 || entry["aborted"] != true {
		t.Errorf("the log says %v", entry)
	}
}

func TestBackendThatSaysNothing(t *testing.T) {
	p := start(t)
	p.pool("a", backend(t, func(w http.ResponseWriter, r *http.Request) { panic(http.ErrAbortHandler) }))
	p.route("r", "/", to("a"))
	r, err := p.client.Post(p.url("/"), "text/plain", strings.NewReader("once only"))
	if err != nil {
		t.Fatal(err)
	}
	if body := text(t, r); r.StatusCode != 502 || body != "fairway: the backend did not answer as it should\n" {
		t.Errorf("got %d %q", r.StatusCode, body)
	}
}

func TestRemovedListenerDrains(t *testing.T) {
	p := start(t)
	began, finish := make(chan struct{}), make(chan struct{})
	p.pool("slow", backend(t, func(w http.ResponseWriter, r *http.Request) {
		close(began)
		<-finish
		_, _ = io.WriteString(w, "done")
	}))
	p.route("slow", "/", to("slow"))
	answered := p.background("/")
	wait(t, "the backend", began)
	p.RemoveListener("web")
	if _, err := net.Dial("tcp", p.address()); err == nil {
		t.Error("the removed listener still accepts")
	}
	close(finish)
	if got := wait(t, "the answer", answered); got != "done" {
		t.Errorf("got %q", got)
	}
}
