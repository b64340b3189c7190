package engine_test

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
	"time"

	"fairway.dev/fairway/e2e/simulators/aws/internal/clock"
	"fairway.dev/fairway/e2e/simulators/aws/internal/traffic"
	"fairway.dev/fairway/e2e/simulators/aws/internal/traffic/engine"
)

// BenchmarkLarge holds 100 load balancers with 100 rules each and 10,000 targets that are probed, and measures requests
// through the last rule of one, and the change of a rule.
func BenchmarkLarge(b *testing.B) {
	e, err := engine.New(engine.Options{Clock: clock.New(time.Now(), 1), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(e.Close)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok") }))
	b.Cleanup(server.Close)
	at := netip.MustParseAddrPort(server.Listener.Addr().String())
	address := netip.MustParseAddr("127.90.0.1")
	check := traffic.HealthCheck{Enabled: true, Protocol: "TCP", Interval: 30 * time.Second, Timeout: 5 * time.Second, HealthyThreshold: 2, UnhealthyThreshold: 2}
	started := time.Now()
	for i := range 100 {
		lb, group := fmt.Sprint("lb-", i), fmt.Sprint("group-", i)
		e.SetTargetGroup(traffic.TargetGroup{ARN: group, Protocol: "HTTP", InUse: true, HealthCheck: check})
		var targets []traffic.Target
		for n := range 100 {
			targets = append(targets, traffic.Target{ID: fmt.Sprint(n), Port: at.Port(), Address: at.Addr()})
		}
		e.SetTargets(group, targets)
		err := e.SetLoadBalancer(traffic.LoadBalancer{ARN: lb, Kind: traffic.Application, DNSName: lb, Addresses: []traffic.Address{{IP: address, Zone: "a"}}})
		if err == nil {
			err = e.SetListener(traffic.Listener{ARN: lb, LoadBalancer: lb, Protocol: "HTTP", Port: 8080, DefaultActions: []traffic.Action{{FixedResponse: &traffic.FixedResponse{Status: 404}}}})
		}
		for n := range 100 {
			if err == nil {
				err = e.SetRules(lb, ruleTo(group, n, fmt.Sprintf("h%d.example.com", n)))
			}
		}
		if err != nil {
			b.Fatal(err)
		}
		address = address.Next()
	}
	b.Logf("10,000 rules and targets were set in %v", time.Since(started))
	b.Run("request", func(b *testing.B) {
		request, err := http.NewRequest(http.MethodGet, "http://127.90.0.1:8080/a/b", nil)
		if err != nil {
			b.Fatal(err)
		}
		request.Host = "h99.example.com"
		for b.Loop() {
			response, err := http.DefaultClient.Do(request)
			if err != nil {
				b.Fatal(err)
			}
			if _, err := io.Copy(io.Discard, response.Body); err != nil || response.StatusCode != http.StatusOK {
				b.Fatal(response.Status, err)
			}
			_ = response.Body.Close()
		}
	})
	b.Run("rule", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			if err := e.SetRules("lb-7", ruleTo("group-7", 50, fmt.Sprintf("x%d.example.com", i))); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func ruleTo(group string, n int, host string) traffic.Rule {
	return traffic.Rule{ARN: fmt.Sprint("rule-", n), Priority: n + 1, Actions: []traffic.Action{forward(group)}, Conditions: []traffic.Condition{
		{Field: traffic.HostHeader, Values: []string{host}}, {Field: traffic.PathPattern, Values: []string{"/a", "/a/*"}}}}
}
