package page

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"fairway.dev/fairway/e2e/simulators/aws/internal/traffic"
)

// fixed is a Source of one load balancer.
type fixed struct{ requests *Requests }

func (f fixed) Overview() Overview {
	return Overview{
		Now:       time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
		Balancers: []Balancer{{ARN: "arn:web", Name: "web<script>", Kind: "application", Scheme: "internal", State: "active", DNSName: "web.example.com"}},
		Calls:     []Call{{Client: "terraform", Operation: "CreateRule", Outcome: "PriorityInUse", Attempt: 2}},
		Requests:  f.requests.Last(),
	}
}

func (f fixed) Detail(arn string) (Detail, bool) {
	if arn != "arn:web" {
		return Detail{}, false
	}
	return Detail{
		Balancer: f.Overview().Balancers[0],
		Listeners: []Listener{{Protocol: "HTTPS", Port: 443, Certificates: []string{"arn:cert"}, Rules: []Rule{
			{Priority: "10", Conditions: []string{"path-pattern is /a"}, Actions: []string{"forward to blue"}}, {Priority: "default", Actions: []string{"answer 404"}}}}},
		Groups: []Group{{Name: "blue", Protocol: "HTTP", Targets: []Target{{ID: "10.0.0.1", Port: 80, State: "healthy"}, {ID: "10.0.0.2", Port: 80, State: "unhealthy", Reason: "Target.Timeout"}}}},
	}, true
}

// TestPage shows what the source has, escaped, whole and as the live part alone, and takes no changes.
func TestPage(t *testing.T) {
	requests := NewRequests(2)
	for _, path := range []string{"/first", "/second", "/third"} {
		requests.Observe(traffic.Exchange{LoadBalancer: "arn:aws:elasticloadbalancing:r:a:loadbalancer/app/web/1", Host: "web.example.com", Path: path, Method: "GET", Status: 200, Rule: "r", Priority: 7})
	}
	server := httptest.NewServer(http.StripPrefix("/page", Handler(fixed{requests}, slog.New(slog.DiscardHandler))))
	t.Cleanup(server.Close)
	get := func(path string) (int, string) {
		t.Helper()
		response, err := server.Client().Get(server.URL + "/page" + path)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = response.Body.Close() }()
		body, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		return response.StatusCode, string(body)
	}
	for _, c := range []struct {
		path     string
		has, not []string
	}{
		{"/", []string{"<!doctype html>", "web&lt;script&gt;", "CreateRule", "PriorityInUse", "web.example.com/third", "<td>web</td>", "<td>7</td>", "03:04:05"}, []string{"listener on port", "/first", "web<script>"}},
		{"/?lb=arn:web", []string{"HTTPS listener on port 443", "arn:cert", "path-pattern is /a", "forward to blue", "answer 404", "1 of 2 healthy", "Target.Timeout", `class="chosen"`}, nil},
		{"/live?lb=arn:web", []string{"HTTPS listener on port 443"}, []string{"<!doctype html>"}},
		{"/?lb=arn:other", []string{"There is no load balancer arn:other"}, nil},
		{"/page.js", []string{"refresh"}, nil},
		{"/page.css", []string{"body"}, nil},
	} {
		status, body := get(c.path)
		if status != http.StatusOK {
			t.Errorf("%s: status %d", c.path, status)
		}
		for _, text := range c.has {
			if !strings.Contains(body, text) {
				t.Errorf("%s does not have %q:\n%s", c.path, text, body)
			}
		}
		for _, text := range c.not {
			if strings.Contains(body, text) {
				t.Errorf("%s has %q", c.path, text)
			}
		}
	}
	if status, _ := get("/page.html"); status != http.StatusNotFound {
		t.Errorf("the template is served with %d", status)
	}
	response, err := server.Client().Post(server.URL+"/page/", "text/plain", nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	if response.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("POST is answered with %s", response.Status)
	}
}
