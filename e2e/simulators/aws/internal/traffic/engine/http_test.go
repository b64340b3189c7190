package engine_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"regexp"
	"strings"
	"testing"
	"time"

	"fairway.dev/fairway/e2e/simulators/aws/internal/traffic"
)

// echo answers with what it was asked.
func echo(w http.ResponseWriter, r *http.Request) {
	header := r.Header.Clone()
	header.Set("Host", r.Host)
	header.Set("Uri", r.RequestURI)
	header.Set("Proto", r.Proto)
	_ = json.NewEncoder(w).Encode(header)
}

func asked(t *testing.T, body string) http.Header {
	t.Helper()
	var header http.Header
	if err := json.Unmarshal([]byte(body), &header); err != nil {
		t.Fatalf("%v in %q", err, body)
	}
	return header
}

// TestRules lets rules decide between forwards, redirects and fixed responses, and follows their changes.
func TestRules(t *testing.T) {
	w := newWorld(t, traffic.Application)
	w.start()
	w.group(traffic.TargetGroup{ARN: blueARN}, backend(t, says("blue")))
	w.group(traffic.TargetGroup{ARN: greenARN}, backend(t, says("green")))
	host := traffic.Condition{Field: traffic.HostHeader, Values: []string{"green.example.com"}}
	path := traffic.Condition{Field: traffic.PathPattern, Values: []string{"/moved/*"}}
	w.must(w.SetRules(listenerARN,
		traffic.Rule{ARN: "r1", Priority: 10, Conditions: []traffic.Condition{host}, Actions: []traffic.Action{forward(greenARN)}},
		traffic.Rule{ARN: "r2", Priority: 5, Conditions: []traffic.Condition{path}, Actions: []traffic.Action{
			{Redirect: &traffic.Redirect{Protocol: "HTTPS", Port: "443", Permanent: true}}}},
	))
	c := client(t)
	if _, body := w.get(c, w.url("/"), "Host: green.example.com"); body != "green" {
		t.Errorf("green.example.com is answered by %q", body)
	}
	if _, body := w.get(c, w.url("/"), "Host: other.example.com"); body != "blue" {
		t.Errorf("other.example.com is answered by %q", body)
	}
	response, body := w.get(c, w.url("/moved/x?y=1"), "Host: green.example.com")
	if got := response.Header.Get("Location"); response.StatusCode != 301 || got != "https://green.example.com:443/moved/x?y=1" {
		t.Errorf("redirected with %s to %q", response.Status, got)
	}
	if len(body) != 134 || response.Header.Get("Server") != "awselb/2.0" || response.Header.Get("Content-Type") != "text/html" {
		t.Errorf("the redirect's page is %q with %v", body, response.Header)
	}
	w.must(w.SetRules(listenerARN, traffic.Rule{ARN: "r1", Priority: 1, Conditions: []traffic.Condition{host}, Actions: []traffic.Action{
		{FixedResponse: &traffic.FixedResponse{Status: 418, ContentType: "application/json", Body: "{}"}}}}))
	response, body = w.get(c, w.url("/moved/x"), "Host: green.example.com")
	if response.StatusCode != 418 || body != "{}" || response.Header.Get("Content-Type") != "application/json" {
		t.Errorf("the changed rule gives %s %q", response.Status, body)
	}
	w.RemoveRules(listenerARN, "r1", "r2")
	if _, body := w.get(c, w.url("/moved/x"), "Host: green.example.com"); body != "blue" {
		t.Errorf("without rules %q answers", body)
	}
	if got := w.exchange(1); got.Rule != "r1" || got.Status != 200 || got.TargetGroup != greenARN {
		t.Errorf("the first exchange was %+v", got)
	}
}

// TestRequestHeaders compares what a target gets with the tables of "HTTP headers" and "Host header preservation".
func TestRequestHeaders(t *testing.T) {
	w := newWorld(t, traffic.Application)
	w.start()
	w.group(traffic.TargetGroup{ARN: blueARN}, backend(t, echo))
	c := client(t)
	send := func(attributes traffic.Attributes, lines ...string) http.Header {
		t.Helper()
		w.balancer.Attributes = attributes
		w.must(w.SetLoadBalancer(w.balancer))
		_, body := w.get(c, w.url("/a%2Fb//c?x=%20&y;z"), lines...)
		return asked(t, body)
	}
	got := send(nil, "Host: example.com", "X-Forwarded-For: 127.0.0.4, 127.0.0.8", "X-Forwarded-Proto: https", "Connection: X-Gone", "X-Gone: 1", "X_Odd: 1")
	for name, want := range map[string]string{
		"Uri":               "/a%2Fb//c?x=%20&y;z",
		"Host":              fmt.Sprintf("example.com:%d", w.port),
		"X-Forwarded-For":   "127.0.0.4, 127.0.0.8, 127.0.0.1",
		"X-Forwarded-Proto": "http",
		"X-Forwarded-Port":  fmt.Sprint(w.port),
		"X_odd":             "1",
		"X-Gone":            "",
	} {
		if got.Get(name) != want && (len(got[name]) == 0 || got[name][0] != want) {
			t.Errorf("%s is %q, want %q", name, got[name], want)
		}
	}
	if root := got.Get("X-Amzn-Trace-Id"); !regexp.MustCompile(`^Root=1-[0-9a-f]{8}-[0-9a-f]{24}$`).MatchString(root) {
		t.Errorf("the trace is %q", root)
	}
	got = send(traffic.Attributes{
		"routing.http.preserve_host_header.enabled":       "true",
		"routing.http.drop_invalid_header_fields.enabled": "true",
		"routing.http.xff_client_port.enabled":            "true",
	}, "Host: example.com", "X_Odd: 1", "X-Amzn-Trace-Id: Self=1-67891234-12456789abcdef012345678;Root=1-67891233-abcdef012345678912345678;CalledFrom=app")
	if got.Get("Host") != "example.com" || got["X_odd"] != nil {
		t.Errorf("Host is %q, X_Odd %q", got.Get("Host"), got["X_odd"])
	}
	if !regexp.MustCompile(`^127\.0\.0\.1:[0-9]+$`).MatchString(got.Get("X-Forwarded-For")) {
		t.Errorf("X-Forwarded-For is %q", got.Get("X-Forwarded-For"))
	}
	if trace := got.Get("X-Amzn-Trace-Id"); !regexp.MustCompile(`^Self=1-[0-9a-f]{8}-[0-9a-f]{24};Root=1-67891233-abcdef012345678912345678;CalledFrom=app$`).MatchString(trace) {
		t.Errorf("the trace is %q", trace)
	}
	mode := "routing.http.xff_header_processing.mode"
	if got := send(traffic.Attributes{mode: "preserve"}, "X-Forwarded-For: 127.0.0.4"); got.Get("X-Forwarded-For") != "127.0.0.4" {
		t.Errorf("preserved is %q", got.Get("X-Forwarded-For"))
	}
	if got := send(traffic.Attributes{mode: "preserve"}); got["X-Forwarded-For"] != nil {
		t.Errorf("preserved is %q", got["X-Forwarded-For"])
	}
	if got := send(traffic.Attributes{mode: "remove"}, "X-Forwarded-For: 127.0.0.4"); got["X-Forwarded-For"] != nil {
		t.Errorf("removed is %q", got["X-Forwarded-For"])
	}
}

// TestTransforms rewrites what a target gets, and not the decision (Transforms for listener rules).
func TestTransforms(t *testing.T) {
	w := newWorld(t, traffic.Application)
	w.start()
	w.group(traffic.TargetGroup{ARN: blueARN}, backend(t, echo))
	rewrite := func(kind, regex, replace string) traffic.Transform {
		return traffic.Transform{Type: kind, Rewrites: []traffic.Rewrite{{Regex: regex, Replace: replace}}}
	}
	path := func(p string) []traffic.Condition {
		return []traffic.Condition{{Field: traffic.PathPattern, Values: []string{p}}}
	}
	w.must(w.SetRules(listenerARN,
		traffic.Rule{ARN: "r1", Priority: 1, Conditions: path("/old/*"), Actions: []traffic.Action{forward(blueARN)}, Transforms: []traffic.Transform{
			rewrite(traffic.URLRewrite, `^/old/(.*)$`, "/new/$1"), rewrite(traffic.HostHeaderRewrite, `.*`, "inner.example.com")}},
		traffic.Rule{ARN: "r2", Priority: 2, Conditions: path("/new/*"), Actions: []traffic.Action{{FixedResponse: &traffic.FixedResponse{Status: 404}}}},
		traffic.Rule{ARN: "r3", Priority: 3, Conditions: path("/bad"), Actions: []traffic.Action{forward(blueARN)}, Transforms: []traffic.Transform{
			rewrite(traffic.URLRewrite, `^/bad`, "%")}},
	))
	c := client(t)
	_, body := w.get(c, w.url("/old/a?q=1"))
	if got := asked(t, body); got.Get("Uri") != "/new/a?q=1" || got.Get("Host") != "inner.example.com" {
		t.Errorf("the target got %v", got)
	}
	if response, _ := w.get(c, w.url("/bad")); response.StatusCode != 500 {
		t.Errorf("a failed transform gives %s", response.Status)
	}
}

// TestOwnErrors asks for the load balancer's own answers (Troubleshoot).
func TestOwnErrors(t *testing.T) {
	w := newWorld(t, traffic.Application)
	w.balancer.Attributes = traffic.Attributes{"idle_timeout.timeout_seconds": "1"}
	w.start()
	w.group(traffic.TargetGroup{ARN: blueARN}, backend(t, echo))
	refused := freePort(t, w.address)
	loopback := netip.MustParseAddr("127.0.0.1")
	groups := map[string]traffic.Target{
		"refused": {ID: "refused", Port: refused, Address: w.address},
		"silent":  backend(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }),
		"broken":  raw(t, loopback, "nonsense\r\n\r\n"),
		"fat":     raw(t, loopback, "HTTP/1.1 200 OK\r\nX-Fat: "+strings.Repeat("x", 40<<10)+"\r\n\r\n"),
		"closes":  raw(t, loopback, ""),
	}
	path := func(name string) traffic.Rule {
		return traffic.Rule{ARN: name, Priority: len(name), Conditions: []traffic.Condition{{Field: traffic.PathPattern, Values: []string{"/" + name}}}, Actions: []traffic.Action{forward(name)}}
	}
	for name, target := range groups {
		w.SetTargetGroup(traffic.TargetGroup{ARN: name, Protocol: "HTTP"})
		w.SetTargets(name, []traffic.Target{target})
		w.must(w.SetRules(listenerARN, path(name)))
	}
	w.SetTargetGroup(traffic.TargetGroup{ARN: "grpc", Protocol: "HTTP", ProtocolVersion: "GRPC"})
	w.must(w.SetRules(listenerARN, path("grpc"), path("empty"), traffic.Rule{ARN: "login", Priority: 90,
		Conditions: []traffic.Condition{{Field: traffic.PathPattern, Values: []string{"/login"}}},
		Actions:    []traffic.Action{{Order: 1, Authenticate: "authenticate-oidc"}, {Order: 2, Forward: forward(blueARN).Forward}}}))
	c := client(t)
	many := strings.TrimSuffix(strings.Repeat("10.0.0.1, ", 31), ", ")
	for _, test := range []struct {
		method, path string
		lines        []string
		status, size int
	}{
		{"GET", "/empty", nil, 503, 162},
		{"GET", "/refused", nil, 502, 122},
		{"GET", "/broken", nil, 502, 122},
		{"GET", "/closes", nil, 502, 122},
		{"GET", "/fat", nil, 502, 122},
		{"GET", "/silent", nil, 504, 132},
		{"GET", "/grpc", nil, 464, 0},
		{"POST", "/", []string{"Content-Type: application/grpc"}, 464, 0},
		{"GET", "/", []string{"X-Forwarded-For: " + many}, 463, 0},
		{"GET", "/", []string{"X-Forwarded-For: " + strings.TrimPrefix(many, "10.0.0.1, ")}, 200, -1},
		{"TRACE", "/", nil, 405, -1},
		{"GET", "/" + strings.Repeat("a", 17<<10), nil, 414, -1},
		{"GET", "/", []string{"X-Long: " + strings.Repeat("a", 17<<10)}, 400, -1},
		{"GET", "/login", nil, 561, -1},
	} {
		response, body := w.do(c, test.method, w.url(test.path), nil, test.lines...)
		name := test.path[:min(len(test.path), 12)]
		if response.StatusCode != test.status || (test.size >= 0 && len(body) != test.size) {
			t.Errorf("%s %s: %s with %d bytes, want %d with %d", test.method, name, response.Status, len(body), test.status, test.size)
		}
		if test.status >= 400 && response.Header.Get("Server") != "awselb/2.0" {
			t.Errorf("%s %s: the server is %q", test.method, name, response.Header.Get("Server"))
		}
	}
}

// raw is a target that answers each connection with the same bytes and closes it.
func raw(t *testing.T, address netip.Addr, answer string) traffic.Target {
	t.Helper()
	socket, err := net.Listen("tcp", netip.AddrPortFrom(address, 0).String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = socket.Close() })
	go func() {
		for {
			c, err := socket.Accept()
			if err != nil {
				return
			}
			go func() {
				defer func() { _ = c.Close() }()
				_, _ = http.ReadRequest(bufio.NewReader(c))
				_, _ = io.WriteString(c, answer)
			}()
		}
	}()
	return targetAt(t, socket.Addr().String())
}

// TestClientLeaves notes 460 for a client that goes before the answer (HTTP 460, Troubleshoot).
func TestClientLeaves(t *testing.T) {
	w := newWorld(t, traffic.Application)
	w.start()
	reached := make(chan struct{})
	w.group(traffic.TargetGroup{ARN: blueARN}, backend(t, func(_ http.ResponseWriter, r *http.Request) {
		close(reached)
		<-r.Context().Done()
	}))
	ctx, cancel := context.WithCancel(context.Background())
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, w.url("/"), nil)
	w.must(err)
	go func() {
		<-reached
		cancel()
	}()
	if _, err := client(t).Do(request); err == nil {
		t.Fatal("there was an answer")
	}
	if got := w.exchange(1); got.Status != 460 {
		t.Errorf("the exchange was %+v", got)
	}
}

// TestSlowClient gets 408 for a body that does not come (HTTP 408, Troubleshoot).
func TestSlowClient(t *testing.T) {
	w := newWorld(t, traffic.Application)
	w.balancer.Attributes["idle_timeout.timeout_seconds"] = "1"
	w.start()
	w.group(traffic.TargetGroup{ARN: blueARN}, backend(t, func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) }))
	c, err := net.Dial("tcp", netip.AddrPortFrom(w.address, w.port).String())
	w.must(err)
	defer func() { _ = c.Close() }()
	_, err = io.WriteString(c, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc")
	w.must(err)
	w.must(c.SetDeadline(time.Now().Add(10 * time.Second)))
	response, err := http.ReadResponse(bufio.NewReader(c), nil)
	w.must(err)
	if response.StatusCode != 408 {
		t.Errorf("the status is %s", response.Status)
	}
}

// TestDrain lets a request end while its target drains, gives new ones to others, and cuts it with 502 when the
// registration ends (Deregistration delay; HTTP 502, Troubleshoot).
func TestDrain(t *testing.T) {
	w := newWorld(t, traffic.Application)
	w.start()
	reached, finish := make(chan struct{}, 2), make(chan struct{})
	slow := backend(t, func(rw http.ResponseWriter, r *http.Request) {
		reached <- struct{}{}
		select {
		case <-finish:
			_, _ = io.WriteString(rw, "slow")
		case <-r.Context().Done():
		}
	})
	other := backend(t, says("other"))
	w.group(traffic.TargetGroup{ARN: blueARN}, slow)
	results := make(chan string)
	c := client(t)
	ask := func() {
		response, err := c.Get(w.url("/"))
		if err != nil {
			results <- err.Error()
			return
		}
		body, _ := io.ReadAll(response.Body)
		_ = response.Body.Close()
		results <- fmt.Sprint(response.StatusCode, string(body)[:min(5, len(body))])
	}
	go ask()
	go ask()
	<-reached
	<-reached
	draining := slow
	draining.Draining = true
	w.SetTargets(blueARN, []traffic.Target{draining, other})
	w.await(blueARN, other, traffic.Healthy)
	for range 4 {
		if _, body := w.get(c, w.url("/")); body != "other" {
			t.Errorf("a draining target answers: %q", body)
		}
	}
	finish <- struct{}{}
	if got := <-results; got != "200slow" {
		t.Errorf("the request that was under way: %s", got)
	}
	w.SetTargets(blueARN, []traffic.Target{other})
	if got := <-results; got != "502<html" {
		t.Errorf("the request that took too long: %s", got)
	}
}

// TestClientKeepAlive closes a client's connection with the response after its time (attribute
// client_keep_alive.seconds), and keeps it before.
func TestClientKeepAlive(t *testing.T) {
	w := newWorld(t, traffic.Application)
	w.start()
	w.group(traffic.TargetGroup{ARN: blueARN}, backend(t, says("blue")))
	c := client(t)
	if response, _ := w.get(c, w.url("/")); response.Close {
		t.Error("a new connection is closed")
	}
	w.balancer.Attributes["client_keep_alive.seconds"] = "0"
	w.must(w.SetLoadBalancer(w.balancer))
	if response, _ := w.get(c, w.url("/")); !response.Close {
		t.Error("a connection is kept after its time")
	}
}

// TestWebSocket upgrades a connection and carries both directions (Listener configuration).
func TestWebSocket(t *testing.T) {
	w := newWorld(t, traffic.Application)
	w.start()
	w.group(traffic.TargetGroup{ARN: blueARN}, backend(t, func(rw http.ResponseWriter, _ *http.Request) {
		c, buffer, err := http.NewResponseController(rw).Hijack()
		if err != nil {
			return
		}
		defer func() { _ = c.Close() }()
		_, _ = io.WriteString(c, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n")
		line, _ := buffer.ReadString('\n')
		_, _ = io.WriteString(c, "you said "+line)
	}))
	c, err := net.Dial("tcp", netip.AddrPortFrom(w.address, w.port).String())
	w.must(err)
	defer func() { _ = c.Close() }()
	w.must(c.SetDeadline(time.Now().Add(10 * time.Second)))
	_, err = io.WriteString(c, "GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n")
	w.must(err)
	reader := bufio.NewReader(c)
	response, err := http.ReadResponse(reader, nil)
	w.must(err)
	if response.StatusCode != 101 {
		t.Fatalf("the status is %s", response.Status)
	}
	_, err = io.WriteString(c, "hello\n")
	w.must(err)
	if line, err := reader.ReadString('\n'); err != nil || line != "you said hello\n" {
		t.Errorf("it said %q, %v", line, err)
	}
}
