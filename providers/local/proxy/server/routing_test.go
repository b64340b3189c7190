package server

import (
	"fmt"
	"net/http"
	"net/http/httputil"
	"strings"
	"testing"

	"fairway.dev/fairway/providers/ir"
	"fairway.dev/fairway/providers/local/wire"
)

func TestAnswersOfOurOwn(t *testing.T) {
	p := start(t)
	p.pool("up", says(t, "up"))
	p.pool("empty")
	p.pool("down", refusing(t), refusing(t))
	p.route("up", "/up", to("up"))
	p.route("empty", "/empty", to("empty"))
	p.route("missing", "/missing", to("missing"))
	p.route("down", "/down", to("down"))
	p.route("unresolved", "/unresolved", ir.Rule{Backends: []ir.Backend{{Weight: 1}}})
	p.route("zero", "/zero", ir.Rule{Backends: []ir.Backend{{Pool: "up", Weight: 0}}})
	p.route("none", "/none", ir.Rule{})
	p.expect("/up", 200, "up")
	p.expect("/else?secret=1", 404, "fairway: no route for host \"127.0.0.1\" path \"/else\"\n")
	p.expect("/%3Cscript%3E", 404, "fairway: no route for host \"127.0.0.1\" path \"/%3Cscript%3E\"\n")
	p.expect("/up/%2e%2e/x", 400, "fairway: the path has a dot segment\n")
	p.expect("/empty", 503, "fairway: no endpoint is ready\n")
	p.expect("/missing", 503, "fairway: no endpoint is ready\n")
	p.expect("/down", 503, "fairway: no backend accepts connections\n")
	p.expect("/unresolved", 500, "fairway: the matching rule has no backend to send this request to; its HTTPRoute and the conditions in its status say why\n")
	p.expect("/zero", 500, "fairway: the matching rule has no backend to send this request to; its HTTPRoute and the conditions in its status say why\n")
	p.expect("/none", 500, "fairway: the matching rule has no backend to send this request to; its HTTPRoute and the conditions in its status say why\n")
}

func TestWeights(t *testing.T) {
	p := start(t)
	p.pool("a", says(t, "a"))
	p.pool("b", says(t, "b"))
	p.route("r", "/", ir.Rule{Backends: []ir.Backend{{Pool: "a", Weight: 3}, {Pool: "b", Weight: 1}}})
	var n uint64
	p.core.random = func(below uint64) uint64 { n++; return n % below }
	got := map[string]int{}
	for range 40 {
		_, body := p.get("/")
		got[body]++
	}
	if got["a"] != 30 || got["b"] != 10 {
		t.Errorf("shares are %v, want 30 and 10", got)
	}
}

func TestRequestIsForwardedAsSent(t *testing.T) {
	p := start(t)
	p.pool("a", backend(t, func(w http.ResponseWriter, r *http.Request) {
		dump, err := httputil.DumpRequest(r, true)
		if err != nil {
			t.Error(err)
		}
		_, _ = w.Write([]byte(r.RequestURI + "\n" + string(dump)))
	}))
	p.route("r", "/", to("a"))
	r, err := http.NewRequest("POST", p.url("/a%2fb//c;x=1?q=%zz;&a+b"), strings.NewReader("body"))
	if err != nil {
		t.Fatal(err)
	}
	r.Host = "Some.Example.Com:81"
	r.Header = http.Header{
		"User-Agent": {""}, "X-Forwarded-For": {"1.2.3.4, 5.6.7.8"}, "X-Forwarded-Proto": {"https"},
		"Connection": {"x-hop"}, "X-Hop": {"gone"}, "Accept-Encoding": {"br"}, "X-Two": {"1", "2"},
	}
	response, err := p.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	want := "/a%2fb//c;x=1?q=%zz;&a+b\n" + strings.ReplaceAll(`POST /a%2fb//c;x=1?q=%zz;&a+b HTTP/1.1
Host: Some.Example.Com:81
Accept-Encoding: br
Content-Length: 4
X-Forwarded-For: 127.0.0.1
X-Forwarded-Host: Some.Example.Com:81
X-Forwarded-Proto: http
X-Two: 1
X-Two: 2

body`, "\n", "\r\n")
	if got := text(t, response); got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	for name := range response.Header {
		if name != "Content-Length" && name != "Content-Type" && name != "Date" {
			t.Errorf("the proxy added the header %s", name)
		}
	}
}

func TestFilters(t *testing.T) {
	p := start(t)
	p.pool("a", backend(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Remove", "1")
		_, _ = fmt.Fprintf(w, "%s %s %s", r.Host, r.RequestURI, r.Header.Values("X-Edit"))
	}))
	edit := func(value string) *ir.HeaderModifier {
		return &ir.HeaderModifier{Add: []ir.Header{{Name: "X-Edit", Value: value}}, Remove: []string{"X-Remove"}}
	}
	rewrite := &ir.Rewrite{Hostname: "backend.example.com", Path: &ir.PathModifier{Kind: ir.ReplacePrefixMatch, Value: "/new"}}
	p.route("rewrite", "/old", ir.Rule{
		Filters: []ir.Filter{{RequestHeaders: edit("rule")}, {ResponseHeaders: edit("rule")}, {Rewrite: rewrite}},
		Backends: []ir.Backend{{Pool: "a", Weight: 1, Filters: []ir.Filter{
			{RequestHeaders: edit("backend")}, {ResponseHeaders: edit("backend")}, {Rewrite: &ir.Rewrite{Hostname: "other.example.com"}},
		}}},
	})
	p.route("redirect", "/away", ir.Rule{Filters: []ir.Filter{
		{Redirect: &ir.Redirect{Scheme: "https", Hostname: "away.example.com", Status: 301}}, {ResponseHeaders: edit("redirect")},
	}})

	response, err := p.client.Get(p.url("/old//x%2Fy?q=1"))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := text(t, response), "other.example.com /new//x%2Fy?q=1 [rule backend]"; got != want {
		t.Errorf("the backend got %q, want %q", got, want)
	}
	if got := fmt.Sprint(response.Header.Values("X-Edit"), response.Header.Values("X-Remove")); got != "[rule backend] []" {
		t.Errorf("the client got the headers %s", got)
	}

	response, err = p.client.Get(p.url("/away/x?q=1"))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := response.Header.Get("Location"), "https://away.example.com/away/x?q=1"; response.StatusCode != 301 || got != want {
		t.Errorf("got %d to %q, want 301 to %q", response.StatusCode, got, want)
	}
	if body := text(t, response); body != "" || response.Header.Get("X-Edit") != "redirect" {
		t.Errorf("the redirect has the body %q and the header %q", body, response.Header.Get("X-Edit"))
	}
}

func TestListenersComeAndGo(t *testing.T) {
	p := start(t)
	p.pool("a", says(t, "a"))
	p.route("r", "/", to("a"))
	p.expect("/", 200, "a")

	// A second listener shares the port, and its host is isolated.
	p.listen("sub", p.port, "sub.example.com")
	r, err := http.NewRequest("GET", p.url("/"), nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Host = "sub.example.com"
	response, err := p.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	if _ = text(t, response); response.StatusCode != 404 {
		t.Errorf("a listener without routes answers %d", response.StatusCode)
	}
	p.RemoveListener("sub")
	p.expect("/", 200, "a")

	// The listener moves to another port.
	old := p.port
	p.port = freePort(t)
	p.listen("web", p.port, "")
	p.expect("/", 200, "a")
	if _, err := http.Get(fmt.Sprintf("http://127.0.0.1:%d/", old)); err == nil {
		t.Error("the old port is still open")
	}

	// What is bound by someone else is refused, and the old port stays.
	taken := says(t, "taken")
	var takenPort uint16
	if _, err := fmt.Sscanf(taken, "127.0.0.1:%d", &takenPort); err != nil {
		t.Fatal(err)
	}
	err = p.SetListener(wire.Listener{Listener: ir.Listener{Name: "web", Port: 80, Protocol: ir.HTTP}, BindPort: takenPort})
	want := fmt.Sprintf(`bind port %d for port 80 of listener "web"`, takenPort)
	if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "address already in use") {
		t.Errorf("got the error %v, want %q", err, want)
	}
	p.expect("/", 200, "a")
	if err := p.SetListener(wire.Listener{Listener: ir.Listener{Name: "web", Port: 80, Protocol: "TCP"}, BindPort: 8080}); err == nil {
		t.Error("a protocol that is not served was accepted")
	}

	p.RemoveListener("web")
	if _, err := p.client.Get(p.url("/")); err == nil {
		t.Error("the removed listener still answers")
	}
	p.listen("web", p.port, "")
	p.expect("/", 200, "a")
}
