package server

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"fairway.dev/fairway/providers/ir"
	"fairway.dev/fairway/providers/local/proxy/request"
	"fairway.dev/fairway/providers/local/proxy/route"
	"fairway.dev/fairway/providers/local/proxy/upstream"
)

func TestMetricsFollowRequestsAndForgetRoutes(t *testing.T) {
	p := start(t)
	p.pool("a", says(t, "a"))
	p.pool("down", refusing(t))
	p.route("up", "/up", to("a"))
	p.route("down", "/down", to("down"))
	for range 3 {
		p.get("/up")
	}
	p.get("/down")
	p.get("/else")
	p.entries(5) // the books are kept after the answer
	const head = `
# HELP fairway_proxy_requests_total Requests that are over, by the rule and pool that served them and the class of their status.
# TYPE fairway_proxy_requests_total counter
`
	const rest = `fairway_proxy_requests_total{code="4xx",listener="web",pool="",route="",rule=""} 1
fairway_proxy_requests_total{code="5xx",listener="web",pool="down",route="HTTPRoute/ns/down",rule="0"} 1
`
	p.expectMetrics(head+rest+`fairway_proxy_requests_total{code="2xx",listener="web",pool="a",route="HTTPRoute/ns/up",rule="0"} 3
`, "fairway_proxy_requests_total")
	p.expectMetrics(`
# HELP fairway_proxy_upstream_connect_failures_total Connections to endpoints that could not be made.
# TYPE fairway_proxy_upstream_connect_failures_total counter
fairway_proxy_upstream_connect_failures_total{listener="web",pool="down",route="HTTPRoute/ns/down",rule="0"} 1
`, "fairway_proxy_upstream_connect_failures_total")
	p.RemoveRoute("HTTPRoute/ns/up")
	p.expectMetrics(head+rest, "fairway_proxy_requests_total")
}

// Whatever of a route or listener goes takes its numbers along, and requests
// that end afterwards bring none back.
func TestMetricsLeaveWithTheConfiguration(t *testing.T) {
	p := start(t)
	began, finish := make(chan struct{}, 1), make(chan struct{})
	p.pool("slow", backend(t, func(w http.ResponseWriter, r *http.Request) {
		began <- struct{}{}
		<-finish
	}))
	p.pool("fast", says(t, "fast"))
	p.listen("other", freePort(t), "")
	half := []ir.Backend{{Pool: "slow", Weight: 1}, {Pool: "fast", Weight: 1}}
	p.route("r", "/", ir.Rule{Backends: half})
	var n uint64
	p.core.random = func(below uint64) uint64 { n++; return n % below }
	p.get("/")
	slow := p.background("/")
	wait(t, "the backend", began)
	const help = "# HELP fairway_proxy_requests_in_flight Requests under way, by the rule and pool that serve them.\n# TYPE fairway_proxy_requests_in_flight gauge\n"
	p.expectMetrics(help+`fairway_proxy_requests_in_flight{listener="web",pool="fast",route="HTTPRoute/ns/r",rule="0"} 0
fairway_proxy_requests_in_flight{listener="web",pool="slow",route="HTTPRoute/ns/r",rule="0"} 1
`, "fairway_proxy_requests_in_flight")
	p.route("r", "/", ir.Rule{Backends: half[1:]})
	p.expectMetrics(help+`fairway_proxy_requests_in_flight{listener="web",pool="fast",route="HTTPRoute/ns/r",rule="0"} 0
`, "fairway_proxy_requests_in_flight")
	close(finish)
	wait(t, "the answer", slow)
	p.entries(2)
	families := []string{
		"fairway_proxy_requests_total", "fairway_proxy_requests_in_flight",
		"fairway_proxy_rule_request_duration_seconds", "fairway_proxy_request_duration_seconds",
	}
	if got, err := testutil.GatherAndCount(p.registry, families...); err != nil || got != 4 {
		t.Errorf("%d series are left, want the 4 of the pool that stayed (%v)", got, err)
	}
	p.get("/%2e/") // of no rule, but of the listener's port
	p.RemoveListener("web")
	if got, err := testutil.GatherAndCount(p.registry, families...); err != nil || got != 3 {
		t.Errorf("%d series are left, want those 3 of no listener (%v)", got, err)
	}
	// A request that was matched just before counts for nobody.
	x := &exchange{match: route.Match{Listener: "web"}}
	p.core.begin(x)
	p.core.finish(x)
	if got, err := testutil.GatherAndCount(p.registry, families...); err != nil || got != 3 {
		t.Errorf("%d series are left after the last request, want 3 (%v)", got, err)
	}
	if len(p.core.metrics.series) != 1 || len(p.core.metrics.byRoute) != 1 {
		t.Errorf("the ledger holds %v", p.core.metrics.byRoute)
	}
}

func TestAccessLogLine(t *testing.T) {
	start := time.Date(2026, 1, 2, 3, 4, 5, 6e6, time.UTC)
	tab := route.New()
	tab.SetListener(ir.Listener{Name: "web", Port: 80})
	err := tab.SetRoute(&ir.Route{
		Name:        "HTTPRoute/ns/r",
		Attachments: []ir.Attachment{{Listener: "web", Hostnames: []string{"*"}}},
		Rules: []ir.Rule{{
			Matches:  []ir.Match{{Path: ir.PathMatch{Kind: ir.Prefix, Value: "/"}}},
			Backends: []ir.Backend{{Pool: "ServiceImport/ns/a/80", Weight: 1}},
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	r := request.Request{Method: "GET", Host: "a.example.com", RawPath: "/a\"b\n\xff", Path: "/a"}
	x := &exchange{start: start, client: "10.0.0.1:5", protocol: "HTTP/1.1", request: r, status: 200, bytes: 12}
	x.match = tab.Match(80, &r)
	x.backend = x.match.Rule.Choose(nil)
	x.endpoint = &upstream.Endpoint{Cluster: "east", Address: "10.1.0.1:8080"}
	got := string(appendEntry(nil, JSON, x, 1234567*time.Nanosecond))
	want := `{"time":"2026-01-02T03:04:05.006Z","client":"10.0.0.1:5","listener":"web","host":"a.example.com","method":"GET",` +
		`"path":"/a\"b\n` + "\ufffd" + `","status":200,"bytes":12,"duration_ms":1.234,"route":"HTTPRoute/ns/r","rule":"0",` +
		`"pool":"ServiceImport/ns/a/80","cluster":"east","endpoint":"10.1.0.1:8080","protocol":"HTTP/1.1"}`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	got = string(appendEntry(nil, Text, x, 1234567*time.Nanosecond))
	want = `time=2026-01-02T03:04:05.006Z client=10.0.0.1:5 listener=web host=a.example.com method=GET path="/a\"b\n\xff" ` +
		`status=200 bytes=12 duration_ms=1.234 route=HTTPRoute/ns/r rule=0 ` +
		`pool=ServiceImport/ns/a/80 cluster=east endpoint=10.1.0.1:8080 protocol=HTTP/1.1`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	got = string(appendEntry(nil, JSON, &exchange{start: start, status: 404, cause: errNoRoute, aborted: true}, 0))
	want = `{"time":"2026-01-02T03:04:05.006Z","status":404,"bytes":0,"duration_ms":0,"cause":"no route","aborted":true}`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestAdmin(t *testing.T) {
	p := start(t)
	p.get("/")
	p.entries(1) // the books are kept after the answer
	handler := Admin(p.registry, p.Ready, func() error { return errNoEndpoint })
	for path, want := range map[string]string{"/livez": "200 ok\n", "/readyz": "503 no endpoint is ready\n"} {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		if got := fmt.Sprint(w.Code, " ", w.Body); got != want {
			t.Errorf("%s: got %q, want %q", path, got, want)
		}
	}
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	if !strings.Contains(w.Body.String(), `fairway_proxy_request_duration_seconds_count{listener="web"} 1`) {
		t.Errorf("metrics lack the request: %s", w.Body)
	}
}

func TestHeadersAreFoundByLowerCaseName(t *testing.T) {
	h := lowerHeaders{Header: http.Header{"X-Some-Name": {"1", "2"}}, host: "h:80"}
	if got := h.Values("x-some-name"); len(got) != 2 {
		t.Errorf("got %v", got)
	}
	if got := h.Values("host"); len(got) != 1 || got[0] != "h:80" {
		t.Errorf("got %v", got)
	}
	if got := h.Values("x-some"); got != nil {
		t.Errorf("got %v", got)
	}
}
