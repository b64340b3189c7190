package engine_test

import (
	"fmt"
	"io"
	"sync"
	"testing"
	"time"

	"fairway.dev/fairway/e2e/simulators/aws/internal/traffic"
)

// TestSoak changes rules, targets, attributes and health checks under load: no request fails, and each is answered by a
// group that its rule named at some moment. It is worth most with the race detector.
func TestSoak(t *testing.T) {
	w := newWorld(t, traffic.Application)
	w.start()
	blue, green := words(t, 4), backend(t, says("green"))
	w.group(traffic.TargetGroup{ARN: blueARN}, blue...)
	w.group(traffic.TargetGroup{ARN: greenARN}, green)
	done := make(chan struct{})
	var clients, churn sync.WaitGroup
	for i := range 4 {
		clients.Go(func() {
			c := client(t)
			for n := range 400 {
				response, err := c.Get(w.url(fmt.Sprintf("/%d/%d", i, n)))
				if err != nil {
					t.Error(err)
					return
				}
				body, err := io.ReadAll(response.Body)
				_ = response.Body.Close()
				if err != nil || response.StatusCode != 200 {
					t.Errorf("%s %q %v", response.Status, body, err)
					return
				}
			}
		})
	}
	for _, change := range []func(n int){
		func(n int) {
			err := w.SetRules(listenerARN, traffic.Rule{ARN: fmt.Sprint("r", n%20), Priority: 1 + n%20, Actions: []traffic.Action{forward(greenARN)},
				Conditions: []traffic.Condition{{Field: traffic.PathPattern, Values: []string{fmt.Sprintf("/%d/*", n%4)}}}})
			if err != nil {
				t.Error(err)
			}
			w.RemoveRules(listenerARN, fmt.Sprint("r", (n+7)%20))
		},
		func(n int) {
			// One target drains, is away, and comes back.
			targets := append([]traffic.Target(nil), blue...)
			targets[n%4].Draining = true
			w.SetTargets(blueARN, targets)
		},
		func(n int) {
			listener := w.listener
			listener.Attributes = traffic.Attributes{"routing.http.response.x_frame_options.header_value": fmt.Sprint(n)}
			if err := w.SetListener(listener); err != nil {
				t.Error(err)
			}
		},
		func(n int) {
			check := quick
			check.Interval += time.Duration(n%3) * time.Second
			w.SetTargetGroup(traffic.TargetGroup{ARN: greenARN, Protocol: "HTTP", InUse: true, HealthCheck: check})
			if _, ok := w.Resolve(w.balancer.DNSName); !ok {
				t.Error("the name is gone")
			}
		},
	} {
		churn.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-done:
					return
				case <-time.After(time.Millisecond):
					change(n)
				}
			}
		})
	}
	clients.Wait()
	close(done)
	churn.Wait()
}
